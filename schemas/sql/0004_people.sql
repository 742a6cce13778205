-- What people write: each function checks, puts one command into the outbox and
-- returns its id. It takes effect when it comes back as a record, in a second
-- or so; the view said shows it then.
--
-- Called twice in one transaction with the same words, it is one command.

CREATE FUNCTION causeway.say(kind text, whose text, target text, by text, rest jsonb DEFAULT '{}') RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    payload jsonb;
    made    text;
BEGIN
    IF coalesce(btrim(by), '') = '' THEN
        RAISE EXCEPTION 'say who you are' USING ERRCODE = 'invalid_parameter_value', HINT = 'the parameter by is a name or an address';
    END IF;
    IF octet_length(by) > 256 OR octet_length(target) > 512 OR octet_length(coalesce(rest ->> 'reason', '')) > 4096 THEN
        RAISE EXCEPTION 'too long: by has at most 256 bytes, target 512, reason 4096' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    payload := jsonb_build_object('kind', kind, 'tenant', whose, 'domain', whose, 'target', target, 'by', by) || rest;
    -- The instant makes a second saying, later, a second command.
    made := left(encode(sha256(convert_to(payload::text || now()::text || session_user, 'UTF8')), 'hex'), 32);
    payload := jsonb_set(payload, '{parameters}',
        coalesce(payload -> 'parameters', '{}') || jsonb_build_object('request_id', made, 'database_user', session_user));
    INSERT INTO causeway.outbox (id, topic, tenant, domain, payload)
    VALUES (made, 'raw.commands', whose, coalesce(payload ->> 'domain', whose), payload)
    ON CONFLICT DO NOTHING;
    RETURN made;
END
$$;
COMMENT ON FUNCTION causeway.say(text, text, text, text, jsonb) IS 'Common part of the functions below; not for people.';

