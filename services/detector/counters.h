/*
 * counters - what the detector has counted, as rows of /metrics.
 *
 * Place    core -> [counters] -> causeway_detector_*
 * Threads  pure
 */
#ifndef DETECTOR_COUNTERS_H
#define DETECTOR_COUNTERS_H

#include "base/metrics.h"
#include "core.h"

/* Rows of the program's metrics. */
enum detector_metric {
    DETECTOR_METRIC_SAMPLES,
    DETECTOR_METRIC_RESETS,
    DETECTOR_METRIC_PARKED,
    DETECTOR_METRIC_SERIES,
    DETECTOR_METRIC_REFUSED,
    DETECTOR_METRIC_FORGOTTEN,
    DETECTOR_METRIC_DERIVED,
    DETECTOR_METRIC_EPISODES,
    DETECTOR_METRIC_COUNT
};

#define DETECTOR_COUNTER_COUNT 13

extern const struct cw_metric detector_metrics[DETECTOR_METRIC_COUNT];
extern const struct cw_core_counter detector_counters[DETECTOR_COUNTER_COUNT];

/* One number for each of detector_counters. */
void detector_count(const struct detector_counts *counts, uint64_t series,
                    uint64_t *numbers);

#endif
