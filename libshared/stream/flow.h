/*
 * flow - what a loop does with the partitions it owns: raw or merged.
 *
 * Place    loop -> [flow] -> tasks
 * Threads  the loop's
 */
#ifndef CW_STREAM_FLOW_H
#define CW_STREAM_FLOW_H

#include "core/letters.h"
#include "core/plan.h"
#include "stream/consumer.h"

struct cw_flow;

struct cw_flow_config {
    const struct cw_kafka *kafka;
    enum cw_service service;
    const struct cw_core_type *type;
    const void *config; /* of the cores */
    uint64_t config_hash;
    const struct cw_plan *plan;
    int64_t snapshot_within_us; /* every shard is saved so often */
    int64_t stall_limit_us;     /* a source that stands so long is left out */
    int64_t grace_us;           /* ticks stay so far behind the wall clock */
    int64_t tick_every_us;
    int64_t restore_timeout_us;
    size_t held_max; /* bytes of waiting items before laggards are left out */
    struct cw_clocks clock;
};

/* The counters among them only rise: what was counted for a partition that has
 * gone stays counted. */
struct cw_flow_state {
    size_t tasks;
    size_t silent;     /* still replaying */
    int64_t stream_at; /* slowest task's; INT64_MIN = none */
    size_t held;
    uint64_t items;
    uint64_t repeats;
    uint64_t rulings;
    uint64_t lost_shards;
    int64_t unsaved_us; /* stream time since the oldest snapshot in use */
    struct cw_letter_counts letters;
    /* Of the cores, by counter: of those that have gone, and of today's. */
    uint64_t gone[CW_CORE_COUNTERS_MAX];
    uint64_t there[CW_CORE_COUNTERS_MAX];
};

struct cw_flow_type {
    enum cw_status (*create)(struct cw_flow **made,
                             const struct cw_flow_config *config,
                             struct cw_error *err);
    void (*destroy)(struct cw_flow **flow);
    /* Full names of the topics to subscribe to; lent for the flow's life. */
    const char *const *(*topics)(const struct cw_flow *flow, size_t *count);
    /* Restores the partitions and starts fetching them. */
    enum cw_status (*assign)(struct cw_flow *flow, struct cw_consumer *consumer,
                             struct cw_outbox *outbox,
                             const struct cw_partition *partitions,
                             size_t count, struct cw_error *err);
    /* Forgets every task. */
    void (*drop)(struct cw_flow *flow);
    /* Whether partition index may be taken from now. */
    bool (*wants)(const struct cw_flow *flow, size_t index);
    enum cw_status (*take)(struct cw_flow *flow, size_t index,
                           const rd_kafka_message_t *message,
                           struct cw_error *err);
    void (*at_end)(struct cw_flow *flow, size_t index);
    /* Runs what can be run. *more: there is more to do at once. */
    enum cw_status (*work)(struct cw_flow *flow, bool *more,
                           struct cw_error *err);
    /* Adds clocks and snapshots to the outbox; last = everything. */
    enum cw_status (*before_commit)(struct cw_flow *flow, bool last,
                                    struct cw_error *err);
    /* Offsets with metadata of every owned partition. */
    void (*offsets)(const struct cw_flow *flow,
                    rd_kafka_topic_partition_list_t *list);
    struct cw_flow_state (*state)(const struct cw_flow *flow);
};

extern const struct cw_flow_type cw_flow_raw;
extern const struct cw_flow_type cw_flow_merged;

#endif
