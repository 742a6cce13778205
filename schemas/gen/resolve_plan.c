#include "resolve_plan.h"

#include <string.h>

#define DEFAULT_SIZE_MAX 1024

struct bytes {
    unsigned char at[DEFAULT_SIZE_MAX];
    size_t size;
    bool failed;
};

static void put(struct bytes *out, const void *bytes, size_t size)
{
    if (size > sizeof(out->at) - out->size) {
        out->failed = true;
        return;
    }
    memcpy(out->at + out->size, bytes, size);
    out->size += size;
}

static void put_long(struct bytes *out, int64_t value)
{
    uint64_t raw = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    for (; raw >= 0x80; raw >>= 7)
        put(out, &(unsigned char){(unsigned char)(raw | 0x80)}, 1);
    put(out, &(unsigned char){(unsigned char)raw}, 1);
}

static void put_symbol(struct bytes *out, const struct named *type,
                       const char *symbol)
{
    for (size_t i = 0; symbol != NULL && i < type->symbol_count; i++) {
        if (strcmp(type->symbols[i], symbol) != 0)
            continue;
        put_long(out, (int64_t)i);
        return;
    }
    out->failed = true;
}

static void put_string(struct bytes *out, const json_t *value)
{
    out->failed |= !json_is_string(value);
    put_long(out, (int64_t)json_string_length(value));
    put(out, json_string_value(value), json_string_length(value));
}

static void put_value(struct bytes *out, const struct field *field,
                      const json_t *value)
{
    const double number = json_number_value(value);
    switch (field->kind) {
    case KIND_BOOLEAN:
        out->failed |= !json_is_boolean(value);
        put(out, &(unsigned char){json_is_true(value)}, 1);
        break;
    case KIND_INT:
    case KIND_LONG:
        out->failed |= !json_is_integer(value);
        put_long(out, json_integer_value(value));
        break;
    case KIND_DOUBLE:
        out->failed |= !json_is_number(value);
        put(out, &number, sizeof(number));
        break;
    case KIND_STRING:
    case KIND_BYTES:
        put_string(out, value);
        break;
    case KIND_ENUM:
        put_symbol(out, field->named, json_string_value(value));
        break;
    case KIND_RECORD: /* a default of a record is written out by nobody */
    default:
        out->failed = true;
    }
}

/* False: the field has no default that can be written. */
static bool encode_default(struct bytes *out, const struct field *field)
{
    *out = (struct bytes){.failed = field->fallback == NULL};
    if (!field->is_array)
        put_value(out, field, field->fallback);
    else if (json_array_size(field->fallback) == 0)
        put_long(out, 0);
    else
        out->failed = true;
    return !out->failed;
}

static bool is_called(const struct field *field, const char *name)
{
    size_t i;
    json_t *alias;
    if (strcmp(field->name, name) == 0)
        return true;
    json_array_foreach(field->aliases, i, alias)
    {
        if (json_is_string(alias) &&
            strcmp(json_string_value(alias), name) == 0)
            return true;
    }
    return false;
}

/* Index of the writer's field a reader's field is taken from; -1 = none. */
static int source_of(const struct named *writer, const struct field *reader)
{
    for (size_t i = 0; i < writer->field_count; i++)
        if (is_called(reader, writer->fields[i].name))
            return (int)i;
    return -1;
}

static bool kinds_fit(enum kind writer, enum kind reader)
{
    const bool writer_text = writer == KIND_STRING || writer == KIND_BYTES;
    const bool reader_text = reader == KIND_STRING || reader == KIND_BYTES;
    if (writer == reader || (writer_text && reader_text))
        return true;
    if (writer == KIND_INT)
        return reader == KIND_LONG || reader == KIND_DOUBLE;
    return writer == KIND_LONG && reader == KIND_DOUBLE;
}

static bool say(const struct named *type, const char *field, const char *why)
{
    fprintf(stderr, "avro2c: %s.%s: %s\n", type->name, field, why);
    return false;
}

static bool symbols_fit(const struct named *writer, const struct named *reader)
{
    for (size_t i = 0; i < writer->symbol_count; i++) {
        size_t k = 0;
        while (k < reader->symbol_count &&
               strcmp(reader->symbols[k], writer->symbols[i]) != 0)
            k++;
        if (k == reader->symbol_count && reader->default_symbol < 0)
            return say(writer, writer->symbols[i],
                       "symbol gone, and no default for it");
    }
    return true;
}

static bool field_fits(const struct named *type, const struct field *writer,
                       const struct field *reader)
{
    if (writer->is_array != reader->is_array ||
        !kinds_fit(writer->kind, reader->kind))
        return say(type, reader->name, "type does not follow from the old");
    if (writer->named == NULL || reader->named == NULL)
        return true;
    if (strcmp(writer->named->name, reader->named->name) != 0)
        return say(type, reader->name, "type has another name now");
    return writer->kind == KIND_ENUM ? symbols_fit(writer->named, reader->named)
                                     : true;
}

bool plan_check(const struct schema_set *now, const struct schema_set *old,
                const struct named *message)
{
    const size_t index = schema_find(now, message->name);
    if (index == now->type_count || now->types[index].kind != KIND_RECORD)
        return say(message, "", "no longer there");
    const struct named *reader = &now->types[index];
    for (size_t i = 0; i < reader->field_count; i++) {
        const struct field *field = &reader->fields[i];
        const int source = source_of(message, field);
        struct bytes bytes;
        if (source < 0 && !encode_default(&bytes, field))
            return say(reader, field->name, "new, and without a default");
        if (source < 0)
            continue;
        const struct field *from = &message->fields[source];
        if (!field_fits(reader, from, field))
            return false;
        if (from->kind == KIND_RECORD && !plan_check(now, old, from->named))
            return false;
    }
    return true;
}

