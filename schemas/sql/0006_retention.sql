-- Daily partitions come and go. The recorder calls apply_retention() at start
-- and every hour; it may run at any time, any number of times, by any number.

CREATE FUNCTION causeway.add_day(parent text, day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    child text := parent || '_' || to_char(day, 'YYYYMMDD');
    field text := CASE parent WHEN 'anomalies' THEN 'started_at' ELSE 'at' END;
    low   timestamptz := day::timestamp AT TIME ZONE 'UTC';
    high  timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(format('causeway.%I', child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE causeway.%I IN SHARE ROW EXCLUSIVE MODE', parent);
    EXECUTE format('CREATE TABLE causeway.%I (LIKE causeway.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
    -- Rows that came before their partition wait in the default one.
    EXECUTE format('WITH moved AS (DELETE FROM causeway.%I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO causeway.%I SELECT * FROM moved',
                   parent || '_default', field, low, field, high, child);
    EXECUTE format('ALTER TABLE causeway.%I ATTACH PARTITION causeway.%I FOR VALUES FROM (%L) TO (%L)', parent, child, low, high);
    RETURN true;
END
$$;

CREATE FUNCTION causeway.drop_days(parent text, before date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    child   text;
    dropped integer := 0;
BEGIN
    FOR child IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('causeway.%I', parent)::regclass AND c.relname ~ ('^' || parent || '_[0-9]{8}$')
          AND right(c.relname, 8) < to_char(before, 'YYYYMMDD')
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE causeway.%I', child);
        dropped := dropped + 1;
    END LOOP;
    EXECUTE format('DELETE FROM causeway.%I WHERE %I < %L', parent || '_default',
                   CASE parent WHEN 'anomalies' THEN 'started_at' ELSE 'at' END, before::timestamp AT TIME ZONE 'UTC');
    RETURN dropped;
END
$$;

CREATE FUNCTION causeway.apply_retention(today date DEFAULT (now() AT TIME ZONE 'UTC')::date)
    RETURNS TABLE (relation text, added integer, dropped integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rule causeway.retention;
    day  date;
BEGIN
    -- One at a time, and never in the way of a batch that is being written.
    PERFORM pg_advisory_xact_lock(hashtext('causeway retention'));
    FOR rule IN SELECT * FROM causeway.retention AS r WHERE r.relation IN ('anomalies', 'ledger') ORDER BY r.relation LOOP
        relation := rule.relation;
        added := 0;
        FOR day IN SELECT today + n FROM generate_series(0, rule.ahead_days) AS n LOOP
            IF causeway.add_day(rule.relation, day) THEN
                added := added + 1;
            END IF;
        END LOOP;
        dropped := causeway.drop_days(rule.relation, today - rule.keep_days);
        RETURN NEXT;
    END LOOP;
    FOR rule IN SELECT * FROM causeway.retention AS r WHERE r.relation IN ('outbox', 'refused_rows') ORDER BY r.relation LOOP
        relation := rule.relation;
        added := 0;
        IF rule.relation = 'outbox' THEN -- what waits for Kafka is never dropped
            DELETE FROM causeway.outbox WHERE sent_at < (today - rule.keep_days)::timestamp AT TIME ZONE 'UTC';
        ELSE
            DELETE FROM causeway.refused_rows WHERE refused_at < (today - rule.keep_days)::timestamp AT TIME ZONE 'UTC';
        END IF;
        GET DIAGNOSTICS dropped = ROW_COUNT;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION causeway.apply_retention(date) IS
    'Makes the partitions of the coming days and drops what the table retention no longer keeps; dropped counts partitions, of outbox and refused_rows rows.';
