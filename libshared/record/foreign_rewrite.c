#include "record/foreign_rewrite.h"

#include <string.h>

#include "record/codec.h"

#define DEPTH_MAX 32

static const char *string_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* "causeway.Entity" -> "Entity" */
static const char *short_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* Every type is written out where it is first named. */
static void collect(json_t *named, json_t *type, int depth)
{
    const char *name = string_of(type, "name");
    size_t i;
    json_t *field;
    if (!json_is_object(type) || depth == 0)
        return;
    if (name != NULL)
        json_object_set(named, short_name(name), type);
    collect(named, json_object_get(type, "items"), depth - 1);
    json_array_foreach(json_object_get(type, "fields"), i, field)
        collect(named, json_object_get(field, "type"), depth - 1);
}

enum cw_status cw_today_init(struct cw_today *today, const char *schema_json,
                             struct cw_error *err)
{
    today->schema = json_loads(schema_json, 0, NULL);
    today->named = json_object();
    if (today->schema == NULL || today->named == NULL) {
        cw_today_fini(today);
        return cw_fail(err, CW_NO_MEMORY, "schema of today");
    }
    collect(today->named, today->schema, DEPTH_MAX);
    return CW_OK;
}

void cw_today_fini(struct cw_today *today)
{
    json_decref(today->schema);
    json_decref(today->named);
    *today = (struct cw_today){NULL, NULL};
}

/* The kind of a type; *definition is where a record or enum is written out. */
static const char *kind_of(const struct cw_today *today, json_t *type,
                           json_t **definition)
{
    const char *name = json_is_string(type) ? json_string_value(type)
                                            : string_of(type, "type");
    *definition = type;
    if (!json_is_string(type))
        return name;
    json_t *found = json_object_get(today->named, short_name(name));
    if (found == NULL)
        return name;
    *definition = found;
    return string_of(found, "type");
}

static bool is(const char *kind, const char *name)
{
    return kind != NULL && strcmp(kind, name) == 0;
}

/* Index of the writer's field that fills a field of today; -1 = none. */
static int source_of(avro_schema_t writer, const json_t *field)
{
    int source =
        avro_schema_record_field_get_index(writer, string_of(field, "name"));
    size_t i;
    json_t *alias;
    json_array_foreach(json_object_get(field, "aliases"), i, alias)
    {
        if (source < 0)
            source = avro_schema_record_field_get_index(
                writer, json_string_value(alias));
    }
    return source;
}

static bool kinds_fit(const char *kind, avro_type_t writer)
{
    const bool whole = writer == AVRO_INT32 || writer == AVRO_INT64;
    if (is(kind, "boolean"))
        return writer == AVRO_BOOLEAN;
    if (is(kind, "int"))
        return writer == AVRO_INT32;
    if (is(kind, "long"))
        return whole;
    if (is(kind, "double"))
        return whole || writer == AVRO_FLOAT || writer == AVRO_DOUBLE;
    if (is(kind, "string") || is(kind, "bytes"))
        return writer == AVRO_STRING || writer == AVRO_BYTES;
    if (is(kind, "array"))
        return writer == AVRO_ARRAY;
    if (is(kind, "enum"))
        return writer == AVRO_ENUM;
    return is(kind, "record") && writer == AVRO_RECORD;
}

static enum cw_status follows(const struct cw_today *today, json_t *type,
                              avro_schema_t writer, const char *where,
                              struct cw_error *err);

static enum cw_status record_follows(const struct cw_today *today,
                                     const json_t *record, avro_schema_t writer,
                                     struct cw_error *err)
{
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(record, "fields"), i, field)
    {
        const int source = source_of(writer, field);
        const char *name = string_of(field, "name");
        enum cw_status status = CW_OK;
        if (source >= 0)
            status =
                follows(today, json_object_get(field, "type"),
                        avro_schema_record_field_get_by_index(writer, source),
                        name, err);
        else if (json_object_get(field, "default") == NULL)
            status = cw_fail(err, CW_BAD_SCHEMA,
                             "%s.%s: not written, and without a default",
                             avro_schema_name(writer), name);
        if (status != CW_OK)
            return status;
    }
    return CW_OK;
}

