-- What people read. Days are UTC. Drills are left out of every measure.

CREATE VIEW causeway.incident_overview WITH (security_invoker = true) AS
SELECT i.tenant, i.incident_id, i.status, i.severity, i.title, i.started_at, i.opened_at, i.acknowledged_at, i.acknowledged_by,
       i.resolved_at, i.resolved_by, coalesce(i.resolved_at, i.closed_at, now()) - i.started_at AS duration,
       i.entity_names AS entities, i.member_count,
       CASE WHEN c.incident_id IS NULL THEN 'not ranked yet' WHEN c.unknown THEN 'unknown'
            ELSE coalesce(b.label, c.title) END AS probable_cause,
       CASE WHEN c.unknown THEN NULL ELSE c.confidence END AS confidence, c.summary, c.recommended AS recommended_action,
       i.reopened, i.drill, i.domain
FROM causeway.incidents AS i
     LEFT JOIN causeway.causes AS c USING (tenant, incident_id)
     LEFT JOIN causeway.candidates AS b ON b.tenant = i.tenant AND b.incident_id = i.incident_id AND b.rank = 1
ORDER BY i.status IN ('RESOLVED', 'CLOSED'), i.started_at DESC;
COMMENT ON VIEW causeway.incident_overview IS 'Every incident with its probable cause: open ones first, the newest first.';
COMMENT ON COLUMN causeway.incident_overview.duration IS 'From onset to resolution, or until now.';
COMMENT ON COLUMN causeway.incident_overview.probable_cause IS 'Best candidate; unknown when the evidence does not name one.';
COMMENT ON COLUMN causeway.incident_overview.confidence IS 'Calibrated probability of the probable cause, NULL when unknown.';

CREATE VIEW causeway.open_incidents WITH (security_invoker = true) AS
SELECT * FROM causeway.incident_overview WHERE status IN ('OPEN', 'ACKNOWLEDGED') ORDER BY started_at DESC;
COMMENT ON VIEW causeway.open_incidents IS 'What is broken now.';

CREATE VIEW causeway.mttd_daily WITH (security_invoker = true) AS
SELECT tenant, (opened_at AT TIME ZONE 'UTC')::date AS day, count(*) AS incidents,
       round(avg(extract(epoch FROM opened_at - started_at)), 1) AS mean_s,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM opened_at - started_at))::numeric, 1) AS median_s,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM opened_at - started_at))::numeric, 1) AS p95_s
FROM causeway.incidents WHERE NOT drill GROUP BY 1, 2;
COMMENT ON VIEW causeway.mttd_daily IS 'Mean time to detect: opened_at - started_at in seconds, by day of opening.';

CREATE VIEW causeway.mtta_daily WITH (security_invoker = true) AS
SELECT tenant, (opened_at AT TIME ZONE 'UTC')::date AS day, count(*) AS incidents,
       round(avg(extract(epoch FROM acknowledged_at - opened_at)), 1) AS mean_s,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - opened_at))::numeric, 1) AS median_s,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - opened_at))::numeric, 1) AS p95_s
FROM causeway.incidents WHERE NOT drill AND acknowledged_at IS NOT NULL GROUP BY 1, 2;
COMMENT ON VIEW causeway.mtta_daily IS 'Mean time to acknowledge: acknowledged_at - opened_at in seconds, by day of opening; only incidents somebody acknowledged.';

CREATE VIEW causeway.mttr_daily WITH (security_invoker = true) AS
SELECT tenant, (opened_at AT TIME ZONE 'UTC')::date AS day, count(*) AS incidents,
       round(avg(extract(epoch FROM resolved_at - started_at)), 1) AS mean_s,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM resolved_at - started_at))::numeric, 1) AS median_s,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM resolved_at - started_at))::numeric, 1) AS p95_s
FROM causeway.incidents WHERE NOT drill AND resolved_at IS NOT NULL GROUP BY 1, 2;
COMMENT ON VIEW causeway.mttr_daily IS 'Mean time to resolve: resolved_at - started_at in seconds, by day of opening; only resolved incidents.';

