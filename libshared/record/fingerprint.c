#include "record/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#define CRC64_EMPTY UINT64_C(0xc15d213aa4d7a795)

uint64_t cw_crc64_avro(struct cw_text text)
{
    uint64_t crc = CRC64_EMPTY;
    for (size_t i = 0; i < text.size; i++) {
        crc ^= (unsigned char)text.bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (CRC64_EMPTY & (UINT64_C(0) - (crc & 1)));
    }
    return crc;
}

static json_t *write_type(const json_t *type, const char *space, int depth);

static bool is_primitive(const char *name)
{
    static const char *const names[] = {"null",  "boolean", "int",   "long",
                                        "float", "double",  "bytes", "string"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* A name of a type without its namespace gets the enclosing one. */
static json_t *full_name(const char *name, const char *space)
{
    if (strchr(name, '.') != NULL || *space == '\0')
        return json_string(name);
    return json_pack("s++", space, ".", name);
}

static json_t *write_list(const json_t *list, const char *space, int depth)
{
    json_t *out = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (json_array_append_new(out, write_type(item, space, depth)) == 0)
            continue;
        json_decref(out);
        return NULL;
    }
    return out;
}

static json_t *write_fields(const json_t *fields, const char *space, int depth)
{
    json_t *out = json_array();
    size_t i;
    json_t *field;
    json_array_foreach(fields, i, field)
    {
        json_t *type = write_type(json_object_get(field, "type"), space, depth);
        if (json_array_append_new(out, json_pack("{s:O,s:o}", "name",
                                                 json_object_get(field, "name"),
                                                 "type", type)) == 0)
            continue;
        json_decref(out);
        return NULL;
    }
    return out;
}

/* Members in the order the canonical form wants: name, type, fields, symbols,
 * items, values, size. */
static json_t *write_named(const json_t *type, const char *kind,
                           const char *space, int depth)
{
    const char *name = json_string_value(json_object_get(type, "name"));
    const char *own = json_string_value(json_object_get(type, "namespace"));
    if (name == NULL)
        return NULL;
    json_t *full = full_name(name, own ? own : space);
    const char *text = json_string_value(full);
    const char *dot = text ? strrchr(text, '.') : NULL;
    char *inner = dot ? strndup(text, (size_t)(dot - text)) : strdup("");
    json_t *out = json_pack("{s:o,s:s}", "name", full, "type", kind);
    int failed = inner == NULL || out == NULL;
    if (failed == 0 && strcmp(kind, "enum") == 0)
        failed =
            json_object_set(out, "symbols", json_object_get(type, "symbols"));
    else if (failed == 0 && strcmp(kind, "fixed") == 0)
        failed = json_object_set(out, "size", json_object_get(type, "size"));
    else if (failed == 0)
        failed = json_object_set_new(
            out, "fields",
            write_fields(json_object_get(type, "fields"), inner, depth));
    free(inner);
    if (failed == 0)
        return out;
    json_decref(out);
    return NULL;
}

static json_t *write_object(const json_t *type, const char *space, int depth)
{
    const json_t *inner = json_object_get(type, "type");
    const char *kind = json_string_value(inner);
    if (kind == NULL)
        return write_type(inner, space, depth);
    if (strcmp(kind, "array") == 0 || strcmp(kind, "map") == 0) {
        const char *what = *kind == 'a' ? "items" : "values";
        return json_pack("{s:s,s:o}", "type", kind, what,
                         write_type(json_object_get(type, what), space, depth));
    }
    if (strcmp(kind, "record") == 0 || strcmp(kind, "enum") == 0 ||
        strcmp(kind, "fixed") == 0)
        return write_named(type, kind, space, depth);
    return is_primitive(kind) ? json_string(kind) : full_name(kind, space);
}

/* NULL: not a schema, or no memory. */
static json_t *write_type(const json_t *type, const char *space, int depth)
{
    if (depth == 0)
        return NULL;
    if (json_is_array(type))
        return write_list(type, space, depth - 1);
    if (json_is_object(type))
        return write_object(type, space, depth - 1);
    const char *name = json_string_value(type);
    if (name == NULL)
        return NULL;
    return is_primitive(name) ? json_string(name) : full_name(name, space);
}

enum cw_status cw_schema_fingerprint(const json_t *schema,
                                     uint64_t *fingerprint,
                                     struct cw_error *err)
{
    json_t *canonical = write_type(schema, "", CW_SCHEMA_DEPTH_MAX);
    if (canonical == NULL)
        return cw_fail(err, CW_BAD_SCHEMA, "not an Avro schema");
    char *text = json_dumps(canonical, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(canonical);
    if (text == NULL)
        return cw_fail(err, CW_NO_MEMORY, "canonical schema");
    *fingerprint = cw_crc64_avro(cw_text_of(text));
    free(text);
    return CW_OK;
}
