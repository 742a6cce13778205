/*
 * counters - what logcluster has counted, as rows of /metrics.
 *
 * Place    core -> [counters] -> causeway_logcluster_*
 * Threads  pure
 */
#ifndef LOGCLUSTER_COUNTERS_H
#define LOGCLUSTER_COUNTERS_H

#include "base/metrics.h"
#include "core.h"

/* Rows of the program's metrics, each with one counter of the core. */
enum logcluster_metric {
    LOGCLUSTER_METRIC_LINES,
    LOGCLUSTER_METRIC_OVERFLOW,
    LOGCLUSTER_METRIC_EVICTED,
    LOGCLUSTER_METRIC_MISSED,
    LOGCLUSTER_METRIC_ENTITIES,
    LOGCLUSTER_METRIC_PATTERNS,
    LOGCLUSTER_METRIC_COUNT
};

#define LOGCLUSTER_COUNTER_COUNT ((size_t)LOGCLUSTER_METRIC_COUNT)

extern const struct cw_metric logcluster_metrics[LOGCLUSTER_METRIC_COUNT];
extern const struct cw_core_counter
    logcluster_counters[LOGCLUSTER_METRIC_COUNT];

/* One number for each of logcluster_counters. */
void logcluster_count(const struct logcluster_counts *counts,
                      uint64_t *numbers);

#endif
