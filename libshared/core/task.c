#include <assert.h>
#include <stdlib.h>

#include "core/task_inner.h"

enum cw_status cw_task_create(struct cw_task **made,
                              const struct cw_task_setup *setup,
                              const struct cw_task_restore *restore,
                              uint32_t *lost_shards, struct cw_error *err)
{
    struct cw_task *task = calloc(1, sizeof(*task));
    if (task == NULL)
        return cw_fail(err, CW_NO_MEMORY, "task");
    task->setup = *setup;
    task->committed_at = restore->committed_at;
    task->saved_at = calloc(setup->type->shard_count, sizeof(*task->saved_at));
    for (uint32_t i = 0; task->saved_at != NULL && i < setup->type->shard_count;
         i++)
        task->saved_at[i] = INT64_MIN;
    const enum cw_status status =
        task->saved_at == NULL
            ? cw_fail(err, CW_NO_MEMORY, "task")
            : cw_task_restore_state(task, restore, lost_shards, err);
    if (status != CW_OK)
        cw_task_destroy(&task);
    else
        *made = task;
    return status;
}

void cw_task_destroy(struct cw_task **task)
{
    if (*task == NULL)
        return;
    cw_task_leave(*task);
    cw_merge_destroy(&(*task)->merge);
    cw_shards_destroy(&(*task)->shards);
    cw_arena_destroy(&(*task)->scratch);
    free((*task)->saved_at);
    free(*task);
    *task = NULL;
}

/* ---- running ------------------------------------------------------------ */

enum cw_status cw_task_join(struct cw_task *task, struct cw_outbox *outbox,
                            const enum cw_topic *marks, int32_t only_partition,
                            struct cw_error *err)
{
    const struct cw_outbox_source_setup source = {
        .id = cw_source_id(task->setup.type->name, (struct cw_text){"", 0},
                           task->setup.partition),
        .from = task->committed_at,
        .marks = marks,
        .only_partition = only_partition,
    };
    const enum cw_status status =
        cw_outbox_add_source(outbox, &source, &task->source, err);
    if (status == CW_OK)
        task->outbox = outbox;
    return status;
}

void cw_task_leave(struct cw_task *task)
{
    if (task->outbox != NULL)
        cw_outbox_remove_source(task->outbox, task->source);
    task->outbox = NULL;
}

enum cw_status cw_task_take(struct cw_task *task, enum cw_topic topic,
                            int64_t offset, struct cw_text header,
                            struct cw_text value, struct cw_error *err)
{
    return cw_merge_take(task->merge, topic, offset, header, value, err);
}

static enum cw_status put_output(void *to, const struct cw_output *out,
                                 struct cw_error *err)
{
    struct cw_task *task = to;
    const enum cw_status status =
        cw_outbox_put(task->outbox, task->source, out, err);
    if (status == CW_OK)
        cw_letters_count(&task->letters, out);
    return status;
}

static enum cw_status run_slice(struct cw_task *task,
                                const struct cw_slice *slice, int64_t ingest_at,
                                struct cw_error *err)
{
    struct cw_emit emit = {
#ifdef CW_MUTATE_SILENT
        .sink = put_output,
#else
        .sink = slice->to_at > task->committed_at ? put_output : NULL,
#endif
        .to = task,
        .arena = task->scratch,
        .ingest_at = ingest_at,
        .config_hash = task->setup.config_hash,
        .model_version = task->setup.model_version,
        .origin_partition = -1,
        .origin_offset = -1,
    };
    task->item_count += slice->count;
    return cw_shards_slice(task->shards, slice, &emit, err);
}

/* A shard without a snapshot has been without since the first slice aloud. */
static void begin_saving(struct cw_task *task, int64_t released_at)
{
    for (uint32_t i = 0; i < task->setup.type->shard_count; i++)
        if (task->saved_at[i] == INT64_MIN)
            task->saved_at[i] = released_at;
    task->saved_known = true;
}

