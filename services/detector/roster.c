#include "roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define FIRST_CAPACITY   16u
#define DEFINITION_BYTES ((size_t)64 << 10)

enum cw_status roster_create(struct roster **made,
                             const struct detector_config *config,
                             struct cw_error *err)
{
    struct roster *roster = calloc(1, sizeof(*roster));
    if (roster == NULL)
        return cw_fail(err, CW_NO_MEMORY, "roster");
    const size_t most = (size_t)config->max_series;
    enum cw_status status = cw_map64_create(&roster->by_id, most, err);
    if (status == CW_OK)
        status = cw_map64_create(&roster->by_entity,
                                 (size_t)config->max_entities, err);
    if (status == CW_OK)
        status = cw_map64_create(&roster->by_pair, most, err);
    if (status != CW_OK)
        roster_destroy(&roster);
    else
        *made = roster;
    return status;
}

static void free_member(struct member *member)
{
    series_fini(&member->series);
    free(member->definition);
    free(member);
}

void roster_destroy(struct roster **roster)
{
    struct roster *gone = *roster;
    if (gone == NULL)
        return;
    for (uint32_t i = 0; i < gone->member_count; i++)
        free_member(gone->members[i]);
    for (uint32_t i = 0; i < gone->entity_count; i++)
        free(gone->entities[i].names);
    free(gone->members);
    free(gone->entities);
    free(gone->pairs);
    free(gone->pending);
    free(gone->parked);
    cw_map64_destroy(&gone->by_id);
    cw_map64_destroy(&gone->by_entity);
    cw_map64_destroy(&gone->by_pair);
    free(gone);
    *roster = NULL;
}

static uint32_t find(const struct cw_map64 *map, uint64_t key)
{
    uint64_t value;
    return cw_map64_find(map, key, &value) ? (uint32_t)value : ROSTER_NONE;
}

uint32_t roster_find(const struct roster *roster, int64_t id)
{
    return find(roster->by_id, cw_hash_mix(0, (uint64_t)id));
}

/* Room for one more thing of size bytes in *things. */
static enum cw_status grow(void *things, uint32_t count, uint32_t *capacity,
                           size_t size, struct cw_error *err)
{
    if (count < *capacity)
        return CW_OK;
    void *room;
    memcpy(&room, things, sizeof(room)); /* whatever it points to */
    const uint32_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void *grown = realloc(room, wanted * size);
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "roster of %u", wanted);
    memcpy(things, &grown, sizeof(grown));
    *capacity = wanted;
    return CW_OK;
}

static struct cw_text put_text(char **at, struct cw_text text)
{
    const struct cw_text put = {*at, text.size};
    if (text.size > 0)
        memcpy(*at, text.bytes, text.size);
    *at += text.size;
    return put;
}

static enum cw_status copy_names(struct watched_entity *entity,
                                 const struct watched_entity *from,
                                 struct cw_error *err)
{
    const size_t size = from->tenant.size + from->domain.size +
                        from->kind.size + from->name.size;
    char *at = malloc(size + 1);
    if (at == NULL)
        return cw_fail(err, CW_NO_MEMORY, "entity");
    entity->names = at;
    entity->tenant = put_text(&at, from->tenant);
    entity->domain = put_text(&at, from->domain);
    entity->kind = put_text(&at, from->kind);
    entity->name = put_text(&at, from->name);
    return CW_OK;
}

static enum cw_status add_entity(struct roster *roster,
                                 const struct watched_entity *from,
                                 uint32_t *index, struct cw_error *err)
{
    uint64_t key = cw_route_entity(from->tenant, from->kind, from->name);
    key = cw_hash_mix_text(key, from->domain);
    *index = find(roster->by_entity, key);
    if (*index != ROSTER_NONE)
        return CW_OK;
    enum cw_status status =
        grow(&roster->entities, roster->entity_count, &roster->entity_capacity,
             sizeof(*roster->entities), err);
    if (status != CW_OK)
        return status;
    struct watched_entity made = {
        .from_at = from->from_at, .first = ROSTER_NONE, .last = ROSTER_NONE};
    status = copy_names(&made, from, err);
    if (status != CW_OK)
        return status;
    status = cw_map64_put(roster->by_entity, key, roster->entity_count, err);
    if (status != CW_OK) {
        free(made.names);
        return status;
    }
    *index = roster->entity_count;
    roster->entities[roster->entity_count++] = made;
    return CW_OK;
}

static void link_member(struct roster *roster, uint32_t index)
{
    struct member *member = roster->members[index];
    struct watched_entity *entity = &roster->entities[member->entity];
    member->next = ROSTER_NONE;
    if (entity->last == ROSTER_NONE)
        entity->first = index;
    else
        roster->members[entity->last]->next = index;
    entity->last = index;
    entity->count++;
}

