#include "base/yaml.h"

#include <stdint.h>
#include <yaml.h>

#include "base/pack.h"

#define DEPTH_MAX 16u
#define KEY_SIZE  512u

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* valid while has_event */
    bool has_event;
    struct cw_arena *arena;
    struct cw_yaml_entry *entries;
    size_t count;
    struct cw_error *err;
};

/* The joined key of the mapping being read. */
struct key {
    char text[KEY_SIZE];
    size_t size;
    yaml_mark_t mark;
};

static enum cw_status fail_at(struct reader *in, yaml_mark_t mark,
                              const char *fault)
{
    return cw_fail(in->err, CW_BAD_CONFIG, "%zu:%zu: %s", mark.line + 1,
                   mark.column + 1, fault);
}

static void drop_event(struct reader *in)
{
    if (in->has_event)
        yaml_event_delete(&in->event);
    in->has_event = false;
}

static enum cw_status next(struct reader *in)
{
    drop_event(in);
    if (!yaml_parser_parse(&in->parser, &in->event)) {
        const yaml_parser_t *parser = &in->parser;
        const yaml_mark_t mark = parser->problem_mark;
        return fail_at(in, mark,
                       parser->problem ? parser->problem : "not YAML");
    }
    in->has_event = true;
    if (in->event.type == YAML_ALIAS_EVENT)
        return fail_at(in, in->event.start_mark, "aliases are not allowed");
    return CW_OK;
}

static struct cw_text scalar_of(const struct reader *in)
{
    return (struct cw_text){(const char *)in->event.data.scalar.value,
                            in->event.data.scalar.length};
}

static enum cw_status check_scalar(struct reader *in)
{
    const struct cw_text text = scalar_of(in);
    if (text.size > 0 && memchr(text.bytes, '\0', text.size) != NULL)
        return fail_at(in, in->event.start_mark, "a NUL is not allowed");
    return CW_OK;
}

static enum cw_status add_entry(struct reader *in, const struct key *key,
                                struct cw_text value, bool empty)
{
    if (in->count == CW_YAML_COUNT_MAX)
        return fail_at(in, key->mark, "more than 4096 settings");
    const char *name = cw_arena_copy(in->arena, key->text, key->size + 1);
    char *copy = cw_arena_take(in->arena, value.size + 1);
    if (name == NULL || copy == NULL)
        return cw_fail(in->err, CW_NO_MEMORY, "settings");
    if (value.size > 0)
        memcpy(copy, value.bytes, value.size);
    in->entries[in->count++] =
        (struct cw_yaml_entry){name, copy, empty, (unsigned)key->mark.line + 1,
                               (unsigned)key->mark.column + 1};
    return CW_OK;
}

static enum cw_status read_scalar(struct reader *in, const struct key *key)
{
    const enum cw_status status = check_scalar(in);
    if (status != CW_OK)
        return status;
    const struct cw_text value = scalar_of(in);
    const bool plain = in->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const bool null =
        value.size == 0 || cw_text_is(value, "~") || cw_text_is(value, "null");
    return add_entry(in, key, value, plain && null);
}

static enum cw_status add_item(struct reader *in, struct cw_pack *joined)
{
    if (in->event.type != YAML_SCALAR_EVENT)
        return fail_at(in, in->event.start_mark,
                       "a list may hold plain values only");
    const enum cw_status status = check_scalar(in);
    if (status != CW_OK)
        return status;
    const struct cw_text item = scalar_of(in);
    if (item.size > 0 && memchr(item.bytes, ',', item.size) != NULL)
        return fail_at(in, in->event.start_mark,
                       "an item of a list may not hold a comma");
    if (joined->size > 0)
        cw_pack_bytes(joined, ",", 1);
    cw_pack_bytes(joined, item.bytes, item.size);
    return CW_OK;
}

/* Items joined by commas; an item that holds one itself would come apart
 * again, so it is refused. */
static enum cw_status read_sequence(struct reader *in, const struct key *key)
{
    struct cw_pack joined;
    cw_pack_init(&joined, CW_YAML_SIZE_MAX);
    enum cw_status status = next(in);
    while (status == CW_OK && in->event.type != YAML_SEQUENCE_END_EVENT) {
        status = add_item(in, &joined);
        if (status == CW_OK)
            status = next(in);
    }
    if (status == CW_OK && joined.failed)
        status = cw_fail(in->err, CW_NO_MEMORY, "list of settings");
    if (status == CW_OK)
        status = add_entry(
            in, key, (struct cw_text){(const char *)joined.bytes, joined.size},
            false);
    cw_pack_fini(&joined);
    return status;
}

