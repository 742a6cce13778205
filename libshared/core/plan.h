/*
 * plan - who writes what: the sources each service has to wait for.
 *
 * Place    loop and replay: manifest -> [plan] -> sources of a task, topics a
 *          service marks
 * Input    raw topics with their partition counts, the partition count of
 *          every other topic, the services that run
 * Limits   RAW_MAX raw topics
 * Threads  pure
 * Source   design.md, Topics ("written by")
 */
#ifndef CW_CORE_PLAN_H
#define CW_CORE_PLAN_H

#include "core/task.h"

#define CW_PLAN_RAW_MAX 256

/* id, name, topics it marks for those downstream, whether only on its own
 * partition (ALL or OWN) */
#define CW_SERVICE_TABLE(X)                                                    \
    X(NORMALIZER, "normalizer", ALL, CW_TOPIC_METRICS, CW_TOPIC_LOGS,          \
      CW_TOPIC_SPANS, CW_TOPIC_EVENTS, CW_TOPIC_SAID)                          \
    X(DETECTOR, "detector", ALL, CW_TOPIC_ANOMALIES, CW_TOPIC_EVIDENCE)        \
    X(LOGCLUSTER, "logcluster", ALL, CW_TOPIC_METRICS_PATTERNS,                \
      CW_TOPIC_ANOMALIES, CW_TOPIC_EVIDENCE)                                   \
    X(TOPOLOGY, "topology", ALL, CW_TOPIC_METRICS_PATTERNS, CW_TOPIC_EDGES)    \
    X(CORRELATE, "correlate", OWN, CW_TOPIC_INCIDENTS, CW_TOPIC_TOPOLOGY)      \
    X(RANKER, "ranker", OWN, CW_TOPIC_CAUSES)                                  \
    X(REMEDIATOR, "remediator", OWN, CW_TOPIC_ACTIONS)

enum cw_service {
#define CW_SERVICE_ID(id, name, spread, ...) CW_SERVICE_##id,
    CW_SERVICE_TABLE(CW_SERVICE_ID)
#undef CW_SERVICE_ID
        CW_SERVICE_COUNT
};

struct cw_plan_raw {
    struct cw_text name; /* borrowed for the plan's life */
    uint32_t partitions;
};

struct cw_plan {
    uint32_t partitions;
    uint32_t services; /* bit per enum cw_service that runs */
    struct cw_plan_raw raw[CW_PLAN_RAW_MAX];
    uint32_t raw_count;
};

#define CW_ALL_SERVICES ((1u << CW_SERVICE_COUNT) - 1u)

const char *cw_service_name(enum cw_service service);
/* Ended by CW_TOPIC_COUNT. */
const enum cw_topic *cw_service_marks(enum cw_service service);
bool cw_service_marks_own_only(enum cw_service service);

/* Adds to the setup of a task, by its type and partition, the sources of its
 * inputs; from arena. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_plan_sources(const struct cw_plan *plan,
                                           struct cw_task_setup *setup,
                                           struct cw_arena *arena,
                                           struct cw_error *err);

/* Hash over everything above: equal plans, equal sources. */
uint64_t cw_plan_hash(const struct cw_plan *plan);

#endif
