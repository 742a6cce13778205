#include "draft_state.h"

#include "base/hash.h"
#include "peer.h"
#include "severity.h"
#include "trace_ids.h"

static void *append(struct draft *draft, struct list *list, size_t item_size)
{
    if (list->count == list->capacity) {
        const size_t wanted = list->capacity ? list->capacity * 2 : 4;
        void *made = cw_arena_take(draft->arena, wanted * item_size);
        if (made == NULL) {
            draft->full = true;
            return NULL;
        }
        if (list->count > 0)
            memcpy(made, list->items, list->count * item_size);
        list->items = made;
        list->capacity = wanted;
    }
    return (char *)list->items + item_size * list->count++;
}

bool draft_is_full(const struct draft *draft)
{
    return draft->full;
}

void draft_add_log(struct draft *draft, const struct draft_log *log,
                   struct labels *labels)
{
    int64_t event_at = log->event_at;
    if (!draft_take_part(draft) || !draft_settle_time(draft, &event_at))
        return;
    struct cw_log *made = append(draft, &draft->logs, sizeof(*made));
    if (made == NULL)
        return;
    const struct cw_entity entity = draft_settle_entity(
        draft, log->entity, labels, (struct cw_text){"", 0});
    const struct cw_text tenant = draft->source.tenant;
    *made = (struct cw_log){
        .stream_at = draft->source.stream_at,
        .event_at = event_at,
        .offset = draft->source.raw->offset,
        .route = (int64_t)cw_route_entity(tenant, entity.kind, entity.name),
        .tenant = tenant,
        .domain = draft->source.domain,
        .entity = entity,
        .source = draft_text(draft, log->source, NAME_SIZE_MAX),
        .severity = log->severity ? log->severity : severity_of_body(log->body),
        .body = draft_text(draft, log->body, BODY_SIZE_MAX),
        .trace_id = draft_clean(
            draft, trace_id_of_hex(log->trace_id, TRACE_ID_SIZE, draft->arena),
            TRACE_ID_SIZE),
        .span_id = draft_clean(
            draft, trace_id_of_hex(log->span_id, SPAN_ID_SIZE, draft->arena),
            SPAN_ID_SIZE),
        .attributes = draft_keep_labels(draft, labels),
        .attributes_count = labels->count,
    };
    draft->pending[COUNT_LOGS]++;
}

static struct cw_text span_id(struct draft *draft, struct cw_text id)
{
    return draft_clean(draft, trace_id_of_hex(id, SPAN_ID_SIZE, draft->arena),
                       SPAN_ID_SIZE);
}

static struct cw_entity settle_peer(struct draft *draft,
                                    const struct draft_span *span,
                                    const struct labels *labels)
{
    struct cw_entity peer =
        span->peer.name.size > 0 ? span->peer : peer_of(span->kind, labels);
    peer.name = draft_text(draft, peer.name, NAME_SIZE_MAX);
    return peer;
}

void draft_add_span(struct draft *draft, const struct draft_span *span,
                    struct labels *labels)
{
    int64_t start_at = span->start_at;
    if (!draft_take_part(draft))
        return;
    const struct cw_text trace = draft_clean(
        draft, trace_id_of_hex(span->trace_id, TRACE_ID_SIZE, draft->arena),
        TRACE_ID_SIZE);
    const struct cw_text id = span_id(draft, span->span_id);
    if (trace.size == 0 || id.size == 0) {
        draft_refuse_taken(draft, CW_BAD_RECORD,
                           CW_TEXT("span without trace or span id"));
        return;
    }
    if (!draft_settle_time(draft, &start_at))
        return;
    struct cw_span *made = append(draft, &draft->spans, sizeof(*made));
    if (made == NULL)
        return;
    const struct cw_text tenant = draft->source.tenant;
    *made = (struct cw_span){
        .stream_at = draft->source.stream_at,
        .event_at = start_at,
        .offset = draft->source.raw->offset,
        .route = (int64_t)cw_route_domain(tenant, trace),
        .tenant = tenant,
        .domain = draft->source.domain,
        .entity = draft_settle_entity(draft, span->entity, labels,
                                      (struct cw_text){"", 0}),
        .trace_id = trace,
        .span_id = id,
        .parent_id = span_id(draft, span->parent_id),
        .name = draft_text(draft, span->name, NAME_SIZE_MAX),
        .kind = span->kind,
        .duration_us = span->duration_us,
        .failed = span->failed,
        .peer = settle_peer(draft, span, labels),
        .sample_weight = 1.0,
        .attributes = draft_keep_labels(draft, labels),
        .attributes_count = labels->count,
    };
    draft->pending[COUNT_SPANS]++;
}

