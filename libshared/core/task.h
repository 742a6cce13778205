/*
 * task - one partition of one deciding service: merge, core, snapshots.
 *
 * Place    live loop or replay -> [task] -> outbox
 * Input    messages of the input topics of its partition
 * Output   the core's records through the outbox; a dead letter for each item
 *          it refused; its position and mark; shard snapshots; rulings
 * State    the core's shards and the merge's positions; both come back from
 *          snapshots, then from the input log, silently up to the slice whose
 *          outputs are committed
 * Limits   see merge and outbox
 * Threads  one owner thread
 */
#ifndef CW_CORE_TASK_H
#define CW_CORE_TASK_H

#include "core/letters.h"
#include "core/merge.h"
#include "core/outbox.h"
#include "core/shards.h"

struct cw_task;

/* A source that writes one of the inputs. */
struct cw_task_source {
    enum cw_topic topic;
    uint64_t id;
};

struct cw_task_setup {
    const struct cw_core_type *type;
    const void *config; /* of the core; borrowed for the task's life */
    int32_t partition;
    const struct cw_task_source *sources; /* borrowed during create */
    size_t source_count;
    uint64_t config_hash;
    struct cw_text model_version; /* borrowed for the task's life */
};

/* A snapshot part as read back: the newest of each key. */
struct cw_task_restore {
    const struct cw_snapshot *const *parts;
    size_t part_count;
    const struct cw_source_ruling *rulings; /* all kept, in log order */
    size_t ruling_count;
    int64_t committed_at; /* outputs up to this slice are out; CW_BEGINNING */
};

/* Makes the task with whatever state can be restored. lost_shards counts the
 * shards without a usable snapshot: when it is not 0 the log is read from its
 * beginning. CW_BAD_STATE: a snapshot this build cannot read. */
CW_MUST_USE enum cw_status cw_task_create(struct cw_task **made,
                                          const struct cw_task_setup *setup,
                                          const struct cw_task_restore *restore,
                                          uint32_t *lost_shards,
                                          struct cw_error *err);
void cw_task_destroy(struct cw_task **task);

/* Offset to start reading a topic at; CW_BEGINNING = its first. */
int64_t cw_task_start_offset(const struct cw_task *task, enum cw_topic topic);

/* Registers with the outbox, from the committed slice on. */
CW_MUST_USE enum cw_status cw_task_join(struct cw_task *task,
                                        struct cw_outbox *outbox,
                                        const enum cw_topic *marks,
                                        int32_t only_partition,
                                        struct cw_error *err);
void cw_task_leave(struct cw_task *task);

CW_MUST_USE enum cw_status
cw_task_take(struct cw_task *task, enum cw_topic topic, int64_t offset,
             struct cw_text header, struct cw_text value, struct cw_error *err);

/* Runs complete slices, at most slices of them (0 = as many as there are), and
 * covers the outbox's source so far. *ran counts them. */
CW_MUST_USE enum cw_status cw_task_run(struct cw_task *task, int64_t ingest_at,
                                       size_t slices, size_t *ran,
                                       struct cw_error *err);

/* Rules the slowest source absent from the next slice on, or, with absent
 * false, one that has caught up present; puts the Verdict in the outbox.
 * CW_NOT_FOUND: there is none. */
CW_MUST_USE enum cw_status cw_task_rule(struct cw_task *task, bool absent,
                                        struct cw_source_ruling *ruled,
                                        struct cw_error *err);

/* Puts the snapshot of the shard whose turn it is. Nothing while silent. */
CW_MUST_USE enum cw_status cw_task_snapshot(struct cw_task *task,
                                            struct cw_error *err);

bool cw_task_silent(const struct cw_task *task);
int64_t cw_task_released_at(const struct cw_task *task);
/* Outputs up to this slice are out or in the outbox: the slice to commit. In
 * silent replay it is the one committed before. */
int64_t cw_task_heard_at(const struct cw_task *task);
const struct cw_merge *cw_task_merge(const struct cw_task *task);
const struct cw_core_type *cw_task_type(const struct cw_task *task);
int32_t cw_task_partition(const struct cw_task *task);
/* Items the core has taken, and the letters put for those it refused, since
 * it was made. */
uint64_t cw_task_item_count(const struct cw_task *task);
const struct cw_letter_counts *cw_task_letters(const struct cw_task *task);
/* Stream time since the oldest of the shards' newest snapshots: what a restart
 * would read again. 0 while silent. */
int64_t cw_task_unsaved_us(const struct cw_task *task);
struct cw_core *cw_task_core(struct cw_task *task);

#endif
