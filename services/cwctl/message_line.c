#include "message_line.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "record/wire.h"

bool message_record(const rd_kafka_message_t *message, struct cw_arena *arena,
                    const struct cw_record_type **type, const void **record)
{
    struct cw_error err;
    const struct cw_text value = {message->payload, message->len};
    return message->payload != NULL &&
           cw_wire_open(value, arena, type, record, &err) == CW_OK;
}

static void put(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new_nocheck(object, name, value);
}

void message_put_bytes(json_t *object, const char *name,
                       const char *name_base64, struct cw_text bytes,
                       struct cw_arena *arena)
{
    json_t *text = json_stringn(bytes.bytes != NULL ? bytes.bytes : "",
                                bytes.size); /* NULL unless UTF-8 */
    if (text != NULL) {
        put(object, name, text);
        return;
    }
    const struct cw_text coded = base64_encode(bytes, arena);
    put(object, name_base64,
        json_stringn_nocheck(coded.bytes ? coded.bytes : "", coded.size));
}

static void put_headers(json_t *object, const rd_kafka_message_t *message,
                        struct cw_arena *arena)
{
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(message, &headers) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    json_t *list = json_array();
    const char *name;
    const void *value;
    size_t size;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        json_t *header = json_object();
        put(header, "key", json_string(name));
        message_put_bytes(header, "value", "value_base64",
                          (struct cw_text){value, size}, arena);
        (void)json_array_append_new(list, header);
    }
    put(object, "headers", list);
}

static void put_value(json_t *object, const rd_kafka_message_t *message,
                      struct cw_arena *arena)
{
    put_headers(object, message, arena);
    if (message->payload == NULL)
        put(object, "value", json_null());
    else
        message_put_bytes(object, "value", "value_base64",
                          (struct cw_text){message->payload, message->len},
                          arena);
}

json_t *message_line(const rd_kafka_message_t *message,
                     const struct cw_record_type *type, const void *record,
                     struct cw_arena *arena)
{
    rd_kafka_timestamp_type_t kind;
    const int64_t at_ms = rd_kafka_message_timestamp(message, &kind);
    json_t *object = json_object();
    put(object, "topic", json_string(rd_kafka_topic_name(message->rkt)));
    put(object, "partition", json_integer(message->partition));
    put(object, "offset", json_integer(message->offset));
    if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        put(object, "timestamp_ms", json_integer(at_ms));
    if (message->key != NULL)
        message_put_bytes(object, "key", "key_base64",
                          (struct cw_text){message->key, message->key_len},
                          arena);
    if (record == NULL)
        put_value(object, message, arena);
    else
        put(object, "record", type->json(record, false));
    return object;
}

/* The member or item that name says, or NULL. */
static const json_t *step_into(const json_t *value, const char *name)
{
    char *end = NULL;
    if (json_is_object(value))
        return json_object_get(value, name);
    const unsigned long index = strtoul(name, &end, 10);
    return json_is_array(value) && end != name && *end == '\0'
               ? json_array_get(value, index)
               : NULL;
}

struct cw_text message_path(const json_t *object, struct cw_text path,
                            struct cw_arena *arena)
{
    const json_t *at = object;
    size_t begin = 0;
    while (at != NULL && begin <= path.size) {
        char name[128];
        size_t size = 0;
        while (begin + size < path.size && path.bytes[begin + size] != '.')
            size++;
        if (size >= sizeof(name))
            return CW_TEXT("");
        memcpy(name, path.bytes + begin, size);
        name[size] = '\0';
        at = step_into(at, name);
        begin += size + 1;
    }
    if (at == NULL)
        return CW_TEXT("");
    if (json_is_string(at))
        return cw_arena_text(arena, (struct cw_text){json_string_value(at),
                                                     json_string_length(at)});
    char *text = json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT |
                                    JSON_REAL_PRECISION(17));
    const struct cw_text kept = cw_arena_text(arena, cw_text_of(text));
    free(text);
    return kept;
}
