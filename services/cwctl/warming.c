#include "warming.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map64.h"

#define NAMES_MAX ((size_t)1 << 30)

struct one {
    uint32_t entity; /* index */
    bool warming;
    int64_t until_at; /* 0 = not known */
};

struct warming {
    unsigned warm_count;
    struct cw_arena *names;
    struct cw_map64 *index;   /* series -> list */
    struct cw_map64 *by_name; /* entity -> entities */
    struct one *list;
    size_t count;
    size_t capacity;
    struct warming_entity *entities;
    size_t entity_count;
    size_t entity_capacity;
    struct warming_entity *sorted;
};

enum cw_status warming_create(struct warming **made, unsigned warm_count,
                              struct cw_error *err)
{
    struct warming *warming = calloc(1, sizeof(*warming));
    if (warming == NULL)
        return cw_fail(err, CW_NO_MEMORY, "warming");
    warming->warm_count = warm_count;
    enum cw_status status = cw_arena_create(&warming->names, NAMES_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&warming->index, WARMING_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&warming->by_name, WARMING_MAX, err);
    if (status != CW_OK)
        warming_destroy(&warming);
    else
        *made = warming;
    return status;
}

void warming_destroy(struct warming **warming)
{
    if (*warming == NULL)
        return;
    cw_arena_destroy(&(*warming)->names);
    cw_map64_destroy(&(*warming)->index);
    cw_map64_destroy(&(*warming)->by_name);
    free((*warming)->list);
    free((*warming)->entities);
    free((*warming)->sorted);
    free(*warming);
    *warming = NULL;
}

/* Room for one more of size bytes in list. */
static enum cw_status grow(void **list, size_t count, size_t *capacity,
                           size_t size, struct cw_error *err)
{
    if (count < *capacity)
        return CW_OK;
    const size_t wanted = *capacity > 0 ? *capacity * 2 : 256;
    void *grown = realloc(*list, wanted * size);
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu series", wanted);
    *list = grown;
    *capacity = wanted;
    return CW_OK;
}

static enum cw_status find_entity(struct warming *warming,
                                  const struct cw_series_definition *series,
                                  uint64_t *at, struct cw_error *err)
{
    const uint64_t key = cw_hash_mix_text(
        cw_hash_mix_text(cw_hash_text(series->tenant), series->entity.kind),
        series->entity.name);
    void *list = warming->entities;
    if (cw_map64_find(warming->by_name, key, at))
        return CW_OK;
    enum cw_status status =
        grow(&list, warming->entity_count, &warming->entity_capacity,
             sizeof(*warming->entities), err);
    warming->entities = list;
    *at = warming->entity_count;
    if (status == CW_OK)
        status = cw_map64_put(warming->by_name, key, *at, err);
    if (status != CW_OK)
        return status;
    const struct cw_text name = cw_arena_print(
        warming->names, "%.*s %.*s", CW_TEXT_ARG(series->entity.kind),
        CW_TEXT_ARG(series->entity.name));
    warming->entities[warming->entity_count++] =
        (struct warming_entity){.name = name.bytes};
    return name.bytes != NULL ? CW_OK : cw_fail(err, CW_NO_MEMORY, "entities");
}

enum cw_status warming_take(struct warming *warming,
                            const struct cw_series *series,
                            struct cw_error *err)
{
    const uint64_t key = cw_hash_mix(1, (uint64_t)series->definition.id);
    const bool is_warming = series->state == CW_SERIES_STATE_WARMING;
    uint64_t entity = 0;
    uint64_t at;
    void *list = warming->list;
    if (cw_map64_find(warming->index, key, &at)) {
        warming->list[at].warming = is_warming;
        return CW_OK;
    }
    if (!is_warming)
        return CW_OK;
    enum cw_status status =
        find_entity(warming, &series->definition, &entity, err);
    if (status == CW_OK)
        status = grow(&list, warming->count, &warming->capacity,
                      sizeof(*warming->list), err);
    warming->list = list;
    if (status == CW_OK)
        status = cw_map64_put(warming->index, key, warming->count, err);
    if (status != CW_OK)
        return status;
    const int64_t interval_us = series->definition.interval_us;
    warming->list[warming->count++] = (struct one){
        .entity = (uint32_t)entity,
        .warming = true,
        .until_at = interval_us > 0
                        ? series->first_seen_at +
                              interval_us * (int64_t)warming->warm_count
                        : 0,
    };
    return CW_OK;
}

size_t warming_count(const struct warming *warming)
{
    size_t count = 0;
    for (size_t i = 0; i < warming->count; i++)
        count += warming->list[i].warming ? 1 : 0;
    return count;
}

static int most_first(const void *a, const void *b)
{
    const struct warming_entity *x = a;
    const struct warming_entity *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void count_series(struct warming *warming)
{
    for (size_t i = 0; i < warming->entity_count; i++)
        warming->entities[i].count = 0;
    for (size_t i = 0; i < warming->count; i++) {
        const struct one *one = &warming->list[i];
        struct warming_entity *entity = &warming->entities[one->entity];
        if (!one->warming)
            continue;
        const bool open =
            one->until_at == 0 || (entity->count > 0 && entity->until_at == 0);
        if (open)
            entity->until_at = 0;
        else if (entity->count == 0 || one->until_at > entity->until_at)
            entity->until_at = one->until_at;
        entity->count++;
    }
}

const struct warming_entity *warming_entities(struct warming *warming,
                                              size_t *count)
{
    free(warming->sorted);
    warming->sorted =
        calloc(warming->entity_count + 1, sizeof(*warming->sorted));
    *count = 0;
    if (warming->sorted == NULL)
        return NULL;
    count_series(warming);
    for (size_t i = 0; i < warming->entity_count; i++)
        if (warming->entities[i].count > 0)
            warming->sorted[(*count)++] = warming->entities[i];
    qsort(warming->sorted, *count, sizeof(*warming->sorted), most_first);
    return warming->sorted;
}
