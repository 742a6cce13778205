/*
 * zipkin - spans as Zipkin's API v2 writes them in JSON.
 *
 * Input    [{"traceId","id","parentId","name","kind","timestamp","duration",
 *           "localEndpoint":{"serviceName"},"remoteEndpoint","tags"}], a single
 *          span without a list too
 * Output   one span; failed when it has a tag error that is not "false" or an
 *          otel.status_code of ERROR. Annotations stay behind
 * Limits   times in microseconds. Ids may be short (zero-extended). shared:
 *          the server's half of one span carries the id of the client's:
 *          it is marked by the attribute shared=true. A span without
 *          timestamp happened when Kafka got it
 * Source   openzipkin/zipkin-api zipkin2-api.yaml
 */
#include "format.h"

#include "../flatten.h"

static struct cw_text text_of(struct tree_value object, const char *key)
{
    return tree_string(tree_get(object, cw_text_of(key)));
}

static enum cw_span_kind kind_of(struct tree_value span)
{
    const enum cw_span_kind kind = cw_span_kind_find(text_of(span, "kind"));
    return kind == CW_SPAN_KIND_COUNT ? CW_SPAN_KIND_UNSPECIFIED : kind;
}

static bool is_failed(const struct labels *tags)
{
    const struct cw_text status =
        labels_find(tags, CW_TEXT("otel.status_code"));
    for (size_t i = 0; i < tags->count; i++)
        if (cw_text_is(tags->items[i].key, "error"))
            return !cw_text_is(tags->items[i].value, "false");
    return cw_text_is(status, "ERROR") ||
           cw_text_is(status, "STATUS_CODE_ERROR");
}

static void read_tags(struct draft *draft, struct tree_value span,
                      struct labels *tags)
{
    struct tree_walk walk = tree_walk_of(tree_get(span, CW_TEXT("tags")));
    struct cw_text key;
    struct tree_value value;
    labels_clear(tags);
    while (walk.object && tree_walk_next(&walk, &key, &value)) {
        struct cw_text text = flatten_text(value, draft_arena(draft));
        if (text.size == 0 && cw_text_is(key, "error"))
            text = CW_TEXT("true"); /* an empty error is an error */
        labels_add(tags, key, text);
    }
    if (tree_true(tree_get(span, CW_TEXT("shared"))))
        labels_add(tags, CW_TEXT("shared"), CW_TEXT("true"));
}

/* False: there, but not a number of microseconds. */
static bool micros_of(struct tree_value span, const char *key, int64_t *micros)
{
    const struct tree_value value = tree_get(span, cw_text_of(key));
    double number;
    *micros = 0;
    if (tree_type_of(value) == TREE_NONE || tree_type_of(value) == TREE_NULL)
        return true;
    if (tree_integer(value, micros))
        return *micros >= 0;
    if (!tree_number(value, &number) || !(number >= 0.0 && number < 9e18))
        return false;
    *micros = (int64_t)number;
    return true;
}

/* The remote side is called only by those who call. */
static struct cw_entity peer_of_endpoint(struct tree_value span,
                                         enum cw_span_kind kind,
                                         const struct labels *tags)
{
    const struct cw_text remote =
        text_of(tree_get(span, CW_TEXT("remoteEndpoint")), "serviceName");
    const bool calls =
        kind == CW_SPAN_KIND_CLIENT || kind == CW_SPAN_KIND_PRODUCER;
    if (remote.size == 0 || !calls)
        return (struct cw_entity){CW_TEXT(""), CW_TEXT("")};
    if (labels_find(tags, CW_TEXT("db.system")).size > 0 ||
        labels_find(tags, CW_TEXT("db.system.name")).size > 0 ||
        labels_find(tags, CW_TEXT("sql.query")).size > 0)
        return (struct cw_entity){CW_TEXT("database"), remote};
    return (struct cw_entity){CW_TEXT("service"), remote};
}

void read_zipkin(struct draft *draft, struct tree_value element)
{
    struct labels tags;
    struct draft_span span = {0};
    const struct cw_text service =
        text_of(tree_get(element, CW_TEXT("localEndpoint")), "serviceName");
    const struct cw_entity entity = {CW_TEXT("service"), service};
    if (tree_type_of(element) != TREE_OBJECT ||
        !micros_of(element, "timestamp", &span.start_at) ||
        !micros_of(element, "duration", &span.duration_us)) {
        draft_refuse(draft, CW_BAD_RECORD, "span with odd times");
        return;
    }
    read_tags(draft, element, &tags);
    labels_sort(&tags);
    span.trace_id = text_of(element, "traceId");
    span.span_id = text_of(element, "id");
    span.parent_id = text_of(element, "parentId");
    span.name = text_of(element, "name");
    span.kind = kind_of(element);
    span.failed = is_failed(&tags);
    span.entity = service.size > 0 ? &entity : NULL;
    span.peer = peer_of_endpoint(element, span.kind, &tags);
    draft_add_span(draft, &span, &tags);
}