static enum cw_status append_key(struct reader *in, struct key *key)
{
    const enum cw_status status = check_scalar(in);
    if (status != CW_OK)
        return status;
    const struct cw_text part = scalar_of(in);
    if (part.size == 0 || cw_text_is(part, "<<"))
        return fail_at(in, in->event.start_mark,
                       "an empty key and << are not allowed");
    if (part.size + 2 > sizeof(key->text) - key->size)
        return fail_at(in, in->event.start_mark, "key longer than 510 bytes");
    if (key->size > 0)
        key->text[key->size++] = '.';
    memcpy(key->text + key->size, part.bytes, part.size);
    key->size += part.size;
    key->text[key->size] = '\0';
    key->mark = in->event.start_mark;
    return CW_OK;
}

static enum cw_status read_mapping(struct reader *in, const struct key *above,
                                   unsigned depth);

static enum cw_status read_value(struct reader *in, const struct key *key,
                                 unsigned depth)
{
    const enum cw_status status = next(in);
    if (status != CW_OK)
        return status;
    if (in->event.type == YAML_SCALAR_EVENT)
        return read_scalar(in, key);
    if (in->event.type == YAML_SEQUENCE_START_EVENT)
        return read_sequence(in, key);
    return read_mapping(in, key, depth + 1);
}

/* The mapping whose start is the event at hand. Depth is bounded. */
static enum cw_status read_mapping(struct reader *in, const struct key *above,
                                   unsigned depth)
{
    if (depth > DEPTH_MAX)
        return fail_at(in, in->event.start_mark, "nested too deeply");
    for (;;) {
        struct key key = *above;
        enum cw_status status = next(in);
        if (status != CW_OK)
            return status;
        if (in->event.type == YAML_MAPPING_END_EVENT)
            return CW_OK;
        if (in->event.type != YAML_SCALAR_EVENT)
            return fail_at(in, in->event.start_mark, "a key must be a word");
        status = append_key(in, &key);
        if (status == CW_OK)
            status = read_value(in, &key, depth);
        if (status != CW_OK)
            return status;
    }
}

static enum cw_status read_root(struct reader *in)
{
    const struct key root = {.size = 0};
    if (in->event.type == YAML_SCALAR_EVENT && scalar_of(in).size == 0)
        return CW_OK; /* only comments after --- */
    if (in->event.type != YAML_MAPPING_START_EVENT)
        return fail_at(in, in->event.start_mark,
                       "the file must hold \"key: value\" lines");
    return read_mapping(in, &root, 1);
}

static enum cw_status read_stream(struct reader *in)
{
    bool seen = false;
    for (;;) {
        enum cw_status status = next(in);
        if (status != CW_OK)
            return status;
        switch (in->event.type) {
        case YAML_STREAM_END_EVENT:
            return CW_OK;
        case YAML_SCALAR_EVENT:
        case YAML_MAPPING_START_EVENT:
        case YAML_SEQUENCE_START_EVENT:
            if (seen)
                return fail_at(in, in->event.start_mark,
                               "a second document is not allowed");
            seen = true;
            status = read_root(in);
            break;
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
        case YAML_ALIAS_EVENT:
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
        default:
            break;
        }
        if (status != CW_OK)
            return status;
    }
}

enum cw_status cw_yaml_read(struct cw_text text, struct cw_arena *arena,
                            const struct cw_yaml_entry **entries, size_t *count,
                            struct cw_error *err)
{
    struct reader in = {.arena = arena, .err = err};
    if (text.size > CW_YAML_SIZE_MAX)
        return cw_fail(err, CW_BAD_CONFIG, "1:1: larger than 1 MiB");
    in.entries = cw_arena_take(arena, CW_YAML_COUNT_MAX * sizeof(*in.entries));
    if (in.entries == NULL || !yaml_parser_initialize(&in.parser))
        return cw_fail(err, CW_NO_MEMORY, "YAML");
    yaml_parser_set_input_string(&in.parser, (const unsigned char *)text.bytes,
                                 text.size);
    const enum cw_status status = read_stream(&in);
    drop_event(&in);
    yaml_parser_delete(&in.parser);
    if (status != CW_OK)
        return status;
    *entries = in.entries;
    *count = in.count;
    return CW_OK;
}
