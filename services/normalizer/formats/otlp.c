#include "otlp.h"

#include "../entity.h"
#include "../flatten.h"

#define JOINED_MAX 4096
#define BYTES_MAX  64 /* of a bytes value shown in hex */

struct joined {
    char bytes[JOINED_MAX];
    size_t size;
};

static void join(struct joined *joined, struct cw_text text)
{
    const size_t room = sizeof(joined->bytes) - joined->size;
    const size_t size = text.size < room ? text.size : room;
    if (size > 0)
        memcpy(joined->bytes + joined->size, text.bytes, size);
    joined->size += size;
}

static void join_hex(struct joined *joined, struct cw_text bytes)
{
    static const char digits[] = "0123456789abcdef";
    const size_t size = bytes.size < BYTES_MAX ? bytes.size : BYTES_MAX;
    for (size_t i = 0; i < size; i++) {
        const unsigned char byte = (unsigned char)bytes.bytes[i];
        const char pair[] = {digits[byte >> 4], digits[byte & 15]};
        join(joined, (struct cw_text){pair, 2});
    }
}

static struct cw_text integer_text(uint64_t bits, struct cw_arena *arena)
{
    char text[24];
    size_t at = sizeof(text);
    const bool negative = bits >> 63 != 0;
    uint64_t rest = negative ? 0 - bits : bits;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (negative)
        text[--at] = '-';
    const struct cw_text kept =
        cw_arena_text(arena, (struct cw_text){text + at, sizeof(text) - at});
    return kept.bytes == NULL ? CW_TEXT("") : kept;
}

/* Scalar of an AnyValue field; false: a list, a map or unknown. */
static bool scalar_of(const struct wire_field *field, struct cw_arena *arena,
                      struct cw_text *text)
{
    if (field->number == 1 && field->type == WIRE_LEN)
        *text = field->bytes;
    else if (field->number == 2 && field->type == WIRE_VARINT)
        *text = field->bits ? CW_TEXT("true") : CW_TEXT("false");
    else if (field->number == 3 && field->type == WIRE_VARINT)
        *text = integer_text(field->bits, arena);
    else if (field->number == 4 && field->type == WIRE_I64)
        *text = flatten_number(wire_double(field), arena);
    else
        return false;
    return true;
}

static bool join_any(struct joined *joined, struct cw_text message,
                     struct cw_arena *arena, unsigned depth);

/* A KeyValue of a map. */
static bool join_pair(struct joined *joined, struct cw_text message,
                      struct cw_arena *arena, unsigned depth)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.type != WIRE_LEN)
            continue;
        if (field.number == 1) {
            join(joined, field.bytes);
            join(joined, CW_TEXT("="));
        } else if (field.number == 2 &&
                   !join_any(joined, field.bytes, arena, depth)) {
            return false;
        }
    }
    return !wire.bad;
}

/* ArrayValue and KeyValueList: field 1, repeated. */
static bool join_list(struct joined *joined, const struct wire_field *list,
                      struct cw_arena *arena, unsigned depth)
{
    const bool map = list->number == 6;
    struct wire wire = wire_of(list->bytes);
    struct wire_field field;
    bool first = true;
    while (wire_next(&wire, &field)) {
        if (field.number != 1 || field.type != WIRE_LEN)
            continue;
        if (!first)
            join(joined, map ? CW_TEXT(" ") : CW_TEXT(","));
        first = false;
        if (map ? !join_pair(joined, field.bytes, arena, depth)
                : !join_any(joined, field.bytes, arena, depth))
            return false;
    }
    return !wire.bad;
}

/* depth bounds the recursion: what lies deeper is left out. */
static bool join_any(struct joined *joined, struct cw_text message,
                     struct cw_arena *arena, unsigned depth)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        struct cw_text text;
        if (scalar_of(&field, arena, &text))
            join(joined, text);
        else if (field.number == 7 && field.type == WIRE_LEN)
            join_hex(joined, field.bytes);
        else if ((field.number == 5 || field.number == 6) &&
                 field.type == WIRE_LEN && depth < OTLP_DEPTH_MAX &&
                 !join_list(joined, &field, arena, depth + 1))
            return false;
    }
    return !wire.bad;
}

bool otlp_text(struct cw_text message, struct cw_arena *arena,
               struct cw_text *text)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    *text = CW_TEXT("");
    if (!wire_next(&wire, &field))
        return !wire.bad;
    if (scalar_of(&field, arena, text) && wire.at == wire.end)
        return true;
    struct joined joined;
    joined.size = 0;
    if (!join_any(&joined, message, arena, 0))
        return false;
    const struct cw_text kept =
        cw_arena_text(arena, (struct cw_text){joined.bytes, joined.size});
    *text = kept.bytes == NULL ? CW_TEXT("") : kept;
    return true;
}