/* What a union holds shows only in a value. */
static enum cw_status follows(const struct cw_today *today, json_t *type,
                              avro_schema_t writer, const char *where,
                              struct cw_error *err)
{
    json_t *definition;
    const char *kind = kind_of(today, type, &definition);
    if (avro_typeof(writer) == AVRO_LINK)
        writer = avro_schema_link_target(writer);
    if (avro_typeof(writer) == AVRO_UNION)
        return CW_OK;
    if (!kinds_fit(kind, avro_typeof(writer)))
        return cw_fail(err, CW_BAD_SCHEMA, "%s: %s does not follow from %s",
                       where, kind, avro_schema_type_name(writer));
    if (is(kind, "array"))
        return follows(today, json_object_get(definition, "items"),
                       avro_schema_array_items(writer), where, err);
    return is(kind, "record") ? record_follows(today, definition, writer, err)
                              : CW_OK;
}

enum cw_status cw_today_follows(const struct cw_today *today,
                                avro_schema_t writer, struct cw_error *err)
{
    return follows(today, today->schema, writer, avro_schema_name(writer), err);
}

struct rewrite {
    const struct cw_today *today;
    struct cw_pack *out;
    const char *why; /* first refusal */
};

static void refuse(struct rewrite *rewrite, const char *why)
{
    if (rewrite->why == NULL)
        rewrite->why = why;
}

/* Place of a symbol among those of today; unknown = the default's. */
static void write_symbol(struct rewrite *rewrite, const json_t *type,
                         const char *symbol)
{
    const char *fallback = string_of(type, "default");
    int64_t place = -1;
    size_t i;
    json_t *known;
    json_array_foreach(json_object_get(type, "symbols"), i, known)
    {
        const char *name = json_string_value(known);
        if (symbol != NULL && is(name, symbol))
            place = (int64_t)i;
        else if (place < 0 && fallback != NULL && is(name, fallback))
            place = -2 - (int64_t)i; /* until the symbol itself turns up */
    }
    if (place == -1 || symbol == NULL)
        refuse(rewrite, "symbol not known, and no default");
    else
        cw_write_long(rewrite->out, place < 0 ? -2 - place : place);
}

static void write_default(struct rewrite *rewrite, const char *kind,
                          const json_t *type, const json_t *value)
{
    if (is(kind, "boolean"))
        cw_write_bool(rewrite->out, json_is_true(value));
    else if (is(kind, "int") || is(kind, "long"))
        cw_write_long(rewrite->out, json_integer_value(value));
    else if (is(kind, "double"))
        cw_write_double(rewrite->out, json_number_value(value));
    else if (is(kind, "string") || is(kind, "bytes"))
        cw_write_text(rewrite->out,
                      (struct cw_text){json_string_value(value),
                                       json_string_length(value)});
    else if (is(kind, "enum"))
        write_symbol(rewrite, type, json_string_value(value));
    else if (is(kind, "array") && json_array_size(value) == 0)
        cw_write_count(rewrite->out, 0);
    else
        refuse(rewrite, "default that cannot be written");
}

static int64_t whole_of(avro_value_t *value)
{
    int32_t narrow = 0;
    int64_t wide = 0;
    if (avro_value_get_type(value) == AVRO_INT64)
        (void)avro_value_get_long(value, &wide);
    else if (avro_value_get_int(value, &narrow) == 0)
        wide = narrow;
    return wide;
}

static double number_of(avro_value_t *value)
{
    const avro_type_t kind = avro_value_get_type(value);
    double number = 0.0;
    float narrow = 0.0f;
    if (kind == AVRO_DOUBLE)
        (void)avro_value_get_double(value, &number);
    else if (kind == AVRO_FLOAT && avro_value_get_float(value, &narrow) == 0)
        number = (double)narrow;
    else
        number = (double)whole_of(value);
    return number;
}

