#include "rows.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/emit.h"
#include "record/records.h"
#include "superseded.h"

/* Statements sent before their answers are read: few enough that neither
 * side's socket buffer can fill while the other still writes. */
#define CHUNK 64

struct recorder_rows {
    struct recorder_store *store;
    uint64_t prepared;     /* generation of the connection */
    bool commit_uncertain; /* the answer to the last COMMIT was lost */
    struct recorder_rows_counts counts;
};

/* Topic -> function; the order is that of writing nothing down twice. */
static const struct {
    enum cw_topic topic;
    const char *statement;
    const char *sql;
} tables[] = {
#define TABLE(topic, function)                                                 \
    {                                                                          \
        CW_TOPIC_##topic, "store_" function,                                   \
            "SELECT causeway.store_" function "($1::jsonb, $2::bigint)"        \
    }
    TABLE(INCIDENTS, "incident"),     TABLE(CAUSES, "cause"),
    TABLE(NOTICES, "notice"),         TABLE(DELIVERIES, "delivery"),
    TABLE(ACTIONS, "action"),         TABLE(SAID, "said"),
    TABLE(ANOMALIES, "anomaly"),      TABLE(LEDGER, "ledger_entry"),
    TABLE(TOPOLOGY, "topology_edge"), TABLE(AUDIT, "audit"),
#undef TABLE
};

#define TABLE_COUNT    (sizeof(tables) / sizeof(tables[0]))
#define MOVE_STATEMENT "advance_offset"
#define MOVE_SQL                                                               \
    "SELECT causeway.advance_offset($1::text, $2::integer, $3::bigint, "       \
    "$4::bigint, $5::boolean)"

enum cw_status recorder_rows_create(struct recorder_rows **made,
                                    struct recorder_store *store,
                                    struct cw_error *err)
{
    struct recorder_rows *rows = calloc(1, sizeof(*rows));
    if (rows == NULL)
        return cw_fail(err, CW_NO_MEMORY, "rows");
    rows->store = store;
    *made = rows;
    return CW_OK;
}

void recorder_rows_destroy(struct recorder_rows **rows)
{
    free(*rows);
    *rows = NULL;
}

struct recorder_rows_counts
recorder_rows_counts(const struct recorder_rows *rows)
{
    return rows->counts;
}

static const char *statement_of(enum cw_topic topic)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (tables[i].topic == topic)
            return tables[i].statement;
    return NULL;
}

bool recorder_rows_has(enum cw_topic topic)
{
    return statement_of(topic) != NULL;
}

/* ---- documents ------------------------------------------------------------
 */

void recorder_rows_clean(char *json)
{
    for (char *at = json; *at != '\0'; at++) {
        if (*at != '\\')
            continue;
        at++; /* what is escaped is no backslash of its own */
        if (strncmp(at, "u0000", 5) == 0)
            memcpy(at, "ufffd", 5);
        if (*at == '\0')
            return;
    }
}

/* NULL: out of memory or too large. The caller frees. */
static char *document_of(const struct recorder_row *row, size_t *size)
{
    const struct cw_record_type *type = cw_topic_item_type(row->topic);
    json_t *json = type->json(row->record, false);
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(json);
    if (text == NULL)
        return NULL;
    recorder_rows_clean(text);
    *size = strlen(text);
    if (*size <= RECORDER_DOCUMENT_MAX)
        return text;
    free(text);
    return NULL;
}

/* ---- one connection's statements ------------------------------------------
 */

static enum cw_status expect(PGconn *conn, PGresult *result, const char *what,
                             struct cw_error *err)
{
    const ExecStatusType kind = PQresultStatus(result);
    enum cw_status status = CW_OK;
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK)
        status = recorder_store_fault(conn, result, what, err);
    PQclear(result);
    return status;
}

static enum cw_status prepare(struct recorder_rows *rows, PGconn *conn,
                              struct cw_error *err)
{
    if (rows->prepared == recorder_store_generation(rows->store))
        return CW_OK;
    enum cw_status status =
        expect(conn, PQprepare(conn, MOVE_STATEMENT, MOVE_SQL, 5, NULL),
               MOVE_STATEMENT, err);
    for (size_t i = 0; status == CW_OK && i < TABLE_COUNT; i++)
        status = expect(
            conn, PQprepare(conn, tables[i].statement, tables[i].sql, 2, NULL),
            tables[i].statement, err);
    if (status == CW_OK)
        rows->prepared = recorder_store_generation(rows->store);
    return status;
}

