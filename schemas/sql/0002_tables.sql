-- What the pipeline decided, as rows. Written by the recorder only.
--
-- Every row that has revisions carries (revision, stream_at, content_id):
-- the largest of them is the current row, whatever order they arrive in.
-- Times are timestamptz; an instant that has not happened is NULL.

-- ---- helpers of the store functions ----------------------------------------

CREATE FUNCTION causeway.instant(micros bigint) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN micros > 0 AND micros < 253402300800000000 THEN to_timestamp(micros::float8 / 1e6) END;
COMMENT ON FUNCTION causeway.instant(bigint) IS
    'Microseconds since 1970 as a time; 0, negative and beyond the year 9999 are NULL. Exact to the microsecond until 2255.';

CREATE FUNCTION causeway.key_text(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN octet_length(value) <= 512 THEN coalesce(value, '') WHEN value IS NULL THEN ''
                ELSE left(value, 100) || '#' || md5(value) END;
COMMENT ON FUNCTION causeway.key_text(text) IS
    'A text that fits an index: unchanged up to 512 bytes, else its beginning and a hash.';

-- ---- incidents ---------------------------------------------------------------

CREATE TABLE causeway.incidents (
    tenant          text NOT NULL,
    incident_id     text NOT NULL,
    domain          text NOT NULL,
    revision        integer NOT NULL,
    status          text NOT NULL CHECK (status IN ('OPEN', 'ACKNOWLEDGED', 'RESOLVED', 'CLOSED')),
    severity        text NOT NULL,
    title           text NOT NULL,
    started_at      timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text NOT NULL DEFAULT '',
    resolved_at     timestamptz,
    resolved_by     text NOT NULL DEFAULT '',
    closed_at       timestamptz,
    reopened        integer NOT NULL DEFAULT 0,
    drill           boolean NOT NULL DEFAULT false,
    entity_names    text[] NOT NULL DEFAULT '{}',
    entities        jsonb NOT NULL DEFAULT '[]',
    member_count    integer NOT NULL DEFAULT 0,
    members         jsonb NOT NULL DEFAULT '[]',
    config_hash     bigint NOT NULL DEFAULT 0,
    model_version   text NOT NULL DEFAULT '',
    stream_at       timestamptz NOT NULL,
    content_id      bigint NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, incident_id)
);
CREATE INDEX incidents_open ON causeway.incidents (tenant, started_at DESC) WHERE status IN ('OPEN', 'ACKNOWLEDGED');
CREATE INDEX incidents_by_time ON causeway.incidents (started_at DESC);
CREATE INDEX incidents_by_entity ON causeway.incidents USING gin (entity_names);
COMMENT ON TABLE causeway.incidents IS 'Each incident as of its last revision.';
COMMENT ON COLUMN causeway.incidents.incident_id IS 'INC- and five characters, made from the content: the same after a replay.';
COMMENT ON COLUMN causeway.incidents.status IS 'OPEN, ACKNOWLEDGED, RESOLVED or CLOSED.';
COMMENT ON COLUMN causeway.incidents.started_at IS 'Earliest onset of a member, by the data (event time).';
COMMENT ON COLUMN causeway.incidents.opened_at IS 'When Causeway decided that there is an incident (stream time).';
COMMENT ON COLUMN causeway.incidents.resolved_by IS 'A person, or recovered when the members ended by themselves.';
COMMENT ON COLUMN causeway.incidents.drill IS 'A demo or exercise: never counted in MTTD, MTTA or MTTR.';
COMMENT ON COLUMN causeway.incidents.members IS 'All members with the reason each belongs here, as JSON; the table members has them as rows.';
COMMENT ON COLUMN causeway.incidents.revision IS 'Grows with every change of this incident.';

