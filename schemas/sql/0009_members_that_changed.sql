-- An incident is written anew with each revision, and most of its members are as
-- they were: only those that changed are written again.

CREATE OR REPLACE FUNCTION causeway.store_incident(document jsonb, content bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    meta  jsonb := document -> 'meta';
    whose text := causeway.key_text(meta ->> 'tenant');
    which text := causeway.key_text(document ->> 'incident_id');
    before jsonb;
    other  text[];
BEGIN
    DELETE FROM causeway.incidents
    WHERE tenant = whose AND incident_id = which
      AND (stream_at, revision, content_id)
          < (causeway.instant_or_epoch(meta, 'stream_at'), causeway.integer(meta, 'revision'), content)
    RETURNING members INTO before;
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
    other := ARRAY(SELECT causeway.key_text(m ->> 'member_id') FROM jsonb_array_elements(document -> 'members') AS m
                   WHERE m NOT IN (SELECT o FROM jsonb_array_elements(coalesce(before, '[]')) AS o));
    DELETE FROM causeway.members
    WHERE tenant = whose AND incident_id = which
      AND (before IS NULL OR member_id = ANY (other)
           OR member_id NOT IN (SELECT causeway.key_text(m ->> 'member_id') FROM jsonb_array_elements(document -> 'members') AS m));
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
    WHERE causeway.key_text(m ->> 'member_id') = ANY (other)
    ON CONFLICT DO NOTHING; -- a member named twice counts once
    RETURN true;
END
$$;
