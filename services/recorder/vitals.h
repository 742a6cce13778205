/*
 * vitals - how the recorder is, for /metrics.
 *
 * Place    bridge -> [vitals] -> causeway_recorder_*
 * Threads  the bridge's thread writes; collect is the admin port's
 */
#ifndef RECORDER_VITALS_H
#define RECORDER_VITALS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/metrics.h"

/* Rows of the program's metrics. */
enum vitals_metric {
    VITALS_METRIC_UP,
    VITALS_METRIC_OUTBOX,
    VITALS_METRIC_ROWS,
    VITALS_METRIC_REFUSED,
    VITALS_METRIC_AGE,
    VITALS_METRIC_FAULTS,
    VITALS_METRIC_COUNT
};
extern const struct cw_metric vitals_metrics[VITALS_METRIC_COUNT];

struct vitals {
    atomic_bool up;               /* PostgreSQL answers */
    _Atomic int64_t outbox;       /* commands that wait */
    atomic_ullong rows;           /* applied, repeats included */
    atomic_ullong refused;        /* put aside in refused_rows */
    _Atomic int64_t committed_us; /* monotonic: all that was read was there */
    _Atomic int64_t audit_faults; /* as of the last upkeep */
};

void vitals_collect(const struct vitals *vitals, int64_t now_us,
                    struct cw_metrics *metrics, size_t first);

#endif
