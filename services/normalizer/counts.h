/*
 * counts - what became of everything received.
 *
 * Place    draft and core count; main exports them as metrics
 * Output   conservation: parts == sum(emitted) + sum(dropped) + refused_parts;
 *          records == taken + tombstones + refused_records; each ..._by sums
 *          up to its total
 * Limits   numbers of 64 bits and nothing else: tally takes them as an array
 * Threads  one owner thread
 */
#ifndef NORMALIZER_COUNTS_H
#define NORMALIZER_COUNTS_H

#include <stdint.h>

#include "base/status.h"

/* field, meaning of the metric */
#define COUNT_EMIT_TABLE(X)                                                    \
    X(POINTS, points, "metric samples sent")                                   \
    X(LOGS, logs, "log records sent")                                          \
    X(SPANS, spans, "spans sent")                                              \
    X(EVENTS, events, "alerts, changes and topologies sent")                   \
    X(SAID, said, "commands, rules, models and results sent")

#define COUNT_DROP_TABLE(X)                                                    \
    X(NON_FINITE, non_finite, "samples that are NaN or infinite")              \
    X(STALE, stale, "samples flagged as holding no value")                     \
    X(EMPTY, empty, "samples without a value yet (collectd's first)")          \
    X(SILENT, silent, "parts that say nothing by design (control messages)")

enum count_emit {
#define COUNT_ID(id, name, meaning) COUNT_##id,
    COUNT_EMIT_TABLE(COUNT_ID)
#undef COUNT_ID
        COUNT_EMIT_COUNT
};

enum count_drop {
#define COUNT_ID(id, name, meaning) COUNT_DROP_##id,
    COUNT_DROP_TABLE(COUNT_ID)
#undef COUNT_ID
        COUNT_DROP_COUNT
};

#define COUNT_FORMATS_MAX 32

struct normalizer_counts {
    uint64_t records;
    uint64_t taken; /* read to the end; parts may have been refused */
    uint64_t tombstones;
    uint64_t refused_records;
    uint64_t parts;
    uint64_t emitted[COUNT_EMIT_COUNT];
    uint64_t dropped[COUNT_DROP_COUNT];
    uint64_t refused_parts;
    uint64_t dead_letters;
    uint64_t definitions;
    uint64_t labels_cut;                 /* pairs over the limit */
    uint64_t sniffed[COUNT_FORMATS_MAX]; /* by format, on auto topics */
    uint64_t refused_records_by[CW_STATUS_COUNT];
    uint64_t refused_parts_by[CW_STATUS_COUNT];
    uint64_t dead_letters_by[CW_STATUS_COUNT];
};

#endif
