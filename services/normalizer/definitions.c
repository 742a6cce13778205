#include "definitions.h"

#include <stdlib.h>

#include "base/map64.h"

struct sent {
    int64_t offset;
    int64_t stream_at;
};

struct definitions {
    struct cw_map64 *index; /* series id -> place in sent */
    struct sent *sent;
    size_t count;
    size_t capacity;
    size_t max_count;
    int64_t offset_span;
    int64_t time_span_us;
};

enum cw_status definitions_create(struct definitions **made, size_t max_count,
                                  int64_t offset_span, int64_t time_span_us,
                                  struct cw_error *err)
{
    struct definitions *definitions = calloc(1, sizeof(*definitions));
    if (definitions == NULL)
        return cw_fail(err, CW_NO_MEMORY, "definitions");
    definitions->max_count = max_count;
    definitions->offset_span = offset_span;
    definitions->time_span_us = time_span_us;
    const enum cw_status status =
        cw_map64_create(&definitions->index, max_count, err);
    if (status != CW_OK) {
        free(definitions);
        return status;
    }
    *made = definitions;
    return CW_OK;
}

void definitions_destroy(struct definitions **definitions)
{
    if (*definitions == NULL)
        return;
    cw_map64_destroy(&(*definitions)->index);
    free((*definitions)->sent);
    free(*definitions);
    *definitions = NULL;
}

void definitions_forget(struct definitions *definitions)
{
    cw_map64_clear(definitions->index);
    definitions->count = 0;
}

static bool make_room(struct definitions *definitions)
{
    if (definitions->count == definitions->max_count)
        definitions_forget(definitions);
    if (definitions->count < definitions->capacity)
        return true;
    const size_t capacity =
        definitions->capacity ? definitions->capacity * 2 : 256;
    struct sent *sent =
        realloc(definitions->sent, capacity * sizeof(*definitions->sent));
    if (sent == NULL)
        return false;
    definitions->sent = sent;
    definitions->capacity = capacity;
    return true;
}

static void note(struct definitions *definitions, int64_t id, struct sent now)
{
    struct cw_error ignored; /* not noted: defined again next time */
    if (!make_room(definitions))
        return;
    if (cw_map64_put(definitions->index, (uint64_t)id, definitions->count,
                     &ignored) == CW_OK)
        definitions->sent[definitions->count++] = now;
}

bool definitions_due(struct definitions *definitions, int64_t id,
                     int64_t offset, int64_t stream_at)
{
    const struct sent now = {offset, stream_at};
    uint64_t place;
    if (!cw_map64_find(definitions->index, (uint64_t)id, &place)) {
        note(definitions, id, now);
        return true;
    }
    struct sent *sent = &definitions->sent[place];
    if (offset - sent->offset < definitions->offset_span &&
        stream_at - sent->stream_at < definitions->time_span_us)
        return false;
    *sent = now;
    return true;
}
