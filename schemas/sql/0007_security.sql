-- Who may do what. Readers read and say; the recorder writes rows; the owner
-- owns. Grant a login its part with: GRANT causeway_reader TO grafana;

CREATE FUNCTION causeway.reads_all() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN coalesce(current_setting('causeway.tenant', true), '') = ''
           AND NOT EXISTS (SELECT 1 FROM causeway.reader_tenants WHERE role_name = session_user);

CREATE FUNCTION causeway.readable_tenants() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT current_setting('causeway.tenant', true)
    WHERE coalesce(current_setting('causeway.tenant', true), '') <> ''
      AND (NOT EXISTS (SELECT 1 FROM causeway.reader_tenants WHERE role_name = session_user)
           OR current_setting('causeway.tenant', true) IN (SELECT tenant FROM causeway.reader_tenants WHERE role_name = session_user))
    UNION
    SELECT tenant FROM causeway.reader_tenants
    WHERE role_name = session_user AND coalesce(current_setting('causeway.tenant', true), '') = ''
$$;
COMMENT ON FUNCTION causeway.readable_tenants() IS
    'Tenants of this session: SET causeway.tenant narrows, rows of reader_tenants confine.';

CREATE FUNCTION causeway.require_tenant(whose text) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(whose, '') = '' THEN
        RAISE EXCEPTION 'which tenant?' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT causeway.reads_all() AND NOT EXISTS (SELECT 1 FROM causeway.readable_tenants() AS t WHERE t = whose) THEN
        RAISE EXCEPTION 'tenant % is not yours', whose USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['incidents', 'members', 'causes', 'candidates', 'notices', 'deliveries', 'actions', 'said',
                                'labels', 'model_versions', 'anomalies', 'ledger', 'topology_edges', 'audit', 'outbox'] LOOP
        EXECUTE format('ALTER TABLE causeway.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY recorder ON causeway.%I TO causeway_recorder USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY reader ON causeway.%I FOR SELECT TO causeway_reader
                        USING ((SELECT causeway.reads_all()) OR tenant IN (SELECT causeway.readable_tenants()))', name);
    END LOOP;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA causeway FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA causeway REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA causeway TO causeway_reader, causeway_recorder;

GRANT SELECT ON causeway.incidents, causeway.members, causeway.causes, causeway.candidates, causeway.notices,
    causeway.deliveries, causeway.actions, causeway.said, causeway.labels, causeway.model_versions, causeway.anomalies,
    causeway.ledger, causeway.topology_edges, causeway.audit, causeway.audit_anchors, causeway.outbox, causeway.retention,
    causeway.offsets, causeway.refused_rows, causeway.schema_migrations,
    causeway.incident_overview, causeway.open_incidents, causeway.mttd_daily, causeway.mtta_daily, causeway.mttr_daily,
    causeway.noise_reduction_daily, causeway.worst_sources, causeway.action_history, causeway.silences,
    causeway.label_conflicts, causeway.models_in_force, causeway.missed_daily, causeway.audit_heads, causeway.audit_faults
    TO causeway_reader, causeway_recorder;
REVOKE SELECT ON causeway.refused_rows FROM causeway_reader; -- it may hold what a tenant sent
GRANT EXECUTE ON FUNCTION causeway.acknowledge, causeway.resolve, causeway.label, causeway.silence, causeway.unsilence,
    causeway.approve, causeway.reject, causeway.kill_switch, causeway.reads_all, causeway.readable_tenants,
    causeway.instant, causeway.key_text TO causeway_reader, causeway_recorder;

GRANT INSERT, UPDATE, DELETE ON causeway.incidents, causeway.members, causeway.causes, causeway.candidates, causeway.notices,
    causeway.deliveries, causeway.actions, causeway.said, causeway.labels, causeway.model_versions, causeway.anomalies,
    causeway.topology_edges, causeway.offsets TO causeway_recorder;
GRANT INSERT ON causeway.ledger, causeway.audit, causeway.audit_anchors, causeway.refused_rows TO causeway_recorder;
GRANT UPDATE (sent_at) ON causeway.outbox TO causeway_recorder;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA causeway TO causeway_recorder;
REVOKE EXECUTE ON FUNCTION causeway.say, causeway.add_day, causeway.drop_days FROM causeway_recorder;
