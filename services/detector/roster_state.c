#include "roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* ---- forgetting -------------------------------------------------------- */

struct remap {
    uint32_t *members; /* old index -> new, ROSTER_NONE = gone */
    uint32_t *entities;
    uint32_t *pairs;
};

static uint32_t mapped(const uint32_t *map, uint32_t index)
{
    return index == ROSTER_NONE ? ROSTER_NONE : map[index];
}

static void drop_member(struct member *member)
{
    series_fini(&member->series);
    free(member->definition);
    free(member);
}

static void keep_members(struct roster *roster, int64_t before_at,
                         const struct remap *remap)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < roster->member_count; i++) {
        struct member *member = roster->members[i];
        const bool gone = member->seen_at < before_at;
        remap->members[i] = gone ? ROSTER_NONE : kept;
        if (gone)
            drop_member(member);
        else
            roster->members[kept++] = member;
    }
    roster->member_count = kept;
}

static void keep_entities(struct roster *roster, const struct remap *remap)
{
    for (uint32_t i = 0; i < roster->entity_count; i++)
        roster->entities[i].count = 0;
    for (uint32_t i = 0; i < roster->member_count; i++)
        roster->entities[roster->members[i]->entity].count++;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < roster->entity_count; i++) {
        struct watched_entity *entity = &roster->entities[i];
        const bool gone = entity->count == 0;
        remap->entities[i] = gone ? ROSTER_NONE : kept;
        if (gone)
            free(entity->names);
        else
            roster->entities[kept++] = *entity;
    }
    roster->entity_count = kept;
}

static void keep_pairs(struct roster *roster, const struct remap *remap)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < roster->pair_count; i++) {
        struct pair pair = roster->pairs[i];
        pair.sum = mapped(remap->members, pair.sum);
        pair.count = mapped(remap->members, pair.count);
        pair.errors = mapped(remap->members, pair.errors);
        pair.mean_member = mapped(remap->members, pair.mean_member);
        pair.ratio_member = mapped(remap->members, pair.ratio_member);
        const bool gone = pair.sum == ROSTER_NONE &&
                          pair.count == ROSTER_NONE &&
                          pair.errors == ROSTER_NONE;
        remap->pairs[i] = gone ? ROSTER_NONE : kept;
        if (!gone)
            roster->pairs[kept++] = pair;
    }
    roster->pair_count = kept;
}

static void link_members(struct roster *roster)
{
    for (uint32_t i = 0; i < roster->entity_count; i++) {
        roster->entities[i].first = ROSTER_NONE;
        roster->entities[i].last = ROSTER_NONE;
        roster->entities[i].count = 0;
    }
    for (uint32_t i = 0; i < roster->member_count; i++) {
        struct member *member = roster->members[i];
        struct watched_entity *entity = &roster->entities[member->entity];
        member->next = ROSTER_NONE;
        if (entity->last == ROSTER_NONE)
            entity->first = i;
        else
            roster->members[entity->last]->next = i;
        entity->last = i;
        entity->count++;
    }
}

static enum cw_status index_all(struct roster *roster, struct cw_error *err)
{
    cw_map64_clear(roster->by_id);
    cw_map64_clear(roster->by_entity);
    cw_map64_clear(roster->by_pair);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < roster->member_count && status == CW_OK; i++)
        status = cw_map64_put(roster->by_id,
                              cw_hash_mix(0, (uint64_t)roster->members[i]->id),
                              i, err);
    for (uint32_t i = 0; i < roster->entity_count && status == CW_OK; i++) {
        const struct watched_entity *entity = &roster->entities[i];
        const uint64_t route =
            cw_route_entity(entity->tenant, entity->kind, entity->name);
        status = cw_map64_put(roster->by_entity,
                              cw_hash_mix_text(route, entity->domain), i, err);
    }
    for (uint32_t i = 0; i < roster->pair_count && status == CW_OK; i++)
        status = cw_map64_put(roster->by_pair, roster->pairs[i].key, i, err);
    return status;
}

enum cw_status roster_forget(struct roster *roster, int64_t before_at,
                             struct cw_error *err)
{
    assert(roster->pending_count == 0); /* they point to members */
    bool any = false;
    for (uint32_t i = 0; i < roster->member_count && !any; i++)
        any = roster->members[i]->seen_at < before_at;
    if (!any)
        return CW_OK;
    const size_t members = roster->member_count;
    const size_t entities = roster->entity_count;
    const size_t count = members + entities + roster->pair_count;
    uint32_t *room = calloc(count + 1, sizeof(*room));
    if (room == NULL)
        return cw_fail(err, CW_NO_MEMORY, "forgetting");
    const struct remap remap = {room, room + members,
                                room + members + entities};
    keep_members(roster, before_at, &remap);
    keep_entities(roster, &remap);
    keep_pairs(roster, &remap);
    for (uint32_t i = 0; i < roster->member_count; i++) {
        struct member *member = roster->members[i];
        member->entity = remap.entities[member->entity];
        member->pair = mapped(remap.pairs, member->pair);
    }
    free(room);
    link_members(roster);
    return index_all(roster, err);
}