void plan_mark(const struct schema_set *old, const struct named *type,
               bool *marked)
{
    marked[type - old->types] = true;
    for (size_t i = 0; i < type->field_count; i++)
        if (type->fields[i].kind == KIND_RECORD)
            plan_mark(old, type->fields[i].named, marked);
}

static void emit_symbols(FILE *out, const struct named *writer,
                         const struct named *reader, const char *name)
{
    fprintf(out, "\nstatic const int %s[] = {", name);
    for (size_t i = 0; i < writer->symbol_count; i++) {
        int to = reader->default_symbol;
        for (size_t k = 0; k < reader->symbol_count; k++)
            if (strcmp(reader->symbols[k], writer->symbols[i]) == 0)
                to = (int)k;
        fprintf(out, "%s%d", i ? ", " : "", to);
    }
    fputs("};\n", out);
}

/* The reader's field taken from this one; NULL: dropped since. */
static const struct field *target_of(const struct named *writer,
                                     const struct named *reader, size_t index)
{
    for (size_t i = 0; reader != NULL && i < reader->field_count; i++)
        if (source_of(writer, &reader->fields[i]) == (int)index)
            return &reader->fields[i];
    return NULL;
}

static void emit_field(FILE *out, const struct field *writer,
                       const struct field *target, size_t release,
                       const char *symbols)
{
    static const char *const kinds[] = {"BOOLEAN", "INT",   "LONG",   "DOUBLE",
                                        "STRING",  "BYTES", "RECORD", "ENUM"};
    fprintf(out, "    {.kind = CW_AVRO_%s, .to = CW_AVRO_%s",
            kinds[writer->kind], kinds[target ? target->kind : writer->kind]);
    fputs(writer->is_array ? ", .is_array = true" : "", out);
    if (writer->kind == KIND_RECORD)
        fprintf(out, ",\n     .record = &plan_%zu_%s", release,
                writer->named->snake);
    if (writer->kind == KIND_ENUM && target != NULL)
        fprintf(out, ",\n     .symbols = %s, .symbol_count = %zu", symbols,
                writer->named->symbol_count);
    fprintf(out, "}, /* %s */\n", writer->name);
}

static void emit_fields(FILE *out, const struct named *writer,
                        const struct named *reader, size_t release)
{
    char name[4 * SCHEMA_NAME_MAX];
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            fprintf(out,
                    "\nstatic const struct cw_resolve_field "
                    "fields_%zu_%s[] = {\n",
                    release, writer->snake);
        for (size_t i = 0; i < writer->field_count; i++) {
            const struct field *field = &writer->fields[i];
            const struct field *target = target_of(writer, reader, i);
            (void)snprintf(name, sizeof(name), "symbols_%zu_%s_%s", release,
                           writer->snake, field->name);
            if (pass == 1)
                emit_field(out, field, target, release, name);
            else if (field->kind == KIND_ENUM && target != NULL)
                emit_symbols(out, field->named, target->named, name);
        }
    }
    fputs("};\n", out);
}

static void emit_slots(FILE *out, const struct named *writer,
                       const struct named *reader, size_t release)
{
    fprintf(out, "\nstatic const struct cw_resolve_slot slots_%zu_%s[] = {\n",
            release, writer->snake);
    for (size_t i = 0; i < reader->field_count; i++) {
        struct bytes bytes = {.size = 0};
        const int source = source_of(writer, &reader->fields[i]);
        if (source < 0)
            (void)encode_default(&bytes, &reader->fields[i]);
        fprintf(out, "    {%d, \"", source);
        for (size_t k = 0; k < bytes.size; k++)
            fprintf(out, "\\%03o", bytes.at[k]);
        fprintf(out, "\", %zu}, /* %s */\n", bytes.size,
                reader->fields[i].name);
    }
    fputs("};\n", out);
}

static bool is_same(const struct schema_set *now, const struct named *reader,
                    const struct schema_set *old, const struct named *writer)
{
    uint64_t a;
    uint64_t b;
    return reader != NULL && schema_fingerprint(now, reader, &a) &&
           schema_fingerprint(old, writer, &b) && a == b;
}

void plan_emit(FILE *out, const struct schema_set *now,
               const struct schema_set *old, size_t release, const bool *marked)
{
    for (size_t i = 0; i < old->type_count; i++) {
        const struct named *writer = &old->types[i];
        if (!marked[i])
            continue;
        const size_t index = schema_find(now, writer->name);
        const struct named *reader =
            index < now->type_count ? &now->types[index] : NULL;
        const bool same = is_same(now, reader, old, writer);
        emit_fields(out, writer, reader, release);
        if (reader != NULL && !same)
            emit_slots(out, writer, reader, release);
        fprintf(out,
                "\nstatic const struct cw_resolve_record plan_%zu_%s = {\n"
                "    .fields = fields_%zu_%s, .field_count = %zu, "
                ".min_size = %zu,\n    .same = %s",
                release, writer->snake, release, writer->snake,
                writer->field_count, writer->min_size, same ? "true" : "false");
        if (reader != NULL && !same)
            fprintf(out, ", .slots = slots_%zu_%s, .slot_count = %zu", release,
                    writer->snake, reader->field_count);
        fputs("};\n", out);
    }
}
