/*
 * stage - an instance of a deciding service over a memlog, with what of it
 * survives a kill kept apart.
 *
 * Place    replay and simulator: memlog -> [stage: tasks, outbox] -> memlog
 * State    store: snapshots, verdicts and committed slices (what Kafka keeps);
 *          stage: everything else (what dies with the process)
 * Threads  one owner thread
 */
#ifndef CW_CORE_STAGE_H
#define CW_CORE_STAGE_H

#include "core/memlog.h"
#include "core/plan.h"

struct cw_stage_store;
struct cw_stage;

struct cw_stage_setup {
    enum cw_service service;
    const struct cw_core_type *type;
    const void *config; /* borrowed for the stage's life */
    const struct cw_plan *plan;
    struct cw_memlog *log; /* borrowed */
    uint64_t writer;
    uint64_t config_hash;
};

CW_MUST_USE enum cw_status cw_stage_store_create(struct cw_stage_store **made,
                                                 uint32_t partitions,
                                                 struct cw_error *err);
void cw_stage_store_destroy(struct cw_stage_store **store);
/* Snapshots are gone, as after a wrong retention. */
void cw_stage_store_lose_snapshots(struct cw_stage_store *store,
                                   uint32_t partition);
/* Rulings of a partition so far; lent until the next commit. */
size_t cw_stage_store_rulings(const struct cw_stage_store *store,
                              uint32_t partition,
                              const struct cw_source_ruling **rulings);
/* Rulings a replay is given beforehand. */
CW_MUST_USE enum cw_status
cw_stage_store_give(struct cw_stage_store *store, uint32_t partition,
                    const struct cw_source_ruling *rulings, size_t count,
                    struct cw_error *err);

CW_MUST_USE enum cw_status cw_stage_create(struct cw_stage **made,
                                           const struct cw_stage_setup *setup,
                                           struct cw_stage_store *store,
                                           struct cw_error *err);
/* Without a commit: a kill. */
void cw_stage_destroy(struct cw_stage **stage);

/* Takes a partition over: restores it from the store. */
CW_MUST_USE enum cw_status cw_stage_assign(struct cw_stage *stage,
                                           uint32_t partition,
                                           struct cw_error *err);
/* Gives it up; what was not committed is forgotten. */
void cw_stage_revoke(struct cw_stage *stage, uint32_t partition);

/* Takes up to max messages of one input topic (0 = all there are). */
CW_MUST_USE enum cw_status cw_stage_poll(struct cw_stage *stage,
                                         uint32_t partition,
                                         enum cw_topic topic, size_t max,
                                         size_t *taken, struct cw_error *err);
CW_MUST_USE enum cw_status cw_stage_run(struct cw_stage *stage,
                                        uint32_t partition, size_t slices,
                                        size_t *ran, struct cw_error *err);
CW_MUST_USE enum cw_status cw_stage_commit(struct cw_stage *stage,
                                           struct cw_error *err);

/* The task of a partition, or NULL. */
struct cw_task *cw_stage_task(struct cw_stage *stage, uint32_t partition);
bool cw_stage_has_records(const struct cw_stage *stage);
size_t cw_stage_waiting_size(const struct cw_stage *stage);

#endif
