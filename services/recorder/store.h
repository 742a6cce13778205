/*
 * store - the recorder's connection to PostgreSQL.
 *
 * Place    migrate, rows, outbox, console queries -> [store] -> libpq
 * Limits   one connection; an attempt takes at most connect_timeout (5 s
 *          unless the conninfo says otherwise); between attempts it waits
 *          250 ms, then twice as long each time, 30 s at most; a statement
 *          runs at most 60 s
 * Threads  one owner thread
 */
#ifndef RECORDER_STORE_H
#define RECORDER_STORE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct recorder_store;

/* For a log line, a metric or /-/ready?verbose. */
struct recorder_store_state {
    bool up;
    int64_t since_us;      /* of this state, by the caller's clock */
    int64_t attempt_at_us; /* next attempt when down */
    uint32_t failures;     /* attempts in a row */
    uint64_t connects;     /* successful ones, ever */
    const char *text;      /* of the last failure; "" when none */
};

/* Makes a store the caller owns; copies conninfo, connects nowhere yet.
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status recorder_store_create(struct recorder_store **made,
                                                 const char *conninfo,
                                                 struct cw_error *err);
void recorder_store_destroy(struct recorder_store **store);

/* Connects when there is no connection and its time has come. now_us is any
 * clock that does not step back. CW_UNAVAILABLE: down, try again later.
 * CW_NOT_AUTHORISED: the server refuses this user or password. */
CW_MUST_USE enum cw_status recorder_store_ready(struct recorder_store *store,
                                                int64_t now_us,
                                                struct cw_error *err);

struct recorder_store_state
recorder_store_state(const struct recorder_store *store);

/* Lends the connection until the next call of ready; NULL when down. */
PGconn *recorder_store_connection(struct recorder_store *store);

/* Counts connections: statements prepared on an older one are gone. */
uint64_t recorder_store_generation(const struct recorder_store *store);

/* Gives the connection up when it is broken or in a transaction that will not
 * end; otherwise nothing happens. To be called after any failure. */
void recorder_store_settle(struct recorder_store *store, int64_t now_us);

/* Runs statements without parameters or rows of interest. Refusals as
 * recorder_store_fault. */
CW_MUST_USE enum cw_status recorder_store_run(struct recorder_store *store,
                                              const char *sql,
                                              struct cw_error *err);

/* The one number a query without parameters returns. As run. */
CW_MUST_USE enum cw_status recorder_store_number(struct recorder_store *store,
                                                 const char *sql,
                                                 int64_t *number,
                                                 struct cw_error *err);

/* What a failed result means, by its SQLSTATE: CW_BAD_RECORD (what was given
 * does not fit), CW_FENCED (CW001), CW_NOT_AUTHORISED, CW_BAD_STATE (table or
 * function missing), else CW_UNAVAILABLE: to be tried again. */
enum cw_status recorder_store_fault(const PGconn *conn, const PGresult *result,
                                    const char *what, struct cw_error *err);

#endif
