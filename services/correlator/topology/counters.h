/*
 * counters - what topology has counted, as rows of /metrics.
 *
 * Place    core -> [counters] -> causeway_topology_*
 * Threads  pure
 */
#ifndef TOPOLOGY_COUNTERS_H
#define TOPOLOGY_COUNTERS_H

#include "base/metrics.h"
#include "topology/core.h"

/* Rows of the program's metrics. */
enum topology_metric {
    TOPOLOGY_METRIC_SPANS,
    TOPOLOGY_METRIC_DROPPED,
    TOPOLOGY_METRIC_SHED,
    TOPOLOGY_METRIC_LOST,
    TOPOLOGY_METRIC_TRACES,
    TOPOLOGY_METRIC_PARTIES,
    TOPOLOGY_METRIC_COUNT
};

#define TOPOLOGY_COUNTER_COUNT 8

extern const struct cw_metric topology_metrics[TOPOLOGY_METRIC_COUNT];
extern const struct cw_core_counter topology_counters[TOPOLOGY_COUNTER_COUNT];

/* One number for each of topology_counters. */
void topology_count(const struct topology_counts *counts, uint64_t *numbers);

#endif
