/*
 * rawtask - one raw partition in the normalizer: it keeps the stream time and
 * lets the core turn each record into items.
 *
 * Place    raw records of one topic-partition -> [rawtask] -> outbox
 * Input    records in offset order; ticks at the end of the partition
 * Output   the core's items with the stream time decided here; a Clock record
 *          per commit, so that the decision is made once
 * State    stream time and next offset, both in the Clock record
 * Limits   stream time is the running maximum of the Kafka timestamps: it
 *          never falls, and a record from the future carries it along; one
 *          beyond CW_TIME_MAX counts as without a time. Records without one
 *          enter at the stream time so far, 0 when there is none yet
 * Threads  one owner thread
 */
#ifndef CW_CORE_RAWTASK_H
#define CW_CORE_RAWTASK_H

#include "core/letters.h"
#include "core/outbox.h"

struct cw_rawtask;

struct cw_rawtask_setup {
    const struct cw_core_type *type;
    const void *config;
    struct cw_text topic; /* borrowed for the task's life */
    int32_t partition;
    int64_t next_offset; /* first to take */
    int64_t stream_at;   /* stream time so far; INT64_MIN = none */
    uint64_t config_hash;
    const enum cw_topic *marks;
};

CW_MUST_USE enum cw_status
cw_rawtask_create(struct cw_rawtask **made,
                  const struct cw_rawtask_setup *setup,
                  struct cw_outbox *outbox, struct cw_error *err);
void cw_rawtask_destroy(struct cw_rawtask **task);

/* CW_GAP: its offset is below the next. A refusal by the core has become a
 * dead letter; only STOP comes back. */
CW_MUST_USE enum cw_status cw_rawtask_take(struct cw_rawtask *task,
                                           const struct cw_raw *raw,
                                           int64_t ingest_at,
                                           struct cw_error *err);

/* The partition is at its end and it is stream_at: time passes without a
 * record. Ignored when stream time is later already. */
void cw_rawtask_tick(struct cw_rawtask *task, int64_t stream_at);

/* Puts the Clock record of this commit, if anything moved. */
CW_MUST_USE enum cw_status cw_rawtask_clock(struct cw_rawtask *task,
                                            int64_t ingest_at,
                                            struct cw_error *err);

int64_t cw_rawtask_stream_at(const struct cw_rawtask *task);
int64_t cw_rawtask_next_offset(const struct cw_rawtask *task);
/* The letters its core has put since it was made. */
const struct cw_letter_counts *
cw_rawtask_letters(const struct cw_rawtask *task);
struct cw_core *cw_rawtask_core(struct cw_rawtask *task);

/* Partition of the clock topic a raw partition writes to. */
uint32_t cw_clock_partition(struct cw_text topic, int32_t partition,
                            uint32_t partitions);

#endif
