/*
 * queries - what the console reads from PostgreSQL.
 *
 * Place    PostgreSQL (views of 0005_views.sql, as causeway_reader) ->
 *          [queries] -> pages
 * Limits   one connection, read only; connect 3 s, a statement 5 s; the rows
 *          of a query are bounded in its SQL; after a failed attempt none for
 *          2 s, so a page during an outage answers at once
 * Threads  one owner thread
 */
#ifndef CONSOLE_QUERIES_H
#define CONSOLE_QUERIES_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct console_db;

enum console_query {
    CONSOLE_OPEN,     /* open incidents */
    CONSOLE_RECENT,   /* ended ones, newest first */
    CONSOLE_INCIDENT, /* $1 id, $2 tenant or '' */
    CONSOLE_CAUSE,    /* $1 id, $2 tenant: these and all below */
    CONSOLE_CANDIDATES,
    CONSOLE_MEMBERS,
    CONSOLE_TIMELINE,
    CONSOLE_ACTIONS,
    CONSOLE_EDGES,
    CONSOLE_DAYS, /* measures of 30 days */
    CONSOLE_WORST,
    CONSOLE_COUNTS,
    CONSOLE_QUERY_COUNT
};

/* Makes it; the caller owns it. Copies conninfo and tenant ("" = every tenant
 * the login may read); connects at the first query. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status console_db_create(struct console_db **made,
                                             const char *conninfo,
                                             const char *tenant,
                                             struct cw_error *err);
void console_db_destroy(struct console_db **db);

/* Runs a query; the caller clears *rows. id and tenant are parameters of those
 * that have them. now_us is a clock that does not step back.
 * CW_UNAVAILABLE: no connection, or the statement failed. */
CW_MUST_USE enum cw_status console_query(struct console_db *db, int64_t now_us,
                                         enum console_query query,
                                         const char *const params[2],
                                         PGresult **rows, struct cw_error *err);

#endif