/* ---- saving ------------------------------------------------------------ */

static void save_member(const struct member *member, struct cw_pack *out)
{
    cw_pack_i64(out, member->id);
    cw_pack_i64(out, member->first_seen_at);
    cw_pack_i64(out, member->seen_at);
    cw_pack_i64(out, member->interval_us);
    cw_pack_text(out, (struct cw_text){(const char *)member->definition,
                                       member->definition_size});
    cw_pack_u32(out, member->entity);
    cw_pack_u32(out, member->pair);
    cw_pack_u8(out, (uint8_t)member->kind);
    cw_pack_u8(out, (uint8_t)member->family);
    cw_pack_u8(out, (uint8_t)member->role);
    cw_pack_u8(out, (uint8_t)member->state);
    cw_pack_bool(out, member->percent);
    cw_pack_bool(out, member->derived);
    cw_pack_bool(out, member->ratio);
    cw_pack_i64(out, member->silence.started_at);
    cw_pack_i64(out, member->silence.opened_at);
    cw_pack_f64(out, member->silence.score);
    cw_pack_bool(out, member->silence.open);
    rate_save(&member->rate, out);
    series_save(&member->series, out);
}

static void save_waiting(const struct waiting *list, uint32_t count,
                         struct cw_pack *out)
{
    cw_pack_u32(out, count);
    for (uint32_t i = 0; i < count; i++) {
        cw_pack_i64(out, list[i].id);
        cw_pack_i64(out, list[i].at);
        cw_pack_i64(out, list[i].start_at);
        cw_pack_i64(out, list[i].stream_at);
        cw_pack_f64(out, list[i].value);
        cw_pack_u32(out, list[i].member);
        cw_pack_u32(out, list[i].order);
    }
}

void roster_save(const struct roster *roster, struct cw_pack *out)
{
    cw_pack_i64(out, roster->timer_at);
    cw_pack_i64(out, roster->seen_at);
    cw_pack_i64(out, roster->resumed_at);
    cw_pack_u32(out, roster->entity_count);
    for (uint32_t i = 0; i < roster->entity_count; i++) {
        const struct watched_entity *entity = &roster->entities[i];
        cw_pack_text(out, entity->tenant);
        cw_pack_text(out, entity->domain);
        cw_pack_text(out, entity->kind);
        cw_pack_text(out, entity->name);
        cw_pack_i64(out, entity->from_at);
    }
    cw_pack_u32(out, roster->pair_count);
    for (uint32_t i = 0; i < roster->pair_count; i++) {
        const struct pair *pair = &roster->pairs[i];
        cw_pack_u64(out, pair->key);
        cw_pack_u32(out, pair->sum);
        cw_pack_u32(out, pair->count);
        cw_pack_u32(out, pair->errors);
        cw_pack_u32(out, pair->mean_member);
        cw_pack_u32(out, pair->ratio_member);
        quotient_save(&pair->mean, out);
        quotient_save(&pair->ratio, out);
    }
    cw_pack_u32(out, roster->member_count);
    for (uint32_t i = 0; i < roster->member_count; i++)
        save_member(roster->members[i], out);
    save_waiting(roster->parked, roster->parked_count, out);
    save_waiting(roster->pending, roster->pending_count, out);
}

/* ---- loading ----------------------------------------------------------- */

static bool in_range(uint32_t index, uint32_t count)
{
    return index == ROSTER_NONE || index < count;
}

static void *room_for(uint32_t count, size_t size, struct cw_unpack *in)
{
    void *room = calloc((size_t)count + 1, size);
    if (room == NULL)
        in->failed = true;
    return room;
}

static void load_entities(struct roster *roster, struct cw_unpack *in)
{
    const uint32_t count = cw_unpack_count(in, 24);
    roster->entities = room_for(count, sizeof(*roster->entities), in);
    roster->entity_capacity = roster->entities != NULL ? count + 1 : 0;
    for (uint32_t i = 0; i < count && !in->failed; i++) {
        const struct cw_text texts[4] = {cw_unpack_text(in), cw_unpack_text(in),
                                         cw_unpack_text(in),
                                         cw_unpack_text(in)};
        struct watched_entity *entity = &roster->entities[i];
        size_t size = 1;
        for (unsigned t = 0; t < 4; t++)
            size += texts[t].size;
        char *at = malloc(size);
        if (at == NULL) {
            in->failed = true;
            return;
        }
        entity->names = at;
        struct cw_text *names[4] = {&entity->tenant, &entity->domain,
                                    &entity->kind, &entity->name};
        for (unsigned t = 0; t < 4; t++) {
            *names[t] = (struct cw_text){at, texts[t].size};
            if (texts[t].size > 0)
                memcpy(at, texts[t].bytes, texts[t].size);
            at += texts[t].size;
        }
        entity->from_at = cw_unpack_i64(in);
        roster->entity_count = i + 1;
    }
}

