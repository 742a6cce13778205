#include "counters.h"

#define ROW(name, type, help)                                                  \
    {                                                                          \
        name, CW_METRIC_##type, "", help, CW_METRIC_EVOLVING, 0, NULL, 0, 0    \
    }

const struct cw_metric logcluster_metrics[LOGCLUSTER_METRIC_COUNT] = {
    [LOGCLUSTER_METRIC_LINES] =
        ROW("causeway_logcluster_lines_total", COUNTER, "log lines taken"),
    [LOGCLUSTER_METRIC_OVERFLOW] =
        ROW("causeway_logcluster_lines_overflow_total", COUNTER,
            "lines counted without a pattern: their entity had no room"),
    [LOGCLUSTER_METRIC_EVICTED] =
        ROW("causeway_logcluster_entities_evicted_total", COUNTER,
            "entities dropped for another, their shard was full"),
    [LOGCLUSTER_METRIC_MISSED] =
        ROW("causeway_logcluster_novelties_missed_total", COUNTER,
            "new patterns not watched: too many were new at once"),
    [LOGCLUSTER_METRIC_ENTITIES] =
        ROW("causeway_logcluster_entities", GAUGE, "entities known now"),
    [LOGCLUSTER_METRIC_PATTERNS] =
        ROW("causeway_logcluster_patterns", GAUGE, "patterns known now"),
};

const struct cw_core_counter logcluster_counters[LOGCLUSTER_METRIC_COUNT] = {
    {LOGCLUSTER_METRIC_LINES, NULL},    {LOGCLUSTER_METRIC_OVERFLOW, NULL},
    {LOGCLUSTER_METRIC_EVICTED, NULL},  {LOGCLUSTER_METRIC_MISSED, NULL},
    {LOGCLUSTER_METRIC_ENTITIES, NULL}, {LOGCLUSTER_METRIC_PATTERNS, NULL},
};

void logcluster_count(const struct logcluster_counts *counts, uint64_t *numbers)
{
    numbers[LOGCLUSTER_METRIC_LINES] = counts->lines;
    numbers[LOGCLUSTER_METRIC_OVERFLOW] = counts->overflow_lines;
    numbers[LOGCLUSTER_METRIC_EVICTED] = counts->evicted_entities;
    numbers[LOGCLUSTER_METRIC_MISSED] = counts->missed_novelties;
    numbers[LOGCLUSTER_METRIC_ENTITIES] = counts->entities;
    numbers[LOGCLUSTER_METRIC_PATTERNS] = counts->patterns;
}
