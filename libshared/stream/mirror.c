#include "stream/mirror.h"

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

rd_kafka_headers_t *cw_mirror_headers(const struct cw_message *message,
                                      struct cw_arena *scratch)
{
    const bool letter = message->topic == CW_TOPIC_DEADLETTER;
    if (message->header.size == 0 && !letter)
        return NULL;
    rd_kafka_headers_t *headers =
        rd_kafka_headers_new(1 + CW_DEAD_LETTER_HEADER_COUNT);
    if (message->header.size > 0)
        add(headers, CW_TEXT(CW_FLIGHT_HEADER), message->header);
    if (letter) {
        add_reason(headers, message->value, scratch);
        cw_arena_reset(scratch);
    }
    return headers;
}
