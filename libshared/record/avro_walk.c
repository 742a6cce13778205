#include "record/avro_walk.h"

#include "record/codec.h"

struct walk {
    struct cw_reader in;
    size_t values_left;
};

static void walk_value(struct walk *walk, avro_schema_t schema, unsigned depth);

static void skip(struct walk *walk, int64_t size)
{
    if (size < 0 || size > walk->in.end - walk->in.at)
        cw_reader_fail(&walk->in, CW_BAD_RECORD, "ends inside a value");
    else
        walk->in.at += size;
}

static void walk_record(struct walk *walk, avro_schema_t schema, unsigned depth)
{
    const size_t count = avro_schema_record_size(schema);
    for (size_t i = 0; i < count && walk->in.status == CW_OK; i++)
        walk_value(walk, avro_schema_record_field_get_by_index(schema, (int)i),
                   depth);
}

/* items NULL: a map, whose keys are strings. An item of no bytes counts as
 * one, or the count would be unbounded. */
static void walk_blocks(struct walk *walk, avro_schema_t items, bool is_map,
                        unsigned depth)
{
    const unsigned char *stop;
    uint64_t count;
    while ((count = cw_read_count(&walk->in, 1, &stop)) > 0) {
        for (; count > 0 && walk->in.status == CW_OK; count--) {
            if (is_map)
                (void)cw_read_text(&walk->in);
            walk_value(walk, items, depth);
        }
        if (stop != NULL && walk->in.at != stop)
            cw_reader_fail(&walk->in, CW_BAD_RECORD,
                           "block not of its stated size");
    }
}

/* Which of count: of a union's branches, of an enum's symbols. */
static int64_t walk_choice(struct walk *walk, size_t count)
{
    const int64_t choice = cw_read_long(&walk->in);
    if (choice >= 0 && (uint64_t)choice < count)
        return choice;
    cw_reader_fail(&walk->in, CW_BAD_RECORD, "choice out of range");
    return 0;
}

static void walk_union(struct walk *walk, avro_schema_t schema, unsigned depth)
{
    const int64_t branch = walk_choice(walk, avro_schema_union_size(schema));
    if (walk->in.status == CW_OK)
        walk_value(walk, avro_schema_union_branch(schema, (int)branch), depth);
}

static void walk_nested(struct walk *walk, avro_schema_t schema, unsigned depth)
{
    const avro_type_t kind = avro_typeof(schema);
    if (kind == AVRO_RECORD)
        walk_record(walk, schema, depth);
    else if (kind == AVRO_ARRAY)
        walk_blocks(walk, avro_schema_array_items(schema), false, depth);
    else if (kind == AVRO_MAP)
        walk_blocks(walk, avro_schema_map_values(schema), true, depth);
    else if (kind == AVRO_UNION)
        walk_union(walk, schema, depth);
    else if (kind == AVRO_LINK)
        walk_value(walk, avro_schema_link_target(schema), depth);
    else if (kind != AVRO_NULL)
        cw_reader_fail(&walk->in, CW_BAD_RECORD, "type not known");
}

static void walk_value(struct walk *walk, avro_schema_t schema, unsigned depth)
{
    const avro_type_t kind = avro_typeof(schema);
    if (depth == 0 || walk->values_left == 0) {
        cw_reader_fail(&walk->in, CW_TOO_LARGE, "too deep, or too many values");
        return;
    }
    walk->values_left--;
    if (kind == AVRO_STRING || kind == AVRO_BYTES)
        (void)cw_read_text(&walk->in);
    else if (kind == AVRO_INT32)
        (void)cw_read_int(&walk->in);
    else if (kind == AVRO_INT64)
        (void)cw_read_long(&walk->in);
    else if (kind == AVRO_ENUM)
        (void)walk_choice(walk,
                          (size_t)avro_schema_enum_number_of_symbols(schema));
    else if (kind == AVRO_FLOAT)
        skip(walk, sizeof(float));
    else if (kind == AVRO_DOUBLE)
        skip(walk, sizeof(double));
    else if (kind == AVRO_BOOLEAN)
        (void)cw_read_bool(&walk->in);
    else if (kind == AVRO_FIXED)
        skip(walk, avro_schema_fixed_size(schema));
    else
        walk_nested(walk, schema, depth - 1);
}

enum cw_status cw_avro_walk(avro_schema_t schema, struct cw_text body,
                            unsigned depth_max, size_t value_max,
                            struct cw_error *err)
{
    struct cw_unpack bytes = cw_unpack_of(body.bytes, body.size);
    struct walk walk = {cw_reader_of(&bytes, NULL), value_max};
    walk_value(&walk, schema, depth_max);
    const enum cw_status status =
        cw_reader_end(&walk.in, &bytes, "foreign record", err);
    if (status == CW_OK && bytes.at != bytes.size)
        return cw_fail(err, CW_BAD_RECORD, "%zu bytes after the record",
                       bytes.size - bytes.at);
    return status;
}
