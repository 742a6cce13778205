#include "traces.h"

#include <stdlib.h>

#include "base/map64.h"

struct slot {
    struct trace trace;
    uint32_t next; /* younger, or next free */
    uint32_t previous;
};

struct traces {
    struct slot *slots; /* limit of capacity */
    uint32_t limit;
    uint32_t capacity;
    uint32_t free; /* first free slot */
    uint32_t oldest;
    uint32_t youngest;
    size_t count;
    size_t max_count;
    size_t span_count;
    size_t max_spans;
    struct cw_map64 *by_key; /* to slot */
};

enum cw_status traces_create(struct traces **made, size_t max_count,
                             size_t max_spans, struct cw_error *err)
{
    struct traces *traces = calloc(1, sizeof(*traces));
    if (traces == NULL)
        return cw_fail(err, CW_NO_MEMORY, "traces");
    traces->max_count = max_count;
    traces->max_spans = max_spans;
    traces->free = TRACES_NONE;
    traces->oldest = TRACES_NONE;
    traces->youngest = TRACES_NONE;
    const enum cw_status status =
        cw_map64_create(&traces->by_key, max_count, err);
    if (status != CW_OK)
        traces_destroy(&traces);
    else
        *made = traces;
    return status;
}

void traces_destroy(struct traces **traces)
{
    if (*traces == NULL)
        return;
    for (uint32_t i = 0; i < (*traces)->limit; i++)
        trace_fini(&(*traces)->slots[i].trace);
    free((*traces)->slots);
    cw_map64_destroy(&(*traces)->by_key);
    free(*traces);
    *traces = NULL;
}

uint32_t traces_find(const struct traces *traces, uint64_t key)
{
    uint64_t slot;
    return cw_map64_find(traces->by_key, key, &slot) ? (uint32_t)slot
                                                     : TRACES_NONE;
}

static enum cw_status take_slot(struct traces *traces, uint32_t *slot,
                                struct cw_error *err)
{
    if (traces->free != TRACES_NONE) {
        *slot = traces->free;
        traces->free = traces->slots[*slot].next;
        return CW_OK;
    }
    if (traces->limit == traces->capacity) {
        const uint32_t capacity = traces->capacity ? traces->capacity * 2 : 64;
        struct slot *slots = realloc(traces->slots, capacity * sizeof(*slots));
        if (slots == NULL)
            return cw_fail(err, CW_NO_MEMORY, "%u traces", capacity);
        traces->slots = slots;
        traces->capacity = capacity;
    }
    *slot = traces->limit++;
    return CW_OK;
}

static void give_back(struct traces *traces, uint32_t slot)
{
    traces->slots[slot] = (struct slot){.next = traces->free};
    traces->free = slot;
}

static void append(struct traces *traces, uint32_t slot)
{
    traces->slots[slot].next = TRACES_NONE;
    traces->slots[slot].previous = traces->youngest;
    if (traces->youngest == TRACES_NONE)
        traces->oldest = slot;
    else
        traces->slots[traces->youngest].next = slot;
    traces->youngest = slot;
}

enum cw_status traces_open(struct traces *traces, uint64_t key, int64_t now_at,
                           uint32_t *opened, struct cw_error *err)
{
    uint32_t slot = TRACES_NONE;
    enum cw_status status = take_slot(traces, &slot, err);
    if (status != CW_OK)
        return status;
    traces->slots[slot].trace =
        (struct trace){.key = key, .first_at = now_at, .last_at = now_at};
    status = cw_map64_put(traces->by_key, key, slot, err);
    if (status != CW_OK) {
        give_back(traces, slot);
        return status;
    }
    append(traces, slot);
    traces->count++;
    *opened = slot;
    return CW_OK;
}

enum cw_status traces_add(struct traces *traces, uint32_t slot,
                          const struct trace_span *span,
                          enum trace_answer *answer, struct cw_error *err)
{
    const enum cw_status status =
        trace_add(&traces->slots[slot].trace, span, answer, err);
    if (status == CW_OK && *answer == TRACE_ADDED)
        traces->span_count++;
    return status;
}

static void unlink_slot(struct traces *traces, uint32_t slot)
{
    const uint32_t next = traces->slots[slot].next;
    const uint32_t previous = traces->slots[slot].previous;
    if (previous == TRACES_NONE)
        traces->oldest = next;
    else
        traces->slots[previous].next = next;
    if (next == TRACES_NONE)
        traces->youngest = previous;
    else
        traces->slots[next].previous = previous;
}

void traces_close(struct traces *traces, uint32_t slot)
{
    struct trace *trace = &traces->slots[slot].trace;
    (void)cw_map64_remove(traces->by_key, trace->key);
    traces->span_count -= trace->count;
    traces->count--;
    trace_fini(trace);
    unlink_slot(traces, slot);
    give_back(traces, slot);
}

struct trace *traces_at(struct traces *traces, uint32_t slot)
{
    return &traces->slots[slot].trace;
}

uint32_t traces_oldest(const struct traces *traces)
{
    return traces->oldest;
}

uint32_t traces_next(const struct traces *traces, uint32_t slot)
{
    return traces->slots[slot].next;
}

size_t traces_count(const struct traces *traces)
{
    return traces->count;
}

bool traces_is_full(const struct traces *traces)
{
    return traces->count >= traces->max_count;
}

bool traces_has_all_spans(const struct traces *traces)
{
    return traces->span_count >= traces->max_spans;
}

void traces_save(const struct traces *traces, struct cw_pack *out)
{
    cw_pack_u32(out, (uint32_t)traces->count);
    for (uint32_t slot = traces->oldest; slot != TRACES_NONE;
         slot = traces->slots[slot].next)
        trace_save(&traces->slots[slot].trace, out);
}

enum cw_status traces_load(struct traces *traces, uint32_t party_limit,
                           struct cw_unpack *in, struct cw_error *err)
{
    const uint32_t count = cw_unpack_count(in, sizeof(uint64_t));
    for (uint32_t i = 0; i < count; i++) {
        struct trace trace = {0};
        uint32_t slot = TRACES_NONE;
        enum cw_status status = trace_load(&trace, party_limit, in, err);
        if (status == CW_OK)
            status = traces_open(traces, trace.key, 0, &slot, err);
        if (status != CW_OK) {
            trace_fini(&trace);
            return status;
        }
        traces->slots[slot].trace = trace;
        traces->span_count += trace.count;
    }
    return CW_OK;
}
