#include "store.h"

#include <stdlib.h>
#include <string.h>

#define BACKOFF_MIN_US INT64_C(250000)
#define BACKOFF_MAX_US INT64_C(30000000)

struct recorder_store {
    char *conninfo;
    PGconn *conn; /* NULL when down */
    int64_t since_us;
    int64_t attempt_at_us;
    uint32_t failures;
    uint64_t generation;
    char text[256];
};

enum cw_status recorder_store_create(struct recorder_store **made,
                                     const char *conninfo, struct cw_error *err)
{
    struct recorder_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return cw_fail(err, CW_NO_MEMORY, "store");
    store->conninfo = strdup(conninfo);
    if (store->conninfo == NULL) {
        free(store);
        return cw_fail(err, CW_NO_MEMORY, "store");
    }
    *made = store;
    return CW_OK;
}

void recorder_store_destroy(struct recorder_store **store)
{
    if (*store == NULL)
        return;
    PQfinish((*store)->conn);
    free((*store)->conninfo);
    free(*store);
    *store = NULL;
}

struct recorder_store_state
recorder_store_state(const struct recorder_store *store)
{
    return (struct recorder_store_state){
        .up = store->conn != NULL,
        .since_us = store->since_us,
        .attempt_at_us = store->attempt_at_us,
        .failures = store->failures,
        .connects = store->generation,
        .text = store->text,
    };
}

PGconn *recorder_store_connection(struct recorder_store *store)
{
    return store->conn;
}

uint64_t recorder_store_generation(const struct recorder_store *store)
{
    return store->generation;
}

/* libpq's messages end in a newline and may hold several lines. */
static void keep_text(char out[256], const char *message)
{
    size_t size = strnlen(message, 255);
    memcpy(out, message, size);
    while (size > 0 && (out[size - 1] == '\n' || out[size - 1] == ' '))
        size--;
    out[size] = '\0';
    for (char *at = out; *at != '\0'; at++)
        if (*at == '\n')
            *at = ' ';
}

static void go_down(struct recorder_store *store, int64_t now_us)
{
    const uint32_t doublings = store->failures < 7 ? store->failures : 7;
    const int64_t wait_us = BACKOFF_MIN_US << doublings;
    PQfinish(store->conn);
    store->conn = NULL;
    if (store->failures == 0)
        store->since_us = now_us;
    store->failures++;
    store->attempt_at_us =
        now_us + (wait_us < BACKOFF_MAX_US ? wait_us : BACKOFF_MAX_US);
}

static PGconn *connect_now(const char *conninfo)
{
    static const char session[] =
        "-c timezone=UTC -c statement_timeout=60s -c lock_timeout=20s "
        "-c idle_in_transaction_session_timeout=60s";
    /* What stands in the conninfo overrides what stands before it. */
    const char *const keys[] = {"application_name", "connect_timeout",
                                "keepalives_idle",  "tcp_user_timeout",
                                "options",          "dbname",
                                "client_encoding",  NULL};
    const char *const values[] = {"causeway", "5",      "10",   "20000",
                                  session,    conninfo, "UTF8", NULL};
    return PQconnectdbParams(keys, values, 1);
}

/* A server that says no is another matter than a server that is not there;
 * libpq gives no SQLSTATE here, only the text. */
static bool is_refusal(const char *message)
{
    return strstr(message, "authentication failed") != NULL ||
           strstr(message, "no pg_hba.conf entry") != NULL ||
           strstr(message, "no password supplied") != NULL ||
           strstr(message, "does not exist") != NULL;
}

static void ignore_notice(void *to, const PGresult *notice)
{
    (void)to;
    (void)notice;
}

enum cw_status recorder_store_ready(struct recorder_store *store,
                                    int64_t now_us, struct cw_error *err)
{
    if (store->conn != NULL && PQstatus(store->conn) == CONNECTION_OK)
        return CW_OK;
    if (store->conn == NULL && store->failures > 0 &&
        now_us < store->attempt_at_us)
        return cw_fail(err, CW_UNAVAILABLE, "%s", store->text);
    PQfinish(store->conn);
    store->conn = connect_now(store->conninfo);
    if (store->conn == NULL || PQstatus(store->conn) != CONNECTION_OK) {
        keep_text(store->text, PQerrorMessage(store->conn));
        const bool refused = is_refusal(store->text);
        go_down(store, now_us);
        return cw_fail(err, refused ? CW_NOT_AUTHORISED : CW_UNAVAILABLE, "%s",
                       store->text);
    }
    (void)PQsetNoticeReceiver(store->conn, ignore_notice, NULL);
    store->since_us = now_us;
    store->failures = 0;
    store->text[0] = '\0';
    store->generation++;
    return CW_OK;
}

void recorder_store_settle(struct recorder_store *store, int64_t now_us)
{
    if (store->conn == NULL)
        return;
    if (PQstatus(store->conn) == CONNECTION_OK &&
        PQtransactionStatus(store->conn) != PQTRANS_IDLE &&
        PQpipelineStatus(store->conn) == PQ_PIPELINE_OFF)
        PQclear(PQexec(store->conn, "ROLLBACK"));
    if (PQstatus(store->conn) == CONNECTION_OK &&
        PQtransactionStatus(store->conn) == PQTRANS_IDLE)
        return;
    keep_text(store->text, PQerrorMessage(store->conn));
    go_down(store, now_us);
}

static enum cw_status status_of(const PGconn *conn, const char *sqlstate)
{
    if (PQstatus(conn) != CONNECTION_OK || sqlstate == NULL)
        return CW_UNAVAILABLE;
    if (strcmp(sqlstate, "CW001") == 0)
        return CW_FENCED;
    if (strcmp(sqlstate, "42501") == 0 || strncmp(sqlstate, "28", 2) == 0)
        return CW_NOT_AUTHORISED;
    if (strncmp(sqlstate, "42", 2) == 0 || strncmp(sqlstate, "3F", 2) == 0)
        return CW_BAD_STATE;
    const char *const data[] = {"21", "22", "23", "54"};
    for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
        if (strncmp(sqlstate, data[i], 2) == 0)
            return CW_BAD_RECORD;
    return CW_UNAVAILABLE; /* deadlock, shutdown, disk full, cancelled */
}

enum cw_status recorder_store_fault(const PGconn *conn, const PGresult *result,
                                    const char *what, struct cw_error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    char line[256];
    keep_text(line, primary ? primary : PQerrorMessage(conn));
    return cw_fail(err, status_of(conn, sqlstate), "%s: %s (%s)", what, line,
                   sqlstate ? sqlstate : "no answer");
}

enum cw_status recorder_store_run(struct recorder_store *store, const char *sql,
                                  struct cw_error *err)
{
    enum cw_status status = CW_OK;
    if (store->conn == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "no connection");
    PGresult *result = PQexec(store->conn, sql);
    const ExecStatusType kind = PQresultStatus(result);
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK)
        status = recorder_store_fault(store->conn, result, "statement", err);
    PQclear(result);
    return status;
}

enum cw_status recorder_store_number(struct recorder_store *store,
                                     const char *sql, int64_t *number,
                                     struct cw_error *err)
{
    enum cw_status status = CW_OK;
    if (store->conn == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "no connection");
    PGresult *result = PQexec(store->conn, sql);
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
        *number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    else
        status = recorder_store_fault(store->conn, result, "number", err);
    PQclear(result);
    return status;
}
