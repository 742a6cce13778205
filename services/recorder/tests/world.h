/*
 * world - a migrated database and made-up history for the recorder's tests.
 *
 * Place    tests against a real PostgreSQL (tests/integration/with_postgres.sh)
 * Threads  one
 */
#ifndef RECORDER_TESTS_WORLD_H
#define RECORDER_TESTS_WORLD_H

#include "migrate.h"
#include "record/records.h"
#include "rows.h"
#include "store.h"

#define WORLD_ROWS 240
#define WORLD_NOON INT64_C(1772366400000000) /* 2026-03-01 12:00 UTC, us */
#define SECOND_US  INT64_C(1000000)

struct world {
    struct recorder_store *store;
    struct recorder_rows *rows;
};

/* Fresh schema, every migration applied. Fails the running test otherwise. */
struct world world_make(void);
void world_drop(struct world *world);

/* Runs sql and returns its first value; the caller frees. Fails the test. */
char *world_value(struct world *world, const char *sql);
/* The same, expecting a refusal; returns its message. */
char *world_refusal(struct world *world, const char *sql);
void world_run(struct world *world, const char *sql);

/* WORLD_ROWS records of all kinds, several revisions of the same things,
 * made from seed; lent until world_history_free. */
struct world_history {
    struct recorder_row rows[WORLD_ROWS];
    void *records[WORLD_ROWS];
};
void world_history_make(struct world_history *history, uint64_t seed);
void world_history_free(struct world_history *history);

/* Fisher-Yates. */
void world_shuffle(struct recorder_row *rows, size_t count, uint64_t seed);

/* Hash over all rows of all tables of the history, in a fixed order. */
char *world_digest(struct world *world);

struct cw_meta world_meta(int32_t revision, int64_t stream_at);

/* Stores one record as the recorder does. Fails the test. */
void world_store(struct world *world, enum cw_topic topic, const void *record);
/* An incident of tenant default; a resolved one was acknowledged as well. */
void world_store_incident(struct world *world, const char *id,
                          int64_t started_at, enum cw_incident_status status);
/* The first value sql gives is want. */
void world_assert(struct world *world, const char *sql, const char *want);

#endif
