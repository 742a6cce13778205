#include "core/rawtask.h"

#include <stdlib.h>

#include "base/time.h"
#include "core/merge.h"

#define SCRATCH_MAX ((size_t)256 << 20)

struct cw_rawtask {
    struct cw_rawtask_setup setup;
    struct cw_core *core;
    struct cw_arena *scratch;
    struct cw_outbox *outbox; /* borrowed */
    uint32_t source;
    int64_t next_offset;
    int64_t stream_at;
    bool ticked; /* stream time moved last by a tick */
    bool moved;  /* since the last Clock record */
    struct cw_letter_counts letters;
};

enum cw_status cw_rawtask_create(struct cw_rawtask **made,
                                 const struct cw_rawtask_setup *setup,
                                 struct cw_outbox *outbox, struct cw_error *err)
{
    struct cw_rawtask *task = calloc(1, sizeof(*task));
    if (task == NULL)
        return cw_fail(err, CW_NO_MEMORY, "raw task");
    const struct cw_outbox_source_setup source = {
        .id = cw_source_id(setup->type->name, setup->topic, setup->partition),
        .from = setup->next_offset,
        .marks = setup->marks,
        .only_partition = -1,
    };
    task->setup = *setup;
    task->next_offset = setup->next_offset;
    task->stream_at = setup->stream_at;
    enum cw_status status = cw_arena_create(&task->scratch, SCRATCH_MAX, err);
    if (status == CW_OK)
        status = setup->type->create(&task->core, setup->config, err);
    if (status == CW_OK)
        status = cw_outbox_add_source(outbox, &source, &task->source, err);
    if (status == CW_OK)
        task->outbox = outbox;
    if (status != CW_OK)
        cw_rawtask_destroy(&task);
    else
        *made = task;
    return status;
}

void cw_rawtask_destroy(struct cw_rawtask **task)
{
    if (*task == NULL)
        return;
    if ((*task)->outbox != NULL)
        cw_outbox_remove_source((*task)->outbox, (*task)->source);
    if ((*task)->core != NULL)
        (*task)->setup.type->destroy(&(*task)->core);
    cw_arena_destroy(&(*task)->scratch);
    free(*task);
    *task = NULL;
}

static enum cw_status put_output(void *to, const struct cw_output *out,
                                 struct cw_error *err)
{
    struct cw_rawtask *task = to;
    const enum cw_status status =
        cw_outbox_put(task->outbox, task->source, out, err);
    if (status == CW_OK)
        cw_letters_count(&task->letters, out);
    return status;
}

/* No later record can have a stream time below the running maximum, but one
 * may still equal it. */
static void cover(struct cw_rawtask *task)
{
    cw_outbox_cover(task->outbox, task->source, task->next_offset,
                    task->stream_at == INT64_MIN ? INT64_MIN
                                                 : task->stream_at - 1);
    task->moved = true;
}

static enum cw_status step(struct cw_rawtask *task, const struct cw_raw *raw,
                           int64_t ingest_at, struct cw_error *err)
{
    const int64_t slice_at = cw_slice_end(task->stream_at);
    struct cw_emit emit = {
        .sink = put_output,
        .to = task,
        .arena = task->scratch,
        .now_at = task->stream_at,
        .covers_from = slice_at - CW_SLICE_US,
        .covers_to = slice_at,
        .ingest_at = ingest_at,
        .config_hash = task->setup.config_hash,
        .origin_topic = task->setup.topic,
        .origin_partition = task->setup.partition,
        .origin_offset = raw->offset,
    };
    const struct cw_item item = {
        .topic = CW_TOPIC_RAW,
        .stream_at = task->stream_at,
        .event_at = raw->timestamp_at,
        .record = raw,
    };
    cw_arena_reset(task->scratch);
    const enum cw_status status =
        task->setup.type->step(task->core, 0, &item, &emit, err);
    return cw_status_action(status) == CW_DEAD_LETTER ? CW_OK : status;
}

enum cw_status cw_rawtask_take(struct cw_rawtask *task,
                               const struct cw_raw *raw, int64_t ingest_at,
                               struct cw_error *err)
{
    if (raw->offset < task->next_offset)
        return cw_fail(err, CW_GAP, "raw offset %lld again",
                       (long long)raw->offset);
    /* A tick is told before what follows it, or a replay could not place it. */
    enum cw_status status = CW_OK;
#ifndef CW_MUTATE_TICK
    if (task->ticked)
        status = cw_rawtask_clock(task, ingest_at, err);
    if (status != CW_OK)
        return status;
#endif
    task->ticked = false;
    /* A broker takes any 64 bits of milliseconds; what is no time moves none.
     */
    if (raw->timestamp_at > task->stream_at && raw->timestamp_at >= 0 &&
        raw->timestamp_at < CW_TIME_MAX)
        task->stream_at = raw->timestamp_at;
    if (task->stream_at == INT64_MIN)
        task->stream_at = 0; /* or its items would lie behind every mark */
    status = step(task, raw, ingest_at, err);
    if (status != CW_OK)
        return status;
    task->next_offset = raw->offset + 1;
    cover(task);
    return CW_OK;
}

void cw_rawtask_tick(struct cw_rawtask *task, int64_t stream_at)
{
    if (stream_at <= task->stream_at)
        return;
    task->stream_at = stream_at;
    task->ticked = true;
    cover(task);
}

enum cw_status cw_rawtask_clock(struct cw_rawtask *task, int64_t ingest_at,
                                struct cw_error *err)
{
    if (!task->moved)
        return CW_OK;
    cw_arena_reset(task->scratch);
    const struct cw_clock clock = {
        .meta = {.stream_at = task->stream_at,
                 .ingest_at = ingest_at,
                 .origin_topic = task->setup.topic,
                 .origin_partition = task->setup.partition,
                 .origin_offset = task->next_offset - 1},
        .topic = task->setup.topic,
        .partition = task->setup.partition,
        .offset = task->next_offset,
        .stream_at = task->stream_at,
        .tick = task->ticked,
    };
    const struct cw_output out = {
        .topic = CW_TOPIC_CLOCK,
        .key = cw_arena_print(task->scratch, "%.*s/%d",
                              CW_TEXT_ARG(task->setup.topic),
                              task->setup.partition),
        .type = &cw_clock_type,
        .record = &clock,
    };
    task->moved = false;
    return cw_outbox_put_at(
        task->outbox,
        cw_clock_partition(task->setup.topic, task->setup.partition,
                           cw_outbox_partitions(task->outbox)),
        &out, err);
}

int64_t cw_rawtask_stream_at(const struct cw_rawtask *task)
{
    return task->stream_at;
}

int64_t cw_rawtask_next_offset(const struct cw_rawtask *task)
{
    return task->next_offset;
}

const struct cw_letter_counts *cw_rawtask_letters(const struct cw_rawtask *task)
{
    return &task->letters;
}

struct cw_core *cw_rawtask_core(struct cw_rawtask *task)
{
    return task->core;
}

uint32_t cw_clock_partition(struct cw_text topic, int32_t partition,
                            uint32_t partitions)
{
    return cw_partition_of(cw_source_id("clock", topic, partition), partitions);
}