enum cw_status recorder_rows_claim(struct recorder_rows *rows,
                                   const char *topic, int32_t partition,
                                   int64_t first, int64_t *next,
                                   struct cw_error *err)
{
    char number[16];
    char offset[24];
    PGconn *conn = recorder_store_connection(rows->store);
    if (conn == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "no connection");
    (void)snprintf(number, sizeof(number), "%" PRId32, partition);
    (void)snprintf(offset, sizeof(offset), "%" PRId64, first);
    const char *const values[] = {topic, number, offset};
    /* The update changes nothing but returns the row that stands there. */
    PGresult *result = PQexecParams(
        conn,
        "INSERT INTO causeway.offsets AS o (topic, partition, next_offset) "
        "VALUES ($1, $2::integer, $3::bigint) ON CONFLICT (topic, partition) "
        "DO UPDATE SET next_offset = o.next_offset RETURNING next_offset",
        3, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return expect(conn, result, "claim", err);
    *next = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    rows->commit_uncertain = false;
    return CW_OK;
}

/* ---- the usual way: everything in a pipeline -------------------------------
 */

static int send_move(const struct recorder_rows *rows, PGconn *conn,
                     const struct recorder_move *move)
{
    char partition[16];
    char expected[24];
    char next[24];
    (void)snprintf(partition, sizeof(partition), "%" PRId32, move->partition);
    (void)snprintf(expected, sizeof(expected), "%" PRId64, move->expected);
    (void)snprintf(next, sizeof(next), "%" PRId64, move->next);
    const char *const values[] = {move->topic, partition, expected, next,
                                  rows->commit_uncertain ? "true" : "false"};
    return PQsendQueryPrepared(conn, MOVE_STATEMENT, 5, values, NULL, NULL, 0);
}

/* Bytes nobody here can read: kept as they are. */
static int send_bytes(PGconn *conn, const struct recorder_row *row)
{
    char partition[16];
    char offset[24];
    (void)snprintf(partition, sizeof(partition), "%" PRId32, row->partition);
    (void)snprintf(offset, sizeof(offset), "%" PRId64, row->offset);
    const char *const values[] = {cw_topic_spec(row->topic)->name,
                                  partition,
                                  offset,
                                  row->code,
                                  row->reason,
                                  row->bytes.bytes};
    const int sizes[] = {0, 0, 0, 0, 0, (int)row->bytes.size};
    static const int formats[] = {0, 0, 0, 0, 0, 1};
    return PQsendQueryParams(
        conn,
        "INSERT INTO causeway.refused_rows (topic, partition, record_offset, "
        "sqlstate, message, document) VALUES ($1, $2::integer, $3::bigint, $4, "
        "$5, encode($6::bytea, 'base64')) ON CONFLICT DO NOTHING",
        6, NULL, values, sizes, formats, 0);
}

/* *fits false: the row is no record PostgreSQL could hold; nothing was sent. */
static int send_row(PGconn *conn, const struct recorder_row *row, bool *fits)
{
    char content[24];
    size_t size = 0;
    *fits = true;
    if (row->record == NULL)
        return send_bytes(conn, row);
    char *document = document_of(row, &size);
    const struct cw_record_type *type = cw_topic_item_type(row->topic);
    *fits = document != NULL;
    if (document == NULL)
        return 1;
    (void)snprintf(content, sizeof(content), "%" PRId64,
                   (int64_t)type->content_id(row->record));
    const char *const values[] = {document, content};
    const int sent = PQsendQueryPrepared(conn, statement_of(row->topic), 2,
                                         values, NULL, NULL, 0);
    free(document);
    return sent;
}

/* Reads the answers of sent statements and the sync after them. */
static enum cw_status read_answers(PGconn *conn, size_t sent, uint64_t *changed,
                                   struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < sent; i++) {
        PGresult *result = PQgetResult(conn);
        const ExecStatusType kind = PQresultStatus(result);
        if (kind == PGRES_TUPLES_OK &&
            strcmp(PQgetvalue(result, 0, 0), "t") == 0)
            ++*changed;
        /* After the first refusal the server skips to the sync. */
        if (status == CW_OK && kind != PGRES_TUPLES_OK &&
            kind != PGRES_COMMAND_OK)
            status = recorder_store_fault(conn, result, "batch", err);
        PQclear(result);
        if (PQstatus(conn) != CONNECTION_OK)
            return cw_fail(err, CW_UNAVAILABLE, "the connection broke");
        PQclear(PQgetResult(conn)); /* the NULL after each */
    }
    PGresult *sync = PQgetResult(conn);
    if (status == CW_OK && PQresultStatus(sync) != PGRES_PIPELINE_SYNC)
        status = recorder_store_fault(conn, sync, "batch", err);
    PQclear(sync);
    return status;
}

