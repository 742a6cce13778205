#include "window_inner.h"

#include <stdlib.h>

static void save_string(const char *string, struct cw_pack *out)
{
    cw_pack_text(out, cw_text_of(string));
}

static void save_trail(const struct ranker_trail *trail, struct cw_pack *out)
{
    cw_pack_u32(out, trail->track_count);
    for (uint32_t i = 0; i < trail->track_count; i++) {
        const struct ranker_track *track = &trail->tracks[i];
        cw_pack_i64(out, track->series_id);
        cw_pack_u8(out, (uint8_t)track->family);
        save_string(track->metric, out);
        cw_pack_f64(out, track->z);
        cw_pack_f64(out, track->p);
        cw_pack_f64(out, track->actual);
        cw_pack_f64(out, track->expected);
        cw_pack_i64(out, track->peak_at);
        cw_pack_i64(out, track->onset_at);
        cw_pack_i64(out, track->last_at);
    }
    cw_pack_u32(out, trail->pattern_count);
    for (uint32_t i = 0; i < trail->pattern_count; i++) {
        const struct ranker_pattern *pattern = &trail->patterns[i];
        cw_pack_i64(out, pattern->pattern_id);
        save_string(pattern->template, out);
        cw_pack_u32(out, (uint32_t)pattern->severity);
        cw_pack_i64(out, pattern->count);
        cw_pack_f64(out, pattern->surprise);
        cw_pack_i64(out, pattern->first_seen_at);
        cw_pack_i64(out, pattern->last_at);
    }
    cw_pack_f64(out, trail->coverage);
    cw_pack_i64(out, trail->last_at);
}

static void save_entity(const struct ranker_entity *entity, struct cw_pack *out)
{
    cw_pack_u64(out, entity->id);
    cw_pack_u64(out, entity->route);
    save_string(entity->kind, out);
    save_string(entity->name, out);
    cw_pack_i64(out, entity->seen_at);
    cw_pack_u32(out, (uint32_t)entity->label_right);
    cw_pack_u32(out, (uint32_t)entity->label_wrong);
    cw_pack_bool(out, entity->trail != NULL);
    if (entity->trail != NULL)
        save_trail(entity->trail, out);
}

void ranker_window_save(const struct ranker_window *window, struct cw_pack *out)
{
    cw_pack_u32(out, window->size);
    for (uint32_t i = 0; i < window->size; i++)
        save_entity(&window->entities[i], out);
    cw_pack_u32(out, window->change_count);
    for (uint32_t i = 0; i < window->change_count; i++) {
        const struct ranker_change *change = &window->changes[i];
        cw_pack_u64(out, change->id);
        cw_pack_u64(out, change->route);
        save_string(change->kind, out);
        save_string(change->title, out);
        save_string(change->key, out);
        save_string(change->name, out);
        cw_pack_i64(out, change->at);
        cw_pack_i64(out, change->undone_at);
    }
}

static enum cw_status load_trail(struct ranker_trail **made,
                                 struct cw_unpack *in, struct cw_error *err)
{
    struct ranker_trail *trail = calloc(1, sizeof(*trail));
    if (trail == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for evidence");
    trail->track_count = cw_unpack_count(in, 61);
    if (trail->track_count > RANKER_TRACK_MAX)
        in->failed = true;
    for (uint32_t i = 0; i < trail->track_count && !in->failed; i++) {
        struct ranker_track *track = &trail->tracks[i];
        track->series_id = cw_unpack_i64(in);
        track->family = (enum cw_family)cw_unpack_u8(in);
        ranker_cut(track->metric, sizeof(track->metric), cw_unpack_text(in));
        track->z = cw_unpack_f64(in);
        track->p = cw_unpack_f64(in);
        track->actual = cw_unpack_f64(in);
        track->expected = cw_unpack_f64(in);
        track->peak_at = cw_unpack_i64(in);
        track->onset_at = cw_unpack_i64(in);
        track->last_at = cw_unpack_i64(in);
        in->failed |= track->family >= CW_FAMILY_COUNT;
    }
    trail->pattern_count = cw_unpack_count(in, 48);
    if (trail->pattern_count > RANKER_PATTERN_MAX)
        in->failed = true;
    for (uint32_t i = 0; i < trail->pattern_count && !in->failed; i++) {
        struct ranker_pattern *pattern = &trail->patterns[i];
        pattern->pattern_id = cw_unpack_i64(in);
        ranker_cut(pattern->template, sizeof(pattern->template),
                   cw_unpack_text(in));
        pattern->severity = (int32_t)cw_unpack_u32(in);
        pattern->count = cw_unpack_i64(in);
        pattern->surprise = cw_unpack_f64(in);
        pattern->first_seen_at = cw_unpack_i64(in);
        pattern->last_at = cw_unpack_i64(in);
    }
    trail->coverage = cw_unpack_f64(in);
    trail->last_at = cw_unpack_i64(in);
    if (in->failed)
        *trail = (struct ranker_trail){0};
    *made = trail;
    return CW_OK;
}

static enum cw_status load_entity(struct ranker_window *window, uint32_t place,
                                  struct cw_unpack *in, struct cw_error *err)
{
    struct ranker_entity *entity = &window->entities[place];

    entity->id = cw_unpack_u64(in);
    entity->route = cw_unpack_u64(in);
    ranker_cut(entity->kind, sizeof(entity->kind), cw_unpack_text(in));
    ranker_cut(entity->name, sizeof(entity->name), cw_unpack_text(in));
    entity->seen_at = cw_unpack_i64(in);
    entity->label_right = (int32_t)cw_unpack_u32(in);
    entity->label_wrong = (int32_t)cw_unpack_u32(in);
    enum cw_status status = CW_OK;
    if (cw_unpack_bool(in))
        status = load_trail(&entity->trail, in, err);
    if (status != CW_OK)
        return status;
    if (in->failed || entity->id == 0)
        return cw_fail(err, CW_BAD_STATE, "no entity in the state");
    return cw_map64_put(window->places, entity->id, place, err);
}

static void load_change(struct ranker_change *change, struct cw_unpack *in)
{
    change->id = cw_unpack_u64(in);
    change->route = cw_unpack_u64(in);
    ranker_cut(change->kind, sizeof(change->kind), cw_unpack_text(in));
    ranker_cut(change->title, sizeof(change->title), cw_unpack_text(in));
    ranker_cut(change->key, sizeof(change->key), cw_unpack_text(in));
    ranker_cut(change->name, sizeof(change->name), cw_unpack_text(in));
    change->at = cw_unpack_i64(in);
    change->undone_at = cw_unpack_i64(in);
}

enum cw_status ranker_window_load(struct ranker_window *window,
                                  struct cw_unpack *in, struct cw_error *err)
{
    const uint32_t size = cw_unpack_count(in, 41);

    if (size > RANKER_ENTITY_MAX)
        return cw_fail(err, CW_BAD_STATE, "%u entities in the state", size);
    for (uint32_t i = 0; i < size; i++) {
        window->size = i + 1;
        const enum cw_status status = load_entity(window, i, in, err);
        if (status != CW_OK)
            return status;
    }
    const uint32_t changes = cw_unpack_count(in, 48);
    if (in->failed || changes > RANKER_CHANGE_MAX)
        return cw_fail(err, CW_BAD_STATE, "no changes in the state");
    for (uint32_t i = 0; i < changes; i++)
        load_change(&window->changes[i], in);
    window->change_count = changes;
    return in->failed ? cw_fail(err, CW_BAD_STATE, "a change is cut off")
                      : CW_OK;
}
