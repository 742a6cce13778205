#include "core/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "core/outbox_inner.h"
#include "record/wire.h"

#define LANES_MAX ((size_t)1 << 20)

enum cw_status cw_outbox_create(struct cw_outbox **made,
                                const struct cw_outbox_config *config,
                                struct cw_error *err)
{
    struct cw_outbox *outbox = calloc(1, sizeof(*outbox));
    if (outbox == NULL)
        return cw_fail(err, CW_NO_MEMORY, "outbox");
    outbox->config = *config;
    cw_pack_init(&outbox->scratch, config->max_size * 2);
    const enum cw_status status =
        cw_arena_create(&outbox->arena, config->max_size * 4, err);
    if (status != CW_OK)
        cw_outbox_destroy(&outbox);
    else
        *made = outbox;
    return status;
}

static void free_lanes(struct cw_outbox_source *source)
{
    for (size_t i = 0; i < source->lane_count; i++) {
        cw_pack_fini(&source->lanes[i].items);
        free(source->lanes[i].ends);
        free(source->lanes[i].keys);
    }
    free(source->lanes);
    cw_map64_destroy(&source->index);
}

void cw_outbox_destroy(struct cw_outbox **outbox)
{
    if (*outbox == NULL)
        return;
    for (uint32_t i = 0; i < (*outbox)->source_count; i++)
        free_lanes(&(*outbox)->sources[i]);
    free((*outbox)->sources);
    free((*outbox)->messages);
    cw_pack_fini(&(*outbox)->scratch);
    cw_arena_destroy(&(*outbox)->arena);
    free(*outbox);
    *outbox = NULL;
}

static uint32_t free_source(struct cw_outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->source_count; i++)
        if (!outbox->sources[i].used)
            return i;
    return outbox->source_count;
}

enum cw_status cw_outbox_add_source(struct cw_outbox *outbox,
                                    const struct cw_outbox_source_setup *setup,
                                    uint32_t *source, struct cw_error *err)
{
    const uint32_t at = free_source(outbox);
    if (at == outbox->source_count) {
        struct cw_outbox_source *grown =
            realloc(outbox->sources, (at + 1) * sizeof(*outbox->sources));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "sources of the outbox");
        outbox->sources = grown;
        outbox->source_count++;
    }
    struct cw_outbox_source *added = &outbox->sources[at];
    *added = (struct cw_outbox_source){
        .id = setup->id,
        .from = setup->from,
        .to = setup->from,
        .sealed_mark_at = INT64_MIN,
        .mark_at = INT64_MIN,
        .only_partition = setup->only_partition,
        .marks = setup->marks,
    };
    const enum cw_status status =
        cw_map64_create(&added->index, LANES_MAX, err);
    added->used = status == CW_OK;
    if (status == CW_OK)
        *source = at;
    return status;
}

void cw_outbox_forget_lane(struct cw_outbox *outbox, struct cw_lane *lane)
{
    outbox->waiting_size -= lane->items.size;
    outbox->record_count -= lane->count;
    cw_pack_reset(&lane->items);
    lane->count = 0;
}

void cw_outbox_remove_source(struct cw_outbox *outbox, uint32_t source)
{
    struct cw_outbox_source *removed = &outbox->sources[source];
    for (size_t i = 0; i < removed->lane_count; i++)
        cw_outbox_forget_lane(outbox, &removed->lanes[i]);
    free_lanes(removed);
    *removed = (struct cw_outbox_source){0};
}

static enum cw_status find_lane(struct cw_outbox *outbox,
                                struct cw_outbox_source *source,
                                enum cw_topic topic, uint32_t partition,
                                struct cw_lane **lane, struct cw_error *err)
{
    const uint64_t key = cw_hash_mix((uint64_t)topic + 1, partition);
    uint64_t at;
    if (cw_map64_find(source->index, key, &at)) {
        *lane = &source->lanes[at];
        return CW_OK;
    }
    struct cw_lane *grown = realloc(source->lanes, (source->lane_count + 1) *
                                                       sizeof(*source->lanes));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lanes");
    source->lanes = grown;
    const enum cw_status status =
        cw_map64_put(source->index, key, source->lane_count, err);
    if (status != CW_OK)
        return status;
    *lane = &grown[source->lane_count++];
    **lane = (struct cw_lane){.topic = topic, .partition = partition};
    cw_pack_init(&(*lane)->items, outbox->config.max_size * 2);
    return CW_OK;
}

