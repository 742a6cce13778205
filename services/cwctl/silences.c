#include "silences.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map64.h"

#define TEXTS_MAX ((size_t)1 << 30)

struct silences {
    struct cw_arena *texts;
    struct cw_map64 *index; /* tenant, domain, id -> list */
    struct silence *list;
    size_t count;
    size_t capacity;
};

enum cw_status silences_create(struct silences **made, struct cw_error *err)
{
    struct silences *silences = calloc(1, sizeof(*silences));
    if (silences == NULL)
        return cw_fail(err, CW_NO_MEMORY, "silences");
    enum cw_status status = cw_arena_create(&silences->texts, TEXTS_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&silences->index, SILENCES_MAX, err);
    if (status != CW_OK)
        silences_destroy(&silences);
    else
        *made = silences;
    return status;
}

void silences_destroy(struct silences **silences)
{
    if (*silences == NULL)
        return;
    cw_map64_destroy(&(*silences)->index);
    cw_arena_destroy(&(*silences)->texts);
    free((*silences)->list);
    free(*silences);
    *silences = NULL;
}

static uint64_t key_of(const struct cw_meta *meta, struct cw_text id)
{
    return cw_hash_mix_text(
        cw_hash_mix_text(cw_hash_text(meta->tenant), meta->domain), id);
}

static bool is_one(const struct cw_said *said)
{
    return said->said_id.size > 0 && said->by.size > 0 &&
           said->reason.size > 0 && said->matchers_count > 0 &&
           said->expires_at > said->meta.stream_at;
}

static const char *matchers_of(struct silences *silences,
                               const struct cw_said *said)
{
    struct cw_text all = CW_TEXT("");
    for (size_t i = 0; i < said->matchers_count; i++)
        all = cw_arena_print(silences->texts, "%.*s%s%.*s=%.*s",
                             CW_TEXT_ARG(all), i > 0 ? " " : "",
                             CW_TEXT_ARG(said->matchers[i].label),
                             CW_TEXT_ARG(said->matchers[i].value));
    return all.bytes;
}

static const char *keep(struct silences *silences, struct cw_text text)
{
    return cw_arena_print(silences->texts, "%.*s", CW_TEXT_ARG(text)).bytes;
}

static enum cw_status room_for_one(struct silences *silences,
                                   struct cw_error *err)
{
    if (silences->count < silences->capacity)
        return CW_OK;
    const size_t capacity = silences->capacity ? silences->capacity * 2 : 64;
    struct silence *grown =
        realloc(silences->list, capacity * sizeof(struct silence));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu silences", capacity);
    silences->list = grown;
    silences->capacity = capacity;
    return CW_OK;
}

static enum cw_status add(struct silences *silences, const struct cw_said *said,
                          uint64_t key, struct cw_error *err)
{
    enum cw_status status = room_for_one(silences, err);
    if (status == CW_OK)
        status = cw_map64_put(silences->index, key, silences->count, err);
    if (status != CW_OK)
        return status;
    const struct silence one = {
        .id = keep(silences, said->said_id),
        .tenant = keep(silences, said->meta.tenant),
        .domain = keep(silences, said->meta.domain),
        .by = keep(silences, said->by),
        .reason = keep(silences, said->reason),
        .matchers = matchers_of(silences, said),
        .from_at = said->meta.stream_at,
        .until_at = said->expires_at,
    };
    silences->list[silences->count++] = one;
    return one.id != NULL && one.tenant != NULL && one.domain != NULL &&
                   one.by != NULL && one.reason != NULL && one.matchers != NULL
               ? CW_OK
               : cw_fail(err, CW_NO_MEMORY, "silences");
}

enum cw_status silences_take(struct silences *silences,
                             const struct cw_said *said, struct cw_error *err)
{
    uint64_t at;
    if (said->kind == CW_SAID_KIND_SILENCE && is_one(said)) {
        const uint64_t key = key_of(&said->meta, said->said_id);
        return cw_map64_find(silences->index, key, &at)
                   ? CW_OK
                   : add(silences, said, key, err);
    }
    if (said->kind == CW_SAID_KIND_UNSILENCE &&
        cw_map64_find(silences->index, key_of(&said->meta, said->target),
                      &at) &&
        silences->list[at].ended_at == 0)
        silences->list[at].ended_at = said->meta.stream_at;
    return CW_OK;
}

size_t silences_count(const struct silences *silences)
{
    return silences->count;
}

const struct silence *silences_at(const struct silences *silences, size_t index)
{
    return &silences->list[index];
}

const struct silence *silences_find(const struct silences *silences,
                                    const char *id)
{
    const struct silence *found = NULL;
    const size_t size = strlen(id);
    for (size_t i = 0; i < silences->count; i++) {
        const struct silence *one = &silences->list[i];
        if (strcmp(one->id, id) == 0)
            return one;
        if (size < 4 || strncmp(one->id, id, size) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = one;
    }
    return found;
}

bool silence_is_open(const struct silence *silence, int64_t now_at)
{
    return silence->ended_at == 0 && silence->until_at > now_at;
}
