#include <stdlib.h>

#include "base/time.h"
#include "core/letters.h"
#include "core/task_inner.h"

#define SCRATCH_MAX ((size_t)64 << 20)

/* Parts of one shard, newest complete set. */
struct shard_parts {
    const struct cw_snapshot *parts[512];
    uint32_t found;
};

static bool belongs(const struct cw_task *task, const struct cw_snapshot *part,
                    uint32_t shard)
{
    return part->partition == task->setup.partition &&
           part->shard == (int32_t)shard &&
           cw_text_is(part->service, task->setup.type->name);
}

/* The parts of a shard that say the same slice and are all there. Parts of an
 * older, larger save may linger under higher keys. */
static bool collect_parts(const struct cw_task *task,
                          const struct cw_task_restore *restore, uint32_t shard,
                          struct shard_parts *set)
{
    const struct cw_snapshot *first = NULL;
    for (size_t i = 0; i < restore->part_count; i++)
        if (belongs(task, restore->parts[i], shard) &&
            restore->parts[i]->part == 0)
            first = restore->parts[i];
    if (first == NULL || first->parts < 1 ||
        first->parts > (int32_t)(sizeof(set->parts) / sizeof(set->parts[0])))
        return false;
    set->found = 0;
    memset(set->parts, 0, sizeof(set->parts));
    for (size_t i = 0; i < restore->part_count; i++) {
        const struct cw_snapshot *part = restore->parts[i];
        if (!belongs(task, part, shard) || part->slice_at != first->slice_at ||
            part->part < 0 || part->part >= first->parts ||
            set->parts[part->part] != NULL)
            continue;
        set->parts[part->part] = part;
        set->found++;
    }
    return set->found == (uint32_t)first->parts;
}

static enum cw_status load_shard(struct cw_task *task, uint32_t shard,
                                 const struct shard_parts *set,
                                 struct cw_error *err)
{
    const struct cw_snapshot *first = set->parts[0];
    if (first->format != (int32_t)task->setup.type->snapshot_format)
        return cw_fail(err, CW_BAD_STATE,
                       "%s: snapshot format %d, this build reads %u",
                       task->setup.type->name, first->format,
                       task->setup.type->snapshot_format);
    if (!cw_time_is_bounded(first->slice_at))
        return cw_fail(err, CW_BAD_STATE, "%s: a snapshot of no time",
                       task->setup.type->name);
    struct cw_pack whole;
    cw_pack_init(&whole, CW_TASK_SHARD_MAX);
    for (uint32_t i = 0; i < set->found; i++)
        cw_pack_bytes(&whole, set->parts[i]->state.bytes,
                      set->parts[i]->state.size);
    struct cw_unpack in = cw_unpack_of(whole.bytes, whole.size);
    enum cw_status status =
        cw_shards_load(task->shards, shard, first->slice_at, &in, err);
    if (status == CW_OK && whole.size > 0)
        status = cw_unpack_end(&in, err);
    cw_pack_fini(&whole);
    if (status == CW_OK)
        task->saved_at[shard] = first->slice_at;
    return status;
}

/* Loads what there is; *oldest is the snapshot to read on from, NULL when a
 * shard has none. */
static enum cw_status load_shards(struct cw_task *task,
                                  const struct cw_task_restore *restore,
                                  const struct cw_snapshot **oldest,
                                  uint32_t *lost, struct cw_error *err)
{
    *oldest = NULL;
    *lost = 0;
    struct shard_parts *set = malloc(sizeof(*set));
    if (set == NULL)
        return cw_fail(err, CW_NO_MEMORY, "snapshot parts");
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < task->setup.type->shard_count && status == CW_OK;
         i++) {
        if (!collect_parts(task, restore, i, set)) {
            (*lost)++;
            continue;
        }
        status = load_shard(task, i, set, err);
        if (*oldest == NULL || set->parts[0]->slice_at < (*oldest)->slice_at)
            *oldest = set->parts[0];
    }
    free(set);
    if (*lost > 0)
        *oldest = NULL;
    return status;
}

static struct cw_source_state state_of(const struct cw_snapshot *oldest,
                                       const struct cw_task_source *source)
{
    struct cw_source_state state = {
        .topic = source->topic,
        .source = source->id,
        .position = {CW_UNCOVERED, 0, 0, INT64_MIN},
    };
    const char *topic = cw_topic_spec(source->topic)->name;
    for (size_t i = 0; oldest != NULL && i < oldest->positions_count; i++) {
        const struct cw_source_position *at = &oldest->positions[i];
        if ((uint64_t)at->source != source->id || !cw_text_is(at->topic, topic))
            continue;
        state.position = (struct cw_position){
            at->covered_to, at->last_from, (uint64_t)at->digest, at->mark_at};
        state.absent = at->absent;
        state.absent_from_at = at->absent_from_at;
    }
    return state;
}

static int64_t offset_of(const struct cw_snapshot *oldest, enum cw_topic topic)
{
    for (size_t i = 0; oldest != NULL && i < oldest->inputs_count; i++)
        if (cw_text_is(oldest->inputs[i].topic, cw_topic_spec(topic)->name))
            return oldest->inputs[i].offset;
    return CW_BEGINNING;
}

/* What was ruled after the oldest state holds again at its slice. */
static enum cw_status give_rulings(struct cw_task *task,
                                   const struct cw_task_restore *restore,
                                   struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < restore->ruling_count && status == CW_OK; i++)
        if (restore->rulings[i].slice_at > cw_merge_released_at(task->merge))
            status = cw_merge_rule(task->merge, &restore->rulings[i], err);
    return status;
}

static enum cw_status make_merge(struct cw_task *task,
                                 const struct cw_task_restore *restore,
                                 const struct cw_snapshot *oldest,
                                 struct cw_error *err)
{
    const int64_t released_at =
        oldest == NULL ? CW_BEGINNING : oldest->slice_at;
    enum cw_status status = cw_merge_create(&task->merge, released_at, err);
    for (const enum cw_topic *topic = task->setup.type->inputs;
         status == CW_OK && *topic != CW_TOPIC_COUNT; topic++)
        status = cw_merge_add_topic(task->merge, *topic,
                                    offset_of(oldest, *topic), err);
    for (size_t i = 0; i < task->setup.source_count && status == CW_OK; i++) {
        const struct cw_source_state state =
            state_of(oldest, &task->setup.sources[i]);
        status = cw_merge_add_source(task->merge, &state, err);
    }
    return status == CW_OK ? give_rulings(task, restore, err) : status;
}

static enum cw_status put_letter(void *to, const struct cw_item *item,
                                 const struct cw_error *why,
                                 struct cw_emit *emit, struct cw_error *err)
{
    const struct cw_task *task = to;
#ifdef CW_MUTATE_REFUSAL
    return CW_OK;
#endif
    return cw_letters_put(task->setup.type->name, task->setup.partition, item,
                          why, emit, err);
}

enum cw_status cw_task_restore_state(struct cw_task *task,
                                     const struct cw_task_restore *restore,
                                     uint32_t *lost_shards,
                                     struct cw_error *err)
{
    const struct cw_snapshot *oldest = NULL;
    enum cw_status status = cw_arena_create(&task->scratch, SCRATCH_MAX, err);
    if (status == CW_OK)
        status = cw_shards_create(&task->shards, task->setup.type,
                                  task->setup.config, err);
    if (status != CW_OK)
        return status;
    cw_shards_on_refuse(task->shards, put_letter, task);
    status = load_shards(task, restore, &oldest, lost_shards, err);
    return status == CW_OK ? make_merge(task, restore, oldest, err) : status;
}
