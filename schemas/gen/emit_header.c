#include "emit.h"

#include <string.h>

static const char *const c_types[] = {
    "bool", "int32_t", "int64_t", "double", "struct cw_text", "struct cw_text"};

void emit_c_type(FILE *out, const struct field *field)
{
    if (field->kind == KIND_RECORD)
        fprintf(out, "struct cw_%s", field->named->snake);
    else if (field->kind == KIND_ENUM)
        fprintf(out, "enum cw_%s", field->named->snake);
    else
        fputs(c_types[field->kind], out);
}

static void comment(FILE *out, const char *indent, const char *text)
{
    if (text == NULL)
        return;
    fprintf(out, "%s/* ", indent);
    for (const char *c = text; *c != '\0'; c++)
        fputs(c[0] == '*' && c[1] == '/' ? "* " : (char[]){*c, '\0'}, out);
    fputs(" */\n", out);
}

static void heading(FILE *out, const struct schema_set *set, const char *name)
{
    fprintf(out, "/*\n * %s - made by avro2c; edit the schemas instead.\n *\n",
            name);
    for (size_t i = 0; i < set->source_count; i++)
        fprintf(out, " * %-10s%s.avsc %016llx\n", i == 0 ? "Source" : "",
                set->sources[i].stem, (unsigned long long)set->sources[i].hash);
    fputs(" */\n", out);
}

static void emit_enum(FILE *out, const struct named *type)
{
    fputc('\n', out);
    comment(out, "", type->doc);
    fprintf(out, "enum cw_%s {\n", type->snake);
    for (size_t i = 0; i < type->symbol_count; i++)
        fprintf(out, "    CW_%s_%s,\n", type->upper, type->symbols[i]);
    fprintf(out, "    CW_%s_COUNT\n};\n", type->upper);
    fprintf(out,
            "\n/* Total: \"\" for no symbol; COUNT for no such name. */\n"
            "const char *cw_%s_name(enum cw_%s value);\n"
            "enum cw_%s cw_%s_find(struct cw_text name);\n",
            type->snake, type->snake, type->snake, type->snake);
}

static void emit_struct(FILE *out, const struct named *type)
{
    fputc('\n', out);
    comment(out, "", type->doc);
    fprintf(out, "struct cw_%s {\n", type->snake);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        comment(out, "    ", field->doc);
        fputs(field->is_array ? "    const " : "    ", out);
        emit_c_type(out, field);
        fprintf(out, field->is_array ? " *%s;\n" : " %s;\n", field->name);
        if (field->is_array)
            fprintf(out, "    size_t %s_count;\n", field->name);
    }
    fputs("};\n\n", out);
}

static void emit_prototypes(FILE *out, const char *s)
{
    fprintf(out,
            "void cw_%s_encode(const struct cw_%s *record, "
            "struct cw_pack *out);\n",
            s, s);
    fprintf(out,
            "CW_MUST_USE enum cw_status cw_%s_decode(\n"
            "    struct cw_%s *record, struct cw_unpack *in, "
            "struct cw_arena *arena,\n    struct cw_error *err);\n",
            s, s);
    fprintf(out,
            "uint64_t cw_%s_content_id(const struct cw_%s *record);\n"
            "json_t *cw_%s_json(const struct cw_%s *record, bool canonical);\n"
            "extern const struct cw_record_type cw_%s_type;\n",
            s, s, s, s, s);
}

void emit_records_header(FILE *out, const struct schema_set *set)
{
    heading(out, set, "records");
    fputs("#ifndef CW_RECORD_RECORDS_H\n#define CW_RECORD_RECORDS_H\n\n"
          "#include \"record/record_type.h\"\n",
          out);
    for (size_t i = 0; i < set->type_count; i++) {
        const struct named *type = &set->types[i];
        if (type->kind == KIND_ENUM) {
            emit_enum(out, type);
            continue;
        }
        emit_struct(out, type);
        emit_prototypes(out, type->snake);
    }
    fputs("\n#endif\n", out);
}

void emit_codec_header(FILE *out, const struct schema_set *set)
{
    heading(out, set, "records_codec");
    fputs("#ifndef CW_RECORD_RECORDS_CODEC_H\n"
          "#define CW_RECORD_RECORDS_CODEC_H\n\n"
          "#include \"record/codec.h\"\n#include \"record/records.h\"\n",
          out);
    for (size_t i = 0; i < set->type_count; i++) {
        const struct named *type = &set->types[i];
        const char *s = type->snake;
        if (type->kind == KIND_ENUM) {
            fprintf(
                out,
                "\nenum cw_%s cw_%s_read(struct cw_reader *in);\n"
                "void cw_%s_write(enum cw_%s value, struct cw_pack *out);\n",
                s, s, s, s);
            continue;
        }
        fprintf(out,
                "\nvoid cw_%s_read(struct cw_%s *record, "
                "struct cw_reader *in);\n"
                "uint64_t cw_%s_mix(uint64_t seed, const struct cw_%s *r);\n",
                s, s, s, s);
        if (type->in_array)
            fprintf(out,
                    "const struct cw_%s *cw_%s_read_array(\n"
                    "    struct cw_reader *in, size_t *count);\n",
                    s, s);
    }
    fputs("\n#endif\n", out);
}