static void load_pairs(struct roster *roster, struct cw_unpack *in)
{
    const uint32_t count = cw_unpack_count(in, 28);
    roster->pairs = room_for(count, sizeof(*roster->pairs), in);
    roster->pair_capacity = roster->pairs != NULL ? count + 1 : 0;
    for (uint32_t i = 0; i < count && !in->failed; i++) {
        struct pair *pair = &roster->pairs[i];
        pair->key = cw_unpack_u64(in);
        pair->sum = cw_unpack_u32(in);
        pair->count = cw_unpack_u32(in);
        pair->errors = cw_unpack_u32(in);
        pair->mean_member = cw_unpack_u32(in);
        pair->ratio_member = cw_unpack_u32(in);
        quotient_load(&pair->mean, in);
        quotient_load(&pair->ratio, in);
        roster->pair_count = i + 1;
    }
}

static void load_member(struct member *member, struct cw_unpack *in)
{
    series_init(&member->series);
    member->id = cw_unpack_i64(in);
    member->first_seen_at = cw_unpack_i64(in);
    member->seen_at = cw_unpack_i64(in);
    member->interval_us = cw_unpack_i64(in);
    const struct cw_text definition = cw_unpack_text(in);
    member->definition = malloc(definition.size + 1);
    if (member->definition == NULL)
        in->failed = true;
    else if (definition.size > 0)
        memcpy(member->definition, definition.bytes, definition.size);
    member->definition_size = (uint32_t)definition.size;
    member->entity = cw_unpack_u32(in);
    member->pair = cw_unpack_u32(in);
    member->kind = (enum cw_metric_kind)cw_unpack_u8(in);
    member->family = (enum cw_family)cw_unpack_u8(in);
    member->role = (enum derive_role)cw_unpack_u8(in);
    member->state = (enum cw_series_state)cw_unpack_u8(in);
    in->failed |= member->kind >= CW_METRIC_KIND_COUNT ||
                  member->family >= CW_FAMILY_COUNT ||
                  member->role > ROLE_ERRORS ||
                  member->state >= CW_SERIES_STATE_COUNT;
    member->percent = cw_unpack_bool(in);
    member->derived = cw_unpack_bool(in);
    member->ratio = cw_unpack_bool(in);
    member->silence.started_at = cw_unpack_i64(in);
    member->silence.opened_at = cw_unpack_i64(in);
    member->silence.score = cw_unpack_f64(in);
    member->silence.open = cw_unpack_bool(in);
    rate_load(&member->rate, in);
    series_load(&member->series, in);
}

static void load_members(struct roster *roster, struct cw_unpack *in)
{
    const uint32_t count = cw_unpack_count(in, 128);
    roster->members = room_for(count, sizeof(struct member *), in);
    if (roster->members == NULL)
        return;
    roster->member_capacity = count + 1;
    for (uint32_t i = 0; i < count && !in->failed; i++) {
        struct member *member = room_for(1, sizeof(*member), in);
        if (member == NULL)
            return;
        roster->members[i] = member;
        roster->member_count = i + 1;
        load_member(member, in);
        if (member->entity >= roster->entity_count ||
            !in_range(member->pair, roster->pair_count))
            in->failed = true;
    }
}

static bool pairs_fit(const struct roster *roster)
{
    const uint32_t count = roster->member_count;
    for (uint32_t i = 0; i < roster->pair_count; i++) {
        const struct pair *pair = &roster->pairs[i];
        if (!in_range(pair->sum, count) || !in_range(pair->count, count) ||
            !in_range(pair->errors, count) ||
            !in_range(pair->mean_member, count) ||
            !in_range(pair->ratio_member, count))
            return false;
    }
    return true;
}

static void load_waiting(struct roster *roster, bool parked,
                         struct cw_unpack *in)
{
    struct cw_error err;
    const uint32_t count = cw_unpack_count(in, 48);
    for (uint32_t i = 0; i < count && !in->failed; i++) {
        struct waiting sample;
        sample.id = cw_unpack_i64(in);
        sample.at = cw_unpack_i64(in);
        sample.start_at = cw_unpack_i64(in);
        sample.stream_at = cw_unpack_i64(in);
        sample.value = cw_unpack_f64(in);
        sample.member = cw_unpack_u32(in);
        sample.order = cw_unpack_u32(in);
        const bool placed = sample.member < roster->member_count;
        if (placed == parked ||
            roster_push(roster, parked, &sample, &err) != CW_OK)
            in->failed = true;
    }
}

enum cw_status roster_load(struct roster *roster, struct cw_unpack *in,
                           struct cw_error *err)
{
    assert(roster->member_count == 0);
    roster->timer_at = cw_unpack_i64(in);
    roster->seen_at = cw_unpack_i64(in);
    roster->resumed_at = cw_unpack_i64(in);
    load_entities(roster, in);
    load_pairs(roster, in);
    load_members(roster, in);
    if (in->failed || !pairs_fit(roster))
        return cw_fail(err, CW_BAD_STATE, "series of a detector shard");
    load_waiting(roster, true, in);
    load_waiting(roster, false, in);
    link_members(roster);
    const enum cw_status status = cw_unpack_end(in, err);
    return status != CW_OK ? status : index_all(roster, err);
}
