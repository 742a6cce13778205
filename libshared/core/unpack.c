#include "core/unpack.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/time.h"
#include "core/emit.h"
#include "record/wire.h"

struct walk {
    enum cw_topic topic;
    cw_unpack_take *take;
    void *to;
};

static enum cw_status take_item(const struct walk *walk,
                                const struct cw_item *item,
                                struct cw_error *err)
{
    if (!cw_time_is_bounded(item->stream_at) ||
        !cw_time_is_bounded(item->event_at))
        return cw_fail(err, CW_BAD_RECORD, "%s: an item of no time",
                       cw_topic_spec(walk->topic)->name);
    return walk->take(walk->to, item, err);
}

/* Each item record of a batch starts with its own order and route. */
#define WALK_BATCH(record_name)                                                \
    static enum cw_status walk_##record_name(                                  \
        const struct walk *walk, const void *message, struct cw_error *err)    \
    {                                                                          \
        const struct cw_##record_name##_batch *batch = message;                \
        enum cw_status status = CW_OK;                                         \
        for (size_t i = 0; i < batch->items_count && status == CW_OK; i++) {   \
            const struct cw_##record_name *record = &batch->items[i];          \
            const struct cw_item item = {                                      \
                .topic = walk->topic,                                          \
                .stream_at = record->stream_at,                                \
                .event_at = record->event_at,                                  \
                .route = (uint64_t)record->route,                              \
                .record = record,                                              \
            };                                                                 \
            status = take_item(walk, &item, err);                              \
        }                                                                      \
        return status;                                                         \
    }
WALK_BATCH(metric_run)
WALK_BATCH(log)
WALK_BATCH(span)
WALK_BATCH(event)

/* Meta is the first field of every record that is a message. */
static enum cw_status walk_record(const struct walk *walk, const void *message,
                                  struct cw_error *err)
{
    const struct cw_meta *meta = message;
    const struct cw_item item = {
        .topic = walk->topic,
        .stream_at = meta->stream_at,
        .event_at = meta->event_at,
        .route = cw_record_route(walk->topic, message),
        .record = message,
    };
    return take_item(walk, &item, err);
}

static enum cw_status walk_message(const struct walk *walk, const void *message,
                                   struct cw_error *err)
{
    const struct cw_record_type *item = cw_topic_item_type(walk->topic);
    if (item == &cw_metric_run_type)
        return walk_metric_run(walk, message, err);
    if (item == &cw_log_type)
        return walk_log(walk, message, err);
    if (item == &cw_span_type)
        return walk_span(walk, message, err);
    if (item == &cw_event_type)
        return walk_event(walk, message, err);
    return walk_record(walk, message, err);
}

enum cw_status cw_unpack_message(enum cw_topic topic, struct cw_text bytes,
                                 struct cw_arena *arena, cw_unpack_take *take,
                                 void *to, struct cw_error *err)
{
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    const enum cw_status status =
        cw_wire_open(bytes, arena, &type, &record, err);
    if (status != CW_OK)
        return status;
    if (type == &cw_mark_type)
        return CW_OK;
    if (type != cw_topic_message_type(topic))
        return cw_fail(err, CW_BAD_SCHEMA, "%s on topic %s", type->name,
                       cw_topic_spec(topic)->name);
    const struct walk walk = {topic, take, to};
    return walk_message(&walk, record, err);
}

static bool goes_everywhere(enum cw_said_kind kind)
{
    return kind == CW_SAID_KIND_RULE || kind == CW_SAID_KIND_MODEL ||
           kind == CW_SAID_KIND_KILL_SWITCH;
}

uint64_t cw_record_route(enum cw_topic topic, const void *record)
{
    const struct cw_meta *meta = record;
    if (topic == CW_TOPIC_SAID &&
        goes_everywhere(((const struct cw_said *)record)->kind))
        return CW_ROUTE_ALL;
    return cw_route_domain(meta->tenant, meta->domain);
}

uint64_t cw_item_content_id(struct cw_item *item)
{
    if (item->content_id == 0) {
        const struct cw_record_type *type = cw_topic_item_type(item->topic);
        item->content_id = type == NULL ? 1 : type->content_id(item->record);
    }
    return item->content_id;
}

static int compare_times(const struct cw_item *a, const struct cw_item *b)
{
    if (a->stream_at != b->stream_at)
        return a->stream_at < b->stream_at ? -1 : 1;
    if (a->event_at != b->event_at)
        return a->event_at < b->event_at ? -1 : 1;
    return 0;
}

static int by_time(const void *a, const void *b)
{
    return compare_times(a, b);
}

static int by_content(const void *a, const void *b)
{
    const struct cw_item *x = a;
    const struct cw_item *y = b;
    if (x->content_id != y->content_id)
        return x->content_id < y->content_id ? -1 : 1;
    return (x->topic > y->topic) - (x->topic < y->topic);
}

static bool is_sorted(const struct cw_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (compare_times(&items[i - 1], &items[i]) > 0)
            return false;
    return true;
}

void cw_items_sort(struct cw_item *items, size_t count)
{
    if (!is_sorted(items, count))
        qsort(items, count, sizeof(*items), by_time);
    for (size_t begin = 0; begin < count;) {
        size_t end = begin + 1;
        while (end < count && compare_times(&items[begin], &items[end]) == 0)
            end++;
        if (end - begin > 1) {
            for (size_t i = begin; i < end; i++)
                (void)cw_item_content_id(&items[i]);
#ifdef CW_MUTATE_TIES
            begin = end;
#endif
            qsort(items + begin, end - begin, sizeof(*items), by_content);
        }
        begin = end;
    }
}