CREATE VIEW causeway.noise_reduction_daily WITH (security_invoker = true) AS
WITH heard AS (
    SELECT l.tenant, (l.at AT TIME ZONE 'UTC')::date AS day,
           count(*) FILTER (WHERE l.fate NOT IN ('RESOLUTION', 'INFORMATION')) AS alerts,
           count(*) FILTER (WHERE l.fate = 'PAGED') AS pages,
           count(*) FILTER (WHERE l.fate = 'GROUPED') AS grouped,
           count(*) FILTER (WHERE l.fate = 'DEDUPED') AS deduplicated,
           count(*) FILTER (WHERE l.fate = 'SILENCED') AS silenced,
           count(*) FILTER (WHERE l.fate = 'SHED') AS shed,
           count(*) FILTER (WHERE l.fate = 'RESOLUTION') AS resolutions,
           count(*) FILTER (WHERE l.fate = 'INFORMATION') AS informations
    FROM causeway.ledger AS l
    WHERE NOT EXISTS (SELECT 1 FROM causeway.incidents AS i
                      WHERE i.tenant = l.tenant AND i.incident_id = l.incident_id AND i.drill)
    GROUP BY 1, 2
), opened AS (
    SELECT tenant, (opened_at AT TIME ZONE 'UTC')::date AS day, count(*) AS incidents
    FROM causeway.incidents WHERE NOT drill GROUP BY 1, 2
)
SELECT tenant, day, coalesce(alerts, 0) AS alerts, coalesce(incidents, 0) AS incidents, coalesce(pages, 0) AS pages,
       coalesce(grouped, 0) AS grouped, coalesce(deduplicated, 0) AS deduplicated, coalesce(silenced, 0) AS silenced,
       coalesce(shed, 0) AS shed, coalesce(resolutions, 0) AS resolutions, coalesce(informations, 0) AS informations,
       round(1 - pages::numeric / nullif(alerts, 0), 4) AS reduction
FROM heard FULL JOIN opened USING (tenant, day);
COMMENT ON VIEW causeway.noise_reduction_daily IS
    'Alerts received against incidents opened and pages sent, by day; from the ledger, so alerts = pages + grouped + deduplicated + silenced + shed.';
COMMENT ON COLUMN causeway.noise_reduction_daily.reduction IS 'Share of alerts that paged nobody: 1 - pages / alerts.';

CREATE VIEW causeway.worst_sources WITH (security_invoker = true) AS
SELECT tenant, entity_kind, entity, count(*) FILTER (WHERE fate NOT IN ('RESOLUTION', 'INFORMATION')) AS alerts,
       count(*) FILTER (WHERE fate = 'PAGED') AS pages, count(DISTINCT nullif(incident_id, '')) AS incidents,
       count(*) FILTER (WHERE fate IN ('SILENCED', 'SHED')) AS suppressed, max(at) AS last_at
FROM causeway.ledger WHERE at > now() - interval '30 days'
GROUP BY 1, 2, 3 ORDER BY pages DESC, alerts DESC, entity;
COMMENT ON VIEW causeway.worst_sources IS 'Who made the most noise in the last 30 days, most pages first.';

CREATE VIEW causeway.action_history WITH (security_invoker = true) AS
SELECT a.tenant, a.action_id, a.incident_id, i.title AS incident, a.state, a.action, a.target_kind, a.target, a.argv, a.level,
       a.attempt, a.dry_run, a.confidence, a.blast_radius, a.policy, a.reason, a.approved_by, a.proposed_at, a.decided_at,
       a.expires_at, a.finished_at, a.verified_at, a.exit_code, a.output, a.action_hash
FROM causeway.actions AS a LEFT JOIN causeway.incidents AS i USING (tenant, incident_id)
ORDER BY a.proposed_at DESC;
COMMENT ON VIEW causeway.action_history IS 'Repairs, the newest first: what, on what, why, who let it run, and what came of it.';

