#include "runs.h"

#define FIRST_CAPACITY 8
#define FIRST_TABLE    64

/* One definition, where it belongs in the column. */
struct defined {
    size_t at; /* index of its sample */
    const struct cw_series_definition *definition;
};

struct run_group {
    uint64_t route;
    struct run_group *next;
    struct run_sample *samples;
    size_t count;
    size_t capacity;
    struct defined *defined;
    size_t defined_count;
    size_t defined_capacity;
};

void runs_begin(struct runs *runs, struct cw_arena *arena)
{
    *runs = (struct runs){.arena = arena};
}

/* Twice the room for an array in an arena; NULL: no room. */
static void *doubled(struct cw_arena *arena, const void *items, size_t count,
                     size_t *capacity, size_t item_size)
{
    const size_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void *made = cw_arena_take(arena, wanted * item_size);
    if (made == NULL)
        return NULL;
    if (count > 0)
        memcpy(made, items, count * item_size);
    *capacity = wanted;
    return made;
}

static struct run_group **place_of(struct run_group **table, size_t size,
                                   uint64_t route)
{
    size_t at = (size_t)route & (size - 1);
    while (table[at] != NULL && table[at]->route != route)
        at = (at + 1) & (size - 1);
    return &table[at];
}

static bool widen(struct runs *runs)
{
    const size_t size = runs->table_size ? runs->table_size * 2 : FIRST_TABLE;
    struct run_group **table =
        cw_arena_take(runs->arena, size * sizeof(struct run_group *));
    if (table == NULL)
        return false;
    for (struct run_group *group = runs->first; group; group = group->next)
        *place_of(table, size, group->route) = group;
    runs->table = table;
    runs->table_size = size;
    return true;
}

static struct run_group *group_of(struct runs *runs, uint64_t route)
{
    if (runs->recent != NULL && runs->recent->route == route)
        return runs->recent;
    if (runs->group_count * 2 >= runs->table_size && !widen(runs))
        return NULL;
    struct run_group **place = place_of(runs->table, runs->table_size, route);
    if (*place == NULL) {
        struct run_group *made = cw_arena_take(runs->arena, sizeof(*made));
        if (made == NULL)
            return NULL;
        made->route = route;
        if (runs->last != NULL)
            runs->last->next = made;
        else
            runs->first = made;
        runs->last = made;
        runs->group_count++;
        *place = made;
    }
    return *place;
}

bool runs_add(struct runs *runs, uint64_t route,
              const struct run_sample *sample)
{
    struct run_group *group = group_of(runs, route);
    if (group == NULL)
        return false;
    if (group->count == group->capacity) {
        struct run_sample *samples =
            doubled(runs->arena, group->samples, group->count, &group->capacity,
                    sizeof(*samples));
        if (samples == NULL)
            return false;
        group->samples = samples;
    }
    group->samples[group->count++] = *sample;
    runs->recent = group;
    return true;
}

bool runs_define(struct runs *runs,
                 const struct cw_series_definition *definition)
{
    struct run_group *group = runs->recent;
    if (group->defined_count == group->defined_capacity) {
        struct defined *defined =
            doubled(runs->arena, group->defined, group->defined_count,
                    &group->defined_capacity, sizeof(*defined));
        if (defined == NULL)
            return false;
        group->defined = defined;
    }
    group->defined[group->defined_count++] =
        (struct defined){group->count - 1, definition};
    return true;
}

/* Upper bound of its encoding, near enough to cut by. */
static size_t size_of(const struct cw_series_definition *definition)
{
    size_t size = 64 + definition->tenant.size + definition->domain.size +
                  definition->entity.kind.size + definition->entity.name.size +
                  definition->name.size + definition->unit.size;
    for (size_t i = 0; i < definition->labels_count; i++)
        size += 4 + definition->labels[i].key.size +
                definition->labels[i].value.size;
    return size;
}

