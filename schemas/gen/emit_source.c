#include "emit.h"

#include <stdlib.h>
#include <string.h>

/* The part of a function's name in codec.h and record_json.h, by kind. */
static const char *const leaves[] = {"bool",   "int",  "long",
                                     "double", "text", "text"};

static void emit_enum(FILE *out, const struct named *type)
{
    const char *s = type->snake;
    fprintf(out, "\nstatic const char *const %s_names[] = {\n", s);
    for (size_t i = 0; i < type->symbol_count; i++)
        fprintf(out, "    \"%s\",\n", type->symbols[i]);
    fprintf(out,
            "};\n\nconst char *cw_%s_name(enum cw_%s value)\n{\n"
            "    return cw_codec_symbol(%s_names, CW_%s_COUNT, (int)value);\n"
            "}\n",
            s, s, s, type->upper);
    fprintf(out,
            "\nenum cw_%s cw_%s_find(struct cw_text name)\n{\n"
            "    return (enum cw_%s)cw_codec_find(%s_names, CW_%s_COUNT, "
            "name);\n}\n",
            s, s, s, s, type->upper);
    fprintf(out,
            "\nenum cw_%s cw_%s_read(struct cw_reader *in)\n{\n"
            "    return (enum cw_%s)cw_read_enum(in, CW_%s_COUNT, %d);\n}\n",
            s, s, s, type->upper, type->default_symbol);
    fprintf(out,
            "\nvoid cw_%s_write(enum cw_%s value, struct cw_pack *out)\n{\n"
            "    cw_write_enum(out, CW_%s_COUNT, (int)value);\n}\n",
            s, s, type->upper);
}

/* "record->name" or "record->name[i]" */
static void emit_value(FILE *out, const struct field *field)
{
    fprintf(out, "record->%s%s", field->name, field->is_array ? "[i]" : "");
}

static void emit_encode_value(FILE *out, const struct field *field)
{
    if (field->kind == KIND_RECORD || field->kind == KIND_ENUM) {
        const bool is_record = field->kind == KIND_RECORD;
        fprintf(out, "cw_%s_%s(%s", field->named->snake,
                is_record ? "encode" : "write", is_record ? "&" : "");
        emit_value(out, field);
        fputs(", out);\n", out);
        return;
    }
    fprintf(out, "cw_write_%s(out, ", leaves[field->kind]);
    emit_value(out, field);
    fputs(");\n", out);
}

static void emit_encode_array(FILE *out, const struct field *field)
{
    const char *n = field->name;
    if (field->kind == KIND_DOUBLE || field->kind == KIND_LONG) {
        fprintf(out,
                "    cw_write_%s_array(out, record->%s, record->%s_count);\n",
                leaves[field->kind], n, n);
        return;
    }
    fprintf(out,
            "    cw_write_count(out, record->%s_count);\n"
            "    for (size_t i = 0; i < record->%s_count; i++)\n        ",
            n, n);
    emit_encode_value(out, field);
    fprintf(out, "    cw_write_array_end(out, record->%s_count);\n", n);
}

static void emit_encode(FILE *out, const struct named *type)
{
    fprintf(out,
            "\nvoid cw_%s_encode(const struct cw_%s *record, "
            "struct cw_pack *out)\n{\n",
            type->snake, type->snake);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (field->is_array) {
            emit_encode_array(out, field);
            continue;
        }
        fputs("    ", out);
        emit_encode_value(out, field);
    }
    fputs("}\n", out);
}

static void emit_read_field(FILE *out, const struct field *field)
{
    const char *n = field->name;
    const bool is_named = field->named != NULL;
    if (field->is_array)
        fprintf(
            out, "    record->%s = cw_%s%s%s_array(in, &record->%s_count);\n",
            n, is_named ? field->named->snake : "read_",
            is_named ? "_read" : "", is_named ? "" : leaves[field->kind], n);
    else if (field->kind == KIND_RECORD)
        fprintf(out, "    cw_%s_read(&record->%s, in);\n", field->named->snake,
                n);
    else if (field->kind == KIND_ENUM)
        fprintf(out, "    record->%s = cw_%s_read(in);\n", n,
                field->named->snake);
    else
        fprintf(out, "    record->%s = cw_read_%s(in);\n", n,
                leaves[field->kind]);
}

