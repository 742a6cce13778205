/*
 * loop - consume, decide, produce, commit: exactly once.
 *
 * Place    main.c of a stream service -> [loop] -> consumer, flow, producer
 * Limits   an outbox of outbox_max bytes forces a commit; the brokers may be
 *          away as long as they like: the loop waits, holding what it has
 * Threads  run on one thread; stop, state and ready from any
 *
 * A round: serve the group, take messages of each owned partition, run what
 * is complete, and when a commit is due - commit_every after the last, when
 * there is news - seal the outbox and commit outputs, snapshots and offsets
 * in one transaction. When ownership turns out to be lost, everything is
 * dropped and restored from what was committed: nothing is patched.
 */
#ifndef CW_STREAM_LOOP_H
#define CW_STREAM_LOOP_H

#include <jansson.h>

#include "stream/flow.h"
#include "stream/producer.h"

struct cw_loop;

struct cw_loop_config {
    struct cw_flow_config flow;
    const struct cw_flow_type *flow_type;
    const char *group;
    int64_t commit_every_us;
    size_t outbox_max;
    size_t message_size;
    int64_t ready_grace_us; /* without a commit for so long: not ready */
    void (*beat)(void *context);
    void (*rest)(void *context);
    void *context;
};

/* Copies *config; opens nothing yet. */
CW_MUST_USE enum cw_status cw_loop_create(struct cw_loop **made,
                                          const struct cw_loop_config *config,
                                          struct cw_error *err);
void cw_loop_destroy(struct cw_loop **loop);

/* Runs until stopped, then saves every shard, commits and returns CW_OK.
 * Any other status is a fault that a restart may or may not cure. */
CW_MUST_USE enum cw_status cw_loop_run(struct cw_loop *loop,
                                       struct cw_error *err);
void cw_loop_stop(struct cw_loop *loop);

struct cw_loop_state {
    struct cw_flow_state flow;
    struct cw_producer_counts producer;
    int64_t committed_us;   /* monotonic time of the last commit, 0 = none */
    int64_t commit_last_us; /* how long it took */
    uint64_t messages_in;
    uint64_t messages_out;
    uint64_t restores;
    bool assigned; /* the group has answered, even with no partition */
};

struct cw_loop_state cw_loop_state(struct cw_loop *loop);
bool cw_loop_ready(struct cw_loop *loop, json_t *parts, struct cw_error *why);

#endif
