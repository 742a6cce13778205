#include "record/foreign.h"

#include <avro.h>
#include <stdlib.h>

#include "record/avro_walk.h"
#include "record/fingerprint.h"
#include "record/foreign_rewrite.h"
#include "record/wire.h"

struct writer {
    uint64_t fingerprint;
    const struct cw_record_type *type; /* today's */
    avro_schema_t schema;
    avro_value_iface_t *iface;
    struct cw_today today;
};

struct cw_foreign {
    struct writer *writers; /* max_count of them */
    size_t count;
    size_t max_count;
};

enum cw_status cw_foreign_create(struct cw_foreign **made, size_t max_count,
                                 struct cw_error *err)
{
    struct cw_foreign *foreign = calloc(1, sizeof(*foreign));
    struct writer *writers = calloc(max_count, sizeof(*writers));
    if (foreign == NULL || (writers == NULL && max_count > 0)) {
        free(foreign);
        free(writers);
        return cw_fail(err, CW_NO_MEMORY, "foreign schemas");
    }
    foreign->writers = writers;
    foreign->max_count = max_count;
    *made = foreign;
    return CW_OK;
}

static void writer_fini(struct writer *writer)
{
    if (writer->iface != NULL)
        avro_value_iface_decref(writer->iface);
    if (writer->schema != NULL)
        avro_schema_decref(writer->schema);
    cw_today_fini(&writer->today);
}

void cw_foreign_destroy(struct cw_foreign **foreign)
{
    if (*foreign == NULL)
        return;
    for (size_t i = 0; i < (*foreign)->count; i++)
        writer_fini(&(*foreign)->writers[i]);
    free((*foreign)->writers);
    free(*foreign);
    *foreign = NULL;
}

static struct writer *find(const struct cw_foreign *foreign,
                           uint64_t fingerprint)
{
    for (size_t i = 0; i < foreign->count; i++)
        if (foreign->writers[i].fingerprint == fingerprint)
            return &foreign->writers[i];
    return NULL;
}

/* "causeway.Incident" or "Incident" -> its type of today */
static const struct cw_record_type *type_of(const json_t *schema)
{
    const char *name = json_string_value(json_object_get(schema, "name"));
    const char *dot = name ? strrchr(name, '.') : NULL;
    return cw_record_type_by_name(cw_text_of(dot ? dot + 1 : name));
}

static enum cw_status writer_init(struct writer *writer, struct cw_text text,
                                  const json_t *schema, struct cw_error *err)
{
    writer->type = type_of(schema);
    if (writer->type == NULL)
        return cw_fail(err, CW_BAD_SCHEMA, "not of a message of ours");
    if (avro_schema_from_json_length(text.bytes, text.size, &writer->schema) !=
        0) {
        writer->schema = NULL;
        return cw_fail(err, CW_BAD_SCHEMA, "libavro: %s", avro_strerror());
    }
    if (avro_typeof(writer->schema) != AVRO_RECORD)
        return cw_fail(err, CW_BAD_SCHEMA, "not a record");
    enum cw_status status =
        cw_today_init(&writer->today, writer->type->schema_json, err);
    if (status == CW_OK)
        status = cw_today_follows(&writer->today, writer->schema, err);
    if (status != CW_OK)
        return status;
    writer->iface = avro_generic_class_from_schema(writer->schema);
    return writer->iface != NULL
               ? CW_OK
               : cw_fail(err, CW_BAD_SCHEMA, "libavro: %s", avro_strerror());
}

static enum cw_status learn(struct cw_foreign *foreign, uint64_t fingerprint,
                            struct cw_text text, const json_t *schema,
                            struct cw_error *err)
{
    struct writer writer = {.fingerprint = fingerprint};
    if (find(foreign, fingerprint) != NULL)
        return CW_OK;
    if (foreign->count == foreign->max_count)
        return cw_fail(err, CW_FULL, "more than %zu foreign schemas",
                       foreign->max_count);
    const enum cw_status status = writer_init(&writer, text, schema, err);
    if (status == CW_OK)
        foreign->writers[foreign->count++] = writer;
    else
        writer_fini(&writer);
    return status;
}

enum cw_status cw_foreign_add(struct cw_foreign *foreign,
                              struct cw_text schema_json, uint64_t *fingerprint,
                              struct cw_error *err)
{
    uint64_t found = 0;
    if (schema_json.size > CW_FOREIGN_SCHEMA_MAX)
        return cw_fail(err, CW_BAD_SCHEMA, "schema over %zu bytes",
                       CW_FOREIGN_SCHEMA_MAX);
    json_t *schema = json_loadb(schema_json.size ? schema_json.bytes : "",
                                schema_json.size, 0, NULL);
    if (schema == NULL)
        return cw_fail(err, CW_BAD_SCHEMA, "schema is no JSON");
    enum cw_status status = cw_schema_fingerprint(schema, &found, err);
    if (status == CW_OK)
        status = learn(foreign, found, schema_json, schema, err);
    json_decref(schema);
    if (status == CW_OK)
        *fingerprint = found;
    return status;
}

/* The body in today's schema. */
static enum cw_status rewrite(struct writer *writer, struct cw_text body,
                              struct cw_pack *out, struct cw_error *err)
{
    avro_value_t value;
    enum cw_status status = cw_avro_walk(
        writer->schema, body, CW_FOREIGN_DEPTH_MAX, CW_FOREIGN_VALUE_MAX, err);
    if (status != CW_OK)
        return status;
    if (avro_generic_value_new(writer->iface, &value) != 0)
        return cw_fail(err, CW_NO_MEMORY, "libavro: %s", avro_strerror());
    avro_reader_t reader = avro_reader_memory(body.bytes, (int64_t)body.size);
    if (reader == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "libavro reader");
    else if (avro_value_read(reader, &value) != 0)
        status = cw_fail(err, CW_BAD_RECORD, "libavro: %s", avro_strerror());
    else
        status = cw_today_rewrite(&writer->today, &value, out, err);
    if (reader != NULL)
        avro_reader_free(reader);
    avro_value_decref(&value);
    return status;
}

const struct cw_record_type *cw_foreign_type(const struct cw_foreign *foreign,
                                             uint64_t fingerprint)
{
    const struct writer *writer = find(foreign, fingerprint);
    return writer ? writer->type : NULL;
}

enum cw_status cw_foreign_open(struct cw_foreign *foreign, uint64_t fingerprint,
                               struct cw_text body, struct cw_arena *arena,
                               const void **record, struct cw_error *err)
{
    struct writer *writer = find(foreign, fingerprint);
    struct cw_pack today;
    if (writer == NULL)
        return cw_fail(err, CW_BAD_SCHEMA, "schema %016llx was not learned",
                       (unsigned long long)fingerprint);
    cw_pack_init(&today, cw_wire_growth_max(body.size));
    enum cw_status status = rewrite(writer, body, &today, err);
    if (status == CW_OK)
        status = cw_wire_adopt(writer->type, &today, arena, record, err);
    cw_pack_fini(&today);
    return status;
}
