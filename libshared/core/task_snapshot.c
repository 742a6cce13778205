#include <assert.h>

#include "core/task_inner.h"

#define SNAPSHOT_PART ((size_t)512 * 1024)

#if defined(__x86_64__)
#define CPU_CLASS "x86-64"
#elif defined(__aarch64__)
#define CPU_CLASS "aarch64"
#else
#error "say what class of CPU this is: replay is exact within one"
#endif

static size_t fill_inputs(const struct cw_task *task,
                          struct cw_input_offset *inputs)
{
    size_t count = 0;
    for (const enum cw_topic *topic = task->setup.type->inputs;
         *topic != CW_TOPIC_COUNT; topic++)
        inputs[count++] = (struct cw_input_offset){
            .topic = cw_text_of(cw_topic_spec(*topic)->name),
            .offset = cw_merge_restart_offset(task->merge, *topic)};
    return count;
}

static size_t fill_positions(const struct cw_task *task,
                             struct cw_source_position *positions)
{
    const size_t count = cw_merge_source_count(task->merge);
    for (size_t i = 0; i < count; i++) {
        const struct cw_source_state state = cw_merge_source(task->merge, i);
        positions[i] = (struct cw_source_position){
            .topic = cw_text_of(cw_topic_spec(state.topic)->name),
            .source = (int64_t)state.source,
            .covered_to = state.position.covered_to,
            .last_from = state.position.last_from,
            .digest = (int64_t)state.position.digest,
            .mark_at = state.position.mark_at,
            .absent = state.absent,
            .absent_from_at = state.absent_from_at,
        };
    }
    return count;
}

static enum cw_status put_parts(struct cw_task *task,
                                struct cw_snapshot *snapshot,
                                const struct cw_pack *state,
                                struct cw_error *err)
{
    snapshot->parts =
        (int32_t)((state->size + SNAPSHOT_PART - 1) / SNAPSHOT_PART);
    if (snapshot->parts == 0)
        snapshot->parts = 1;
    enum cw_status status = CW_OK;
    for (int32_t part = 0; part < snapshot->parts && status == CW_OK; part++) {
        const size_t begin = (size_t)part * SNAPSHOT_PART;
        const size_t left = state->size - begin;
        snapshot->part = part;
        snapshot->state = (struct cw_text){
            state->size ? (const char *)state->bytes + begin : "",
            left < SNAPSHOT_PART ? left : SNAPSHOT_PART};
        const struct cw_output out = {
            .topic = CW_TOPIC_SNAPSHOTS,
            .key = cw_arena_print(task->scratch, "%d/%d/%d",
                                  snapshot->partition, snapshot->shard, part),
            .type = &cw_snapshot_type,
            .record = snapshot,
        };
        status = cw_outbox_put_at(task->outbox, (uint32_t)task->setup.partition,
                                  &out, err);
    }
    return status;
}

enum cw_status cw_task_snapshot(struct cw_task *task, struct cw_error *err)
{
    assert(task->outbox != NULL);
    const int64_t released_at = cw_merge_released_at(task->merge);
    if (cw_task_silent(task) || released_at == CW_BEGINNING)
        return CW_OK;
    const uint32_t shard = task->next_shard;
    task->next_shard = (shard + 1) % task->setup.type->shard_count;
    cw_arena_reset(task->scratch);
    struct cw_input_offset inputs[CW_TOPIC_COUNT];
    struct cw_source_position *positions = cw_arena_take(
        task->scratch, cw_merge_source_count(task->merge) * sizeof(*positions));
    if (positions == NULL)
        return cw_fail(err, CW_NO_MEMORY, "positions");
    struct cw_pack state;
    cw_pack_init(&state, CW_TASK_SHARD_MAX);
    cw_shards_save(task->shards, shard, &state);
    struct cw_snapshot snapshot = {
        .meta = {.stream_at = released_at,
                 .origin_partition = -1,
                 .origin_offset = -1},
        .service = cw_text_of(task->setup.type->name),
        .partition = task->setup.partition,
        .shard = (int32_t)shard,
        .format = (int32_t)task->setup.type->snapshot_format,
        .build = CW_TEXT(CW_VERSION),
        .cpu_class = CW_TEXT(CPU_CLASS),
        .slice_at = released_at,
        .inputs = inputs,
        .inputs_count = fill_inputs(task, inputs),
        .positions = positions,
        .positions_count = fill_positions(task, positions),
    };
    const enum cw_status status =
        state.failed
            ? cw_fail(err, CW_NO_MEMORY, "shard %u does not save", shard)
            : put_parts(task, &snapshot, &state, err);
    cw_pack_fini(&state);
    if (status == CW_OK)
        task->saved_at[shard] = released_at;
    return status;
}