CREATE FUNCTION causeway.require_incident(incident text, whose text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_domain text;
BEGIN
    SELECT domain INTO found_domain FROM causeway.incidents AS i WHERE i.tenant = whose AND i.incident_id = incident;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no incident % of tenant %', incident, whose
            USING ERRCODE = 'no_data_found', HINT = 'SELECT incident_id, title FROM causeway.open_incidents';
    END IF;
    RETURN found_domain;
END
$$;

CREATE FUNCTION causeway.require_unfinished(incident text, whose text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_domain text := causeway.require_incident(incident, whose);
    its_status text;
BEGIN
    SELECT status INTO its_status FROM causeway.incidents AS i WHERE i.tenant = whose AND i.incident_id = incident;
    IF its_status IN ('RESOLVED', 'CLOSED') THEN
        RAISE EXCEPTION 'incident % is % already', incident, lower(its_status) USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN its_domain;
END
$$;

CREATE FUNCTION causeway.acknowledge(incident_id text, by text, reason text DEFAULT '', tenant text DEFAULT 'default')
    RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM causeway.require_tenant(tenant);
    RETURN causeway.say('acknowledge', tenant, incident_id, by,
        jsonb_build_object('reason', reason, 'domain', causeway.require_unfinished(incident_id, tenant)));
END
$$;
COMMENT ON FUNCTION causeway.acknowledge(text, text, text, text) IS 'I am on it: SELECT causeway.acknowledge(''INC-7Q4K2'', ''ana'', ''looking'')';

CREATE FUNCTION causeway.resolve(incident_id text, by text, reason text DEFAULT '', tenant text DEFAULT 'default')
    RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM causeway.require_tenant(tenant);
    RETURN causeway.say('resolve', tenant, incident_id, by,
        jsonb_build_object('reason', reason, 'domain', causeway.require_unfinished(incident_id, tenant)));
END
$$;
COMMENT ON FUNCTION causeway.resolve(text, text, text, text) IS 'It is over: SELECT causeway.resolve(''INC-7Q4K2'', ''ana'', ''rolled back'')';

CREATE FUNCTION causeway.label(target text, value text, by text, reason text DEFAULT '', tenant text DEFAULT 'default')
    RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_domain text := tenant;
BEGIN
    PERFORM causeway.require_tenant(tenant);
    IF value IS NULL OR value NOT IN ('true', 'false', 'duplicate', 'wrong-cause') THEN
        RAISE EXCEPTION 'a label is true, false, duplicate or wrong-cause, not %', coalesce(quote_literal(value), 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF target LIKE 'INC-%' THEN
        its_domain := causeway.require_incident(target, tenant);
    ELSE
        SELECT found.domain INTO its_domain FROM (
            SELECT a.domain FROM causeway.anomalies AS a WHERE a.tenant = label.tenant AND a.anomaly_id = label.target
            UNION ALL SELECT x.domain FROM causeway.actions AS x WHERE x.tenant = label.tenant AND x.action_id = label.target
            UNION ALL SELECT i.domain FROM causeway.members AS m JOIN causeway.incidents AS i USING (tenant, incident_id)
                      WHERE m.tenant = label.tenant AND m.member_id = label.target) AS found LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'nothing is known by the id % of tenant %', target, tenant USING ERRCODE = 'no_data_found',
                HINT = 'a label is for an incident, a member of one, an anomaly or an action';
        END IF;
    END IF;
    RETURN causeway.say('label', tenant, target, by, jsonb_build_object('value', value, 'reason', reason, 'domain', its_domain));
END
$$;
COMMENT ON FUNCTION causeway.label(text, text, text, text, text) IS
    'Feedback that later decisions learn from: SELECT causeway.label(''INC-7Q4K2'', ''false'', ''ana'', ''a batch job'')';

CREATE FUNCTION causeway.silence(matchers jsonb, owner text, reason text, expires timestamptz, tenant text DEFAULT 'default',
    domain text DEFAULT NULL) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bad text;
    list jsonb;
BEGIN
    PERFORM causeway.require_tenant(tenant);
    IF jsonb_typeof(matchers) IS DISTINCT FROM 'object' OR matchers = '{}' THEN
        RAISE EXCEPTION 'a silence needs matchers' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'an object of labels, all of which must match: {"entity": "cart", "severity": "WARNING"}; a value ending in * is a prefix';
    END IF;
    SELECT key INTO bad FROM jsonb_each(matchers) WHERE jsonb_typeof(value) <> 'string' OR value IN ('""', '"*"') OR key = '' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'matcher % must be a text that narrows: neither empty nor * alone', bad USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(matchers)) > 16 THEN
        RAISE EXCEPTION 'at most 16 matchers' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(btrim(reason), '') = '' THEN
        RAISE EXCEPTION 'a silence needs a reason' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF expires IS NULL OR NOT expires > clock_timestamp() OR NOT expires < clock_timestamp() + interval '366 days' THEN
        RAISE EXCEPTION 'a silence expires in the future and within a year, not at %', expires USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT jsonb_agg(jsonb_build_object('label', key, 'value', value) ORDER BY key) INTO list FROM jsonb_each_text(matchers);
    RETURN causeway.say('silence', tenant, '', owner, jsonb_build_object('reason', reason, 'matchers', list,
        'domain', coalesce(domain, tenant), 'expires_at', (extract(epoch FROM expires) * 1000000)::bigint));
END
$$;
COMMENT ON FUNCTION causeway.silence(jsonb, text, text, timestamptz, text, text) IS
    'No pages for what matches, until it expires: SELECT causeway.silence(''{"entity": "cart"}'', ''ana'', ''deploy'', now() + interval ''1 hour'')';

CREATE FUNCTION causeway.unsilence(silence_id text, by text, reason text DEFAULT '', tenant text DEFAULT 'default')
    RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_domain text;
BEGIN
    PERFORM causeway.require_tenant(tenant);
    SELECT s.domain INTO its_domain FROM causeway.said AS s
    WHERE s.tenant = unsilence.tenant AND s.said_id = silence_id AND s.kind = 'SILENCE';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no silence % of tenant %', silence_id, tenant USING ERRCODE = 'no_data_found',
            HINT = 'SELECT silence_id, reason FROM causeway.silences';
    END IF;
    RETURN causeway.say('unsilence', tenant, silence_id, by, jsonb_build_object('reason', reason, 'domain', its_domain));
END
$$;
COMMENT ON FUNCTION causeway.unsilence(text, text, text, text) IS 'Ends a silence early; its id is in the view silences.';

CREATE FUNCTION causeway.require_proposal(wanted text, whose text) RETURNS causeway.actions
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    proposal causeway.actions;
BEGIN
    SELECT * INTO proposal FROM causeway.actions AS a WHERE a.tenant = whose AND a.action_id = wanted;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no action % of tenant %', wanted, whose USING ERRCODE = 'no_data_found',
            HINT = 'SELECT action_id, action, target FROM causeway.action_history WHERE state = ''PROPOSED''';
    END IF;
    IF proposal.state <> 'PROPOSED' THEN
        RAISE EXCEPTION 'action % is % and waits for nobody', wanted, lower(proposal.state) USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF proposal.expires_at < clock_timestamp() THEN
        RAISE EXCEPTION 'action % expired at %', wanted, proposal.expires_at USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN proposal;
END
$$;

CREATE FUNCTION causeway.approve(action_id text, action_hash text, by text, reason text DEFAULT '', tenant text DEFAULT 'default')
    RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    proposal causeway.actions;
BEGIN
    PERFORM causeway.require_tenant(tenant);
    proposal := causeway.require_proposal(action_id, tenant);
    IF proposal.action_hash IS DISTINCT FROM action_hash THEN
        RAISE EXCEPTION 'action % is not what you read: its hash is % now', action_id, proposal.action_hash
            USING ERRCODE = 'invalid_parameter_value', HINT = 'read its argv again, then approve that hash';
    END IF;
    RETURN causeway.say('approve', tenant, action_id, by, jsonb_build_object('reason', reason, 'domain', proposal.domain,
        'parameters', jsonb_build_object('action_hash', action_hash)));
END
$$;
COMMENT ON FUNCTION causeway.approve(text, text, text, text, text) IS
    'Lets a proposed action run, exactly as read: the hash is in action_history.';

CREATE FUNCTION causeway.reject(action_id text, by text, reason text DEFAULT '', tenant text DEFAULT 'default')
    RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    proposal causeway.actions;
BEGIN
    PERFORM causeway.require_tenant(tenant);
    proposal := causeway.require_proposal(action_id, tenant);
    RETURN causeway.say('reject', tenant, action_id, by, jsonb_build_object('reason', reason, 'domain', proposal.domain,
        'parameters', jsonb_build_object('action_hash', proposal.action_hash)));
END
$$;
COMMENT ON FUNCTION causeway.reject(text, text, text, text) IS 'Refuses a proposed action.';

CREATE FUNCTION causeway.kill_switch(value text, by text, reason text DEFAULT '', tenant text DEFAULT 'default',
    domain text DEFAULT NULL) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each text;
    made text;
BEGIN
    PERFORM causeway.require_tenant(tenant);
    IF value IS NULL OR value NOT IN ('stop', 'start') THEN
        RAISE EXCEPTION 'the kill switch knows stop and start, not %', coalesce(quote_literal(value), 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- A command reaches the owner of one domain, so all of them are told.
    FOR each IN SELECT kill_switch.domain WHERE kill_switch.domain IS NOT NULL
                UNION SELECT kill_switch.tenant WHERE kill_switch.domain IS NULL
                UNION SELECT i.domain FROM causeway.incidents AS i
                      WHERE kill_switch.domain IS NULL AND i.tenant = kill_switch.tenant
                ORDER BY 1 LOOP
        made := causeway.say('kill_switch', tenant, '', by, jsonb_build_object('value', value, 'reason', reason, 'domain', each));
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION causeway.kill_switch(text, text, text, text, text) IS
    'stop: no action of the tenant starts any more; start: again. One command per domain, or for the domain named; returns the id of the last.';
