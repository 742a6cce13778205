#include "trace.h"

#include <stdlib.h>

#include "party.h"

void trace_fini(struct trace *trace)
{
    free(trace->spans);
    trace->spans = NULL;
    trace->count = 0;
    trace->capacity = 0;
}

static bool is_same(const struct trace_span *a, const struct trace_span *b)
{
    return a->id == b->id && a->kind == b->kind && a->party == b->party;
}

static enum cw_status make_room(struct trace *trace, struct cw_error *err)
{
    if (trace->count < trace->capacity)
        return CW_OK;
    const uint32_t capacity = trace->capacity ? trace->capacity * 2 : 8;
    struct trace_span *spans = realloc(trace->spans, capacity * sizeof(*spans));
    if (spans == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%u spans of a trace", capacity);
    trace->spans = spans;
    trace->capacity = capacity;
    return CW_OK;
}

enum cw_status trace_add(struct trace *trace, const struct trace_span *span,
                         enum trace_answer *answer, struct cw_error *err)
{
    for (uint32_t i = 0; i < trace->count; i++)
        if (is_same(&trace->spans[i], span)) {
            *answer = TRACE_DUPLICATE;
            return CW_OK;
        }
    if (trace->count == TRACE_SPAN_MAX) {
        *answer = TRACE_FULL;
        return CW_OK;
    }
    const enum cw_status status = make_room(trace, err);
    if (status != CW_OK)
        return status;
    trace->spans[trace->count++] = *span;
    *answer = TRACE_ADDED;
    return CW_OK;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_id(const void *a, const void *b)
{
    const struct trace_span *left = a;
    const struct trace_span *right = b;
    int order = compare(left->id, right->id);
    if (order == 0)
        order = compare(left->kind, right->kind);
    return order != 0 ? order : compare(left->party, right->party);
}

/* Index of the first span with the id, or count. */
static uint32_t first_of(const struct trace *trace, uint64_t id)
{
    uint32_t low = 0;
    uint32_t high = trace->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (trace->spans[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_server(const struct trace_span *span)
{
    return span->kind == CW_SPAN_KIND_SERVER ||
           span->kind == CW_SPAN_KIND_CONSUMER;
}

static bool is_client(const struct trace_span *span)
{
    return span->kind == CW_SPAN_KIND_CLIENT ||
           span->kind == CW_SPAN_KIND_PRODUCER;
}

static bool has_no_side(const struct trace_span *span)
{
    return !is_server(span) && !is_client(span);
}

bool trace_serves_at_once(const struct trace_span *span)
{
    return is_server(span) || (has_no_side(span) && span->parent == 0);
}

/* The client half of a shared span, made by somebody else. */
static const struct trace_span *client_half(const struct trace *trace,
                                            const struct trace_span *span)
{
    if (!is_server(span))
        return NULL;
    for (uint32_t i = first_of(trace, span->id);
         i < trace->count && trace->spans[i].id == span->id; i++)
        if (is_client(&trace->spans[i]) && trace->spans[i].party != span->party)
            return &trace->spans[i];
    return NULL;
}

/* Of the spans with the parent's id: one of the same party if there is one
 * (then nobody was called), else the half that served, else any. */
static const struct trace_span *parent_of(const struct trace *trace,
                                          const struct trace_span *span)
{
    const struct trace_span *best = NULL;
    if (span->parent == 0 || span->parent == span->id)
        return NULL;
    for (uint32_t i = first_of(trace, span->parent);
         i < trace->count && trace->spans[i].id == span->parent; i++) {
        const struct trace_span *parent = &trace->spans[i];
        if (parent->party == span->party)
            return parent;
        if (best == NULL || (is_client(best) && !is_client(parent)))
            best = parent;
    }
    return best;
}

/* Where the call into this span came from; NULL when from nowhere known. */
static const struct trace_span *caller_of(const struct trace *trace,
                                          const struct trace_span *span)
{
    const struct trace_span *half = client_half(trace, span);
    if (half != NULL)
        return half;
    const struct trace_span *parent = parent_of(trace, span);
    return parent != NULL && parent->party != span->party ? parent : NULL;
}

/* Marks clients whose call arrived somewhere we see. */
static void tell_calls(const struct trace *trace, const struct trace_sink *sink,
                       bool *answered)
{
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_span *span = &trace->spans[i];
        const struct trace_span *caller = caller_of(trace, span);
        if (caller == NULL)
            continue;
        answered[caller - trace->spans] = true;
        const struct trace_call call = {
            .caller = caller->party,
            .callee = span->party,
            .sends = caller->kind == CW_SPAN_KIND_PRODUCER ||
                     span->kind == CW_SPAN_KIND_CONSUMER,
            .span = span};
        sink->call(sink->context, &call);
    }
}

static bool enters_unseen(const struct trace *trace,
                          const struct trace_span *span)
{
    return has_no_side(span) && !trace_serves_at_once(span) &&
           parent_of(trace, span) == NULL;
}

/* Whether another span already shows how the span's party was entered. */
static bool is_entered(const struct trace *trace, const struct trace_span *span)
{
    for (const struct trace_span *other = trace->spans;
         other < trace->spans + trace->count; other++)
        if (other != span && other->party == span->party &&
            (trace_serves_at_once(other) ||
             (other < span && enters_unseen(trace, other))))
            return true;
    return false;
}

/* A span of no kind is where its party was entered when its parent is another
 * party's, or was never seen and nothing else is known of the entry. */
static bool served_late(const struct trace *trace,
                        const struct trace_span *span)
{
    if (!has_no_side(span) || trace_serves_at_once(span))
        return false;
    const struct trace_span *parent = parent_of(trace, span);
    return parent == NULL ? !is_entered(trace, span)
                          : parent->party != span->party;
}

static void tell_peer(const struct trace_span *span,
                      const struct trace_sink *sink)
{
    if (!is_client(span) || span->peer == PARTY_NONE ||
        span->peer == span->party)
        return;
    const struct trace_call call = {.caller = span->party,
                                    .callee = span->peer,
                                    .sends =
                                        span->kind == CW_SPAN_KIND_PRODUCER,
                                    .by_peer = true,
                                    .span = span};
    sink->call(sink->context, &call);
}

void trace_join(struct trace *trace, const struct trace_sink *sink)
{
    bool answered[TRACE_SPAN_MAX] = {false};
    qsort(trace->spans, trace->count, sizeof(*trace->spans), by_id);
    tell_calls(trace, sink, answered);
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_span *span = &trace->spans[i];
        if (!answered[i])
            tell_peer(span, sink);
        if (served_late(trace, span))
            sink->served(sink->context, span);
    }
}

void trace_save(const struct trace *trace, struct cw_pack *out)
{
    cw_pack_u64(out, trace->key);
    cw_pack_i64(out, trace->first_at);
    cw_pack_i64(out, trace->last_at);
    cw_pack_u32(out, trace->count);
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_span *span = &trace->spans[i];
        cw_pack_u64(out, span->id);
        cw_pack_u64(out, span->parent);
        cw_pack_u32(out, span->party);
        cw_pack_u32(out, span->peer);
        cw_pack_i64(out, span->duration_us);
        cw_pack_i64(out, span->weight);
        cw_pack_u8(out, (uint8_t)span->kind);
        cw_pack_bool(out, span->failed);
    }
}

static bool load_span(struct trace_span *span, uint32_t party_limit,
                      struct cw_unpack *in)
{
    span->id = cw_unpack_u64(in);
    span->parent = cw_unpack_u64(in);
    span->party = cw_unpack_u32(in);
    span->peer = cw_unpack_u32(in);
    span->duration_us = cw_unpack_i64(in);
    span->weight = cw_unpack_i64(in);
    const uint8_t kind = cw_unpack_u8(in);
    span->failed = cw_unpack_bool(in);
    if (kind >= CW_SPAN_KIND_COUNT)
        return false;
    span->kind = (enum cw_span_kind)kind;
    return span->party < party_limit &&
           (span->peer < party_limit || span->peer == PARTY_NONE);
}

enum cw_status trace_load(struct trace *trace, uint32_t party_limit,
                          struct cw_unpack *in, struct cw_error *err)
{
    trace->key = cw_unpack_u64(in);
    trace->first_at = cw_unpack_i64(in);
    trace->last_at = cw_unpack_i64(in);
    const uint32_t count = cw_unpack_count(in, sizeof(uint64_t));
    if (count > TRACE_SPAN_MAX)
        return cw_fail(err, CW_BAD_STATE, "%u spans of a trace", count);
    for (uint32_t i = 0; i < count; i++) {
        const enum cw_status status = make_room(trace, err);
        if (status != CW_OK)
            return status;
        if (!load_span(&trace->spans[i], party_limit, in))
            return cw_fail(err, CW_BAD_STATE, "a span of nobody");
        trace->count++;
    }
    return CW_OK;
}
