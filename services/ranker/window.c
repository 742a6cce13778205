#include "window_inner.h"

#include <math.h>
#include <stdlib.h>

#include "base/fixmath.h"
#include "base/hash.h"

void ranker_cut(char *to, size_t room, struct cw_text text)
{
    size_t size = text.size < room ? text.size : room - 1;

    if (size < text.size)
        while (size > 0 && ((unsigned char)text.bytes[size] & 0xC0) == 0x80)
            size--;
    if (size > 0)
        memcpy(to, text.bytes, size);
    to[size] = '\0';
}

enum cw_status ranker_window_create(struct ranker_window **made,
                                    struct cw_error *err)
{
    struct ranker_window *window = calloc(1, sizeof(*window));

    if (window == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for a window");
    window->entities = calloc(RANKER_ENTITY_MAX, sizeof(*window->entities));
    window->changes = calloc(RANKER_CHANGE_MAX, sizeof(*window->changes));
    enum cw_status status =
        cw_map64_create(&window->places, RANKER_ENTITY_MAX, err);
    if (status == CW_OK &&
        (window->entities == NULL || window->changes == NULL))
        status = cw_fail(err, CW_NO_MEMORY, "no memory for a window");
    if (status != CW_OK)
        ranker_window_destroy(&window);
    else
        *made = window;
    return status;
}

void ranker_window_destroy(struct ranker_window **window)
{
    if (*window == NULL)
        return;
    for (uint32_t i = 0; i < (*window)->size; i++)
        free((*window)->entities[i].trail);
    free((*window)->entities);
    free((*window)->changes);
    cw_map64_destroy(&(*window)->places);
    free(*window);
    *window = NULL;
}

uint64_t ranker_entity_id(uint64_t route, const struct cw_entity *entity)
{
    const uint64_t id =
        cw_hash_mix_text(cw_hash_mix_text(route, entity->kind), entity->name);
    return id == 0 ? 1 : id;
}

uint32_t ranker_window_find(const struct ranker_window *window, uint64_t id)
{
    uint64_t place = 0;

    return cw_map64_find(window->places, id, &place) ? (uint32_t)place
                                                     : RANKER_NONE;
}

struct ranker_entity *ranker_window_at(const struct ranker_window *window,
                                       uint32_t place)
{
    struct ranker_entity *entity = &window->entities[place];

    return place < window->size && entity->id != 0 ? entity : NULL;
}

uint32_t ranker_window_size(const struct ranker_window *window)
{
    return window->size;
}

/* The entity unseen longest; of equals the smallest id, so that the choice
 * does not hang on places, which a restart may deal anew. */
static uint32_t longest_unseen(const struct ranker_window *window)
{
    uint32_t oldest = 0;

    for (uint32_t i = 1; i < window->size; i++) {
        const struct ranker_entity *a = &window->entities[i];
        const struct ranker_entity *b = &window->entities[oldest];
        if (a->seen_at < b->seen_at ||
            (a->seen_at == b->seen_at && a->id < b->id))
            oldest = i;
    }
    return oldest;
}

static uint32_t free_place(struct ranker_window *window)
{
    if (window->size < RANKER_ENTITY_MAX)
        return window->size++;
    const uint32_t place = longest_unseen(window);
    struct ranker_entity *gone = &window->entities[place];
    (void)cw_map64_remove(window->places, gone->id);
    free(gone->trail);
    *gone = (struct ranker_entity){0};
    return place;
}

enum cw_status ranker_window_enter(struct ranker_window *window, uint64_t route,
                                   const struct cw_entity *entity,
                                   int64_t now_at, uint32_t *place,
                                   struct cw_error *err)
{
    const uint64_t id = ranker_entity_id(route, entity);

