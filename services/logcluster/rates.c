#include "rates.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"

#define SERIES_MAX (RATES_SERIES_MAX + 3)

/* The columns of one run while they are written. */
struct columns {
    struct cw_series_definition *definitions;
    size_t definition_count;
    int64_t *series;
    int64_t *sampled_at;
    double *values;
    size_t count;
    const struct entity *entity;
    const struct rates_window *window;
    struct cw_arena *arena;
    bool define_all;
    bool failed; /* the arena is full */
};

static void untrack_idle(struct entity *entity,
                         const struct rates_window *window)
{
    for (size_t i = 0; i < generalise_pattern_count(entity->set); i++) {
        struct pattern *pattern = generalise_pattern(entity->set, i);
        if (window->end_at - pattern->last_at > window->series_idle_us)
            pattern->tracked = false;
    }
}

static bool goes_before(const struct pattern *a, const struct pattern *b)
{
    return b == NULL || a->lines > b->lines ||
           (a->lines == b->lines && a->id < b->id);
}

/* The pattern next in line for a free place, or NULL. */
static struct pattern *best_untracked(struct entity *entity, int64_t now_at)
{
    struct pattern *best = NULL;
    for (size_t i = 0; i < generalise_pattern_count(entity->set); i++) {
        struct pattern *pattern = generalise_pattern(entity->set, i);
        if (!pattern->tracked && pattern->window_lines > 0 &&
            now_at - pattern->made_at >= RATES_SETTLE_US &&
            goes_before(pattern, best))
            best = pattern;
    }
    return best;
}

static int compare_id(const void *a, const void *b)
{
    const uint64_t left = (*(const struct pattern *const *)a)->id;
    const uint64_t right = (*(const struct pattern *const *)b)->id;
    return (left > right) - (left < right);
}

/* The patterns that are series, by id; fresh tells from which on in order of
 * choice. A merge may leave more of them than places: the rest wait. */
static size_t tracked_patterns(struct entity *entity,
                               struct pattern *tracked[RATES_SERIES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < generalise_pattern_count(entity->set); i++) {
        struct pattern *pattern = generalise_pattern(entity->set, i);
        if (pattern->tracked && count < RATES_SERIES_MAX)
            tracked[count++] = pattern;
    }
    qsort(tracked, count, sizeof(struct pattern *), compare_id);
    return count;
}

static uint64_t series_id(const struct entity *entity, struct cw_text metric,
                          struct cw_text pattern)
{
    uint64_t id = cw_hash_text(entity->tenant);
    id = cw_hash_mix_text(id, metric);
    id = cw_hash_mix_text(id, entity->kind);
    id = cw_hash_mix_text(id, entity->name);
    return cw_hash_mix_text(id, pattern);
}

static void define(struct columns *columns, uint64_t id, struct cw_text metric,
                   enum cw_family family, struct cw_text pattern)
{
    struct cw_key_value *label = NULL;
    if (pattern.size > 0) {
        label = cw_arena_take(columns->arena, sizeof(*label));
        columns->failed |= label == NULL;
        if (label == NULL)
            return;
        *label = (struct cw_key_value){CW_TEXT("pattern"), pattern};
    }
    columns->definitions[columns->definition_count++] =
        (struct cw_series_definition){.id = (int64_t)id,
                                      .tenant = columns->entity->tenant,
                                      .domain = columns->entity->domain,
                                      .entity = entity_name(columns->entity),
                                      .name = metric,
                                      .unit = CW_TEXT("1"),
                                      .kind = CW_METRIC_KIND_DELTA,
                                      .family = family,
                                      .interval_us = columns->window->window_us,
                                      .labels = label,
                                      .labels_count = label != NULL};
}

static void add(struct columns *columns, uint64_t id, uint64_t value)
{
    assert(columns->count < SERIES_MAX);
    columns->series[columns->count] = (int64_t)id;
    columns->sampled_at[columns->count] = columns->window->end_at;
    columns->values[columns->count++] = (double)value;
}

static void add_own(struct columns *columns, struct cw_text metric,
                    enum cw_family family, uint64_t value)
{
    const uint64_t id = series_id(columns->entity, metric, CW_TEXT(""));
    if (columns->define_all || !columns->entity->reported)
        define(columns, id, metric, family, CW_TEXT(""));
    add(columns, id, value);
}

