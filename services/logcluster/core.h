/*
 * core - lines in; patterns, their rates and what is new among them out.
 *
 * Place    logs -> [logcluster core] -> metrics.patterns (detector), anomalies,
 *          evidence (correlator, ranker), patterns (people, tools)
 * Input    LOGS: struct cw_log, one line; SAID is taken and changes nothing
 *          yet: labels are about anomalies, which are told once
 * Output   every window_us of stream time, per entity: one metric run (see
 *          rates.h), each changed pattern, evidence of new patterns; an
 *          anomaly NEW_PATTERN the moment it is one, closed when quiet
 * Limits   max_entities and max_shard_patterns a shard, max_patterns an
 *          entity. Entities: the one silent for longest makes room, one with a
 *          new pattern under watch last (its anomaly then stays open: quiet_us
 *          is short). Patterns: see generalise.h; a line without place counts
 *          as "<other>"
 * Threads  one owner thread
 */
#ifndef LOGCLUSTER_CORE_H
#define LOGCLUSTER_CORE_H

#include "base/options.h"
#include "core/core.h"

struct logcluster_config {
    int64_t window_us;      /* of the rates, > 0 */
    int64_t learn_us;       /* of an entity's log: nothing is new in it */
    int64_t quiet_us;       /* without the pattern: its anomaly closes */
    int64_t series_idle_us; /* without a line: its series ends */
    int64_t entity_idle_us; /* without a line: the entity is dropped */
    int64_t max_entities;   /* a shard */
    int64_t max_patterns;   /* an entity */
    int64_t max_shard_patterns;
    int64_t series_max;  /* patterns an entity with a series, <= 64 */
    int64_t open_lines;  /* of a new pattern below warning: opens too */
    double surprise_min; /* -log10 p of an anomaly */
};

/* What a service starts with. */
struct logcluster_config logcluster_config_default(void);

extern const struct cw_option logcluster_options[];
extern const size_t logcluster_option_count;

struct logcluster_counts {
    uint64_t lines;
    uint64_t overflow_lines; /* without a pattern */
    uint64_t entities;       /* now */
    uint64_t evicted_entities;
    uint64_t patterns; /* now */
    uint64_t missed_novelties;
};

/* Since the core was made; for /metrics, never for a decision. */
struct logcluster_counts logcluster_counts(const struct cw_core *core);

/* config of create: struct logcluster_config, NULL = the default. */
extern const struct cw_core_type logcluster_core_type;

#endif