static void emit_read_array(FILE *out, const struct named *type)
{
    const char *s = type->snake;
    fprintf(out,
            "\nconst struct cw_%s *cw_%s_read_array(struct cw_reader *in, "
            "size_t *count)\n{\n"
            "    struct cw_read_array array = {.item_size = "
            "sizeof(struct cw_%s)};\n"
            "    while (cw_read_block(in, &array, %zu)) {\n"
            "        struct cw_%s *items = array.items;\n"
            "        while (array.count < array.block_end && "
            "in->status == CW_OK)\n"
            "            cw_%s_read(&items[array.count++], in);\n"
            "    }\n    return cw_read_array_end(in, &array, count);\n}\n",
            s, s, s, type->min_size, s, s);
}

static void emit_decode(FILE *out, const struct named *type)
{
    const char *s = type->snake;
    fprintf(out,
            "\nvoid cw_%s_read(struct cw_%s *record, struct cw_reader *in)\n"
            "{\n",
            s, s);
    for (size_t i = 0; i < type->field_count; i++)
        emit_read_field(out, &type->fields[i]);
    fputs("}\n", out);
    if (type->in_array)
        emit_read_array(out, type);
    fprintf(out,
            "\nenum cw_status cw_%s_decode(struct cw_%s *record, "
            "struct cw_unpack *in,\n"
            "    struct cw_arena *arena, struct cw_error *err)\n{\n"
            "    struct cw_reader reader = cw_reader_of(in, arena);\n"
            "    cw_%s_read(record, &reader);\n"
            "    if (reader.status != CW_OK)\n"
            "        *record = (struct cw_%s){0};\n"
            "    return cw_reader_end(&reader, in, \"%s\", err);\n}\n",
            s, s, s, s, type->name);
}

static void emit_mix_field(FILE *out, const struct field *field)
{
    const char *n = field->name;
    if (field->is_array) {
        fprintf(out, "    seed = cw_hash_mix(seed, record->%s_count);\n", n);
        fprintf(out, "    for (size_t i = 0; i < record->%s_count; i++)\n    ",
                n);
    }
    if (field->kind == KIND_RECORD)
        fprintf(out, "    seed = cw_%s_mix(seed, &", field->named->snake);
    else
        fprintf(out, "    seed = cw_mix_%s(seed, ",
                field->kind == KIND_ENUM ? "int" : leaves[field->kind]);
    fputs(field->kind == KIND_ENUM ? "(int)" : "", out);
    emit_value(out, field);
    fputs(");\n", out);
}

static void emit_content_id(FILE *out, const struct named *type)
{
    const char *s = type->snake;
    bool any = false;
    fprintf(out,
            "\nuint64_t cw_%s_mix(uint64_t seed, const struct cw_%s *record)\n"
            "{\n",
            s, s);
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].is_volatile)
            continue;
        emit_mix_field(out, &type->fields[i]);
        any = true;
    }
    fprintf(out, "%s    return seed;\n}\n", any ? "" : "    (void)record;\n");
    fprintf(out,
            "\nuint64_t cw_%s_content_id(const struct cw_%s *record)\n{\n"
            "    return cw_%s_mix(cw_hash_text(CW_TEXT(\"%s\")), record);\n"
            "}\n",
            s, s, s, type->name);
}

static void emit_json_value(FILE *out, const struct field *field)
{
    if (field->kind == KIND_RECORD)
        fprintf(out, "cw_%s_json(&", field->named->snake);
    else if (field->kind == KIND_ENUM)
        fprintf(out, "json_string(cw_%s_name(", field->named->snake);
    else
        fprintf(out, "cw_json_%s(",
                field->kind == KIND_BYTES ? "bytes" : leaves[field->kind]);
    emit_value(out, field);
    if (field->kind == KIND_RECORD)
        fputs(", canonical));\n", out);
    else
        fputs(field->kind == KIND_ENUM ? ")));\n" : "));\n", out);
}

