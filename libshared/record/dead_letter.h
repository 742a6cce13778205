/*
 * dead_letter - refused bytes, with all it takes to put them in again.
 *
 * Place    stream loop, normalizer: refusal -> [dead_letter] -> deadletter
 * Input    the raw record as Kafka gave it, and the cw_error that refused it
 * Output   struct cw_dead_letter, and headers of the Kafka message that say
 *          the reason to tools that read no Avro: causeway.error.code,
 *          .message, .service, .topic, .partition, .offset, .build
 * Limits   key, value and headers together take at most max_size bytes: then
 *          headers go first, the value is cut, last the key; the message says
 *          what is missing, and a retry refuses a letter that is_whole says
 *          no of
 * Threads  pure
 */
#ifndef CW_RECORD_DEAD_LETTER_H
#define CW_RECORD_DEAD_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "record/records.h"

#define CW_DEAD_LETTER_HEADER_COUNT 7

/* The refused record; everything borrowed until the letter is encoded. */
struct cw_refusal {
    struct cw_meta meta;    /* tenant, domain and times of the letter */
    struct cw_text service; /* "normalizer" */
    struct cw_text topic;   /* with the prefix, as Kafka knows it */
    int32_t partition;
    int64_t offset;
    int32_t index; /* of the refused part of the record, -1 = all of it */
    int32_t retry; /* how often it was put in again before */
    int64_t timestamp_at; /* Kafka timestamp, us; -1 = none */
    const struct cw_header_bytes *headers;
    size_t header_count;
    bool has_key;
    struct cw_text key;
    struct cw_text value;
};

/* Makes the letter of a refusal for reason; texts borrowed from the refusal,
 * the message lent by the arena. Total: without memory the message is only
 * the status. */
struct cw_dead_letter cw_dead_letter_of(const struct cw_refusal *refusal,
                                        const struct cw_error *reason,
                                        size_t max_size,
                                        struct cw_arena *arena);

/* False: part of the record was over the limit and is missing. */
bool cw_dead_letter_is_whole(const struct cw_dead_letter *letter);

/* Fills the CW_DEAD_LETTER_HEADER_COUNT headers of the letter's message;
 * numbers are lent by the arena. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
cw_dead_letter_headers(const struct cw_dead_letter *letter,
                       struct cw_text build, struct cw_arena *arena,
                       struct cw_header_bytes *headers, struct cw_error *err);

#endif
