#include "stream/mirror.h"

#include "base/time.h"
#include "core/emit.h"
#include "record/dead_letter.h"
#include "record/wire.h"

static void add(rd_kafka_headers_t *headers, struct cw_text key,
                struct cw_text value)
{
    (void)rd_kafka_header_add(headers, key.bytes, (ssize_t)key.size,
                              value.bytes, (ssize_t)value.size);
}

static void add_reason(rd_kafka_headers_t *headers, struct cw_text value,
                       struct cw_arena *scratch)
{
    struct cw_header_bytes said[CW_DEAD_LETTER_HEADER_COUNT];
    const struct cw_record_type *type = NULL;
    const void *letter = NULL;
    struct cw_error err;
    if (cw_wire_open(value, scratch, &type, &letter, &err) != CW_OK ||
        type != &cw_dead_letter_type ||
        cw_dead_letter_headers(letter, CW_TEXT(CW_VERSION), scratch, said,
                               &err) != CW_OK)
        return;
    for (size_t i = 0; i < CW_DEAD_LETTER_HEADER_COUNT; i++)
        add(headers, said[i].key, said[i].value);
}

/* Consumed by other programs than ours. */
static bool is_event(enum cw_topic topic)
{
    return topic == CW_TOPIC_INCIDENTS || topic == CW_TOPIC_CAUSES ||
           topic == CW_TOPIC_ACTIONS || topic == CW_TOPIC_NOTICES;
}

static void add_event(rd_kafka_headers_t *headers,
                      const struct cw_message *message, const char *service,
                      struct cw_arena *scratch)
{
    char at[CW_TIME_TEXT_SIZE];
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    struct cw_error err;
    if (cw_wire_open(message->value, scratch, &type, &record, &err) != CW_OK ||
        type != cw_topic_item_type(message->topic))
        return; /* a mark */
    const struct cw_meta *meta = record;
    (void)cw_time_format(meta->stream_at, at);
    const struct cw_text content = cw_arena_print(
        scratch, "%016llx", (unsigned long long)type->content_id(record));
    add(headers, CW_TEXT("ce_specversion"), CW_TEXT("1.0"));
    add(headers, CW_TEXT("ce_id"),
        meta->idempotency_key.size > 0 ? meta->idempotency_key : content);
    add(headers, CW_TEXT("ce_source"),
        cw_arena_print(scratch, "/causeway/%s", service));
    add(headers, CW_TEXT("ce_type"),
        cw_arena_print(scratch, "causeway.%s", type->name));
    add(headers, CW_TEXT("ce_time"), cw_text_of(at));
    add(headers, CW_TEXT("content-type"), CW_TEXT("application/avro"));
}

rd_kafka_headers_t *cw_mirror_headers(const struct cw_message *message,
                                      const char *service,
                                      struct cw_arena *scratch)
{
    const bool letter = message->topic == CW_TOPIC_DEADLETTER;
    if (message->header.size == 0 && !letter && !is_event(message->topic))
        return NULL;
    rd_kafka_headers_t *headers =
        rd_kafka_headers_new(1 + CW_DEAD_LETTER_HEADER_COUNT);
    if (message->header.size > 0)
        add(headers, CW_TEXT(CW_FLIGHT_HEADER), message->header);
    if (letter)
        add_reason(headers, message->value, scratch);
    else if (is_event(message->topic))
        add_event(headers, message, service, scratch);
    cw_arena_reset(scratch);
    return headers;
}