static void emit_json_field(FILE *out, const struct field *field)
{
    const char *n = field->name;
    const char *indent = field->is_volatile ? "        " : "    ";
    if (field->is_volatile)
        fputs(field->is_array ? "    if (!canonical) {\n"
                              : "    if (!canonical)\n",
              out);
    if (field->is_array)
        fprintf(out,
                "%scw_json_array(&json, \"%s\");\n"
                "%sfor (size_t i = 0; i < record->%s_count; i++)\n"
                "%s    cw_json_item(&json, ",
                indent, n, indent, n, indent);
    else
        fprintf(out, "%scw_json_put(&json, \"%s\", ", indent, n);
    emit_json_value(out, field);
    if (field->is_volatile && field->is_array)
        fputs("    }\n", out);
}

static void emit_json(FILE *out, const struct named *type)
{
    bool uses_canonical = false;
    fprintf(out,
            "\njson_t *cw_%s_json(const struct cw_%s *record, bool canonical)\n"
            "{\n    struct cw_json json = cw_json_begin();\n",
            type->snake, type->snake);
    for (size_t i = 0; i < type->field_count; i++) {
        emit_json_field(out, &type->fields[i]);
        uses_canonical |=
            type->fields[i].is_volatile || type->fields[i].kind == KIND_RECORD;
    }
    fprintf(out, "%s    return cw_json_end(&json);\n}\n",
            uses_canonical ? "" : "    (void)canonical;\n");
}

void emit_escaped(FILE *out, const char *text)
{
    size_t column = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            fputc('\\', out);
        fputc(*c, out);
        if (++column % 64 == 0 && c[1] != '\0')
            fputs("\"\n    \"", out);
    }
}

/* The casts a table of records needs, then the row itself. */
static void emit_type(FILE *out, const struct schema_set *set,
                      const struct named *type)
{
    const char *s = type->snake;
    char *canonical = schema_text(set, type, true);
    char *schema = schema_text(set, type, false);
    fprintf(out,
            "\nstatic void encode_%s(const void *record, struct cw_pack *out)\n"
            "{\n    cw_%s_encode(record, out);\n}\n"
            "\nstatic enum cw_status decode_%s(void *record, "
            "struct cw_unpack *in,\n"
            "    struct cw_arena *arena, struct cw_error *err)\n{\n"
            "    return cw_%s_decode(record, in, arena, err);\n}\n",
            s, s, s, s);
    fprintf(out,
            "\nstatic uint64_t content_id_%s(const void *record)\n{\n"
            "    return cw_%s_content_id(record);\n}\n"
            "\nstatic json_t *json_%s(const void *record, bool canonical)\n{\n"
            "    return cw_%s_json(record, canonical);\n}\n",
            s, s, s, s);
    fprintf(out,
            "\nconst struct cw_record_type cw_%s_type = {\n"
            "    .name = \"%s\",\n    .size = sizeof(struct cw_%s),\n"
            "    .fingerprint = UINT64_C(0x%016llx),\n"
            "    .schema_json =\n    \"",
            s, type->name, s,
            (unsigned long long)schema_crc64(canonical, strlen(canonical)));
    emit_escaped(out, schema);
    fprintf(out,
            "\",\n    .encode = encode_%s,\n    .decode = decode_%s,\n"
            "    .content_id = content_id_%s,\n    .json = json_%s,\n",
            s, s, s, s);
    if (type->topic != NULL)
        fprintf(out, "    .topic = \"%s\",\n", type->topic);
    fputs("};\n", out);
    free(canonical);
    free(schema);
}

void emit_file(FILE *out, const struct schema_set *set, size_t file)
{
    const struct source *source = &set->sources[file];
    fprintf(out,
            "/*\n * Made by avro2c from %s.avsc %016llx; edit that instead.\n"
            " */\n#include \"record/records_codec.h\"\n"
            "#include \"record/record_json.h\"\n",
            source->stem, (unsigned long long)source->hash);
    for (size_t i = 0; i < set->type_count; i++) {
        const struct named *type = &set->types[i];
        if (type->file != file)
            continue;
        if (type->kind == KIND_ENUM) {
            emit_enum(out, type);
            continue;
        }
        emit_encode(out, type);
        emit_decode(out, type);
        emit_content_id(out, type);
        emit_json(out, type);
        emit_type(out, set, type);
    }
}