CREATE TABLE causeway.members (
    tenant      text NOT NULL,
    incident_id text NOT NULL,
    member_id   text NOT NULL,
    kind        text NOT NULL,
    entity_kind text NOT NULL,
    entity      text NOT NULL,
    title       text NOT NULL,
    family      text NOT NULL,
    severity    text NOT NULL,
    firing      boolean NOT NULL,
    started_at  timestamptz NOT NULL,
    joined_at   timestamptz,
    ended_at    timestamptz,
    score       double precision NOT NULL,
    actual      double precision NOT NULL,
    expected    double precision NOT NULL,
    repeats     integer NOT NULL,
    rule        text NOT NULL,
    reason      text NOT NULL,
    reason_json jsonb NOT NULL,
    PRIMARY KEY (tenant, incident_id, member_id)
);
CREATE INDEX members_by_id ON causeway.members (member_id);
CREATE INDEX members_by_entity ON causeway.members (tenant, entity, started_at DESC);
COMMENT ON TABLE causeway.members IS 'Anomalies and alerts of each incident as of its last revision, with why they belong to it.';
COMMENT ON COLUMN causeway.members.member_id IS 'Anomaly id, or fingerprint of the alert.';
COMMENT ON COLUMN causeway.members.rule IS 'Why it joined: first, same_entity, topology, same_trace, same_change, ...';
COMMENT ON COLUMN causeway.members.reason IS 'One sentence; reason_json has the labels, the path and the gap in time.';
COMMENT ON COLUMN causeway.members.ended_at IS 'NULL while it fires.';

CREATE TABLE causeway.causes (
    tenant            text NOT NULL,
    incident_id       text NOT NULL,
    domain            text NOT NULL,
    revision          integer NOT NULL,
    decided_at        timestamptz NOT NULL,
    started_at        timestamptz,
    unknown           boolean NOT NULL,
    missing           text[] NOT NULL DEFAULT '{}',
    confidence        double precision NOT NULL,
    title             text NOT NULL,
    summary           text NOT NULL,
    affected_entities integer NOT NULL,
    affected_members  integer NOT NULL,
    recommended       text NOT NULL,
    recommendation    jsonb NOT NULL,
    config_hash       bigint NOT NULL DEFAULT 0,
    model_version     text NOT NULL DEFAULT '',
    stream_at         timestamptz NOT NULL,
    content_id        bigint NOT NULL,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, incident_id)
);
COMMENT ON TABLE causeway.causes IS 'What probably caused each incident, as of the last ranking.';
COMMENT ON COLUMN causeway.causes.unknown IS 'True: the evidence does not name a cause; missing says what would have to be seen.';
COMMENT ON COLUMN causeway.causes.confidence IS 'Calibrated probability of the first candidate, 0 to 1.';

CREATE TABLE causeway.candidates (
    tenant      text NOT NULL,
    incident_id text NOT NULL,
    rank        integer NOT NULL,
    kind        text NOT NULL,
    entity_kind text NOT NULL,
    entity      text NOT NULL,
    label       text NOT NULL,
    bucket      text NOT NULL,
    score       double precision NOT NULL,
    probability double precision NOT NULL,
    onset_at    timestamptz,
    factors     jsonb NOT NULL,
    evidence    text[] NOT NULL,
    PRIMARY KEY (tenant, incident_id, rank)
);
COMMENT ON TABLE causeway.candidates IS 'Ranked candidates of each incident, best first.';
COMMENT ON COLUMN causeway.candidates.rank IS '1 is the best.';
COMMENT ON COLUMN causeway.candidates.bucket IS 'root_cause, critical_failure or impact.';
COMMENT ON COLUMN causeway.candidates.evidence IS 'Sentences, strongest first.';

-- ---- what was told and done ----------------------------------------------------

CREATE TABLE causeway.notices (
    tenant       text NOT NULL,
    notice_id    text NOT NULL,
    domain       text NOT NULL,
    incident_id  text NOT NULL,
    transition   text NOT NULL,
    number       integer NOT NULL,
    severity     text NOT NULL,
    title        text NOT NULL,
    why          text NOT NULL,
    started_at   timestamptz,
    decided_at   timestamptz NOT NULL,
    entities     jsonb NOT NULL,
    member_count integer NOT NULL,
    drill        boolean NOT NULL,
    revision     integer NOT NULL,
    stream_at    timestamptz NOT NULL,
    content_id   bigint NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, notice_id)
);
CREATE INDEX notices_by_incident ON causeway.notices (tenant, incident_id, decided_at);
CREATE INDEX notices_by_time ON causeway.notices (decided_at);
COMMENT ON TABLE causeway.notices IS 'What was to be told: one row per incident, transition and its number.';
COMMENT ON COLUMN causeway.notices.transition IS 'FIRING, ACKNOWLEDGED, RESOLVED, REOPENED or ESCALATED.';

