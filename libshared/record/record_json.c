#include "record/record_json.h"

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"

struct cw_json cw_json_begin(void)
{
    struct cw_json json = {.object = json_object()};
    json.failed = json.object == NULL;
    return json;
}

void cw_json_put(struct cw_json *json, const char *key, json_t *value)
{
    /* Keys are field names, valid UTF-8 by construction. */
    if (json_object_set_new_nocheck(json->object, key, value) != 0)
        json->failed = true;
}

void cw_json_array(struct cw_json *json, const char *key)
{
    json->array = json_array();
    cw_json_put(json, key, json->array);
}

void cw_json_item(struct cw_json *json, json_t *value)
{
    if (json_array_append_new(json->array, value) != 0)
        json->failed = true;
}

json_t *cw_json_end(struct cw_json *json)
{
    if (!json->failed)
        return json->object;
    json_decref(json->object);
    return NULL;
}

json_t *cw_json_bool(bool value)
{
    return json_boolean(value);
}

json_t *cw_json_int(int32_t value)
{
    return json_integer(value);
}

json_t *cw_json_long(int64_t value)
{
    return json_integer(value);
}

json_t *cw_json_double(double value)
{
    if (isfinite(value))
        return json_real(value == 0.0 ? 0.0 : value); /* -0 is 0 */
    if (isnan(value))
        return json_string("NaN");
    return json_string(value > 0.0 ? "Infinity" : "-Infinity");
}

/* Size of the character at an offset, 0 when there is none. */
static size_t character_size(struct cw_text text, size_t at)
{
    uint32_t code_point;
    return cw_utf8_next((struct cw_text){text.bytes + at, text.size - at},
                        &code_point);
}

/* A copy with U+FFFD for each byte that is part of no sequence. */
static json_t *repaired(struct cw_text value)
{
    char *out = malloc(value.size * 3);
    size_t size = 0;
    if (out == NULL)
        return NULL;
    for (size_t at = 0; at < value.size;) {
        const size_t good = character_size(value, at);
        memcpy(out + size, good ? value.bytes + at : "\xef\xbf\xbd",
               good ? good : 3);
        size += good ? good : 3;
        at += good ? good : 1;
    }
    json_t *json = json_stringn_nocheck(out, size);
    free(out);
    return json;
}

json_t *cw_json_text(struct cw_text value)
{
    for (size_t at = 0; at < value.size;) {
        const size_t good = character_size(value, at);
        if (good == 0)
            return repaired(value);
        at += good;
    }
    return json_stringn_nocheck(value.size ? value.bytes : "", value.size);
}

json_t *cw_json_bytes(struct cw_text value)
{
    char *out = malloc(value.size * 2 + 1);
    size_t size = 0;
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < value.size; i++) {
        const unsigned char byte = (unsigned char)value.bytes[i];
        if (byte >= 0x80)
            out[size++] = (char)(0xc0 | (byte >> 6));
        out[size++] = (char)(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
    }
    json_t *json = json_stringn_nocheck(out, size);
    free(out);
    return json;
}