    *place = ranker_window_find(window, id);
    if (*place == RANKER_NONE) {
        const uint32_t found = free_place(window);
        struct ranker_entity *made = &window->entities[found];
        const enum cw_status status =
            cw_map64_put(window->places, id, found, err);
        if (status != CW_OK)
            return status;
        made->id = id;
        made->route = route;
        ranker_cut(made->kind, sizeof(made->kind), entity->kind);
        ranker_cut(made->name, sizeof(made->name), entity->name);
        *place = found;
    }
    if (window->entities[*place].seen_at < now_at)
        window->entities[*place].seen_at = now_at;
    return CW_OK;
}

/* The series' own track, a free one, or that of the series longest quiet. */
static struct ranker_track *track_for(struct ranker_trail *trail,
                                      int64_t series_id)
{
    struct ranker_track *weakest = &trail->tracks[0];

    for (uint32_t i = 0; i < trail->track_count; i++) {
        struct ranker_track *track = &trail->tracks[i];
        if (track->series_id == series_id)
            return track;
        if (track->last_at < weakest->last_at ||
            (track->last_at == weakest->last_at &&
             fabs(track->z) < fabs(weakest->z)))
            weakest = track;
    }
    if (trail->track_count < RANKER_TRACK_MAX)
        weakest = &trail->tracks[trail->track_count++];
    *weakest = (struct ranker_track){.series_id = series_id};
    return weakest;
}

static void take_deviation(struct ranker_trail *trail,
                           const struct cw_deviation *deviation, int64_t to_at)
{
    if (!isfinite(deviation->z))
        return;
    struct ranker_track *track = track_for(trail, deviation->series_id);
    /* It was back in its band since: what it did then is another story. */
    const bool anew = deviation->onset_at > track->peak_at ||
                      track->peak_at <= to_at - RANKER_WINDOW_US;

    if (track->last_at < to_at)
        track->last_at = to_at;
    if (!anew && fabs(deviation->z) < fabs(track->z))
        return;
    track->family = deviation->family;
    ranker_cut(track->metric, sizeof(track->metric), deviation->metric);
    track->z = cw_round6(deviation->z);
    track->p = deviation->p_value;
    track->actual = deviation->actual;
    track->expected = deviation->expected;
    track->peak_at = to_at;
    if (anew ||
        (deviation->onset_at != 0 &&
         (track->onset_at == 0 || deviation->onset_at < track->onset_at)))
        track->onset_at = deviation->onset_at;
}

static void take_pattern(struct ranker_trail *trail,
                         const struct cw_pattern_novelty *novelty,
                         int64_t to_at)
{
    struct ranker_pattern *oldest = &trail->patterns[0];
    struct ranker_pattern *pattern = NULL;

    for (uint32_t i = 0; i < trail->pattern_count && pattern == NULL; i++) {
        if (trail->patterns[i].pattern_id == novelty->pattern_id)
            pattern = &trail->patterns[i];
        else if (trail->patterns[i].last_at < oldest->last_at)
            oldest = &trail->patterns[i];
    }
    if (pattern == NULL) {
        pattern = trail->pattern_count < RANKER_PATTERN_MAX
                      ? &trail->patterns[trail->pattern_count++]
                      : oldest;
        *pattern = (struct ranker_pattern){
            .pattern_id = novelty->pattern_id,
            .first_seen_at = novelty->first_seen_at,
        };
        ranker_cut(pattern->template, sizeof(pattern->template),
                   novelty->template);
    }
    pattern->severity = novelty->severity;
    pattern->count += novelty->count;
    if (novelty->surprise > pattern->surprise)
        pattern->surprise = cw_round6(novelty->surprise);
    pattern->last_at = to_at;
}

enum cw_status ranker_window_evidence(struct ranker_window *window,
                                      uint64_t route,
                                      const struct cw_evidence *evidence,
                                      int64_t now_at, struct cw_error *err)
{
    uint32_t place = 0;
    const enum cw_status status = ranker_window_enter(
        window, route, &evidence->entity, now_at, &place, err);
    if (status != CW_OK)
        return status;
    struct ranker_entity *entity = &window->entities[place];
    if (entity->trail == NULL)
        entity->trail = calloc(1, sizeof(*entity->trail));
    struct ranker_trail *trail = entity->trail;
    if (trail == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for evidence");
    for (size_t i = 0; i < evidence->deviations_count; i++)
        take_deviation(trail, &evidence->deviations[i], evidence->to_at);
    for (size_t i = 0; i < evidence->new_patterns_count; i++)
        take_pattern(trail, &evidence->new_patterns[i], evidence->to_at);
    /* Two writers of a minute (metrics, logs): only one counts samples. */
    if (evidence->series_count > 0 && evidence->to_at >= trail->last_at) {
        trail->coverage = cw_round6(evidence->coverage);
        trail->last_at = evidence->to_at;
    } else if (trail->last_at == 0) {
        trail->coverage = 1.0;
    }
    return CW_OK;
}

static void drop_changes(struct ranker_window *window, uint32_t count)
{
    window->change_count -= count;
    memmove(window->changes, window->changes + count,
            window->change_count * sizeof(*window->changes));
}

static void forget_changes(struct ranker_window *window, int64_t before_at)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < window->change_count; i++)
        if (window->changes[i].at >= before_at)
            window->changes[kept++] = window->changes[i];
    window->change_count = kept;
}

void ranker_window_change(struct ranker_window *window, uint64_t route,
                          const struct cw_event *event, int64_t now_at,
                          int64_t keep_us)
{
    struct ranker_change made = {
        .route = route,
        .at = event->starts_at != 0 ? event->starts_at : event->event_at,
    };

    made.id = cw_hash_mix_text(cw_hash_mix_text(route, event->source),
                               event->dedup_key);
    made.id = cw_hash_mix_text(made.id, event->entity.name);
    ranker_cut(made.kind, sizeof(made.kind), event->change_kind);
    ranker_cut(made.title, sizeof(made.title), event->title);
    ranker_cut(made.key, sizeof(made.key), event->dedup_key);
    ranker_cut(made.name, sizeof(made.name), event->entity.name);
    forget_changes(window, now_at - keep_us - RANKER_WINDOW_US);
    for (uint32_t i = 0; i < window->change_count; i++)
        if (window->changes[i].id == made.id)
            return; /* its end, or a repeat: the first start stands */
    if (window->change_count == RANKER_CHANGE_MAX)
        drop_changes(window, 1);
    window->changes[window->change_count++] = made;
}

const char *ranker_change_remedy(const struct ranker_change *change)
{
    if (strcmp(change->kind, "config") == 0)
        return "revert_config";
    if (strcmp(change->kind, "scale") == 0)
        return "revert_scale";
    return "rollback_deploy";
}

void ranker_window_undo(struct ranker_window *window, uint64_t route,
                        struct cw_text name, struct cw_text action, bool back,
                        int64_t now_at)
{
    struct ranker_change *newest = NULL;

    for (uint32_t i = 0; i < window->change_count; i++) {
        struct ranker_change *change = &window->changes[i];
        if (change->route == route && change->at <= now_at &&
            (change->undone_at != 0) == back &&
            cw_text_is(name, change->name) &&
            cw_text_is(action, ranker_change_remedy(change)) &&
            (newest == NULL || change->at > newest->at))
            newest = change;
    }
    if (newest != NULL)
        newest->undone_at = back ? 0 : now_at;
}

uint32_t ranker_window_change_count(const struct ranker_window *window)
{
    return window->change_count;
}

const struct ranker_change *
ranker_window_change_at(const struct ranker_window *window, uint32_t index)
{
    return &window->changes[index];
}
