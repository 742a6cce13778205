-- Measures without drills, anchors by tenant, retention of all that grows, and
-- the newest of two incidents that share an id.

-- ---- measures ------------------------------------------------------------------

CREATE OR REPLACE VIEW causeway.worst_sources WITH (security_invoker = true) AS
SELECT tenant, entity_kind, entity, count(*) FILTER (WHERE fate NOT IN ('RESOLUTION', 'INFORMATION')) AS alerts,
       count(*) FILTER (WHERE fate = 'PAGED') AS pages, count(DISTINCT nullif(incident_id, '')) AS incidents,
       count(*) FILTER (WHERE fate IN ('SILENCED', 'SHED')) AS suppressed, max(at) AS last_at
FROM causeway.ledger AS l
WHERE at > now() - interval '30 days'
  AND NOT EXISTS (SELECT 1 FROM causeway.incidents AS i
                  WHERE i.tenant = l.tenant AND i.incident_id = l.incident_id AND i.drill)
GROUP BY 1, 2, 3 ORDER BY pages DESC, alerts DESC, entity;

CREATE OR REPLACE VIEW causeway.missed_daily WITH (security_invoker = true) AS
SELECT l.tenant, (l.at AT TIME ZONE 'UTC')::date AS day, count(*) AS suppressed,
       count(*) FILTER (WHERE EXISTS (
           SELECT 1 FROM causeway.labels AS b WHERE b.tenant = l.tenant AND b.target = l.alert_id AND b.value = 'true')) AS confirmed
FROM causeway.ledger AS l
WHERE l.fate IN ('SILENCED', 'SHED')
  AND NOT EXISTS (SELECT 1 FROM causeway.incidents AS i
                  WHERE i.tenant = l.tenant AND i.incident_id = l.incident_id AND i.drill)
GROUP BY 1, 2;

COMMENT ON COLUMN causeway.incident_overview.confidence IS
    'Confidence in the probable cause, 0 to 1, not calibrated on labelled incidents; NULL when unknown.';
COMMENT ON COLUMN causeway.causes.confidence IS
    'Confidence in the first candidate, 0 to 1, not calibrated on labelled incidents.';
COMMENT ON TABLE causeway.ledger IS
    'Where every received alert and anomaly ended: the proof that nothing vanished. One row each, and one more, with the reason, for one that a silence held back or that grew strong later. One partition a day (UTC).';

-- ---- anchors belong to the tenant of the link they hold ---------------------------

ALTER TABLE causeway.audit_anchors ADD COLUMN tenant text NOT NULL DEFAULT '';
ALTER TABLE causeway.audit_anchors DISABLE TRIGGER append_only;
UPDATE causeway.audit_anchors AS a SET tenant = l.tenant
FROM causeway.audit AS l WHERE l.chain = a.chain AND l.sequence = a.sequence AND l.mac = a.mac;
ALTER TABLE causeway.audit_anchors ENABLE TRIGGER append_only;
COMMENT ON COLUMN causeway.audit_anchors.tenant IS 'Of the link; empty when the link was gone already as the column came.';

ALTER TABLE causeway.audit_anchors ENABLE ROW LEVEL SECURITY;
CREATE POLICY recorder ON causeway.audit_anchors TO causeway_recorder USING (true) WITH CHECK (true);
CREATE POLICY reader ON causeway.audit_anchors FOR SELECT TO causeway_reader
    USING ((SELECT causeway.reads_all()) OR tenant IN (SELECT causeway.readable_tenants()));

CREATE OR REPLACE FUNCTION causeway.anchor_audit() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    added bigint;
BEGIN
    INSERT INTO causeway.audit_anchors (chain, sequence, mac, tenant)
    SELECT DISTINCT ON (chain) chain, sequence, mac, tenant FROM causeway.audit ORDER BY chain, sequence DESC, mac
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN added;
END
$$;

-- ---- an id that comes back ----------------------------------------------------------
-- An incident's name has 25 bits. When one comes back after years, its revisions
-- begin anew: the later decision wins, not the larger revision. Within one
-- incident that is the same, since each revision is decided after the one before.

DO $$
DECLARE
    name   text;
    stands text;
    wanted text;
BEGIN
    FOREACH name IN ARRAY ARRAY['incident', 'cause', 'notice', 'delivery', 'action'] LOOP
        stands := pg_get_functiondef(format('causeway.store_%s(jsonb, bigint)', name)::regprocedure);
        wanted := replace(replace(stands, '(revision, stream_at, ', '(stream_at, revision, '),
            '< (causeway.integer(meta, ''revision''), causeway.instant_or_epoch(meta, ''stream_at''), ',
            '< (causeway.instant_or_epoch(meta, ''stream_at''), causeway.integer(meta, ''revision''), ');
        IF length(wanted) <> length(stands) OR wanted NOT LIKE '%AND (stream_at, revision, %'
           OR wanted NOT LIKE '%< (causeway.instant_or_epoch(meta, ''stream_at''), causeway.integer(meta, ''revision''), %' THEN
            RAISE EXCEPTION 'store_% is not as 0003 wrote it', name;
        END IF;
        EXECUTE wanted;
    END LOOP;
