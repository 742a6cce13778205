-- store_<record>(document, content id): one record as the recorder hands it
-- over becomes rows. document is the record as JSON, enums by name, instants
-- in microseconds. Returns true when it changed anything.
--
-- Upwards only: an older row makes way, a newer one stays; so the order of
-- arrival and repeats do not matter.

CREATE FUNCTION causeway.texts(list jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(array_agg(value ORDER BY position), '{}')
            FROM jsonb_array_elements_text(CASE jsonb_typeof(list) WHEN 'array' THEN list ELSE '[]' END)
                 WITH ORDINALITY AS each (value, position));

CREATE FUNCTION causeway.instant_of(holder jsonb, field text) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN causeway.instant((holder ->> field)::bigint);

CREATE FUNCTION causeway.instant_or_epoch(holder jsonb, field text) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(causeway.instant((holder ->> field)::bigint), to_timestamp(0));

CREATE FUNCTION causeway.number(holder jsonb, field text) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((holder ->> field)::double precision, 0);

CREATE FUNCTION causeway.integer(holder jsonb, field text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((holder ->> field)::integer, 0);

CREATE FUNCTION causeway.text(holder jsonb, field text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(holder ->> field, '');

CREATE FUNCTION causeway.store_incident(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta  jsonb := document -> 'meta';
    whose text := causeway.key_text(meta ->> 'tenant');
    which text := causeway.key_text(document ->> 'incident_id');
BEGIN
    DELETE FROM causeway.incidents
    WHERE tenant = whose AND incident_id = which
      AND (revision, stream_at, content_id)
          < (causeway.integer(meta, 'revision'), causeway.instant_or_epoch(meta, 'stream_at'), content);
    INSERT INTO causeway.incidents (
        tenant, incident_id, domain, revision, status, severity, title, started_at, opened_at, acknowledged_at,
        acknowledged_by, resolved_at, resolved_by, closed_at, reopened, drill, entity_names, entities, member_count,
        members, config_hash, model_version, stream_at, content_id)
    VALUES (
        whose, which, causeway.text(meta, 'domain'), causeway.integer(meta, 'revision'),
        document ->> 'status', causeway.text(document, 'severity'), causeway.text(document, 'title'),
        causeway.instant_or_epoch(document, 'started_at'), causeway.instant_or_epoch(document, 'opened_at'),
        causeway.instant_of(document, 'acknowledged_at'), causeway.text(document, 'acknowledged_by'),
        causeway.instant_of(document, 'resolved_at'), causeway.text(document, 'resolved_by'),
        causeway.instant_of(document, 'closed_at'), causeway.integer(document, 'reopened'),
        coalesce((document ->> 'drill')::boolean, false),
        (SELECT coalesce(array_agg(causeway.key_text(e ->> 'name')), '{}') FROM jsonb_array_elements(document -> 'entities') AS e),
        document -> 'entities', causeway.integer(document, 'member_count'), document -> 'members',
        coalesce((meta ->> 'config_hash')::bigint, 0), causeway.text(meta, 'model_version'),
        causeway.instant_or_epoch(meta, 'stream_at'), content)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM causeway.members WHERE tenant = whose AND incident_id = which;
    INSERT INTO causeway.members (
        tenant, incident_id, member_id, kind, entity_kind, entity, title, family, severity, firing, started_at, joined_at,
        ended_at, score, actual, expected, repeats, rule, reason, reason_json)
    SELECT whose, which, causeway.key_text(m ->> 'member_id'), causeway.text(m, 'kind'),
           causeway.text(m -> 'entity', 'kind'), causeway.key_text(m -> 'entity' ->> 'name'), causeway.text(m, 'title'),
           causeway.text(m, 'family'), causeway.text(m, 'severity'), coalesce((m ->> 'firing')::boolean, false),
           causeway.instant_or_epoch(m, 'started_at'), causeway.instant_of(m, 'joined_at'), causeway.instant_of(m, 'ended_at'),
           causeway.number(m, 'score'), causeway.number(m, 'actual'), causeway.number(m, 'expected'),
           causeway.integer(m, 'repeats'), causeway.text(m -> 'reason', 'rule'), causeway.text(m -> 'reason', 'text'),
           coalesce(m -> 'reason', '{}')
    FROM jsonb_array_elements(document -> 'members') AS m
    ON CONFLICT DO NOTHING; -- a member named twice counts once
    RETURN true;
END
$$;

CREATE FUNCTION causeway.store_cause(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta  jsonb := document -> 'meta';
    whose text := causeway.key_text(meta ->> 'tenant');
    which text := causeway.key_text(document ->> 'incident_id');
BEGIN
    DELETE FROM causeway.causes
    WHERE tenant = whose AND incident_id = which
      AND (revision, stream_at, content_id)
          < (causeway.integer(meta, 'revision'), causeway.instant_or_epoch(meta, 'stream_at'), content);
    INSERT INTO causeway.causes (
        tenant, incident_id, domain, revision, decided_at, started_at, unknown, missing, confidence, title, summary,
        affected_entities, affected_members, recommended, recommendation, config_hash, model_version, stream_at, content_id)
    VALUES (
        whose, which, causeway.text(meta, 'domain'), causeway.integer(meta, 'revision'),
        causeway.instant_or_epoch(document, 'decided_at'), causeway.instant_of(document, 'started_at'),
        coalesce((document ->> 'unknown')::boolean, true), causeway.texts(document -> 'missing'),
        causeway.number(document, 'confidence'), causeway.text(document, 'title'), causeway.text(document, 'summary'),
        causeway.integer(document, 'affected_entities'), causeway.integer(document, 'affected_members'),
        causeway.text(document -> 'recommendation', 'text'), coalesce(document -> 'recommendation', '{}'),
        coalesce((meta ->> 'config_hash')::bigint, 0), causeway.text(meta, 'model_version'),
        causeway.instant_or_epoch(meta, 'stream_at'), content)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM causeway.candidates WHERE tenant = whose AND incident_id = which;
    INSERT INTO causeway.candidates (
        tenant, incident_id, rank, kind, entity_kind, entity, label, bucket, score, probability, onset_at, factors, evidence)
    SELECT whose, which, position::integer, causeway.text(c, 'kind'), causeway.text(c -> 'entity', 'kind'),
           causeway.key_text(c -> 'entity' ->> 'name'), causeway.text(c, 'label'), causeway.text(c, 'bucket'),
           causeway.number(c, 'score'), causeway.number(c, 'probability'), causeway.instant_of(c, 'onset_at'),
           coalesce(c -> 'factors', '[]'), causeway.texts(c -> 'evidence')
    FROM jsonb_array_elements(document -> 'candidates') WITH ORDINALITY AS each (c, position);
    RETURN true;
END
$$;

CREATE FUNCTION causeway.store_notice(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta  jsonb := document -> 'meta';
    whose text := causeway.key_text(meta ->> 'tenant');
    which text := causeway.key_text(document ->> 'notice_id');
BEGIN
    DELETE FROM causeway.notices
    WHERE tenant = whose AND notice_id = which
      AND (revision, stream_at, content_id)
          < (causeway.integer(meta, 'revision'), causeway.instant_or_epoch(meta, 'stream_at'), content);
    INSERT INTO causeway.notices (
        tenant, notice_id, domain, incident_id, transition, number, severity, title, why, started_at, decided_at,
        entities, member_count, drill, revision, stream_at, content_id)
    VALUES (
        whose, which, causeway.text(meta, 'domain'), causeway.key_text(document ->> 'incident_id'),
        causeway.text(document, 'transition'), causeway.integer(document, 'number'), causeway.text(document, 'severity'),
        causeway.text(document, 'title'), causeway.text(document, 'why'), causeway.instant_of(document, 'started_at'),
        causeway.instant_or_epoch(document, 'decided_at'), document -> 'entities',
        causeway.integer(document, 'member_count'), coalesce((document ->> 'drill')::boolean, false),
        causeway.integer(meta, 'revision'), causeway.instant_or_epoch(meta, 'stream_at'), content)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION causeway.store_delivery(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta    jsonb := document -> 'meta';
    whose   text := causeway.key_text(meta ->> 'tenant');
    which   text := causeway.key_text(document ->> 'notice_id');
    whither text := causeway.key_text(document ->> 'target');
    tries   integer := causeway.integer(document, 'attempts');
    ended   boolean := document ->> 'state' <> 'INTENT';
BEGIN
    -- State and attempts are volatile, so the content id is the same for all of
    -- them: an end beats an intent, then the later attempt.
    DELETE FROM causeway.deliveries
    WHERE tenant = whose AND notice_id = which AND target = whither
      AND (revision, stream_at, state <> 'INTENT', attempts, state, outcome)
          < (causeway.integer(meta, 'revision'), causeway.instant_or_epoch(meta, 'stream_at'), ended, tries,
             causeway.text(document, 'state'), causeway.text(document, 'outcome'));
    INSERT INTO causeway.deliveries (
        tenant, notice_id, target, domain, incident_id, transition, state, attempts, delivered_at, outcome, revision,
        stream_at, content_id)
    VALUES (
        whose, which, whither, causeway.text(meta, 'domain'), causeway.key_text(document ->> 'incident_id'),
        causeway.text(document, 'transition'), causeway.text(document, 'state'), tries,
        causeway.instant_of(document, 'delivered_at'), causeway.text(document, 'outcome'),
        causeway.integer(meta, 'revision'), causeway.instant_or_epoch(meta, 'stream_at'), content)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION causeway.store_action(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta  jsonb := document -> 'meta';
    whose text := causeway.key_text(meta ->> 'tenant');
    which text := causeway.key_text(document ->> 'action_id');
BEGIN
    DELETE FROM causeway.actions
    WHERE tenant = whose AND action_id = which
      AND (revision, stream_at, content_id)
          < (causeway.integer(meta, 'revision'), causeway.instant_or_epoch(meta, 'stream_at'), content);
    INSERT INTO causeway.actions (
        tenant, action_id, domain, incident_id, revision, state, policy, action, level, attempt, target_kind, target, argv,
        rollback_argv, precheck_argv, action_hash, dry_run, confidence, blast_radius, proposed_at, decided_at, expires_at,
        approved_by, finished_at, verified_at, exit_code, output, reason, config_hash, stream_at, content_id)
    VALUES (
        whose, which, causeway.text(meta, 'domain'), causeway.key_text(document ->> 'incident_id'),
        causeway.integer(meta, 'revision'), causeway.text(document, 'state'), causeway.text(document, 'policy'),
        causeway.text(document, 'action'), causeway.integer(document, 'level'), causeway.integer(document, 'attempt'),
        causeway.text(document -> 'target', 'kind'), causeway.text(document -> 'target', 'name'),
        causeway.texts(document -> 'argv'), causeway.texts(document -> 'rollback_argv'),
        causeway.texts(document -> 'precheck_argv'), causeway.text(document, 'action_hash'),
        coalesce((document ->> 'dry_run')::boolean, false), causeway.number(document, 'confidence'),
        causeway.texts(document -> 'blast_radius'), causeway.instant_or_epoch(document, 'proposed_at'),
        causeway.instant_of(document, 'decided_at'), causeway.instant_of(document, 'expires_at'),
        causeway.text(document, 'approved_by'), causeway.instant_of(document, 'finished_at'),
        causeway.instant_of(document, 'verified_at'), causeway.integer(document, 'exit_code'),
        causeway.text(document, 'output'), causeway.text(document, 'reason'),
        coalesce((meta ->> 'config_hash')::bigint, 0), causeway.instant_or_epoch(meta, 'stream_at'), content)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION causeway.store_said(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta  jsonb := document -> 'meta';
    whose text := causeway.key_text(meta ->> 'tenant');
    which text := causeway.key_text(document ->> 'said_id');
    about text := causeway.key_text(document ->> 'target');
    at    timestamptz := causeway.instant_or_epoch(meta, 'stream_at');
BEGIN
    -- A repeat applies from its first place in the stream.
    DELETE FROM causeway.said
    WHERE tenant = whose AND said_id = which AND (applied_at, content_id) > (at, content);
    INSERT INTO causeway.said (
        tenant, said_id, domain, kind, said_by, target, value, reason, expires_at, matchers, parameters, applied_at, content_id)
    VALUES (
        whose, which, causeway.text(meta, 'domain'), causeway.text(document, 'kind'), causeway.text(document, 'by'), about,
        causeway.text(document, 'value'), causeway.text(document, 'reason'), causeway.instant_of(document, 'expires_at'),
        coalesce(document -> 'matchers', '[]'), coalesce(document -> 'parameters', '[]'), at, content)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM causeway.labels WHERE tenant = whose AND said_id = which;
    DELETE FROM causeway.model_versions WHERE tenant = whose AND model = about AND said_id = which;
    IF document ->> 'kind' = 'LABEL' THEN
        INSERT INTO causeway.labels (tenant, said_id, target, target_kind, value, labelled_by, reason, labelled_at)
        VALUES (whose, which, about, CASE WHEN about LIKE 'INC-%' THEN 'incident' ELSE 'signal' END,
                causeway.text(document, 'value'), causeway.text(document, 'by'), causeway.text(document, 'reason'), at);
    ELSIF document ->> 'kind' = 'MODEL' THEN
        INSERT INTO causeway.model_versions (tenant, model, said_id, stage, changed_by, reason, provenance, changed_at)
        VALUES (whose, about, which, causeway.text(document, 'value'), causeway.text(document, 'by'),
                causeway.text(document, 'reason'), coalesce(document -> 'parameters', '[]'), at);
    END IF;
    RETURN true;
END
$$;

CREATE FUNCTION causeway.store_anomaly(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta  jsonb := document -> 'meta';
    whose text := causeway.key_text(meta ->> 'tenant');
    which text := causeway.key_text(document ->> 'anomaly_id');
    onset timestamptz := causeway.instant_or_epoch(document, 'started_at');
BEGIN
    DELETE FROM causeway.anomalies
    WHERE tenant = whose AND anomaly_id = which AND started_at = onset
      AND (revision, stream_at, content_id)
          < (causeway.integer(meta, 'revision'), causeway.instant_or_epoch(meta, 'stream_at'), content);
    INSERT INTO causeway.anomalies (
        tenant, anomaly_id, domain, revision, status, kind, family, severity, entity_kind, entity, series_id, metric, unit,
        labels, started_at, opened_at, closed_at, actual, expected, lower, upper, score, p_value, peak_score, contributors,
        ready_views, config_hash, model_version, stream_at, content_id)
    VALUES (
        whose, which, causeway.text(meta, 'domain'), causeway.integer(meta, 'revision'), causeway.text(document, 'status'),
        causeway.text(document, 'kind'), causeway.text(document, 'family'), causeway.text(document, 'severity'),
        causeway.text(document -> 'entity', 'kind'), causeway.key_text(document -> 'entity' ->> 'name'),
        coalesce((document ->> 'series_id')::bigint, 0), causeway.text(document, 'metric'), causeway.text(document, 'unit'),
        coalesce(document -> 'labels', '[]'), onset, causeway.instant_of(document, 'opened_at'),
        causeway.instant_of(document, 'closed_at'), causeway.number(document, 'actual'),
        causeway.number(document, 'expected'), causeway.number(document, 'lower'), causeway.number(document, 'upper'),
        causeway.number(document, 'score'), causeway.number(document, 'p_value'), causeway.number(document, 'peak_score'),
        coalesce(document -> 'contributors', '[]'), causeway.texts(document -> 'ready_views'),
        coalesce((meta ->> 'config_hash')::bigint, 0), causeway.text(meta, 'model_version'),
        causeway.instant_or_epoch(meta, 'stream_at'), content)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION causeway.store_ledger_entry(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta jsonb := document -> 'meta';
BEGIN
    INSERT INTO causeway.ledger (
        tenant, domain, at, event_at, alert_id, kind, entity_kind, entity, title, fate, incident_id, reason, config_hash,
        content_id)
    VALUES (
        causeway.key_text(meta ->> 'tenant'), causeway.text(meta, 'domain'), causeway.instant_or_epoch(meta, 'stream_at'),
        causeway.instant_of(meta, 'event_at'), causeway.key_text(document ->> 'alert_id'), causeway.text(document, 'kind'),
        causeway.text(document -> 'entity', 'kind'), causeway.key_text(document -> 'entity' ->> 'name'),
        causeway.text(document, 'title'), causeway.text(document, 'fate'), causeway.key_text(document ->> 'incident_id'),
        causeway.text(document, 'reason'), coalesce((meta ->> 'config_hash')::bigint, 0), content)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION causeway.store_topology_edge(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta   jsonb := document -> 'meta';
    fresh  causeway.topology_edges;
BEGIN
    fresh.tenant := causeway.key_text(meta ->> 'tenant');
    fresh.domain := causeway.key_text(meta ->> 'domain');
    fresh.caller_kind := causeway.key_text(document -> 'caller' ->> 'kind');
    fresh.caller := causeway.key_text(document -> 'caller' ->> 'name');
    fresh.callee_kind := causeway.key_text(document -> 'callee' ->> 'kind');
    fresh.callee := causeway.key_text(document -> 'callee' ->> 'name');
    fresh.kind := causeway.key_text(document ->> 'kind');
    fresh.source := causeway.key_text(document ->> 'source');
    fresh.weight := causeway.number(document, 'weight');
    fresh.criticality := causeway.number(document, 'criticality');
    fresh.valid_from := causeway.instant_or_epoch(document, 'valid_from');
    fresh.valid_to := causeway.instant_of(document, 'valid_to');
    fresh.revision := causeway.integer(meta, 'revision');
    fresh.stream_at := causeway.instant_or_epoch(meta, 'stream_at');
    fresh.content_id := content;
    fresh.recorded_at := now();
    DELETE FROM causeway.topology_edges AS old
    WHERE old.tenant = fresh.tenant AND old.domain = fresh.domain AND old.caller_kind = fresh.caller_kind
      AND old.caller = fresh.caller AND old.callee_kind = fresh.callee_kind AND old.callee = fresh.callee
      AND old.kind = fresh.kind AND old.source = fresh.source AND old.valid_from = fresh.valid_from
      AND (old.revision, old.stream_at, old.content_id) < (fresh.revision, fresh.stream_at, fresh.content_id);
    INSERT INTO causeway.topology_edges SELECT fresh.* ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION causeway.store_audit(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta jsonb := document -> 'meta';
BEGIN
    INSERT INTO causeway.audit (
        tenant, domain, chain, sequence, what, subject, detail, algorithm, key_id, previous_mac, mac, at)
    VALUES (
        causeway.key_text(meta ->> 'tenant'), causeway.text(meta, 'domain'), causeway.key_text(document ->> 'chain'),
        coalesce((document ->> 'sequence')::bigint, 0), causeway.text(document, 'what'),
        causeway.key_text(document ->> 'subject'), causeway.text(document, 'detail'), causeway.text(document, 'algorithm'),
        causeway.text(document, 'key_id'), causeway.text(document, 'previous_mac'), causeway.key_text(document ->> 'mac'),
        causeway.instant_or_epoch(meta, 'stream_at'))
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION causeway.anchor_audit() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    added bigint;
BEGIN
    INSERT INTO causeway.audit_anchors (chain, sequence, mac)
    SELECT DISTINCT ON (chain) chain, sequence, mac FROM causeway.audit ORDER BY chain, sequence DESC, mac
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN added;
END
$$;
COMMENT ON FUNCTION causeway.anchor_audit() IS 'Writes down the head of every audit chain; returns how many heads are new.';

CREATE FUNCTION causeway.advance_offset(
    its_topic text, its_partition integer, expected bigint, next bigint, may_repeat boolean) RETURNS boolean
    LANGUAGE plpgsql AS $$
DECLARE
    stands bigint;
BEGIN
    UPDATE causeway.offsets AS o SET next_offset = next, updated_at = now()
    WHERE o.topic = its_topic AND o.partition = its_partition AND o.next_offset = expected;
    IF FOUND THEN
        RETURN true;
    END IF;
    SELECT o.next_offset INTO stands FROM causeway.offsets AS o WHERE o.topic = its_topic AND o.partition = its_partition;
    IF may_repeat AND stands = next THEN
        RETURN false; -- the commit whose answer was lost had arrived
    END IF;
    RAISE EXCEPTION '%/% stands at %, not at %', its_topic, its_partition, coalesce(stands::text, 'nothing'), expected
        USING ERRCODE = 'CW001';
END
$$;
COMMENT ON FUNCTION causeway.advance_offset(text, integer, bigint, bigint, boolean) IS
    'Moves an input offset from the value expected; SQLSTATE CW001 = somebody else moved it.';