static enum cw_status finish_chunk(PGconn *conn, size_t sent, bool ok,
                                   uint64_t *changed, struct cw_error *err)
{
    if (!ok || PQpipelineSync(conn) != 1)
        return cw_fail(err, CW_UNAVAILABLE, "%s", PQerrorMessage(conn));
    return read_answers(conn, sent, changed, err);
}

static enum cw_status send_moves(const struct recorder_rows *rows, PGconn *conn,
                                 const struct recorder_batch *batch,
                                 struct cw_error *err)
{
    enum cw_status status = CW_OK;
    uint64_t moved = 0;
    for (size_t at = 0; status == CW_OK && at < batch->move_count;
         at += CHUNK) {
        size_t sent = 0;
        bool ok = true;
        for (size_t i = at; ok && i < batch->move_count && sent < CHUNK; i++) {
            ok = send_move(rows, conn, &batch->moves[i]) == 1;
            sent++;
        }
        status = finish_chunk(conn, sent, ok, &moved, err);
    }
    return status;
}

static enum cw_status send_rows(PGconn *conn,
                                const struct recorder_batch *batch,
                                uint64_t *changed, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t at = 0; status == CW_OK && at < batch->row_count;) {
        size_t sent = 0;
        bool ok = true;
        for (; ok && at < batch->row_count && sent < CHUNK; at++) {
            bool fits = true;
            if (!recorder_rows_has(batch->rows[at].topic) ||
                recorder_is_superseded(batch, at))
                continue;
            ok = send_row(conn, &batch->rows[at], &fits) == 1;
            if (!fits)
                return cw_fail(err, CW_BAD_RECORD, "no document");
            sent++;
        }
        status = finish_chunk(conn, sent, ok, changed, err);
    }
    return status;
}

/* Leaves the pipeline whatever state it is in. */
static void leave_pipeline(PGconn *conn)
{
    if (PQpipelineStatus(conn) == PQ_PIPELINE_OFF)
        return;
    if (PQexitPipelineMode(conn) == 1 || PQstatus(conn) != CONNECTION_OK)
        return;
    if (PQpipelineSync(conn) != 1)
        return;
    for (int nulls = 0; nulls < 2 && PQstatus(conn) == CONNECTION_OK;) {
        PGresult *result = PQgetResult(conn);
        const bool synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        nulls = result == NULL ? nulls + 1 : 0;
        PQclear(result);
        if (synced)
            break;
    }
    (void)PQexitPipelineMode(conn);
}

static enum cw_status apply_piped(const struct recorder_rows *rows,
                                  PGconn *conn,
                                  const struct recorder_batch *batch,
                                  uint64_t *changed, struct cw_error *err)
{
    if (PQenterPipelineMode(conn) != 1)
        return cw_fail(err, CW_UNAVAILABLE, "%s", PQerrorMessage(conn));
    enum cw_status status = send_moves(rows, conn, batch, err);
    if (status == CW_OK)
        status = send_rows(conn, batch, changed, err);
    leave_pipeline(conn);
    return status;
}

/* ---- the careful way: one by one, the bad ones put aside --------------------
 */

static enum cw_status put_aside(PGconn *conn, const struct recorder_row *row,
                                const char *sqlstate, const char *message,
                                struct cw_error *err)
{
    char partition[16];
    char offset[24];
    size_t size = 0;
    char *document = document_of(row, &size);
    (void)snprintf(partition, sizeof(partition), "%" PRId32, row->partition);
    (void)snprintf(offset, sizeof(offset), "%" PRId64, row->offset);
    const char *const values[] = {
        cw_topic_spec(row->topic)->name, partition, offset, sqlstate, message,
        document ? document : ""};
    PGresult *result = PQexecParams(
        conn,
        "INSERT INTO causeway.refused_rows (topic, partition, record_offset, "
        "sqlstate, message, document) VALUES ($1, $2::integer, $3::bigint, $4, "
        "$5, $6) ON CONFLICT DO NOTHING",
        6, NULL, values, NULL, NULL, 0);
    free(document);
    return expect(conn, result, "refused_rows", err);
}

