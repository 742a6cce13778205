#include "migrate.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKSUM_SIZE 65 /* SHA-256 in hex and its end */

/* Any constant of our own: all recorders of a database use the same. */
#define LOCK_SQL   "SELECT pg_advisory_lock(7164211906212391)"
#define UNLOCK_SQL "SELECT pg_advisory_unlock(7164211906212391)"

static void checksum_of(const struct recorder_migration *migration,
                        char out[CHECKSUM_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(migration->sql, migration->size, digest, &size, EVP_sha256(),
                   NULL) != 1)
        size = 0;
    for (unsigned i = 0; i < size && i < 32; i++)
        (void)snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
    out[2 * (size_t)(size < 32 ? size : 32)] = '\0';
}

static enum cw_status ask(struct recorder_store *store, const char *sql,
                          PGresult **made, struct cw_error *err)
{
    PGconn *conn = recorder_store_connection(store);
    if (conn == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "no connection");
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        const enum cw_status status =
            recorder_store_fault(conn, result, "schema", err);
        PQclear(result);
        return status;
    }
    *made = result;
    return CW_OK;
}

/* NULL without a failure: the table is not there yet. */
static enum cw_status read_applied(struct recorder_store *store,
                                   PGresult **made, struct cw_error *err)
{
    PGresult *exists = NULL;
    enum cw_status status = ask(
        store,
        "SELECT 1 WHERE to_regclass('causeway.schema_migrations') IS NOT NULL",
        &exists, err);
    if (status != CW_OK)
        return status;
    const bool there = PQntuples(exists) == 1;
    PQclear(exists);
    *made = NULL;
    if (!there)
        return CW_OK;
    return ask(store,
               "SELECT version, checksum FROM causeway.schema_migrations "
               "ORDER BY version",
               made, err);
}

enum cw_status recorder_migrate_version(struct recorder_store *store,
                                        int32_t *version, struct cw_error *err)
{
    PGresult *rows = NULL;
    const enum cw_status status = read_applied(store, &rows, err);
    if (status != CW_OK)
        return status;
    const int count = rows ? PQntuples(rows) : 0;
    *version = count > 0
                   ? (int32_t)strtol(PQgetvalue(rows, count - 1, 0), NULL, 10)
                   : 0;
    PQclear(rows);
    return CW_OK;
}

static enum cw_status compare(const PGresult *rows,
                              const struct recorder_migration *migrations,
                              size_t count, struct cw_error *err)
{
    const size_t there = rows ? (size_t)PQntuples(rows) : 0;
    for (size_t i = 0; i < there; i++) {
        char checksum[CHECKSUM_SIZE];
        const long version = strtol(PQgetvalue(rows, (int)i, 0), NULL, 10);
        if (i >= count)
            return cw_fail(err, CW_BAD_STATE,
                           "the schema is at version %ld, newer than this "
                           "program, which knows %zu: start a newer recorder",
                           version, count);
        if (version != migrations[i].version)
            return cw_fail(err, CW_BAD_STATE,
                           "schema version %d is missing in the database",
                           migrations[i].version);
        checksum_of(&migrations[i], checksum);
        if (strcmp(checksum, PQgetvalue(rows, (int)i, 1)) != 0)
            return cw_fail(err, CW_BAD_STATE,
                           "%s was applied with other bytes: an applied "
                           "migration is never edited",
                           migrations[i].name);
    }
    return CW_OK;
}

static enum cw_status note(struct recorder_store *store,
                           const struct recorder_migration *migration,
                           struct cw_error *err)
{
    char version[16];
    char checksum[CHECKSUM_SIZE];
    PGconn *conn = recorder_store_connection(store);
    enum cw_status status = CW_OK;
    (void)snprintf(version, sizeof(version), "%d", migration->version);
    checksum_of(migration, checksum);
    const char *const values[] = {version, migration->name, checksum};
    PGresult *result = PQexecParams(
        conn,
        "INSERT INTO causeway.schema_migrations (version, name, checksum) "
        "VALUES ($1::integer, $2, $3)",
        3, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        status = recorder_store_fault(conn, result, migration->name, err);
    PQclear(result);
    return status;
}

static enum cw_status apply_one(struct recorder_store *store,
                                const struct recorder_migration *migration,
                                struct cw_error *err)
{
    PGconn *conn = recorder_store_connection(store);
    enum cw_status status = recorder_store_run(store, "BEGIN", err);
    if (status == CW_OK && migration->version > 1)
        status =
            recorder_store_run(store, "SET LOCAL ROLE causeway_owner", err);
    if (status == CW_OK) {
        PGresult *result = PQexec(conn, migration->sql);
        if (PQresultStatus(result) != PGRES_COMMAND_OK &&
            PQresultStatus(result) != PGRES_TUPLES_OK)
            status = recorder_store_fault(conn, result, migration->name, err);
        PQclear(result);
    }
    if (status == CW_OK)
        status = note(store, migration, err);
    if (status == CW_OK)
        return recorder_store_run(store, "COMMIT", err);
    PQclear(PQexec(conn, "ROLLBACK"));
    return status;
}

static enum cw_status check_order(const struct recorder_migration *migrations,
                                  size_t count, struct cw_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (migrations[i].version != (int32_t)i + 1)
            return cw_fail(err, CW_BAD_STATE, "%s is not number %zu",
                           migrations[i].name, i + 1);
    return CW_OK;
}

static enum cw_status apply_missing(struct recorder_store *store,
                                    const struct recorder_migration *migrations,
                                    size_t count, size_t *applied,
                                    struct cw_error *err)
{
    PGresult *rows = NULL;
    enum cw_status status = read_applied(store, &rows, err);
    if (status != CW_OK)
        return status;
    status = compare(rows, migrations, count, err);
    size_t next = rows ? (size_t)PQntuples(rows) : 0;
    PQclear(rows);
    for (; status == CW_OK && next < count; next++) {
        status = apply_one(store, &migrations[next], err);
        *applied += status == CW_OK;
    }
    return status;
}

enum cw_status recorder_migrate(struct recorder_store *store,
                                const struct recorder_migration *migrations,
                                size_t count, size_t *applied,
                                struct cw_error *err)
{
    enum cw_status status = check_order(migrations, count, err);
    *applied = 0;
    if (status != CW_OK)
        return status;
    /* Whoever else migrates may take longer than our usual patience. */
    status = recorder_store_run(
        store, "SET statement_timeout = 0; SET lock_timeout = 0", err);
    if (status == CW_OK)
        status = recorder_store_run(store, LOCK_SQL, err);
    if (status != CW_OK)
        return status;
    status = apply_missing(store, migrations, count, applied, err);
    struct cw_error after = {0};
    if (recorder_store_run(store, UNLOCK_SQL, &after) != CW_OK ||
        recorder_store_run(store, "RESET statement_timeout; RESET lock_timeout",
                           &after) != CW_OK)
        return status != CW_OK ? status
                               : cw_fail(err, after.status, "%s", after.text);
    return status;
}