static void add_pattern(struct columns *columns, uint64_t pattern_id,
                        uint64_t value, bool is_new)
{
    const struct cw_text metric = CW_TEXT("log.pattern.count");
    const struct cw_text label =
        cw_arena_print(columns->arena, "%016" PRIx64, pattern_id);
    columns->failed |= label.size == 0;
    const uint64_t id = series_id(columns->entity, metric, label);
    if (columns->define_all || is_new)
        define(columns, id, metric, CW_FAMILY_LOGS, label);
    add(columns, id, value);
}

static bool columns_init(struct columns *columns, struct cw_arena *arena)
{
    columns->arena = arena;
    columns->definitions =
        cw_arena_take(arena, SERIES_MAX * sizeof(*columns->definitions));
    columns->series =
        cw_arena_take(arena, SERIES_MAX * sizeof(*columns->series));
    columns->sampled_at =
        cw_arena_take(arena, SERIES_MAX * sizeof(*columns->sampled_at));
    columns->values =
        cw_arena_take(arena, SERIES_MAX * sizeof(*columns->values));
    return columns->definitions != NULL && columns->series != NULL &&
           columns->sampled_at != NULL && columns->values != NULL;
}

static void add_patterns(struct columns *columns, struct entity *entity)
{
    struct pattern *tracked[RATES_SERIES_MAX];
    size_t count = tracked_patterns(entity, tracked);
    for (size_t i = 0; i < count; i++)
        add_pattern(columns, tracked[i]->id, tracked[i]->window_lines,
                    tracked[i]->changed);
    while (count < columns->window->series_max) {
        struct pattern *pattern =
            best_untracked(entity, columns->window->end_at);
        if (pattern == NULL)
            break;
        pattern->tracked = true;
        add_pattern(columns, pattern->id, pattern->window_lines, true);
        count++;
    }
    if (entity->other_lines > 0)
        add_pattern(columns, cw_hash_text(CW_TEXT(RATES_OTHER_TEXT)),
                    entity->window_others,
                    entity->other_lines == entity->window_others);
}

static void begin_window(struct entity *entity)
{
    entity->window_lines = 0;
    entity->window_errors = 0;
    entity->window_others = 0;
    for (size_t i = 0; i < generalise_pattern_count(entity->set); i++)
        generalise_pattern(entity->set, i)->window_lines = 0;
}

static enum cw_status put_run(const struct columns *columns,
                              struct cw_emit *emit, struct cw_error *err)
{
    const struct cw_metric_run run = {.stream_at = columns->window->end_at,
                                      .event_at = columns->window->end_at,
                                      .route = (int64_t)columns->entity->route,
                                      .definitions = columns->definitions,
                                      .definitions_count =
                                          columns->definition_count,
                                      .series = columns->series,
                                      .series_count = columns->count,
                                      .sampled_at = columns->sampled_at,
                                      .sampled_at_count = columns->count,
                                      .values = columns->values,
                                      .values_count = columns->count};
    return cw_emit_put(emit, CW_TOPIC_METRICS_PATTERNS, columns->entity->route,
                       CW_TEXT(""), &run, err);
}

enum cw_status rates_close(struct entity *entity,
                           const struct rates_window *window,
                           struct cw_emit *emit, struct cw_error *err)
{
    assert(window->series_max <= RATES_SERIES_MAX);
    if (window->end_at - entity->last_at > window->series_idle_us) {
        entity->reported = false;
        return CW_OK;
    }
    struct columns columns = {.entity = entity, .window = window};
    if (!columns_init(&columns, cw_emit_arena(emit)))
        return cw_fail(err, CW_NO_MEMORY, "columns of a run");
    const int64_t number = window->end_at / window->window_us;
    columns.define_all =
        (number + entity->serial) % RATES_DEFINE_WINDOWS == 0 ||
        !entity->reported;
    untrack_idle(entity, window);
    add_own(&columns, CW_TEXT("log.lines"), CW_FAMILY_LOGS,
            entity->window_lines);
    add_own(&columns, CW_TEXT("log.errors"), CW_FAMILY_ERRORS,
            entity->window_errors);
    add_patterns(&columns, entity);
    if (columns.failed)
        return cw_fail(err, CW_NO_MEMORY, "columns of a run");
    entity->reported = true;
    begin_window(entity);
    return put_run(&columns, emit, err);
}