/* Part of a group that goes into one run. */
struct piece {
    size_t first;
    size_t count;
    size_t first_defined;
    size_t defined_count;
};

static struct piece next_piece(const struct run_group *group, size_t first,
                               size_t first_defined)
{
    struct piece piece = {first, 0, first_defined, 0};
    size_t end = group->count;
    size_t size = 0;
    size_t at = first_defined;
    if (end - first > RUN_POINTS_MAX)
        end = first + RUN_POINTS_MAX;
    while (at < group->defined_count && group->defined[at].at < end) {
        size += size_of(group->defined[at].definition);
        if (size > DEFINITIONS_SIZE_MAX && at > first_defined) {
            end = group->defined[at].at;
            break;
        }
        at++;
    }
    piece.count = end - first;
    piece.defined_count = at - first_defined;
    return piece;
}

struct columns {
    int64_t *series;
    int64_t *sampled_at;
    int64_t *start_at;
    double *values;
    struct cw_series_definition *definitions;
};

static bool take_columns(struct columns *columns, struct cw_arena *arena,
                         const struct piece *piece)
{
    columns->series = cw_arena_take(arena, piece->count * sizeof(int64_t));
    columns->sampled_at = cw_arena_take(arena, piece->count * sizeof(int64_t));
    columns->start_at = cw_arena_take(arena, piece->count * sizeof(int64_t));
    columns->values = cw_arena_take(arena, piece->count * sizeof(double));
    columns->definitions = cw_arena_take(
        arena, piece->defined_count * sizeof(*columns->definitions));
    return columns->series != NULL && columns->sampled_at != NULL &&
           columns->start_at != NULL && columns->values != NULL &&
           columns->definitions != NULL;
}

static enum cw_status put_piece(const struct runs *runs,
                                const struct run_group *group,
                                const struct piece *piece,
                                struct cw_metric_run *run, struct cw_emit *emit,
                                struct cw_error *err)
{
    struct columns columns;
    if (!take_columns(&columns, runs->arena, piece))
        return cw_fail(err, CW_TOO_LARGE, "no room for %zu samples",
                       piece->count);
    bool started = false;
    run->event_at = INT64_MAX;
    for (size_t i = 0; i < piece->count; i++) {
        const struct run_sample *sample = &group->samples[piece->first + i];
        columns.series[i] = sample->series;
        columns.sampled_at[i] = sample->sampled_at;
        columns.start_at[i] = sample->start_at;
        columns.values[i] = sample->value;
        started = started || sample->start_at != 0;
        if (sample->sampled_at < run->event_at)
            run->event_at = sample->sampled_at;
    }
    for (size_t i = 0; i < piece->defined_count; i++)
        columns.definitions[i] =
            *group->defined[piece->first_defined + i].definition;
    run->route = (int64_t)group->route;
    run->definitions = columns.definitions;
    run->definitions_count = piece->defined_count;
    run->series = columns.series;
    run->series_count = piece->count;
    run->sampled_at = columns.sampled_at;
    run->sampled_at_count = piece->count;
    run->values = columns.values;
    run->values_count = piece->count;
    run->start_at = columns.start_at;
    run->start_at_count = started ? piece->count : 0;
    return cw_emit_put(emit, CW_TOPIC_METRICS, group->route,
                       (struct cw_text){"", 0}, run, err);
}

enum cw_status runs_put(struct runs *runs, struct cw_emit *emit,
                        int64_t stream_at, int64_t offset, struct cw_error *err)
{
    struct cw_metric_run run = {.stream_at = stream_at, .offset = offset};
    for (struct run_group *group = runs->first; group; group = group->next) {
        size_t at = 0;
        size_t defined = 0;
        while (at < group->count) {
            const struct piece piece = next_piece(group, at, defined);
            const enum cw_status status =
                put_piece(runs, group, &piece, &run, emit, err);
            if (status != CW_OK)
                return status;
            at += piece.count;
            defined += piece.defined_count;
        }
    }
    return CW_OK;
}
