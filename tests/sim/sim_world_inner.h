/*
 * sim_world_inner - what a world is made of, for the files that make it up:
 * sim_world (made, ended, compared), sim_moves (disturbed, and run to its end),
 * sim_replay (the same log again, undisturbed).
 */
#ifndef SIM_WORLD_INNER_H
#define SIM_WORLD_INNER_H

#include "base/rand.h"
#include "core/rawtask.h"
#include "sim_world.h"

#define SIM_NODES 2 /* instances of each service */

/* An instance of the normalizer: what dies with it. */
struct sim_raw_node {
    struct cw_outbox *outbox;
    struct cw_rawtask *tasks[SIM_RAW_PARTITIONS];
};

struct sim_tier {
    struct cw_stage_store *store;
    struct cw_stage *nodes[SIM_NODES];
    unsigned owner[SIM_PARTITIONS];
    struct cw_stage_setup setup;
};

struct sim_world {
    struct cw_plan plan;
    struct cw_memlog *log;
    const struct sim_log *raw;
    struct sim_raw_node raw_nodes[SIM_NODES];
    unsigned raw_owner[SIM_RAW_PARTITIONS];
    int64_t raw_next[SIM_RAW_PARTITIONS];   /* committed */
    int64_t raw_stream[SIM_RAW_PARTITIONS]; /* committed */
    struct sim_tier a;
    struct sim_tier b;
    struct cw_rand rand;
    struct sim_config config;
    struct sim_tally tally;
};

/* An empty log, and no instance runs yet. Borrows raw; first_raw: the raw topic
 * its plan names first. On failure *made holds what there is, for
 * sim_world_destroy. */
CW_MUST_USE enum cw_status sim_world_make(struct sim_world **made,
                                          const struct sim_log *raw,
                                          unsigned first_raw,
                                          struct cw_error *err);
/* Starts every instance of every service. */
CW_MUST_USE enum cw_status sim_world_start(struct sim_world *world,
                                           struct cw_error *err);

/* An instance of the normalizer starts from what is committed, with the raw
 * partitions it owns; killed, it dies without a word. */
CW_MUST_USE enum cw_status sim_raw_start(struct sim_world *world, unsigned node,
                                         struct cw_error *err);
void sim_raw_kill(struct sim_world *world, unsigned node);
/* Makes the task of a raw partition on the instance that owns it. */
CW_MUST_USE enum cw_status
sim_raw_own(struct sim_world *world, unsigned partition, struct cw_error *err);
struct cw_rawtask *sim_raw_task(struct sim_world *world, unsigned partition);
/* Gives it the next record of the raw log. */
CW_MUST_USE enum cw_status
sim_raw_take(struct sim_world *world, unsigned partition, struct cw_error *err);

/* The same of an instance of a or b. */
CW_MUST_USE enum cw_status sim_tier_start(struct sim_tier *tier, unsigned node,
                                          struct cw_error *err);

/* All that is left of the raw log, through every service, until nothing moves.
 * CW_BROKEN: a task stands before the log's end. */
CW_MUST_USE enum cw_status sim_world_finish(struct sim_world *world,
                                            struct cw_error *err);

#endif