/* Joins the pair its name speaks of; without room it stays alone. */
static enum cw_status join_pair(struct roster *roster, uint32_t index,
                                const struct cw_series_definition *definition,
                                struct cw_error *err)
{
    struct member *member = roster->members[index];
    struct cw_text stem;
    member->pair = ROSTER_NONE;
    member->role = derive_role_of(definition->name, &stem);
    const bool counted = definition->kind == CW_METRIC_KIND_CUMULATIVE ||
                         definition->kind == CW_METRIC_KIND_DELTA;
    if (member->role == ROLE_NONE || !counted)
        return CW_OK;
    const uint64_t key = derive_key(definition, stem);
    uint32_t at = find(roster->by_pair, key);
    if (at == ROSTER_NONE) {
        enum cw_status status =
            grow(&roster->pairs, roster->pair_count, &roster->pair_capacity,
                 sizeof(*roster->pairs), err);
        if (status == CW_OK)
            status =
                cw_map64_put(roster->by_pair, key, roster->pair_count, err);
        if (status != CW_OK)
            return status == CW_FULL ? CW_OK : status;
        at = roster->pair_count++;
        roster->pairs[at] = (struct pair){.key = key,
                                          .sum = ROSTER_NONE,
                                          .count = ROSTER_NONE,
                                          .errors = ROSTER_NONE,
                                          .mean_member = ROSTER_NONE,
                                          .ratio_member = ROSTER_NONE};
    }
    struct pair *pair = &roster->pairs[at];
    member->pair = at;
    if (member->role == ROLE_SUM)
        pair->sum = index;
    else if (member->role == ROLE_COUNT)
        pair->count = index;
    else
        pair->errors = index;
    return CW_OK;
}

static enum cw_status
encode_definition(struct member *member,
                  const struct cw_series_definition *definition,
                  struct cw_error *err)
{
    struct cw_pack pack;
    cw_pack_init(&pack, DEFINITION_BYTES);
    cw_series_definition_encode(definition, &pack);
    unsigned char *bytes = pack.failed ? NULL : malloc(pack.size + 1);
    if (bytes == NULL) {
        const bool large = pack.failed;
        cw_pack_fini(&pack);
        return cw_fail(err, large ? CW_TOO_LARGE : CW_NO_MEMORY,
                       "definition of a series");
    }
    memcpy(bytes, pack.bytes, pack.size);
    free(member->definition);
    member->definition = bytes;
    member->definition_size = (uint32_t)pack.size;
    member->kind = definition->kind;
    member->family = definition->family;
    member->percent = cw_text_is(definition->unit, "%");
    member->interval_us = definition->interval_us;
    cw_pack_fini(&pack);
    return CW_OK;
}

static enum cw_status new_member(struct roster *roster,
                                 const struct cw_series_definition *definition,
                                 uint32_t entity, struct cw_error *err)
{
    enum cw_status status =
        grow(&roster->members, roster->member_count, &roster->member_capacity,
             sizeof(struct member *), err);
    if (status != CW_OK)
        return status;
    struct member *member = calloc(1, sizeof(*member));
    if (member == NULL)
        return cw_fail(err, CW_NO_MEMORY, "series");
    member->id = definition->id;
    member->entity = entity;
    series_init(&member->series);
    status = encode_definition(member, definition, err);
    if (status == CW_OK)
        status = cw_map64_put(roster->by_id,
                              cw_hash_mix(0, (uint64_t)definition->id),
                              roster->member_count, err);
    if (status != CW_OK) {
        free_member(member);
        return status;
    }
    roster->members[roster->member_count++] = member;
    link_member(roster, roster->member_count - 1);
    return CW_OK;
}

enum cw_status roster_define(struct roster *roster,
                             const struct cw_series_definition *definition,
                             uint32_t *index, bool *added, struct cw_error *err)
{
    *added = false;
    *index = roster_find(roster, definition->id);
    if (*index != ROSTER_NONE)
        return encode_definition(roster->members[*index], definition, err);
    const struct watched_entity names = {
        .tenant = definition->tenant,
        .domain = definition->domain,
        .kind = definition->entity.kind,
        .name = definition->entity.name,
    };
    uint32_t entity;
    enum cw_status status = add_entity(roster, &names, &entity, err);
    if (status == CW_OK)
        status = new_member(roster, definition, entity, err);
    if (status != CW_OK)
        return status;
    *index = roster->member_count - 1;
    *added = true;
    return join_pair(roster, *index, definition, err);
}

enum cw_status roster_definition(const struct member *member,
                                 struct cw_arena *arena,
                                 struct cw_series_definition *out,
                                 struct cw_error *err)
{
    struct cw_unpack in =
        cw_unpack_of(member->definition, member->definition_size);
    return cw_series_definition_decode(out, &in, arena, err);
}

enum cw_status roster_push(struct roster *roster, bool parked,
                           const struct waiting *sample, struct cw_error *err)
{
    struct waiting **list = parked ? &roster->parked : &roster->pending;
    uint32_t *count = parked ? &roster->parked_count : &roster->pending_count;
    const uint32_t most = parked ? ROSTER_PARKED_MAX : ROSTER_PENDING_MAX;
    if (*count >= most)
        return cw_fail(err, CW_FULL, "%u samples wait already", most);
    const enum cw_status status =
        grow(list, *count,
             parked ? &roster->parked_capacity : &roster->pending_capacity,
             sizeof(**list), err);
    if (status != CW_OK)
        return status;
    (*list)[(*count)++] = *sample;
    return CW_OK;
}

bool roster_is_carrier(const struct roster *roster, const struct member *member)
{
    if (member->pair == ROSTER_NONE || member->role == ROLE_COUNT)
        return false;
    return roster->pairs[member->pair].count != ROSTER_NONE;
}