CREATE VIEW causeway.silences WITH (security_invoker = true) AS
SELECT s.tenant, s.said_id AS silence_id, s.said_by AS owner, s.reason, s.matchers, s.applied_at AS from_at,
       least(s.expires_at, u.ended_at) AS until_at, s.expires_at > now() AND u.ended_at IS NULL AS active
FROM causeway.said AS s
     LEFT JOIN (SELECT tenant, target, min(applied_at) AS ended_at FROM causeway.said WHERE kind = 'UNSILENCE' GROUP BY 1, 2) AS u
     ON u.tenant = s.tenant AND u.target = s.said_id
WHERE s.kind = 'SILENCE' ORDER BY s.applied_at DESC;
COMMENT ON VIEW causeway.silences IS 'Silences, the newest first, with who, why and until when.';

CREATE VIEW causeway.label_conflicts WITH (security_invoker = true) AS
SELECT tenant, target, target_kind, count(*) AS labels, array_agg(labelled_by || ': ' || value ORDER BY labelled_at) AS said
FROM causeway.labels GROUP BY 1, 2, 3 HAVING count(DISTINCT value) > 1;
COMMENT ON VIEW causeway.label_conflicts IS 'What people disagree about; nothing is averaged.';

CREATE VIEW causeway.models_in_force WITH (security_invoker = true) AS
SELECT DISTINCT ON (tenant, model) tenant, model, stage, changed_by, reason, provenance, changed_at
FROM causeway.model_versions ORDER BY tenant, model, changed_at DESC, said_id;
COMMENT ON VIEW causeway.models_in_force IS 'Stage of each model version now.';

CREATE VIEW causeway.missed_daily WITH (security_invoker = true) AS
SELECT l.tenant, (l.at AT TIME ZONE 'UTC')::date AS day, count(*) AS suppressed,
       count(*) FILTER (WHERE EXISTS (
           SELECT 1 FROM causeway.labels AS b WHERE b.tenant = l.tenant AND b.target = l.alert_id AND b.value = 'true')) AS confirmed
FROM causeway.ledger AS l WHERE l.fate IN ('SILENCED', 'SHED') GROUP BY 1, 2;
COMMENT ON VIEW causeway.missed_daily IS 'Alerts that were silenced or shed, and how many of them people labelled true: what was missed.';

CREATE VIEW causeway.audit_heads WITH (security_invoker = true) AS
SELECT DISTINCT ON (chain) chain, sequence, mac, at FROM causeway.audit ORDER BY chain, sequence DESC, mac;
COMMENT ON VIEW causeway.audit_heads IS 'Last link of each audit chain; cwctl audit verify checks the whole chain.';

CREATE VIEW causeway.audit_faults WITH (security_invoker = true) AS
SELECT chain, sequence, 'fork' AS fault FROM causeway.audit GROUP BY 1, 2 HAVING count(*) > 1
UNION ALL
SELECT chain, sequence, 'gap' FROM (
    SELECT chain, sequence, lag(sequence, 1, 0::bigint) OVER (PARTITION BY chain ORDER BY sequence) AS before FROM causeway.audit) AS s
WHERE sequence > before + 1
UNION ALL
SELECT chain, sequence, 'broken link' FROM (
    SELECT chain, sequence, previous_mac, lag(sequence) OVER w AS before, lag(mac) OVER w AS expected
    FROM causeway.audit WINDOW w AS (PARTITION BY chain ORDER BY sequence)) AS s
WHERE sequence = before + 1 AND previous_mac <> expected
UNION ALL
SELECT a.chain, a.sequence, 'cut below its anchor' FROM causeway.audit_anchors AS a
WHERE NOT EXISTS (SELECT 1 FROM causeway.audit AS l WHERE l.chain = a.chain AND l.sequence = a.sequence AND l.mac = a.mac);
COMMENT ON VIEW causeway.audit_faults IS 'Where a chain does not hold: fork, gap, broken link, cut below its anchor. Empty = sound as far as SQL can see.';
