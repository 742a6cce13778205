#include "core/task.h"

#include <assert.h>
#include <stdlib.h>

#include "base/time.h"

#define SCRATCH_MAX   ((size_t)64 << 20)
#define SNAPSHOT_PART ((size_t)512 * 1024)
#define SHARD_MAX     ((size_t)256 << 20)

#if defined(__x86_64__)
#define CPU_CLASS "x86-64"
#elif defined(__aarch64__)
#define CPU_CLASS "aarch64"
#else
#error "say what class of CPU this is: replay is exact within one"
#endif

struct cw_task {
    struct cw_task_setup setup;
    struct cw_merge *merge;
    struct cw_shards *shards;
    struct cw_arena *scratch;
    struct cw_outbox *outbox; /* borrowed; NULL until joined */
    uint32_t source;          /* in the outbox */
    int64_t committed_at;     /* silent up to here */
    uint32_t next_shard;      /* whose snapshot is next */
    uint64_t item_count;
    uint64_t refused_count;
};

/* ---- restoring ---------------------------------------------------------- */

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
    cw_pack_init(&whole, SHARD_MAX);
    for (uint32_t i = 0; i < set->found; i++)
        cw_pack_bytes(&whole, set->parts[i]->state.bytes,
                      set->parts[i]->state.size);
    struct cw_unpack in = cw_unpack_of(whole.bytes, whole.size);
    enum cw_status status =
        cw_shards_load(task->shards, shard, first->slice_at, &in, err);
    if (status == CW_OK && whole.size > 0)
        status = cw_unpack_end(&in, err);
    cw_pack_fini(&whole);
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

static void count_refusal(void *to, const struct cw_item *item,
                          const struct cw_error *why)
{
    (void)item;
    (void)why;
    ((struct cw_task *)to)->refused_count++;
}

static enum cw_status restore_task(struct cw_task *task,
                                   const struct cw_task_restore *restore,
                                   uint32_t *lost_shards, struct cw_error *err)
{
    const struct cw_snapshot *oldest = NULL;
    enum cw_status status = cw_arena_create(&task->scratch, SCRATCH_MAX, err);
    if (status == CW_OK)
        status = cw_shards_create(&task->shards, task->setup.type,
                                  task->setup.config, err);
    if (status != CW_OK)
        return status;
    cw_shards_on_refuse(task->shards, count_refusal, task);
    status = load_shards(task, restore, &oldest, lost_shards, err);
    return status == CW_OK ? make_merge(task, restore, oldest, err) : status;
}

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
    const enum cw_status status = restore_task(task, restore, lost_shards, err);
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
    free(*task);
    *task = NULL;
}

/* ---- running ------------------------------------------------------------ */

enum cw_status cw_task_join(struct cw_task *task, struct cw_outbox *outbox,
                            const enum cw_topic *marks, int32_t only_partition,
                            struct cw_error *err)
{
    const uint64_t id = cw_source_id(
        task->setup.type->name, (struct cw_text){"", 0}, task->setup.partition);
    const enum cw_status status =
        cw_outbox_add_source(outbox, id, task->committed_at, only_partition,
                             marks, &task->source, err);
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
    return cw_outbox_put(task->outbox, task->source, out, err);
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
    return cw_shards_slice(task->shards, slice->items, slice->count,
                           slice->from_at, slice->to_at, &emit, err);
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
    if (status == CW_OK && released_at > task->committed_at)
        cw_outbox_cover(task->outbox, task->source, released_at, released_at);
    return status;
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

/* ---- snapshots ---------------------------------------------------------- */

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
    cw_pack_init(&state, SHARD_MAX);
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

uint64_t cw_task_refused_count(const struct cw_task *task)
{
    return task->refused_count;
}

struct cw_core *cw_task_core(struct cw_task *task)
{
    return cw_shards_core(task->shards);
}
