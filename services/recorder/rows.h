/*
 * rows - records of topics become rows of tables.
 *
 * Place    stream -> [rows] -> PostgreSQL (functions store_*, 0003_store.sql)
 * Input    decoded records with where they came from, and how far each input
 *          moves: all of it is one transaction
 * Output   rows; a record PostgreSQL will not take, or nobody here can read,
 *          goes to refused_rows with its reason and the rest goes on
 * Limits   a document above 16 MiB is refused as any bad record; NUL in a text
 *          becomes U+FFFD, as bytes that are no UTF-8 do
 * Threads  one owner thread
 */
#ifndef RECORDER_ROWS_H
#define RECORDER_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "core/topic.h"
#include "store.h"

#define RECORDER_DOCUMENT_MAX ((size_t)16 << 20)

struct recorder_row {
    enum cw_topic topic;
    int32_t partition;
    int64_t offset;
    const void *record; /* struct of the topic's item; NULL: unreadable */
    /* Of one that is unreadable: it goes to refused_rows, bytes in base64. */
    struct cw_text bytes;
    const char *code; /* in place of the sqlstate: "bad_schema" */
    const char *reason;
};

/* An input moves from expected to next, the offset to read after this. */
struct recorder_move {
    const char *topic; /* name in Kafka */
    int32_t partition;
    int64_t expected;
    int64_t next;
};

struct recorder_batch {
    const struct recorder_row *rows;
    size_t row_count;
    const struct recorder_move *moves;
    size_t move_count;
};

struct recorder_rows_counts {
    uint64_t batches;
    uint64_t rows;    /* handed in */
    uint64_t changed; /* of them changed a table: the rest were repeats */
    uint64_t refused;
    uint64_t skipped; /* topics without a table */
};

struct recorder_rows;

/* Makes a writer over store, which it borrows for its life. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status recorder_rows_create(struct recorder_rows **made,
                                                struct recorder_store *store,
                                                struct cw_error *err);
void recorder_rows_destroy(struct recorder_rows **rows);

/* Whether records of topic have a table: what the recorder subscribes to. */
bool recorder_rows_has(enum cw_topic topic);

/* Where to read topic/partition from: *next is what the table says, or first,
 * which is written down then. CW_UNAVAILABLE and as recorder_store_fault. */
CW_MUST_USE enum cw_status recorder_rows_claim(struct recorder_rows *rows,
                                               const char *topic,
                                               int32_t partition, int64_t first,
                                               int64_t *next,
                                               struct cw_error *err);

/* Applies batch in one transaction. On anything but CW_OK nothing of it is
 * there - or, when the connection broke at the end, perhaps all of it: give
 * the same batch again, that is told apart. CW_FENCED: an input is not where
 * it was expected; drop everything and claim again. */
CW_MUST_USE enum cw_status
recorder_rows_apply(struct recorder_rows *rows,
                    const struct recorder_batch *batch, struct cw_error *err);

struct recorder_rows_counts
recorder_rows_counts(const struct recorder_rows *rows);

/* Makes JSON text fit PostgreSQL's jsonb, in place: the escape \u0000 becomes
 * \ufffd. */
void recorder_rows_clean(char *json);

#endif
