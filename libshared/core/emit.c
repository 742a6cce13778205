#include "core/emit.h"

#include <stddef.h>

static const struct {
    const struct cw_record_type *item;
    const struct cw_record_type *message;
} types[CW_TOPIC_COUNT] = {
#define BATCH_TYPES(record)                                                    \
    {                                                                          \
        &cw_##record##_type, &cw_##record##_batch_type                         \
    }
#define RECORD_TYPES(record)                                                   \
    {                                                                          \
        &cw_##record##_type, &cw_##record##_type                               \
    }
#define BYTES_TYPES(record)                                                    \
    {                                                                          \
        NULL, NULL                                                             \
    }
#define TYPES(id, name, form, record, by, cleanup, hours)                      \
    [CW_TOPIC_##id] = form##_TYPES(record),
    CW_TOPIC_TABLE(TYPES)};

const struct cw_record_type *cw_topic_item_type(enum cw_topic topic)
{
    return types[topic].item;
}

const struct cw_record_type *cw_topic_message_type(enum cw_topic topic)
{
    return types[topic].message;
}

struct cw_meta cw_emit_meta(const struct cw_emit *emit, struct cw_text tenant,
                            struct cw_text domain, int64_t event_at)
{
    return (struct cw_meta){
        .tenant = tenant,
        .domain = domain,
        .event_at = event_at,
        .stream_at = emit->now_at,
        .ingest_at = emit->ingest_at,
        .origin_topic = emit->origin_topic,
        .origin_partition = emit->origin_partition,
        .origin_offset = emit->origin_offset,
        .covers_from = emit->covers_from,
        .covers_to = emit->covers_to,
        .model_version = emit->model_version,
        .config_hash = (int64_t)emit->config_hash,
    };
}

enum cw_status cw_emit_put(struct cw_emit *emit, enum cw_topic topic,
                           uint64_t route, struct cw_text key,
                           const void *record, struct cw_error *err)
{
    if (emit->sink == NULL)
        return CW_OK;
    const struct cw_output out = {
        .topic = topic,
        .route = route,
        .key = key,
        .now_at = emit->now_at,
        .type = types[topic].item,
        .record = record,
    };
    return emit->sink(emit->to, &out, err);
}

struct cw_arena *cw_emit_arena(struct cw_emit *emit)
{
    return emit->arena;
}

int64_t cw_emit_now(const struct cw_emit *emit)
{
    return emit->now_at;
}
