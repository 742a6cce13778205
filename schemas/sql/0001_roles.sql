-- Roles, the schema, and the list of migrations.
--
-- Runs as a superuser, as a user with CREATEROLE, or, when the three group
-- roles exist already, as any member of causeway_owner that may create a
-- schema in this database. All later files run as causeway_owner.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['causeway_owner', 'causeway_recorder', 'causeway_reader'] LOOP
        CONTINUE WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server was faster
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'role % does not exist and % may not create it', wanted, current_user
                    USING HINT = 'run once as a superuser: CREATE ROLE ' || wanted || ' NOLOGIN; GRANT causeway_owner TO '
                                 || quote_ident(current_user);
        END;
    END LOOP;
    IF NOT pg_has_role(current_user, 'causeway_owner', 'MEMBER') THEN
        EXECUTE format('GRANT causeway_owner TO %I', current_user);
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS causeway AUTHORIZATION causeway_owner;
COMMENT ON SCHEMA causeway IS
    'Incidents, labels, model versions and history of Causeway. People read the views and write through the functions; only the recorder writes the tables.';

SET LOCAL ROLE causeway_owner;

CREATE TABLE causeway.schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE causeway.schema_migrations IS
    'One row per applied file of schemas/sql. The recorder refuses to start when a checksum differs or a version is newer than it knows.';
COMMENT ON COLUMN causeway.schema_migrations.checksum IS 'SHA-256 of the file as applied, hex.';