static enum cw_status grow_lane(struct cw_lane *lane, struct cw_error *err)
{
    if (lane->count < lane->capacity)
        return CW_OK;
    const size_t capacity = lane->capacity ? lane->capacity * 2 : 8;
    size_t *ends = realloc(lane->ends, capacity * sizeof(*ends));
    if (ends == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lane of %zu", capacity);
    lane->ends = ends;
    struct cw_text *keys = realloc(lane->keys, capacity * sizeof(*keys));
    if (keys == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lane of %zu", capacity);
    lane->keys = keys;
    lane->capacity = capacity;
    return CW_OK;
}

static enum cw_status put_in_lane(struct cw_outbox *outbox,
                                  struct cw_lane *lane,
                                  const struct cw_output *out,
                                  struct cw_error *err)
{
    const enum cw_status status = grow_lane(lane, err);
    if (status != CW_OK)
        return status;
    const size_t begin = lane->items.size;
    if (cw_topic_spec(out->topic)->form == CW_FORM_RECORD)
        cw_wire_seal(out->type, out->record, &lane->items);
    else
        out->type->encode(out->record, &lane->items);
    const size_t size = lane->items.size - begin;
    if (lane->items.failed)
        return cw_fail(err, CW_NO_MEMORY, "outbox has no room");
    if (size + CW_OUTBOX_OVERHEAD > outbox->config.message_size) {
        lane->items.size = begin;
        return cw_fail(err, CW_TOO_LARGE, "%s of %zu bytes", out->type->name,
                       size);
    }
    lane->keys[lane->count] = cw_arena_text(outbox->arena, out->key);
    lane->ends[lane->count++] = lane->items.size;
    outbox->waiting_size += size;
    outbox->record_count++;
    return CW_OK;
}

static enum cw_status put_on(struct cw_outbox *outbox, uint32_t source,
                             uint32_t partition, const struct cw_output *out,
                             struct cw_error *err)
{
    struct cw_lane *lane = NULL;
    const enum cw_status status = find_lane(outbox, &outbox->sources[source],
                                            out->topic, partition, &lane, err);
    if (status != CW_OK)
        return status;
    assert(lane != NULL);
    return put_in_lane(outbox, lane, out, err);
}

enum cw_status cw_outbox_put(struct cw_outbox *outbox, uint32_t source,
                             const struct cw_output *out, struct cw_error *err)
{
    if (out->route != CW_ROUTE_ALL)
        return put_on(outbox, source,
                      cw_partition_of(out->route, outbox->config.partitions),
                      out, err);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < outbox->config.partitions && status == CW_OK; i++)
        status = put_on(outbox, source, i, out, err);
    return status;
}

void cw_outbox_cover(struct cw_outbox *outbox, uint32_t source, int64_t to,
                     int64_t mark_at)
{
    struct cw_outbox_source *covered = &outbox->sources[source];
    assert(covered->used && to >= covered->to && mark_at >= covered->mark_at);
    covered->to = to;
    covered->mark_at = mark_at;
}

bool cw_outbox_has_records(const struct cw_outbox *outbox)
{
    return outbox->record_count > 0 || outbox->message_count > 0;
}

bool cw_outbox_has_news(const struct cw_outbox *outbox)
{
    if (cw_outbox_has_records(outbox))
        return true;
    for (uint32_t i = 0; i < outbox->source_count; i++) {
        const struct cw_outbox_source *source = &outbox->sources[i];
        if (source->used && (source->from != source->to ||
                             source->mark_at != source->sealed_mark_at))
            return true;
    }
    return false;
}

size_t cw_outbox_size(const struct cw_outbox *outbox)
{
    return outbox->waiting_size + cw_arena_size(outbox->arena);
}

void cw_outbox_clear(struct cw_outbox *outbox)
{
    assert(outbox->record_count == 0); /* their keys lie in the arena */
    outbox->message_count = 0;
    cw_arena_reset(outbox->arena);
}

uint32_t cw_outbox_partitions(const struct cw_outbox *outbox)
{
    return outbox->config.partitions;
}
