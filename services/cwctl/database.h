/*
 * database - one question to PostgreSQL.
 *
 * Place    doctor, audit verify -> [database] -> libpq
 * Limits   5 s to connect unless the URL says otherwise, 30 s a statement
 * Threads  one owner thread
 */
#ifndef CWCTL_DATABASE_H
#define CWCTL_DATABASE_H

#include <libpq-fe.h>

#include "base/status.h"

/* CW_UNAVAILABLE: no connection, with libpq's words. The caller calls
 * PQfinish. */
CW_MUST_USE enum cw_status database_open(PGconn **made, const char *url,
                                         struct cw_error *err);

/* Rows of a statement; the caller clears them. CW_UNAVAILABLE: the connection
 * broke; CW_NOT_AUTHORISED; CW_BROKEN: the statement was refused. */
CW_MUST_USE enum cw_status database_ask(PGresult **rows, PGconn *connection,
                                        const char *statement,
                                        struct cw_error *err);

#endif
