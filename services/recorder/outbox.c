#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRING_OF(value) #value
#define NUMBER(value)    STRING_OF(value)

/* SKIP LOCKED: a second recorder takes other rows instead of waiting. */
#define TAKE_SQL                                                               \
    "SELECT id, topic, tenant, domain, payload::text FROM causeway.outbox "    \
    "WHERE sent_at IS NULL ORDER BY created_at, id "                           \
    "LIMIT " NUMBER(OUTBOX_MAX) " FOR UPDATE SKIP LOCKED"

static struct cw_text cell(const PGresult *rows, int row, int column)
{
    return (struct cw_text){PQgetvalue(rows, row, column),
                            (size_t)PQgetlength(rows, row, column)};
}

static enum cw_status hand_over(const PGresult *taken,
                                recorder_outbox_sender *send, void *to,
                                struct cw_error *err)
{
    const size_t count = (size_t)PQntuples(taken);
    struct recorder_command *commands = calloc(count, sizeof(*commands));
    if (commands == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu commands", count);
    for (size_t i = 0; i < count; i++)
        commands[i] = (struct recorder_command){
            .id = cell(taken, (int)i, 0),
            .topic = cell(taken, (int)i, 1),
            .tenant = cell(taken, (int)i, 2),
            .domain = cell(taken, (int)i, 3),
            .payload = cell(taken, (int)i, 4),
        };
    const enum cw_status status = send(to, commands, count, err);
    free(commands);
    return status;
}

static enum cw_status mark_sent(PGconn *conn, const PGresult *taken,
                                struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (int i = 0; status == CW_OK && i < PQntuples(taken); i++) {
        const char *const values[] = {PQgetvalue(taken, i, 0)};
        PGresult *result = PQexecParams(
            conn,
            "UPDATE causeway.outbox SET sent_at = clock_timestamp() "
            "WHERE id = $1",
            1, NULL, values, NULL, NULL, 0);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            status = recorder_store_fault(conn, result, "outbox", err);
        PQclear(result);
    }
    return status;
}

enum cw_status recorder_outbox_flush(struct recorder_store *store,
                                     recorder_outbox_sender *send, void *to,
                                     size_t *sent, struct cw_error *err)
{
    enum cw_status status = recorder_store_run(store, "BEGIN", err);
    PGconn *conn = recorder_store_connection(store);
    *sent = 0;
    if (status != CW_OK)
        return status;
    PGresult *taken = PQexec(conn, TAKE_SQL);
    if (PQresultStatus(taken) != PGRES_TUPLES_OK)
        status = recorder_store_fault(conn, taken, "outbox", err);
    const size_t count = status == CW_OK ? (size_t)PQntuples(taken) : 0;
    if (count > 0)
        status = hand_over(taken, send, to, err);
    if (status == CW_OK && count > 0)
        status = mark_sent(conn, taken, err);
    PQclear(taken);
    if (status == CW_OK)
        status = recorder_store_run(store, "COMMIT", err);
    else if (PQstatus(conn) == CONNECTION_OK)
        PQclear(PQexec(conn, "ROLLBACK"));
    if (status == CW_OK)
        *sent = count;
    return status;
}