CREATE TABLE causeway.deliveries (
    tenant       text NOT NULL,
    notice_id    text NOT NULL,
    target       text NOT NULL,
    domain       text NOT NULL,
    incident_id  text NOT NULL,
    transition   text NOT NULL,
    state        text NOT NULL,
    attempts     integer NOT NULL,
    delivered_at timestamptz,
    outcome      text NOT NULL,
    revision     integer NOT NULL,
    stream_at    timestamptz NOT NULL,
    content_id   bigint NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, notice_id, target)
);
CREATE INDEX deliveries_by_incident ON causeway.deliveries (tenant, incident_id);
COMMENT ON TABLE causeway.deliveries IS 'Whether each notice reached each target.';
COMMENT ON COLUMN causeway.deliveries.state IS
    'INTENT, DELIVERED, REFUSED, UNKNOWN (cut off after the first byte; never sent again blindly), FOLDED into another, EXPIRED.';

CREATE TABLE causeway.actions (
    tenant       text NOT NULL,
    action_id    text NOT NULL,
    domain       text NOT NULL,
    incident_id  text NOT NULL,
    revision     integer NOT NULL,
    state        text NOT NULL,
    policy       text NOT NULL,
    action       text NOT NULL,
    level        integer NOT NULL,
    attempt      integer NOT NULL,
    target_kind  text NOT NULL,
    target       text NOT NULL,
    argv         text[] NOT NULL,
    rollback_argv text[] NOT NULL,
    precheck_argv text[] NOT NULL,
    action_hash  text NOT NULL,
    dry_run      boolean NOT NULL,
    confidence   double precision NOT NULL,
    blast_radius text[] NOT NULL,
    proposed_at  timestamptz NOT NULL,
    decided_at   timestamptz,
    expires_at   timestamptz,
    approved_by  text NOT NULL,
    finished_at  timestamptz,
    verified_at  timestamptz,
    exit_code    integer NOT NULL,
    output       text NOT NULL,
    reason       text NOT NULL,
    config_hash  bigint NOT NULL DEFAULT 0,
    stream_at    timestamptz NOT NULL,
    content_id   bigint NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, action_id)
);
CREATE INDEX actions_by_incident ON causeway.actions (tenant, incident_id);
CREATE INDEX actions_by_time ON causeway.actions (proposed_at DESC);
COMMENT ON TABLE causeway.actions IS 'Repairs: proposed, decided, run, verified; each as of its last revision.';
COMMENT ON COLUMN causeway.actions.level IS '0 manual, 1 assisted, 2 pre-approved, 3 automatic, 4 autonomous.';
COMMENT ON COLUMN causeway.actions.action_hash IS 'An approval names it, so what runs is what was read.';

CREATE TABLE causeway.said (
    tenant     text NOT NULL,
    said_id    text NOT NULL,
    domain     text NOT NULL,
    kind       text NOT NULL,
    said_by    text NOT NULL,
    target     text NOT NULL,
    value      text NOT NULL,
    reason     text NOT NULL,
    expires_at timestamptz,
    matchers   jsonb NOT NULL,
    parameters jsonb NOT NULL,
    applied_at timestamptz NOT NULL,
    content_id bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, said_id)
);
CREATE INDEX said_by_target ON causeway.said (tenant, target, applied_at);
CREATE INDEX said_by_time ON causeway.said (applied_at DESC);
COMMENT ON TABLE causeway.said IS 'Everything people, trainers and effect loops said, and from when it applied (stream time).';

CREATE TABLE causeway.labels (
    tenant      text NOT NULL,
    said_id     text NOT NULL,
    target      text NOT NULL,
    target_kind text NOT NULL,
    value       text NOT NULL,
    labelled_by text NOT NULL,
    reason      text NOT NULL,
    labelled_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, said_id)
);
CREATE INDEX labels_by_target ON causeway.labels (tenant, target, labelled_at);
COMMENT ON TABLE causeway.labels IS 'Feedback of people. Conflicting labels all stay: see the view label_conflicts.';
COMMENT ON COLUMN causeway.labels.value IS 'true, false, duplicate or wrong-cause.';
COMMENT ON COLUMN causeway.labels.target_kind IS 'incident when the target begins with INC-, else signal (anomaly, alert or action).';