bool otlp_add_attribute(struct labels *labels, struct cw_text message,
                        struct cw_arena *arena)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    struct cw_text key = CW_TEXT("");
    struct cw_text value = CW_TEXT("");
    while (wire_next(&wire, &field)) {
        if (field.type != WIRE_LEN)
            continue;
        if (field.number == 1)
            key = field.bytes;
        else if (field.number == 2 && !otlp_text(field.bytes, arena, &value))
            return false;
    }
    labels_add(labels, key, value);
    return !wire.bad;
}

static bool changes_with_every_start(struct cw_text key)
{
    static const struct cw_text prefixes[] = {
        CW_TEXT("telemetry."),   CW_TEXT("process."),
        CW_TEXT("os."),          CW_TEXT("service.version"),
        CW_TEXT("container.id"), CW_TEXT("container.image."),
        CW_TEXT("k8s.pod.uid"),  CW_TEXT("k8s.pod.start_time"),
        CW_TEXT("host.ip"),      CW_TEXT("host.mac"),
        CW_TEXT("host.image."),  CW_TEXT("host.cpu.")};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (cw_text_starts(key, prefixes[i]))
            return true;
    return false;
}

static void keep_identifying(struct labels *labels)
{
    size_t kept = 0;
    for (size_t i = 0; i < labels->count; i++)
        if (!changes_with_every_start(labels->items[i].key))
            labels->items[kept++] = labels->items[i];
    labels->count = kept;
}

/* Resource: field 1, attributes. */
static bool read_resource(struct labels *labels, struct cw_text message,
                          struct cw_arena *arena)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    while (wire_next(&wire, &field))
        if (field.number == 1 && field.type == WIRE_LEN &&
            !otlp_add_attribute(labels, field.bytes, arena))
            return false;
    keep_identifying(labels);
    labels_sort(labels);
    return !wire.bad;
}

/* InstrumentationScope: field 1, name. */
static bool read_scope_name(struct labels *labels, struct cw_text message)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    while (wire_next(&wire, &field))
        if (field.number == 1 && field.type == WIRE_LEN)
            labels_add(labels, CW_TEXT("otel.scope.name"), field.bytes);
    labels_sort(labels);
    return !wire.bad;
}

/* The last field of that number: protobuf lets fields come in any order. */
static bool find_message(struct cw_text message, uint32_t number,
                         struct cw_text *found)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    *found = CW_TEXT("");
    while (wire_next(&wire, &field))
        if (field.number == number && field.type == WIRE_LEN)
            *found = field.bytes;
    return !wire.bad;
}

static bool read_scope(struct draft *draft, const struct otlp_scope *resource,
                       struct cw_text message, otlp_item *item, size_t *index)
{
    struct otlp_scope scope = *resource;
    struct cw_text about;
    struct wire wire = wire_of(message);
    struct wire_field field;
    if (!find_message(message, 1, &about) ||
        !read_scope_name(&scope.labels, about))
        return false;
    while (wire_next(&wire, &field)) {
        if (field.number != 2 || field.type != WIRE_LEN)
            continue;
        draft_part(draft, (*index)++, CW_TEXT(""));
        if (!item(draft, &scope, field.bytes))
            return false;
    }
    return !wire.bad;
}

static bool read_resource_items(struct draft *draft, struct cw_text message,
                                otlp_item *item, size_t *index)
{
    struct otlp_scope resource;
    struct cw_text about;
    struct wire wire = wire_of(message);
    struct wire_field field;
    labels_clear(&resource.labels);
    if (!find_message(message, 1, &about) ||
        !read_resource(&resource.labels, about, draft_arena(draft)))
        return false;
    const struct cw_entity none = {CW_TEXT(""), CW_TEXT("")};
    resource.entity =
        entity_of(&resource.labels, CW_TEXT(""), none, draft_arena(draft));
    resource.has_entity = resource.entity.name.size > 0;
    while (wire_next(&wire, &field))
        if (field.number == 2 && field.type == WIRE_LEN &&
            !read_scope(draft, &resource, field.bytes, item, index))
            return false;
    return !wire.bad;
}

enum cw_status otlp_read(struct draft *draft, struct cw_text bytes,
                         otlp_item *item, struct cw_error *err)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    size_t index = 0;
    while (wire_next(&wire, &field))
        if (field.number == 1 && field.type == WIRE_LEN &&
            !read_resource_items(draft, field.bytes, item, &index))
            return cw_fail(err, CW_BAD_RECORD, "OTLP broken near item %zu",
                           index);
    if (wire.bad)
        return cw_fail(err, CW_BAD_RECORD, "OTLP broken at its top");
    if (index == 0)
        draft_drop(draft, COUNT_DROP_SILENT);
    return CW_OK;
}
