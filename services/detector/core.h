/*
 * core - the detector as a deciding core: metrics in, anomalies out.
 *
 * Place    merge -> [core] -> emit; main.c and cwctl replay drive it
 * Input    METRICS, METRICS_PATTERNS: runs of samples; SAID: not used yet
 * Output   ANOMALIES, EVIDENCE, SERIES
 * State    a roster a shard, shard by route of the entity
 * Limits   struct detector_config; what is refused for lack of room is counted
 *          and said
 * Threads  one owner thread
 */
#ifndef DETECTOR_CORE_H
#define DETECTOR_CORE_H

#include <stdint.h>

#include "config.h"
#include "core/core.h"

#define DETECTOR_SHARDS 256

/* config: const struct detector_config *, NULL = the defaults. */
extern const struct cw_core_type detector_core_type;

/* Of this process: never read by a decision. */
struct detector_counts {
    uint64_t samples;
    uint64_t duplicates;
    uint64_t backward;
    uint64_t bad;
    uint64_t resets;
    uint64_t parked;
    uint64_t unknown;        /* definition did not come in time: dropped */
    uint64_t refused_series; /* no room */
    uint64_t opened;
    uint64_t closed;
    uint64_t forgotten;
    uint64_t derived;
};

const struct detector_counts *detector_core_counts(const struct cw_core *core);

/* Series in the state of all shards. */
uint64_t detector_core_series(const struct cw_core *core);

#endif