CREATE TABLE causeway.model_versions (
    tenant        text NOT NULL,
    model         text NOT NULL,
    said_id       text NOT NULL,
    stage         text NOT NULL,
    changed_by    text NOT NULL,
    reason        text NOT NULL,
    provenance    jsonb NOT NULL,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant, model, said_id)
);
CREATE INDEX model_versions_by_time ON causeway.model_versions (tenant, model, changed_at);
COMMENT ON TABLE causeway.model_versions IS
    'Every change of stage of every model version; the newest row of a model is its stage now. Rows are kept, so a revert is one more row.';
COMMENT ON COLUMN causeway.model_versions.provenance IS 'What the trainer said about it: data range, code, scores.';

-- ---- signals: partitioned by day -------------------------------------------------

CREATE TABLE causeway.anomalies (
    tenant       text NOT NULL,
    anomaly_id   text NOT NULL,
    domain       text NOT NULL,
    revision     integer NOT NULL,
    status       text NOT NULL,
    kind         text NOT NULL,
    family       text NOT NULL,
    severity     text NOT NULL,
    entity_kind  text NOT NULL,
    entity       text NOT NULL,
    series_id    bigint NOT NULL,
    metric       text NOT NULL,
    unit         text NOT NULL,
    labels       jsonb NOT NULL,
    started_at   timestamptz NOT NULL,
    opened_at    timestamptz,
    closed_at    timestamptz,
    actual       double precision NOT NULL,
    expected     double precision NOT NULL,
    lower        double precision NOT NULL,
    upper        double precision NOT NULL,
    score        double precision NOT NULL,
    p_value      double precision NOT NULL,
    peak_score   double precision NOT NULL,
    contributors jsonb NOT NULL,
    ready_views  text[] NOT NULL,
    config_hash  bigint NOT NULL DEFAULT 0,
    model_version text NOT NULL DEFAULT '',
    stream_at    timestamptz NOT NULL,
    content_id   bigint NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, anomaly_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX anomalies_by_entity ON causeway.anomalies (tenant, entity, started_at DESC);
CREATE TABLE causeway.anomalies_default PARTITION OF causeway.anomalies DEFAULT;
COMMENT ON TABLE causeway.anomalies IS 'Anomalies as of their last record; one partition a day of onset (UTC), kept as retention says.';
COMMENT ON COLUMN causeway.anomalies.score IS '0 to 1, of the opening; never changed after.';
COMMENT ON COLUMN causeway.anomalies.lower IS 'lower and upper: the band the value was expected in.';
COMMENT ON COLUMN causeway.anomalies.contributors IS 'Which views said so; shares sum to 1.';

CREATE TABLE causeway.ledger (
    tenant      text NOT NULL,
    domain      text NOT NULL,
    at          timestamptz NOT NULL,
    event_at    timestamptz,
    alert_id    text NOT NULL,
    kind        text NOT NULL,
    entity_kind text NOT NULL,
    entity      text NOT NULL,
    title       text NOT NULL,
    fate        text NOT NULL,
    incident_id text NOT NULL,
    reason      text NOT NULL,
    config_hash bigint NOT NULL DEFAULT 0,
    content_id  bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, at, content_id)
) PARTITION BY RANGE (at);
CREATE INDEX ledger_by_alert ON causeway.ledger (tenant, alert_id, at);
CREATE INDEX ledger_by_incident ON causeway.ledger (tenant, incident_id, at);
CREATE TABLE causeway.ledger_default PARTITION OF causeway.ledger DEFAULT;
COMMENT ON TABLE causeway.ledger IS
    'Where every received alert and anomaly ended, exactly one row each: the proof that nothing vanished. One partition a day (UTC).';
COMMENT ON COLUMN causeway.ledger.fate IS 'PAGED, GROUPED, DEDUPED, SILENCED, RESOLUTION, INFORMATION or SHED.';
COMMENT ON COLUMN causeway.ledger.at IS 'When it was decided (stream time).';

CREATE TABLE causeway.topology_edges (
    tenant      text NOT NULL,
    domain      text NOT NULL,
    caller_kind text NOT NULL,
    caller      text NOT NULL,
    callee_kind text NOT NULL,
    callee      text NOT NULL,
    kind        text NOT NULL,
    source      text NOT NULL,
    weight      double precision NOT NULL,
    criticality double precision NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz,
    revision    integer NOT NULL,
    stream_at   timestamptz NOT NULL,
    content_id  bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, domain, caller_kind, caller, callee_kind, callee, kind, source, valid_from)
);
CREATE INDEX topology_by_callee ON causeway.topology_edges (tenant, callee);
COMMENT ON TABLE causeway.topology_edges IS 'Who depends on whom, and from when to when: valid_to NULL = still.';
COMMENT ON COLUMN causeway.topology_edges.source IS 'declared by somebody, or seen in traces.';
COMMENT ON COLUMN causeway.topology_edges.weight IS 'Calls a minute when last seen; 0 for declared edges.';

