/*
 * recorded - what a live run decided once, read back from its export: stream
 * times, who was absent, partitions.
 *
 * Place    raw_log only
 * Input    decoded records of the topics clock, verdicts.<service>, manifest;
 *          others are passed over
 * Output   ticks per raw partition in the order of their offsets; rulings in
 *          the order of their slices
 * Limits   memory; RECORDED_PLACES_MAX raw partitions
 * Threads  one owner thread
 */
#ifndef CWCTL_RECORDED_H
#define CWCTL_RECORDED_H

#include "normalizer/json_shim.h"
#include "raw_log.h"

#define RECORDED_PLACES_MAX 65536

struct recorded;

struct recorded_place {
    struct cw_text topic; /* raw */
    int32_t partition;
};

struct recorded_tick {
    int64_t offset; /* before the record of that offset */
    int64_t stream_at;
};

CW_MUST_USE enum cw_status recorded_create(struct recorded **made,
                                           struct cw_error *err);
void recorded_destroy(struct recorded **recorded);

/* topic: with the prefix. CW_BAD_RECORD: a field is missing. */
CW_MUST_USE enum cw_status recorded_take(struct recorded *recorded,
                                         struct cw_text topic,
                                         struct tree_value record,
                                         struct cw_error *err);
/* All has been taken. */
void recorded_sort(struct recorded *recorded);

size_t recorded_place_count(const struct recorded *recorded);
const struct recorded_place *recorded_place(const struct recorded *recorded,
                                            size_t index);
/* Next tick of a place, NULL = no more. */
const struct recorded_tick *recorded_tick(const struct recorded *recorded,
                                          size_t index);
void recorded_pop(struct recorded *recorded, size_t index);

uint32_t recorded_partitions(const struct recorded *recorded);
const struct raw_log_ruling *recorded_rulings(const struct recorded *recorded,
                                              size_t *count);

#endif
