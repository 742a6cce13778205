#include "core/shards.h"

#include <assert.h>
#include <stdlib.h>

struct shard {
    int64_t seen_at;     /* state has seen every slice up to here */
    int64_t deadline_at; /* cached next_deadline */
    bool touched;        /* in this slice */
};

struct cw_shards {
    const struct cw_core_type *type;
    struct cw_core *core;
    struct shard *shards; /* type->shard_count */
    cw_shards_refuse *refuse;
    void *refuse_to;
};

static int64_t core_deadline(const struct cw_shards *shards, uint32_t shard)
{
    if (shards->type->timer == NULL)
        return CW_NEVER;
    return shards->type->next_deadline(shards->core, shard);
}

enum cw_status cw_shards_create(struct cw_shards **made,
                                const struct cw_core_type *type,
                                const void *config, struct cw_error *err)
{
    struct cw_shards *shards = calloc(1, sizeof(*shards));
    if (shards == NULL)
        return cw_fail(err, CW_NO_MEMORY, "shards");
    shards->type = type;
    shards->shards = calloc(type->shard_count, sizeof(*shards->shards));
    enum cw_status status =
        shards->shards == NULL
            ? cw_fail(err, CW_NO_MEMORY, "%u shards", type->shard_count)
            : type->create(&shards->core, config, err);
    if (status != CW_OK) {
        free(shards->shards);
        free(shards);
        return status;
    }
    for (uint32_t i = 0; i < type->shard_count; i++)
        shards->shards[i] =
            (struct shard){INT64_MIN, core_deadline(shards, i), false};
    *made = shards;
    return CW_OK;
}

void cw_shards_destroy(struct cw_shards **shards)
{
    if (*shards == NULL)
        return;
    (*shards)->type->destroy(&(*shards)->core);
    free((*shards)->shards);
    free(*shards);
    *shards = NULL;
}

void cw_shards_on_refuse(struct cw_shards *shards, cw_shards_refuse *refuse,
                         void *to)
{
    shards->refuse = refuse;
    shards->refuse_to = to;
}

int64_t cw_shards_deadline(const struct cw_shards *shards)
{
    int64_t earliest = CW_NEVER;
    for (uint32_t i = 0; i < shards->type->shard_count; i++)
        if (shards->shards[i].deadline_at < earliest)
            earliest = shards->shards[i].deadline_at;
    return earliest;
}

/* Fires what is due before (or at, when inclusive) a time. A shard that was
 * restored has deadlines after what it has seen, so none fires twice. */
static enum cw_status fire_timers(struct cw_shards *shards, uint32_t i,
                                  int64_t until_at, struct cw_emit *emit,
                                  struct cw_error *err)
{
    struct shard *shard = &shards->shards[i];
    while (shard->deadline_at <= until_at) {
        const int64_t deadline_at = shard->deadline_at;
        shard->touched = true;
        cw_arena_reset(emit->arena);
        /* A deadline set in the past acts now: time does not go back. */
        emit->now_at = deadline_at > emit->covers_from ? deadline_at
                                                       : emit->covers_from + 1;
        const enum cw_status status =
            shards->type->timer(shards->core, i, deadline_at, emit, err);
        if (status != CW_OK)
            return status;
        shard->deadline_at = core_deadline(shards, i);
        if (shard->deadline_at <= deadline_at)
            return cw_fail(err, CW_BROKEN, "%s: timer %lld set again",
                           shards->type->name, (long long)deadline_at);
    }
    return CW_OK;
}

/* The core may have left the error of an earlier call behind. */
static enum cw_status refuse(struct cw_shards *shards,
                             const struct cw_item *item, enum cw_status status,
                             struct cw_emit *emit, struct cw_error *err)
{
    struct cw_error why = {.status = status};
    if (shards->refuse == NULL)
        return CW_OK;
    if (err->status == status)
        why = *err;
    cw_arena_reset(emit->arena);
    return shards->refuse(shards->refuse_to, item, &why, emit, err);
}

/* *refused: the item has been told of; of many shards the first to refuse it
 * is enough. */
static enum cw_status step_one(struct cw_shards *shards, uint32_t i,
                               const struct cw_item *item, bool *refused,
                               struct cw_emit *emit, struct cw_error *err)
{
    struct shard *shard = &shards->shards[i];
    if (shard->seen_at >= emit->covers_to)
        return CW_OK;
    enum cw_status status =
        fire_timers(shards, i, item->stream_at - 1, emit, err);
    if (status != CW_OK)
        return status;
    shard->touched = true;
    cw_arena_reset(emit->arena);
    emit->now_at = item->stream_at;
    status = shards->type->step(shards->core, i, item, emit, err);
    shard->deadline_at = core_deadline(shards, i);
    if (status == CW_OK || cw_status_action(status) == CW_STOP)
        return status;
    if (*refused)
        return CW_OK;
    *refused = true;
    return refuse(shards, item, status, emit, err);
}

static enum cw_status step_item(struct cw_shards *shards,
                                const struct cw_item *item,
                                struct cw_emit *emit, struct cw_error *err)
{
    const uint32_t count = shards->type->shard_count;
    bool refused = false;
    if (item->route != CW_ROUTE_ALL)
        return step_one(shards, cw_shard_of(item->route, count), item, &refused,
                        emit, err);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < count && status == CW_OK; i++)
        status = step_one(shards, i, item, &refused, emit, err);
    return status;
}

static enum cw_status end_shard(struct cw_shards *shards, uint32_t i,
                                int64_t to_at, struct cw_emit *emit,
                                struct cw_error *err)
{
    struct shard *shard = &shards->shards[i];
    enum cw_status status = fire_timers(shards, i, to_at, emit, err);
    if (status == CW_OK && shard->touched && shards->type->slice_end != NULL) {
        cw_arena_reset(emit->arena);
        emit->now_at = to_at;
        status = shards->type->slice_end(shards->core, i, emit, err);
        shard->deadline_at = core_deadline(shards, i);
    }
    shard->touched = false;
    shard->seen_at = to_at;
    return status;
}

enum cw_status cw_shards_slice(struct cw_shards *shards,
                               const struct cw_slice *slice,
                               struct cw_emit *emit, struct cw_error *err)
{
    emit->covers_from = slice->from_at;
    emit->covers_to = slice->to_at;
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < slice->count && status == CW_OK; i++)
        status = step_item(shards, &slice->items[i], emit, err);
    for (uint32_t i = 0; i < shards->type->shard_count && status == CW_OK; i++)
        if (shards->shards[i].seen_at < slice->to_at)
            status = end_shard(shards, i, slice->to_at, emit, err);
    return status;
}

void cw_shards_save(const struct cw_shards *shards, uint32_t shard,
                    struct cw_pack *out)
{
    shards->type->save(shards->core, shard, out);
}

enum cw_status cw_shards_load(struct cw_shards *shards, uint32_t shard,
                              int64_t seen_at, struct cw_unpack *in,
                              struct cw_error *err)
{
    assert(shard < shards->type->shard_count);
    if (in->size > 0) {
        const enum cw_status status =
            shards->type->load(shards->core, shard, in, err);
        if (status != CW_OK)
            return status;
    }
    shards->shards[shard].seen_at = seen_at;
    shards->shards[shard].deadline_at = core_deadline(shards, shard);
    return CW_OK;
}

const struct cw_core_type *cw_shards_type(const struct cw_shards *shards)
{
    return shards->type;
}

struct cw_core *cw_shards_core(struct cw_shards *shards)
{
    return shards->core;
}