enum cw_status cw_task_run(struct cw_task *task, int64_t ingest_at,
                           size_t slices, size_t *ran, struct cw_error *err)
{
    assert(task->outbox != NULL);
    *ran = 0;
    enum cw_status status = CW_OK;
    while (status == CW_OK && (slices == 0 || *ran < slices)) {
        struct cw_slice slice;
        bool found;
        status = cw_merge_next(task->merge, cw_shards_deadline(task->shards),
                               &slice, &found, err);
        if (status != CW_OK || !found)
            break;
        status = run_slice(task, &slice, ingest_at, err);
        cw_merge_done(task->merge);
        (*ran)++;
    }
    const int64_t released_at = cw_merge_released_at(task->merge);
    if (status != CW_OK || released_at <= task->committed_at)
        return status;
    cw_outbox_cover(task->outbox, task->source, released_at, released_at);
    if (!task->saved_known)
        begin_saving(task, released_at);
    return CW_OK;
}

bool cw_task_silent(const struct cw_task *task)
{
    return cw_merge_released_at(task->merge) < task->committed_at;
}

/* ---- rulings ------------------------------------------------------------ */

static enum cw_status put_verdict(struct cw_task *task,
                                  const struct cw_source_ruling *ruling,
                                  struct cw_error *err)
{
    const struct cw_verdict verdict = {
        .meta = {.stream_at = ruling->slice_at,
                 .origin_partition = -1,
                 .origin_offset = -1},
        .service = cw_text_of(task->setup.type->name),
        .partition = task->setup.partition,
        .slice_at = ruling->slice_at,
        .topic = cw_text_of(cw_topic_spec(ruling->topic)->name),
        .source = (int64_t)ruling->source,
        .ruling = ruling->absent ? CW_RULING_ABSENT : CW_RULING_PRESENT,
    };
    const struct cw_output out = {
        .topic = CW_TOPIC_VERDICTS,
        .type = &cw_verdict_type,
        .record = &verdict,
    };
    return cw_outbox_put_at(task->outbox, (uint32_t)task->setup.partition, &out,
                            err);
}

enum cw_status cw_task_rule(struct cw_task *task, bool absent,
                            struct cw_source_ruling *ruled,
                            struct cw_error *err)
{
    int64_t mark_at;
    struct cw_source_ruling ruling = {.absent = absent};
    const bool found =
        absent ? cw_merge_slowest(task->merge, &ruling.topic, &ruling.source,
                                  &mark_at)
               : cw_merge_caught_up(task->merge, &ruling.topic, &ruling.source);
    if (!found)
        return cw_fail(err, CW_NOT_FOUND, "no source to rule on");
    ruling.slice_at = cw_merge_released_at(task->merge) + CW_SLICE_US;
    enum cw_status status = cw_merge_rule(task->merge, &ruling, err);
#ifdef CW_MUTATE_RULING
    *ruled = ruling;
    return status;
#endif
    if (status == CW_OK)
        status = put_verdict(task, &ruling, err);
    if (status == CW_OK)
        *ruled = ruling;
    return status;
}

/* ---- asking ------------------------------------------------------------- */

int64_t cw_task_start_offset(const struct cw_task *task, enum cw_topic topic)
{
    return cw_merge_restart_offset(task->merge, topic);
}

int64_t cw_task_released_at(const struct cw_task *task)
{
    return cw_merge_released_at(task->merge);
}

int64_t cw_task_heard_at(const struct cw_task *task)
{
    const int64_t released_at = cw_merge_released_at(task->merge);
    return released_at > task->committed_at ? released_at : task->committed_at;
}

const struct cw_merge *cw_task_merge(const struct cw_task *task)
{
    return task->merge;
}

const struct cw_core_type *cw_task_type(const struct cw_task *task)
{
    return task->setup.type;
}

int32_t cw_task_partition(const struct cw_task *task)
{
    return task->setup.partition;
}

uint64_t cw_task_item_count(const struct cw_task *task)
{
    return task->item_count;
}

const struct cw_letter_counts *cw_task_letters(const struct cw_task *task)
{
    return &task->letters;
}

int64_t cw_task_unsaved_us(const struct cw_task *task)
{
    int64_t oldest_at = INT64_MAX;
    if (!task->saved_known)
        return 0;
    for (uint32_t i = 0; i < task->setup.type->shard_count; i++)
        if (task->saved_at[i] < oldest_at)
            oldest_at = task->saved_at[i];
    return cw_merge_released_at(task->merge) - oldest_at;
}

struct cw_core *cw_task_core(struct cw_task *task)
{
    return cw_shards_core(task->shards);
}
