#include "record/resolve.h"

#include "record/codec.h"

static void skip_record(struct cw_reader *in,
                        const struct cw_resolve_record *record);

static void skip_item(struct cw_reader *in,
                      const struct cw_resolve_field *field)
{
    switch (field->kind) {
    case CW_AVRO_BOOLEAN:
        (void)cw_read_bool(in);
        break;
    case CW_AVRO_DOUBLE:
        (void)cw_read_double(in);
        break;
    case CW_AVRO_STRING:
    case CW_AVRO_BYTES:
        (void)cw_read_text(in);
        break;
    case CW_AVRO_RECORD:
        skip_record(in, field->record);
        break;
    case CW_AVRO_INT:
    case CW_AVRO_LONG:
    case CW_AVRO_ENUM:
    default:
        (void)cw_read_long(in);
    }
}

static size_t item_min_size(const struct cw_resolve_field *field)
{
    if (field->kind == CW_AVRO_RECORD)
        return field->record->min_size;
    return field->kind == CW_AVRO_DOUBLE ? sizeof(double) : 1;
}

static void skip_field(struct cw_reader *in,
                       const struct cw_resolve_field *field)
{
    const unsigned char *stop;
    uint64_t count;
    if (!field->is_array) {
        skip_item(in, field);
        return;
    }
    while ((count = cw_read_count(in, item_min_size(field), &stop)) > 0) {
        for (; stop == NULL && count > 0 && in->status == CW_OK; count--)
            skip_item(in, field);
        if (stop != NULL)
            in->at = stop;
    }
}

static void skip_record(struct cw_reader *in,
                        const struct cw_resolve_record *record)
{
    for (size_t i = 0; i < record->field_count; i++)
        skip_field(in, &record->fields[i]);
}

static void move_record(struct cw_reader *in, struct cw_pack *out,
                        const struct cw_resolve_record *record);

static void move_number(struct cw_reader *in, struct cw_pack *out,
                        const struct cw_resolve_field *field)
{
    const int64_t value = cw_read_long(in);
    if (field->to == CW_AVRO_DOUBLE)
        cw_write_double(out, (double)value);
    else
        cw_write_long(out, value);
}

static void move_symbol(struct cw_reader *in, struct cw_pack *out,
                        const struct cw_resolve_field *field)
{
    const int64_t value = cw_read_long(in);
    if (value >= 0 && (uint64_t)value < field->symbol_count)
        cw_write_long(out, field->symbols[value]);
    else
        cw_reader_fail(in, CW_BAD_RECORD, "symbol not known");
}

static void move_item(struct cw_reader *in, struct cw_pack *out,
                      const struct cw_resolve_field *field)
{
    switch (field->kind) {
    case CW_AVRO_BOOLEAN:
        cw_write_bool(out, cw_read_bool(in));
        break;
    case CW_AVRO_DOUBLE:
        cw_write_double(out, cw_read_double(in));
        break;
    case CW_AVRO_STRING:
    case CW_AVRO_BYTES:
        cw_write_text(out, cw_read_text(in));
        break;
    case CW_AVRO_RECORD:
        move_record(in, out, field->record);
        break;
    case CW_AVRO_ENUM:
        move_symbol(in, out, field);
        break;
    case CW_AVRO_INT:
    case CW_AVRO_LONG:
    default:
        move_number(in, out, field);
    }
}

/* Block for block: the total is not known before the end. */
static void move_field(struct cw_reader *in, struct cw_pack *out,
                       const struct cw_resolve_field *field)
{
    const unsigned char *stop;
    uint64_t count;
    if (!field->is_array) {
        move_item(in, out, field);
        return;
    }
    while ((count = cw_read_count(in, item_min_size(field), &stop)) > 0) {
        cw_write_count(out, (size_t)count);
        for (; count > 0 && in->status == CW_OK && !out->failed; count--)
            move_item(in, out, field);
        if (stop != NULL && in->at != stop)
            cw_reader_fail(in, CW_BAD_RECORD, "block not of its stated size");
    }
    cw_write_count(out, 0);
}

/* First where each of the writer's fields begins, then the reader's in the
 * reader's order. A body is walked once a level of nesting. */
static void move_record(struct cw_reader *in, struct cw_pack *out,
                        const struct cw_resolve_record *record)
{
    const unsigned char *starts[CW_RESOLVE_FIELD_MAX];
    const unsigned char *begin = in->at;
    for (size_t i = 0; i < record->field_count; i++) {
        starts[i] = in->at;
        skip_field(in, &record->fields[i]);
    }
    if (in->status != CW_OK)
        return;
    if (record->same) {
        cw_pack_bytes(out, begin, (size_t)(in->at - begin));
        return;
    }
    const unsigned char *after = in->at;
    for (size_t i = 0; i < record->slot_count; i++) {
        const struct cw_resolve_slot *slot = &record->slots[i];
        if (slot->field < 0) {
            cw_pack_bytes(out, slot->fallback, slot->fallback_size);
            continue;
        }
        in->at = starts[slot->field];
        move_field(in, out, &record->fields[slot->field]);
        if (in->status != CW_OK || out->failed)
            return;
    }
    in->at = after;
}

enum cw_status cw_resolve(const struct cw_resolve_record *plan,
                          struct cw_text body, struct cw_pack *out,
                          struct cw_error *err)
{
    struct cw_unpack bytes = cw_unpack_of(body.bytes, body.size);
    struct cw_reader in = cw_reader_of(&bytes, NULL);
    move_record(&in, out, plan);
    const enum cw_status status =
        cw_reader_end(&in, &bytes, "earlier record", err);
    if (status != CW_OK)
        return status;
    if (bytes.at != bytes.size)
        return cw_fail(err, CW_BAD_RECORD, "%zu bytes after the record",
                       bytes.size - bytes.at);
    if (out->failed)
        return cw_fail(err, CW_TOO_LARGE, "over %zu bytes in today's schema",
                       out->max_size);
    return CW_OK;
}