-- ---- audit -----------------------------------------------------------------------

CREATE TABLE causeway.audit (
    tenant       text NOT NULL,
    domain       text NOT NULL,
    chain        text NOT NULL,
    sequence     bigint NOT NULL,
    what         text NOT NULL,
    subject      text NOT NULL,
    detail       text NOT NULL,
    algorithm    text NOT NULL,
    key_id       text NOT NULL,
    previous_mac text NOT NULL,
    mac          text NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain, sequence, mac)
);
CREATE INDEX audit_by_subject ON causeway.audit (tenant, subject, at);
COMMENT ON TABLE causeway.audit IS
    'One hash chain per deciding service and partition: mac covers the row and previous_mac. Rows are never changed; two rows with one sequence are a fork and both stay.';

CREATE TABLE causeway.audit_anchors (
    chain       text NOT NULL,
    sequence    bigint NOT NULL,
    mac         text NOT NULL,
    anchored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (chain, sequence, mac)
);
COMMENT ON TABLE causeway.audit_anchors IS
    'Heads of the chains as they were at a moment: a chain whose end was cut off is shorter than its anchor.';

CREATE FUNCTION causeway.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON causeway.audit
    FOR EACH STATEMENT EXECUTE FUNCTION causeway.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON causeway.audit_anchors
    FOR EACH STATEMENT EXECUTE FUNCTION causeway.refuse_change();

-- ---- the recorder's own ------------------------------------------------------------

CREATE TABLE causeway.offsets (
    topic       text NOT NULL,
    partition   integer NOT NULL,
    next_offset bigint NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE causeway.offsets IS
    'Up to where each topic is in these tables. Moved in the transaction of the rows, and only from the value expected: a second recorder changes nothing.';

CREATE TABLE causeway.outbox (
    id         text PRIMARY KEY,
    topic      text NOT NULL,
    tenant     text NOT NULL,
    domain     text NOT NULL,
    payload    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT session_user,
    sent_at    timestamptz
);
CREATE INDEX outbox_unsent ON causeway.outbox (created_at, id) WHERE sent_at IS NULL;
COMMENT ON TABLE causeway.outbox IS
    'What people said through the functions, on its way to Kafka. id is a content id: a repeat is one row here and is dropped by its reader.';
COMMENT ON COLUMN causeway.outbox.sent_at IS 'When Kafka had acknowledged it; NULL = waiting.';

CREATE TABLE causeway.refused_rows (
    refused_at timestamptz NOT NULL DEFAULT now(),
    topic      text NOT NULL,
    partition  integer NOT NULL,
    record_offset bigint NOT NULL,
    sqlstate   text NOT NULL,
    message    text NOT NULL,
    document   text NOT NULL,
    PRIMARY KEY (topic, partition, record_offset)
);
COMMENT ON TABLE causeway.refused_rows IS
    'Records PostgreSQL would not take, with its reason: kept, so the rest of the topic goes on. Empty on a healthy system.';

CREATE TABLE causeway.retention (
    relation  text PRIMARY KEY CHECK (relation IN ('anomalies', 'ledger', 'outbox', 'refused_rows')),
    keep_days integer NOT NULL CHECK (keep_days BETWEEN 1 AND 36500),
    ahead_days integer NOT NULL DEFAULT 3 CHECK (ahead_days BETWEEN 1 AND 30)
);
COMMENT ON TABLE causeway.retention IS
    'How long rows are kept; read by apply_retention(). Incidents, causes, actions, labels and the audit are kept for ever.';
INSERT INTO causeway.retention (relation, keep_days) VALUES ('anomalies', 90), ('ledger', 400), ('outbox', 30), ('refused_rows', 30);

CREATE TABLE causeway.reader_tenants (
    role_name text NOT NULL,
    tenant    text NOT NULL,
    PRIMARY KEY (role_name, tenant)
);
COMMENT ON TABLE causeway.reader_tenants IS
    'Which tenants a reading login may see. A login without a row here sees all: add rows to confine it.';
