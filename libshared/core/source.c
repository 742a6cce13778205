#include "core/source.h"

#include <stdlib.h>

struct cw_source cw_source_of(struct cw_inlet *inlet,
                              const struct cw_source_state *state)
{
    return (struct cw_source){
        .inlet = inlet,
        .id = state->source,
        .mark_at = state->position.mark_at,
        .absent = state->absent,
        .absent_from_at = state->absent_from_at,
        .enter_at = CW_NEVER,
    };
}

void cw_source_fini(struct cw_source *source)
{
    free(source->queue);
    *source = (struct cw_source){0};
}

enum cw_status cw_source_push(struct cw_source *source,
                              const struct cw_waiting *item,
                              struct cw_error *err)
{
    if (source->count == source->capacity) {
        const size_t capacity = source->capacity ? source->capacity * 2 : 16;
        struct cw_waiting *queue = malloc(capacity * sizeof(*queue));
        if (queue == NULL)
            return cw_fail(err, CW_NO_MEMORY, "queue of %zu items", capacity);
        for (size_t i = 0; i < source->count; i++)
            queue[i] = source->queue[(source->head + i) % source->capacity];
        free(source->queue);
        source->queue = queue;
        source->capacity = capacity;
        source->head = 0;
    }
    source->queue[(source->head + source->count) % source->capacity] = *item;
    source->count++;
    return CW_OK;
}

void cw_source_pop(struct cw_source *source)
{
    source->head = (source->head + 1) % source->capacity;
    source->count--;
}

bool cw_source_breaks_mark(const struct cw_source *source,
                           const struct cw_item *item)
{
    return item->stream_at <= source->mark_at;
}

bool cw_source_is_outside(const struct cw_source *source)
{
#ifdef CW_MUTATE_LATE
    return source->absent;
#endif
    return source->absent || source->enter_at != CW_NEVER;
}

bool cw_source_has_seen(const struct cw_source *source, int64_t released_at,
                        const struct cw_item *item)
{
#ifdef CW_MUTATE_SEEN
    return false;
#endif
    return item->stream_at <= (cw_source_is_outside(source)
                                   ? source->absent_from_at
                                   : released_at);
}

void cw_source_obey(struct cw_source *source,
                    const struct cw_source_ruling *ruling)
{
    if (ruling->absent && !source->absent) {
        if (!cw_source_is_outside(source)) /* else what is late stays late */
            source->absent_from_at = ruling->slice_at - CW_SLICE_US;
        source->absent = true;
        source->enter_at = CW_NEVER;
    } else if (!ruling->absent && source->absent) {
        source->absent = false;
        source->enter_at = ruling->slice_at;
    }
}

int64_t cw_source_entry_at(const struct cw_source *source, int64_t released_at,
                           const struct cw_item *item)
{
    if (source->enter_at != CW_NEVER && item->stream_at <= released_at)
        return source->enter_at - CW_SLICE_US + 1;
    return item->stream_at;
}