static PGresult *store_one(PGconn *conn, const struct recorder_row *row)
{
    bool fits = true;
    if (send_row(conn, row, &fits) != 1 || !fits)
        return NULL;
    PGresult *result = PQgetResult(conn);
    PQclear(PQgetResult(conn));
    return result;
}

static enum cw_status apply_row(struct recorder_rows *rows, PGconn *conn,
                                const struct recorder_row *row,
                                struct cw_error *err)
{
    enum cw_status status =
        expect(conn, PQexec(conn, "SAVEPOINT one"), "savepoint", err);
    if (status != CW_OK)
        return status;
    PGresult *result = store_one(conn, row);
    const ExecStatusType kind = PQresultStatus(result);
    if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK) {
        PQclear(result);
        return expect(conn, PQexec(conn, "RELEASE one"), "release", err);
    }
    char sqlstate[8] = "54000";
    char message[256] = "the document is too large";
    if (result != NULL) {
        const char *given = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        status = recorder_store_fault(conn, result, "row", err);
        (void)snprintf(sqlstate, sizeof(sqlstate), "%s", given ? given : "");
        (void)snprintf(message, sizeof(message), "%s", err->text);
        PQclear(result);
    }
    if (status != CW_OK && status != CW_BAD_RECORD)
        return status;
    status = expect(conn, PQexec(conn, "ROLLBACK TO one"), "rollback", err);
    if (status != CW_OK)
        return status;
    rows->counts.refused++;
    return put_aside(conn, row, sqlstate, message, err);
}

static enum cw_status apply_carefully(struct recorder_rows *rows, PGconn *conn,
                                      const struct recorder_batch *batch,
                                      struct cw_error *err)
{
    if (PQenterPipelineMode(conn) != 1)
        return cw_fail(err, CW_UNAVAILABLE, "%s", PQerrorMessage(conn));
    enum cw_status status = send_moves(rows, conn, batch, err);
    leave_pipeline(conn);
    for (size_t i = 0; status == CW_OK && i < batch->row_count; i++)
        if (recorder_rows_has(batch->rows[i].topic))
            status = apply_row(rows, conn, &batch->rows[i], err);
    return status;
}

/* ---- both ---- */

static enum cw_status commit(struct recorder_rows *rows, PGconn *conn,
                             struct cw_error *err)
{
    const enum cw_status status =
        expect(conn, PQexec(conn, "COMMIT"), "commit", err);
    rows->commit_uncertain = status != CW_OK && PQstatus(conn) != CONNECTION_OK;
    return status;
}

static void count_batch(struct recorder_rows *rows,
                        const struct recorder_batch *batch, uint64_t changed)
{
    rows->counts.batches++;
    rows->counts.changed += changed;
    for (size_t i = 0; i < batch->row_count; i++) {
        const bool has = recorder_rows_has(batch->rows[i].topic);
        rows->counts.rows += has;
        rows->counts.skipped += !has;
        rows->counts.refused += has && batch->rows[i].record == NULL;
    }
}

enum cw_status recorder_rows_apply(struct recorder_rows *rows,
                                   const struct recorder_batch *batch,
                                   struct cw_error *err)
{
    uint64_t changed = 0;
    PGconn *conn = recorder_store_connection(rows->store);
    if (conn == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "no connection");
    enum cw_status status = prepare(rows, conn, err);
    if (status == CW_OK)
        status = expect(conn, PQexec(conn, "BEGIN"), "begin", err);
    if (status != CW_OK)
        return status;
    status = apply_piped(rows, conn, batch, &changed, err);
    if (status == CW_BAD_RECORD) {
        changed = 0;
        status = expect(conn, PQexec(conn, "ROLLBACK"), "rollback", err);
        if (status == CW_OK)
            status = expect(conn, PQexec(conn, "BEGIN"), "begin", err);
        if (status == CW_OK)
            status = apply_carefully(rows, conn, batch, err);
    }
    if (status == CW_OK)
        status = commit(rows, conn, err);
    else if (PQstatus(conn) == CONNECTION_OK)
        PQclear(PQexec(conn, "ROLLBACK"));
    if (status == CW_OK)
        count_batch(rows, batch, changed);
    return status;
}
