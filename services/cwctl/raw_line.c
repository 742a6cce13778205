#include "raw_line.h"

#include <math.h>

#include "base/time.h"
#include "base64.h"

static struct tree_value member(struct tree_value object, const char *name)
{
    return tree_get(object, cw_text_of(name));
}

static bool is_given(struct tree_value value)
{
    const enum tree_type type = tree_type_of(value);
    return type != TREE_NONE && type != TREE_NULL;
}

static bool read_base64(struct tree_value value, struct cw_arena *arena,
                        struct cw_text *bytes)
{
    return tree_type_of(value) == TREE_STRING &&
           base64_decode(tree_string(value), arena, bytes);
}

/* A text as it is, anything else as its JSON. */
static bool read_plain(struct tree_value value, struct cw_arena *arena,
                       struct cw_text *bytes)
{
    if (tree_type_of(value) == TREE_STRING) {
        *bytes = tree_string(value);
        return true;
    }
    const size_t size = tree_write(value, NULL, 0);
    char *out = size > 0 ? cw_arena_take(arena, size) : NULL;
    if (out == NULL)
        return false;
    *bytes = (struct cw_text){out, tree_write(value, out, size)};
    return true;
}

/* name, or name_base64; *has is false for neither and for null. */
static bool read_bytes(struct tree_value object, const char *name,
                       const char *name_base64, struct cw_arena *arena,
                       bool *has, struct cw_text *bytes)
{
    const struct tree_value coded = member(object, name_base64);
    const struct tree_value plain = member(object, name);
    *has = is_given(coded) || is_given(plain);
    if (is_given(coded))
        return read_base64(coded, arena, bytes);
    return !*has || read_plain(plain, arena, bytes);
}

static bool read_header(struct tree_value entry, struct cw_arena *arena,
                        struct cw_raw_header *header)
{
    bool has;
    header->key = tree_string(member(entry, "key"));
    return header->key.size > 0 && read_bytes(entry, "value", "value_base64",
                                              arena, &has, &header->value);
}

static bool read_headers(struct tree_value list, struct cw_arena *arena,
                         struct cw_raw *raw)
{
    if (!is_given(list))
        return true;
    struct cw_raw_header *headers =
        cw_arena_take(arena, RAW_LINE_HEADERS_MAX * sizeof(*headers));
    struct tree_walk walk = tree_walk_of(list);
    struct cw_text key;
    struct tree_value value;
    if (headers == NULL)
        return false;
    while (tree_walk_next(&walk, &key, &value)) {
        if (raw->header_count == RAW_LINE_HEADERS_MAX)
            return false;
        struct cw_raw_header *header = &headers[raw->header_count++];
        header->key = key;
        if (walk.object ? !read_plain(value, arena, &header->value)
                        : !read_header(value, arena, header))
            return false;
    }
    raw->headers = headers;
    return true;
}

/* Beyond every calendar: as live, a record without a time. */
static int64_t possible(int64_t at)
{
    return at < CW_TIME_MAX ? at : -1;
}

static bool read_us(struct tree_value us, int64_t *at)
{
    if (!tree_integer(us, at) || *at < 0)
        return false;
    *at = possible(*at);
    return true;
}

/* Whole numbers exactly; a fraction of a millisecond is kept. */
static bool read_time(struct tree_value object, int64_t *at)
{
    const struct tree_value us = member(object, "timestamp_us");
    const struct tree_value ms = member(object, "timestamp_ms");
    int64_t whole;
    double real;
    *at = INT64_MIN;
    if (is_given(us))
        return read_us(us, at);
    if (!is_given(ms))
        return true;
    if (tree_integer(ms, &whole)) {
        *at = whole < CW_TIME_MAX / 1000 ? whole * 1000 : -1;
        return whole >= 0;
    }
    if (!tree_number(ms, &real) || !(real >= 0 && real < 9e15))
        return false;
    *at = possible((int64_t)floor(real * 1000.0 + 0.5));
    return true;
}

static bool read_place(struct tree_value object, struct cw_raw *raw)
{
    const struct tree_value partition = member(object, "partition");
    const struct tree_value offset = member(object, "offset");
    int64_t number;
    raw->partition = -1;
    raw->offset = -1;
    if (is_given(partition)) {
        if (!tree_integer(partition, &number) || number < 0 || number > 65535)
            return false;
        raw->partition = (int32_t)number;
    }
    return !is_given(offset) ||
           (tree_integer(offset, &raw->offset) && raw->offset >= 0);
}

static enum cw_status read_parts(struct raw_line *line, struct tree_value root,
                                 struct cw_arena *arena, struct cw_error *err)
{
    struct cw_raw *raw = &line->raw;
    raw->topic = tree_string(member(root, "topic"));
    if (raw->topic.size == 0)
        return cw_fail(err, CW_BAD_RECORD, "no \"topic\"");
    line->record = member(root, "record");
    if (is_given(line->record))
        return CW_OK;
    if (!read_place(root, raw))
        return cw_fail(err, CW_BAD_RECORD, "partition or offset is no number");
    if (!read_time(root, &raw->timestamp_at))
        return cw_fail(err, CW_BAD_RECORD, "timestamp_ms is no time");
    if (!read_bytes(root, "key", "key_base64", arena, &raw->has_key, &raw->key))
        return cw_fail(err, CW_BAD_RECORD, "key is not base64");
    if (!read_bytes(root, "value", "value_base64", arena, &raw->has_value,
                    &raw->value))
        return cw_fail(err, CW_BAD_RECORD, "value is not base64");
    if (!read_headers(member(root, "headers"), arena, raw))
        return cw_fail(err, CW_BAD_RECORD, "headers cannot be read");
    return CW_OK;
}

enum cw_status raw_line_parse(struct raw_line *line, struct cw_text text,
                              struct tree_parser *parser,
                              struct cw_arena *arena, struct cw_error *err)
{
    struct tree_value root;
    enum tree_fault fault;
    *line = (struct raw_line){0};
    const enum cw_status status = tree_parse(parser, text, &root, &fault, err);
    if (status != CW_OK)
        return status;
    if (tree_type_of(root) != TREE_OBJECT)
        return cw_fail(err, CW_BAD_RECORD, "no JSON object");
    return read_parts(line, root, arena, err);
}
