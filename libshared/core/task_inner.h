/*
 * task_inner - what a task is made of, for the files that make it up: task,
 * task_restore (from what Kafka kept), task_snapshot (to what it keeps).
 */
#ifndef CW_CORE_TASK_INNER_H
#define CW_CORE_TASK_INNER_H

#include "core/task.h"

#define CW_TASK_SHARD_MAX ((size_t)256 << 20) /* state of a shard, saved */

struct cw_task {
    struct cw_task_setup setup;
    struct cw_merge *merge;
    struct cw_shards *shards;
    struct cw_arena *scratch;
    struct cw_outbox *outbox; /* borrowed; NULL until joined */
    uint32_t source;          /* in the outbox */
    int64_t committed_at;     /* silent up to here */
    uint32_t next_shard;      /* whose snapshot is next */
    int64_t *saved_at;        /* by shard: slice of its newest snapshot, or that
                                 from which on it has none; INT64_MIN */
    bool saved_known;         /* no INT64_MIN is left */
    uint64_t item_count;
    struct cw_letter_counts letters;
};

/* Fills an empty task with shards and merge. As cw_task_create. */
CW_MUST_USE enum cw_status
cw_task_restore_state(struct cw_task *task,
                      const struct cw_task_restore *restore,
                      uint32_t *lost_shards, struct cw_error *err);

#endif
