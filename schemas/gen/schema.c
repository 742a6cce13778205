#include "schema.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CRC64_EMPTY UINT64_C(0xc15d213aa4d7a795)

static const char *const kind_names[] = {"boolean", "int",    "long",
                                         "double",  "string", "bytes"};
#define PRIMITIVE_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))

uint64_t schema_crc64(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t crc = CRC64_EMPTY;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (CRC64_EMPTY & (UINT64_C(0) - (crc & 1)));
    }
    return crc;
}

static bool refuse(const char *where, const char *why)
{
    fprintf(stderr, "avro2c: %s: %s\n", where ? where : "?", why);
    return false;
}

static const char *string_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* In parentheses it is the function: glibc's macro is a page of code. */
static char lower(char letter)
{
    return (char)(tolower)((unsigned char)letter);
}

static char upper(char letter)
{
    return (char)(toupper)((unsigned char)letter);
}

/* MetricRun -> metric_run, METRIC_RUN */
static bool set_names(struct named *type, const char *space)
{
    size_t at = 0;
    for (const char *c = type->name; *c != '\0'; c++) {
        if (at + 3 > SCHEMA_NAME_MAX)
            return refuse(type->name, "name too long");
        if (isupper((unsigned char)*c) && c != type->name)
            type->snake[at++] = '_';
        type->snake[at++] = lower(*c);
    }
    for (size_t i = 0; i < at; i++)
        type->upper[i] = upper(type->snake[i]);
    const int size =
        snprintf(type->full, sizeof(type->full), "%s.%s", space, type->name);
    return size > 0 && (size_t)size < sizeof(type->full)
               ? true
               : refuse(type->name, "full name too long");
}

size_t schema_find(const struct schema_set *set, const char *name)
{
    size_t i = 0;
    while (i < set->type_count && strcmp(set->types[i].name, name) != 0 &&
           strcmp(set->types[i].full, name) != 0)
        i++;
    return i;
}

static struct named *add_named(struct schema_set *set, json_t *definition,
                               const char *space);

static struct named *known(struct schema_set *set, const char *name)
{
    const size_t index = schema_find(set, name);
    return index < set->type_count ? &set->types[index] : NULL;
}

/* Fills kind and named from a type that is not an array. */
static bool set_kind(struct schema_set *set, struct field *field, json_t *type,
                     const char *space)
{
    const char *name = json_is_string(type) ? json_string_value(type)
                                            : string_of(type, "type");
    if (name == NULL)
        return refuse(field->name, "type is neither a name nor an object");
    for (size_t i = 0; i < PRIMITIVE_COUNT; i++) {
        if (strcmp(name, kind_names[i]) != 0)
            continue;
        field->kind = (enum kind)i;
        return true;
    }
    struct named *named =
        json_is_string(type) ? known(set, name) : add_named(set, type, space);
    if (named == NULL)
        return refuse(field->name, "type not known");
    if (field->is_array)
        named->in_array = true;
    field->named = named;
    field->kind = named->kind;
    return true;
}

static bool add_field(struct schema_set *set, struct named *type, json_t *json,
                      const char *space)
{
    if (type->field_count == SCHEMA_FIELD_MAX)
        return refuse(type->name, "too many fields");
    struct field *field = &type->fields[type->field_count++];
    json_t *spec = json_object_get(json, "type");
    field->name = string_of(json, "name");
    field->doc = string_of(json, "doc");
    field->is_volatile = json_is_true(json_object_get(json, "volatile"));
    field->fallback = json_object_get(json, "default");
    field->aliases = json_object_get(json, "aliases");
    if (field->name == NULL || spec == NULL)
        return refuse(type->name, "field without name or type");
    const char *outer = string_of(spec, "type");
    field->is_array = outer != NULL && strcmp(outer, "array") == 0;
    return set_kind(set, field,
                    field->is_array ? json_object_get(spec, "items") : spec,
                    space);
}

static size_t min_size_of(const struct field *field)
{
    if (field->is_array)
        return 1;
    if (field->kind == KIND_DOUBLE)
        return sizeof(double);
    return field->kind == KIND_RECORD ? field->named->min_size : 1;
}

static bool fill_record(struct schema_set *set, struct named *type,
                        const char *space)
{
    json_t *fields = json_object_get(type->definition, "fields");
    size_t i;
    json_t *field;
    type->kind = KIND_RECORD;
    json_array_foreach(fields, i, field)
    {
        if (!add_field(set, type, field, space))
            return refuse(type->name, "bad field");
        type->min_size += min_size_of(&type->fields[i]);
    }
    /* An item of no bytes would make an array's count unbounded. */
    return type->min_size > 0 ? true : refuse(type->name, "no fields");
}

static bool fill_enum(struct named *type)
{
    const char *fallback = string_of(type->definition, "default");
    json_t *symbols = json_object_get(type->definition, "symbols");
    size_t i;
    json_t *symbol;
    type->kind = KIND_ENUM;
    type->default_symbol = -1;
    json_array_foreach(symbols, i, symbol)
    {
        if (i == SCHEMA_FIELD_MAX || !json_is_string(symbol))
            return refuse(type->name, "bad symbols");
        type->symbols[type->symbol_count++] = json_string_value(symbol);
        if (fallback != NULL && strcmp(fallback, type->symbols[i]) == 0)
            type->default_symbol = (int)i;
    }
    if (fallback != NULL && type->default_symbol < 0)
        return refuse(type->name, "default is not a symbol");
    return type->symbol_count > 0 ? true : refuse(type->name, "no symbols");
}

