/*
 * counters - rows of the remediator's metrics, of the deciding core and of the
 * effect loop.
 *
 * Place    decide/core, effect/loop -> [counters] -> causeway_remediator_*,
 *          causeway_effect_*
 * Threads  constant tables
 */
#ifndef REMEDIATOR_COUNTERS_H
#define REMEDIATOR_COUNTERS_H

#include "base/metrics.h"

enum remediator_metric {
    REMEDIATOR_METRIC_STOPPED, /* of the core */
    REMEDIATOR_METRIC_RESULTS,
    REMEDIATOR_METRIC_WAITING,
    REMEDIATOR_METRIC_RUNNING,
    REMEDIATOR_METRIC_COUNT
};

extern const struct cw_metric remediator_metrics[REMEDIATOR_METRIC_COUNT];

#endif