END
$$;

-- What was ranked before an incident opened is of an older one with its name.
CREATE OR REPLACE VIEW causeway.incident_overview WITH (security_invoker = true) AS
SELECT i.tenant, i.incident_id, i.status, i.severity, i.title, i.started_at, i.opened_at, i.acknowledged_at, i.acknowledged_by,
       i.resolved_at, i.resolved_by, coalesce(i.resolved_at, i.closed_at, now()) - i.started_at AS duration,
       i.entity_names AS entities, i.member_count,
       CASE WHEN c.incident_id IS NULL THEN 'not ranked yet' WHEN c.unknown THEN 'unknown'
            ELSE coalesce(b.label, c.title) END AS probable_cause,
       CASE WHEN c.unknown THEN NULL ELSE c.confidence END AS confidence, c.summary, c.recommended AS recommended_action,
       i.reopened, i.drill, i.domain
FROM causeway.incidents AS i
     LEFT JOIN causeway.causes AS c ON c.tenant = i.tenant AND c.incident_id = i.incident_id AND c.stream_at >= i.opened_at
     LEFT JOIN causeway.candidates AS b ON b.tenant = c.tenant AND b.incident_id = c.incident_id AND b.rank = 1
ORDER BY i.status IN ('RESOLVED', 'CLOSED'), i.started_at DESC;

-- ---- retention ------------------------------------------------------------------------

ALTER TABLE causeway.retention DROP CONSTRAINT retention_relation_check;
ALTER TABLE causeway.retention ADD CONSTRAINT retention_relation_check CHECK (relation IN (
    'anomalies', 'ledger', 'deliveries', 'members', 'notices', 'outbox', 'refused_rows', 'said', 'topology_edges'));
INSERT INTO causeway.retention (relation, keep_days)
VALUES ('deliveries', 400), ('members', 400), ('notices', 400), ('said', 400), ('topology_edges', 400);
COMMENT ON TABLE causeway.retention IS
    'How long rows are kept; read by apply_retention(). Incidents with their members as JSON, causes, actions, labels, model versions and the audit are kept for ever.';

CREATE INDEX deliveries_by_time ON causeway.deliveries (stream_at);
CREATE INDEX incidents_over ON causeway.incidents (stream_at) WHERE status IN ('RESOLVED', 'CLOSED');
CREATE INDEX topology_ended ON causeway.topology_edges (valid_to) WHERE valid_to IS NOT NULL;

-- Rows of a table without partitions that are older than before; how many went.
CREATE FUNCTION causeway.drop_rows(whence text, before timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    dropped integer;
BEGIN
    CASE whence
    WHEN 'outbox' THEN -- what waits for Kafka is never dropped
        DELETE FROM causeway.outbox WHERE sent_at < before;
    WHEN 'refused_rows' THEN
        DELETE FROM causeway.refused_rows WHERE refused_at < before;
    WHEN 'notices' THEN
        DELETE FROM causeway.notices WHERE decided_at < before;
    WHEN 'deliveries' THEN
        DELETE FROM causeway.deliveries WHERE stream_at < before;
    WHEN 'said' THEN -- a silence may be in force for longer
        DELETE FROM causeway.said WHERE applied_at < before AND (expires_at IS NULL OR expires_at < before);
    WHEN 'members' THEN -- of what is over
        DELETE FROM causeway.members AS m USING causeway.incidents AS i
        WHERE i.status IN ('RESOLVED', 'CLOSED') AND i.stream_at < before
          AND m.tenant = i.tenant AND m.incident_id = i.incident_id;
    WHEN 'topology_edges' THEN -- what still holds stays
        DELETE FROM causeway.topology_edges WHERE valid_to < before;
    END CASE;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END
$$;
REVOKE ALL ON FUNCTION causeway.drop_rows(text, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION causeway.apply_retention(today date DEFAULT (now() AT TIME ZONE 'UTC')::date)
    RETURNS TABLE (relation text, added integer, dropped integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rule causeway.retention;
    day  date;
BEGIN
    -- One at a time, and never in the way of a batch that is being written.
    PERFORM pg_advisory_xact_lock(hashtext('causeway retention'));
    FOR rule IN SELECT * FROM causeway.retention AS r
                ORDER BY r.relation NOT IN ('anomalies', 'ledger'), r.relation COLLATE "C" LOOP
        relation := rule.relation;
        added := 0;
        IF rule.relation IN ('anomalies', 'ledger') THEN
            FOR day IN SELECT today + n FROM generate_series(0, rule.ahead_days) AS n LOOP
                IF causeway.add_day(rule.relation, day) THEN
                    added := added + 1;
                END IF;
            END LOOP;
            dropped := causeway.drop_days(rule.relation, today - rule.keep_days);
        ELSE
            dropped := causeway.drop_rows(rule.relation, (today - rule.keep_days)::timestamp AT TIME ZONE 'UTC');
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION causeway.apply_retention(date) IS
    'Makes the partitions of the coming days and drops what the table retention no longer keeps; dropped counts partitions of anomalies and ledger, rows of the others.';