static struct cw_text text_of(avro_value_t *value)
{
    const char *string = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    if (avro_value_get_type(value) == AVRO_BYTES) {
        (void)avro_value_get_bytes(value, &bytes, &size);
        return (struct cw_text){bytes, size};
    }
    (void)avro_value_get_string(value, &string, &size);
    return (struct cw_text){string, size > 0 ? size - 1 : 0}; /* its NUL */
}

static void write_value(struct rewrite *rewrite, json_t *type,
                        avro_value_t *value);

static void write_array(struct rewrite *rewrite, json_t *items,
                        avro_value_t *value)
{
    size_t count = 0;
    (void)avro_value_get_size(value, &count);
    cw_write_count(rewrite->out, count);
    for (size_t i = 0; i < count && !rewrite->out->failed; i++) {
        avro_value_t item;
        if (avro_value_get_by_index(value, i, &item, NULL) == 0)
            write_value(rewrite, items, &item);
    }
    cw_write_array_end(rewrite->out, count);
}

static void write_record(struct rewrite *rewrite, const json_t *record,
                         avro_value_t *value)
{
    avro_schema_t writer = avro_value_get_schema(value);
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(record, "fields"), i, field)
    {
        json_t *type = json_object_get(field, "type");
        const int source = source_of(writer, field);
        avro_value_t from;
        if (source >= 0 &&
            avro_value_get_by_index(value, (size_t)source, &from, NULL) == 0) {
            write_value(rewrite, type, &from);
            continue;
        }
        json_t *definition;
        const char *kind = kind_of(rewrite->today, type, &definition);
        write_default(rewrite, kind, definition,
                      json_object_get(field, "default"));
    }
}

static void write_enum(struct rewrite *rewrite, const json_t *type,
                       avro_value_t *value)
{
    int symbol = 0;
    (void)avro_value_get_enum(value, &symbol);
    write_symbol(rewrite, type,
                 avro_schema_enum_get(avro_value_get_schema(value), symbol));
}

static void write_leaf(struct rewrite *rewrite, const char *kind,
                       avro_value_t *value)
{
    int truth = 0;
    if (is(kind, "boolean")) {
        (void)avro_value_get_boolean(value, &truth);
        cw_write_bool(rewrite->out, truth != 0);
    } else if (is(kind, "double")) {
        cw_write_double(rewrite->out, number_of(value));
    } else if (is(kind, "string") || is(kind, "bytes")) {
        cw_write_text(rewrite->out, text_of(value));
    } else {
        cw_write_long(rewrite->out, whole_of(value));
    }
}

static void write_value(struct rewrite *rewrite, json_t *type,
                        avro_value_t *value)
{
    json_t *definition;
    const char *kind = kind_of(rewrite->today, type, &definition);
    avro_value_t branch;
    if (avro_value_get_type(value) == AVRO_UNION &&
        avro_value_get_current_branch(value, &branch) == 0)
        value = &branch;
    if (!kinds_fit(kind, avro_value_get_type(value)))
        refuse(rewrite, "a union holds what the field cannot");
    else if (is(kind, "record"))
        write_record(rewrite, definition, value);
    else if (is(kind, "array"))
        write_array(rewrite, json_object_get(definition, "items"), value);
    else if (is(kind, "enum"))
        write_enum(rewrite, definition, value);
    else
        write_leaf(rewrite, kind, value);
}

enum cw_status cw_today_rewrite(const struct cw_today *today,
                                avro_value_t *value, struct cw_pack *out,
                                struct cw_error *err)
{
    struct rewrite rewrite = {today, out, NULL};
    write_value(&rewrite, today->schema, value);
    if (rewrite.why != NULL)
        return cw_fail(err, CW_BAD_RECORD, "foreign record: %s", rewrite.why);
    if (out->failed)
        return cw_fail(err, CW_TOO_LARGE, "over %zu bytes in today's schema",
                       out->max_size);
    return CW_OK;
}