static bool fill(struct schema_set *set, struct named *type, const char *space)
{
    const char *kind = string_of(type->definition, "type");
    type->name = string_of(type->definition, "name");
    type->doc = string_of(type->definition, "doc");
    type->topic = string_of(type->definition, "topic");
    if (type->name == NULL || kind == NULL)
        return refuse(kind, "type without a name");
    if (schema_find(set, type->name) != set->type_count)
        return refuse(type->name, "defined twice");
    if (!set_names(type, space))
        return false;
    if (strcmp(kind, "record") == 0)
        return fill_record(set, type, space);
    if (strcmp(kind, "enum") == 0)
        return fill_enum(type);
    return refuse(type->name, "neither a record nor an enum");
}

/* NULL when refused. The type takes its place after those it nests. */
static struct named *add_named(struct schema_set *set, json_t *definition,
                               const char *space)
{
    const char *own = string_of(definition, "namespace");
    struct named *type = calloc(1, sizeof(*type));
    struct named *added = NULL;
    if (type == NULL)
        return NULL;
    type->definition = definition;
    type->file = set->source_count - 1;
    if (fill(set, type, own ? own : space) &&
        set->type_count < SCHEMA_TYPE_MAX) {
        added = &set->types[set->type_count++];
        *added = *type;
    }
    free(type);
    return added;
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t capacity = 0;
    if (file == NULL)
        return NULL;
    const ssize_t got = getdelim(&bytes, &capacity, '\0', file);
    fclose(file);
    if (got < 0) {
        free(bytes);
        return NULL;
    }
    *size = (size_t)got;
    return bytes;
}

static bool load(struct source *source, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t size = 0;
    char *bytes = read_file(path, &size);
    json_error_t error = {.text = "cannot be read"};
    if (bytes != NULL) {
        source->root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
        source->hash = schema_crc64(bytes, size);
        free(bytes);
    }
    const size_t stem_size = strcspn(base, ".");
    if (!json_is_array(source->root) || stem_size >= SCHEMA_NAME_MAX)
        return refuse(path, error.text);
    memcpy(source->stem, base, stem_size);
    return true;
}

bool schema_add_file(struct schema_set *set, const char *path)
{
    if (set->source_count == SCHEMA_FILE_MAX)
        return refuse(path, "too many files");
    struct source *source = &set->sources[set->source_count++];
    if (!load(source, path))
        return false;
    size_t i;
    json_t *definition;
    json_array_foreach(source->root, i, definition)
    {
        if (add_named(set, definition, "causeway") == NULL)
            return refuse(path, "refused");
    }
    return true;
}

void schema_fini(struct schema_set *set)
{
    for (size_t i = 0; i < set->source_count; i++)
        json_decref(set->sources[i].root);
}

/* One walk that writes a schema out; which types were written already. */
struct walk {
    const struct schema_set *set;
    bool canonical;
    bool written[SCHEMA_TYPE_MAX];
};

static json_t *write_named(struct walk *walk, const struct named *type);

static json_t *write_type(struct walk *walk, json_t *type)
{
    const char *name = json_is_string(type) ? json_string_value(type)
                                            : string_of(type, "type");
    if (strcmp(name, "array") == 0)
        return json_pack("{s:s,s:o}", "type", "array", "items",
                         write_type(walk, json_object_get(type, "items")));
    const char *own = string_of(type, "name");
    const size_t index = schema_find(walk->set, own ? own : name);
    if (index < walk->set->type_count)
        return write_named(walk, &walk->set->types[index]);
    return walk->canonical ? json_string(name) : json_deep_copy(type);
}

static json_t *write_field(struct walk *walk, json_t *field)
{
    json_t *type = write_type(walk, json_object_get(field, "type"));
    if (walk->canonical)
        return json_pack("{s:O,s:o}", "name", json_object_get(field, "name"),
                         "type", type);
    json_t *copy = json_deep_copy(field);
    json_object_set_new(copy, "type", type);
    return copy;
}

static json_t *write_fields(struct walk *walk, const struct named *type)
{
    json_t *list = json_array();
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(type->definition, "fields"), i, field)
        json_array_append_new(list, write_field(walk, field));
    return list;
}

static json_t *write_named(struct walk *walk, const struct named *type)
{
    bool *written = &walk->written[type - walk->set->types];
    if (*written)
        return json_string(type->full);
    *written = true;
    const bool is_record = type->kind == KIND_RECORD;
    const char *body = is_record ? "fields" : "symbols";
    json_t *list =
        is_record
            ? write_fields(walk, type)
            : json_deep_copy(json_object_get(type->definition, "symbols"));
    if (walk->canonical)
        return json_pack("{s:s,s:s,s:o}", "name", type->full, "type",
                         is_record ? "record" : "enum", body, list);
    json_t *copy = json_deep_copy(type->definition);
    json_object_set_new(
        copy, "namespace",
        json_pack("s#", type->full,
                  (int)(strlen(type->full) - strlen(type->name) - 1)));
    json_object_set_new(copy, body, list);
    return copy;
}

char *schema_text(const struct schema_set *set, const struct named *type,
                  bool canonical)
{
    struct walk walk = {.set = set, .canonical = canonical};
    json_t *json = write_named(&walk, type);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

bool schema_fingerprint(const struct schema_set *set, const struct named *type,
                        uint64_t *fingerprint)
{
    char *canonical = schema_text(set, type, true);
    if (canonical == NULL)
        return false;
    *fingerprint = schema_crc64(canonical, strlen(canonical));
    free(canonical);
    return true;
}
