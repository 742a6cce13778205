#include "shard.h"

#include <assert.h>
#include <stdlib.h>

void shard_init(struct shard *shard)
{
    *shard = (struct shard){.next_at = CW_NEVER};
}

void shard_fini(struct shard *shard)
{
    for (size_t i = 0; i < shard->count; i++)
        entity_destroy(&shard->entities[i]);
    free(shard->entities);
    cw_map64_destroy(&shard->by_key);
    memo_destroy(&shard->memo);
    shard_init(shard);
}

/* The tables an empty shard does without. */
static enum cw_status open_tables(struct shard *shard,
                                  const struct logcluster_config *config,
                                  struct cw_error *err)
{
    enum cw_status status = CW_OK;
    if (shard->by_key == NULL)
        status =
            cw_map64_create(&shard->by_key, (size_t)config->max_entities, err);
    if (status == CW_OK && shard->memo == NULL)
        status = memo_create(&shard->memo, err);
    if (status != CW_OK || shard->count < shard->capacity)
        return status;
    const size_t capacity = shard->capacity ? shard->capacity * 2 : 16;
    struct entity **entities =
        realloc(shard->entities, capacity * sizeof(struct entity *));
    if (entities == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu entities", capacity);
    shard->entities = entities;
    shard->capacity = capacity;
    return CW_OK;
}

/* Which of two goes first: one with nothing open, then the longer silent. */
static bool goes_before(const struct entity *a, const struct entity *b)
{
    const bool a_open = a->novelty.count > 0;
    const bool b_open = b->novelty.count > 0;
    if (a_open != b_open)
        return b_open;
    if (a->last_at != b->last_at)
        return a->last_at < b->last_at;
    return a->serial < b->serial;
}

static void make_room(struct shard *shard,
                      const struct logcluster_config *config)
{
    if (shard->count < (size_t)config->max_entities)
        return;
    size_t oldest = 0;
    for (size_t i = 1; i < shard->count; i++)
        if (goes_before(shard->entities[i], shard->entities[oldest]))
            oldest = i;
    shard_drop(shard, oldest);
    shard->counts.evicted_entities++;
}

static enum cw_status enter(struct shard *shard, struct entity *entity,
                            struct cw_error *err)
{
    const enum cw_status status =
        cw_map64_put(shard->by_key, entity->key, shard->count, err);
    if (status != CW_OK)
        return status;
    shard->entities[shard->count++] = entity;
    shard->pattern_count += generalise_pattern_count(entity->set);
    return CW_OK;
}

static enum cw_status add(struct shard *shard, const struct cw_log *log,
                          const struct logcluster_config *config,
                          struct entity **made, struct cw_error *err)
{
    make_room(shard, config);
    struct entity *entity = NULL;
    enum cw_status status = open_tables(shard, config, err);
    if (status == CW_OK)
        status = entity_create(&entity, log, (size_t)config->max_patterns, err);
    if (status == CW_OK)
        status = enter(shard, entity, err);
    if (status != CW_OK) {
        entity_destroy(&entity);
        return status;
    }
    entity->serial = shard->next_serial++;
    *made = entity;
    return CW_OK;
}

enum cw_status shard_entity(struct shard *shard, const struct cw_log *log,
                            const struct logcluster_config *config,
                            struct entity **entity, struct cw_error *err)
{
    const uint64_t key = entity_key(log);
    uint64_t index;
    if (shard->last != NULL && shard->last->key == key) {
        *entity = shard->last;
        return CW_OK;
    }
    if (shard->by_key != NULL && cw_map64_find(shard->by_key, key, &index)) {
        *entity = shard->last = shard->entities[index];
        return CW_OK;
    }
    const enum cw_status status = add(shard, log, config, entity, err);
    if (status == CW_OK)
        shard->last = *entity;
    return status;
}

void shard_drop(struct shard *shard, size_t index)
{
    struct entity *entity = shard->entities[index];
    struct cw_error err;
    shard->last = NULL;
    shard->pattern_count -= generalise_pattern_count(entity->set);
    (void)cw_map64_remove(shard->by_key, entity->key);
    entity_destroy(&entity);
    shard->entities[index] = shard->entities[--shard->count];
    if (index == shard->count)
        return;
    /* The key is there already, so its place needs no memory. */
    const enum cw_status status =
        cw_map64_put(shard->by_key, shard->entities[index]->key, index, &err);
    assert(status == CW_OK);
    (void)status;
}

void shard_save(const struct shard *shard, struct cw_pack *out)
{
    if (shard->count == 0)
        return;
    cw_pack_i64(out, shard->next_at);
    cw_pack_u32(out, shard->next_serial);
    cw_pack_u32(out, (uint32_t)shard->count);
    for (size_t i = 0; i < shard->count; i++)
        entity_save(shard->entities[i], out);
}

enum cw_status shard_load(struct shard *shard,
                          const struct logcluster_config *config,
                          struct cw_unpack *in, struct cw_error *err)
{
    shard->next_at = cw_unpack_i64(in);
    shard->next_serial = cw_unpack_u32(in);
    const uint32_t count = cw_unpack_count(in, sizeof(uint64_t));
    for (uint32_t i = 0; i < count; i++) {
        struct entity *entity = NULL;
        enum cw_status status = open_tables(shard, config, err);
        if (status == CW_OK)
            status =
                entity_load(&entity, (size_t)config->max_patterns, in, err);
        if (status == CW_OK)
            status = enter(shard, entity, err);
        if (status != CW_OK) {
            entity_destroy(&entity);
            return status;
        }
    }
    return cw_unpack_end(in, err);
}
