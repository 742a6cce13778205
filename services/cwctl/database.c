#include "database.h"

#include <string.h>

/* libpq ends its messages with a newline. */
static enum cw_status fail(struct cw_error *err, enum cw_status status,
                           const char *text)
{
    return cw_fail(err, status, "postgres: %.*s", (int)strcspn(text, "\n"),
                   text);
}

enum cw_status database_open(PGconn **made, const char *url,
                             struct cw_error *err)
{
    /* What stands in the URL comes later, and wins. */
    static const char *const names[] = {"connect_timeout", "application_name",
                                        "options", "dbname", NULL};
    const char *const values[] = {"5", "cwctl", "-c statement_timeout=30000",
                                  url, NULL};
    PGconn *connection = PQconnectdbParams(names, values, 1);
    if (connection == NULL)
        return cw_fail(err, CW_NO_MEMORY, "postgres");
    if (PQstatus(connection) != CONNECTION_OK) {
        const enum cw_status status =
            fail(err, CW_UNAVAILABLE, PQerrorMessage(connection));
        PQfinish(connection);
        return status;
    }
    *made = connection;
    return CW_OK;
}

enum cw_status database_ask(PGresult **rows, PGconn *connection,
                            const char *statement, struct cw_error *err)
{
    PGresult *result = PQexec(connection, statement);
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        *rows = result;
        return CW_OK;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const enum cw_status status =
        fail(err,
             PQstatus(connection) != CONNECTION_OK          ? CW_UNAVAILABLE
             : state != NULL && strcmp(state, "42501") == 0 ? CW_NOT_AUTHORISED
                                                            : CW_BROKEN,
             PQerrorMessage(connection));
    PQclear(result);
    return status;
}