static const struct cw_declared_edge *keep_edges(struct draft *draft,
                                                 const struct cw_event *event)
{
    struct cw_declared_edge *made =
        cw_arena_take(draft->arena, event->edges_count * sizeof(*made));
    if (made == NULL) {
        draft->full = true;
        return NULL;
    }
    for (size_t i = 0; i < event->edges_count; i++) {
        const struct cw_declared_edge *edge = &event->edges[i];
        made[i].source.kind =
            draft_clean(draft, edge->source.kind, NAME_SIZE_MAX);
        made[i].source.name =
            draft_clean(draft, edge->source.name, NAME_SIZE_MAX);
        made[i].target.kind =
            draft_clean(draft, edge->target.kind, NAME_SIZE_MAX);
        made[i].target.name =
            draft_clean(draft, edge->target.name, NAME_SIZE_MAX);
        made[i].kind = draft_clean(draft, edge->kind, NAME_SIZE_MAX);
    }
    return made;
}

void draft_add_event(struct draft *draft, const struct cw_event *event,
                     struct labels *labels)
{
    int64_t event_at = event->event_at;
    if (!draft_take_part(draft) || !draft_settle_time(draft, &event_at))
        return;
    struct cw_event *made = append(draft, &draft->events, sizeof(*made));
    if (made == NULL)
        return;
    *made = *event;
    made->stream_at = draft->source.stream_at;
    made->event_at = event_at;
    made->offset = draft->source.raw->offset;
    made->tenant = draft->source.tenant;
    made->domain = draft->source.domain;
    made->route = (int64_t)cw_route_domain(made->tenant, made->domain);
    made->source = draft_clean(
        draft,
        event->source.size > 0 ? event->source : draft->source.raw->topic,
        NAME_SIZE_MAX);
    made->dedup_key = draft_clean(draft, event->dedup_key, VALUE_SIZE_MAX);
    made->title = draft_text(draft, event->title, VALUE_SIZE_MAX);
    made->detail = draft_text(draft, event->detail, BODY_SIZE_MAX);
    made->change_kind = draft_clean(draft, event->change_kind, NAME_SIZE_MAX);
    made->entity = draft_settle_entity(
        draft, event->entity.name.size > 0 ? &event->entity : NULL, labels,
        (struct cw_text){"", 0});
    made->entity.kind = draft_clean(draft, made->entity.kind, NAME_SIZE_MAX);
    made->labels = draft_keep_labels(draft, labels);
    made->labels_count = labels->count;
    made->edges = keep_edges(draft, event);
    draft->pending[COUNT_EVENTS]++;
}

static const struct cw_matcher *keep_matchers(struct draft *draft,
                                              const struct cw_said *said)
{
    struct cw_matcher *made =
        cw_arena_take(draft->arena, said->matchers_count * sizeof(*made));
    if (made == NULL) {
        draft->full = true;
        return NULL;
    }
    for (size_t i = 0; i < said->matchers_count; i++) {
        made[i].label =
            draft_clean(draft, said->matchers[i].label, NAME_SIZE_MAX);
        made[i].value =
            draft_clean(draft, said->matchers[i].value, VALUE_SIZE_MAX);
    }
    return made;
}

/* Parameters carry rules and models whole: no label's limit, no redaction. */
static const struct cw_key_value *keep_parameters(struct draft *draft,
                                                  const struct cw_said *said)
{
    struct cw_key_value *made =
        cw_arena_take(draft->arena, said->parameters_count * sizeof(*made));
    if (made == NULL) {
        draft->full = true;
        return NULL;
    }
    for (size_t i = 0; i < said->parameters_count; i++) {
        made[i].key =
            draft_clean(draft, said->parameters[i].key, NAME_SIZE_MAX);
        made[i].value =
            draft_clean(draft, said->parameters[i].value, PARAMETER_SIZE_MAX);
    }
    return made;
}

void draft_add_said(struct draft *draft, const struct cw_said *said)
{
    if (!draft_take_part(draft))
        return;
    struct cw_said *made = append(draft, &draft->said, sizeof(*made));
    if (made == NULL)
        return;
    *made = *said;
    made->meta =
        cw_emit_meta(draft->source.emit,
                     draft_clean(draft, said->meta.tenant, NAME_SIZE_MAX),
                     draft_clean(draft, said->meta.domain, NAME_SIZE_MAX),
                     said->meta.event_at);
    made->said_id = draft_clean(draft, said->said_id, NAME_SIZE_MAX);
    made->by = draft_clean(draft, said->by, NAME_SIZE_MAX);
    made->target = draft_clean(draft, said->target, NAME_SIZE_MAX);
    made->value = draft_clean(draft, said->value, PARAMETER_SIZE_MAX);
    made->reason = draft_text(draft, said->reason, BODY_SIZE_MAX);
    made->matchers = keep_matchers(draft, said);
    made->parameters = keep_parameters(draft, said);
    draft->pending[COUNT_SAID]++;
}
