#include "recognise.h"

#include "documents.h"
#include "wire.h"

static const struct normalizer_topic built_in[] = {
    {.topic = "otlp_metrics", .format = "otlp_metrics"},
    {.topic = "otlp_logs", .format = "otlp_logs"},
    {.topic = "otlp_spans", .format = "otlp_spans"},
    {.topic = "otlp_traces", .format = "otlp_spans"},
    {.topic = "prometheus", .format = "prometheus"},
    {.topic = "metrics", .format = "prometheus"},
    {.topic = "logs", .format = "ecs"},
    {.topic = "zipkin", .format = "zipkin"},
    {.topic = "syslog", .format = "rsyslog"},
    {.topic = "collectd", .format = "collectd"},
    {.topic = "alerts", .format = "alertmanager"},
    {.topic = "changes", .format = "change"},
    {.topic = "topology", .format = "topology"},
    {.topic = "raw.commands", .format = "command"},
    {.topic = "raw.config", .format = "command"},
    {.topic = "raw.models", .format = "command"},
    {.topic = "raw.results", .format = "command"},
};

static const char *const unit_names[] = {[INSTANT_AUTO] = "auto",
                                         [INSTANT_S] = "s",
                                         [INSTANT_MS] = "ms",
                                         [INSTANT_US] = "us",
                                         [INSTANT_NS] = "ns"};

#define UNIT_COUNT (sizeof(unit_names) / sizeof(unit_names[0]))

static size_t unit_find(const char *name)
{
    size_t unit = 0;
    if (name == NULL || name[0] == '\0')
        return INSTANT_AUTO;
    while (unit < UNIT_COUNT && strcmp(unit_names[unit], name) != 0)
        unit++;
    return unit;
}

static enum format format_of_row(const struct normalizer_topic *row)
{
    if (row->format == NULL || row->format[0] == '\0')
        return FORMAT_AUTO;
    return format_find(cw_text_of(row->format));
}

enum cw_status recognise_check(const struct normalizer_topic *rows,
                               size_t count, struct cw_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].topic == NULL || rows[i].topic[0] == '\0')
            return cw_fail(err, CW_BAD_CONFIG, "topic %zu has no name", i);
        if (format_of_row(&rows[i]) == FORMAT_COUNT)
            return cw_fail(err, CW_BAD_CONFIG, "topic %s: no format %s",
                           rows[i].topic, rows[i].format);
        if (unit_find(rows[i].unit) == UNIT_COUNT)
            return cw_fail(err, CW_BAD_CONFIG, "topic %s: no time unit %s",
                           rows[i].topic, rows[i].unit);
    }
    return CW_OK;
}

static const struct normalizer_topic *
find_row(const struct normalizer_topic *rows, size_t count,
         struct cw_text topic)
{
    for (size_t i = 0; i < count; i++)
        if (cw_text_is(topic, rows[i].topic))
            return &rows[i];
    return NULL;
}

struct recognised recognise_topic(const struct normalizer_topic *rows,
                                  size_t count, struct cw_text topic)
{
    const struct normalizer_topic *row = find_row(rows, count, topic);
    if (row == NULL)
        row = find_row(built_in, sizeof(built_in) / sizeof(built_in[0]), topic);
    if (row == NULL)
        return (struct recognised){.format = FORMAT_AUTO};
    return (struct recognised){format_of_row(row), cw_text_of(row->tenant),
                               cw_text_of(row->domain),
                               (enum instant_unit)unit_find(row->unit)};
}

static bool has(struct tree_value object, const char *key)
{
    return tree_type_of(tree_get(object, cw_text_of(key))) != TREE_NONE;
}

/* Rows of keys that must all be there; the first row that fits decides, so
 * the particular stands before the general. */
static enum format format_of_object(struct tree_value object)
{
    static const struct {
        const char *keys[3];
        enum format format;
    } signs[] = {
        {{"traceId", "id"}, FORMAT_ZIPKIN},
        {{"values", "dstypes", "dsnames"}, FORMAT_COLLECTD},
        {{"alerts", "groupKey"}, FORMAT_ALERTMANAGER},
        {{"alerts", "receiver"}, FORMAT_ALERTMANAGER},
        {{"edges"}, FORMAT_TOPOLOGY},
        {{"name", "labels", "value"}, FORMAT_PROMETHEUS},
        {{"change"}, FORMAT_CHANGE},
        {{"@timestamp"}, FORMAT_ECS},
        {{"message"}, FORMAT_ECS},
        {{"msg"}, FORMAT_ECS},
        {{"MESSAGE"}, FORMAT_ECS},
        {{"log"}, FORMAT_ECS},
    };
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        bool all = true;
        for (size_t k = 0; k < 3 && all && signs[i].keys[k] != NULL; k++)
            all = has(object, signs[i].keys[k]);
        if (all)
            return signs[i].format;
    }
    return FORMAT_COUNT;
}

static enum cw_status format_of_json(enum format *format,
                                     struct tree_parser *parser,
                                     struct cw_text bytes,
                                     struct cw_arena *arena,
                                     struct cw_error *err)
{
    struct tree_value root;
    const enum cw_status status =
        documents_first(parser, bytes, arena, &root, err);
    if (status != CW_OK)
        return status;
    if (tree_type_of(root) == TREE_ARRAY) {
        struct tree_walk items = tree_walk_of(root);
        if (!tree_walk_next(&items, NULL, &root))
            return cw_fail(err, CW_UNKNOWN_FORMAT, "empty list");
    }
    *format = format_of_object(root);
    if (*format == FORMAT_COUNT)
        return cw_fail(err, CW_UNKNOWN_FORMAT, "JSON of no known format");
    return CW_OK;
}

/* The field of that number and type length, from which to go one deeper. */
static bool enter(struct cw_text *message, uint32_t number)
{
    struct wire wire = wire_of(*message);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.number != number || field.type != WIRE_LEN)
            continue;
        *message = field.bytes;
        return true;
    }
    return false;
}

/* First item of the first scope: a log record begins with its time as fixed64
 * (1 or 11), a span has its times there (7, 8), a metric its data as a message
 * (5, 7, 9, 10, 11). */
static enum format format_of_otlp(struct cw_text bytes)
{
    struct cw_text item = bytes;
    if (!enter(&item, 1) || !enter(&item, 2) || !enter(&item, 2))
        return FORMAT_COUNT;
    struct wire wire = wire_of(item);
    struct wire_field field;
    enum format format = FORMAT_COUNT;
    while (wire_next(&wire, &field)) {
        if (field.type == WIRE_I64 && (field.number == 1 || field.number == 11))
            format = FORMAT_OTLP_LOGS;
        else if (field.type == WIRE_I64 &&
                 (field.number == 7 || field.number == 8))
            format = FORMAT_OTLP_SPANS;
        else if (field.type == WIRE_LEN && format == FORMAT_COUNT &&
                 (field.number == 5 || field.number == 7 || field.number == 9 ||
                  field.number == 10 || field.number == 11))
            format = FORMAT_OTLP_METRICS;
    }
    return wire.bad ? FORMAT_COUNT : format;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "<34>", "23 <1>", "2026-10-11T22:", "Oct 11 22:" */
static bool looks_syslog(struct cw_text bytes)
{
    int64_t at;
    size_t used;
    size_t digits = 0;
    if (bytes.size > 2 && bytes.bytes[0] == '<' && is_digit(bytes.bytes[1]))
        return true;
    while (digits < bytes.size && digits < 6 && is_digit(bytes.bytes[digits]))
        digits++;
    if (digits > 0 && digits + 1 < bytes.size && bytes.bytes[digits] == ' ' &&
        bytes.bytes[digits + 1] == '<')
        return true;
    return instant_parse(bytes, &at, &used) ||
           instant_parse_bsd(bytes, 0, &at, &used);
}

enum cw_status recognise_bytes(enum format *format, struct tree_parser *parser,
                               struct cw_text bytes, struct cw_arena *arena,
                               struct cw_error *err)
{
    const struct cw_text trimmed = documents_trim(bytes);
    if (trimmed.size == 0)
        return cw_fail(err, CW_UNKNOWN_FORMAT, "empty value");
    /* Tag 1 of a message is a line feed, and its length may be '{'. */
    *format = bytes.bytes[0] == '\n' ? format_of_otlp(bytes) : FORMAT_COUNT;
    if (*format != FORMAT_COUNT)
        return CW_OK;
    const char first = trimmed.bytes[0];
    if (first == '{' || first == '[')
        return format_of_json(format, parser, trimmed, arena, err);
    if (looks_syslog(trimmed)) {
        *format = FORMAT_RSYSLOG;
        return CW_OK;
    }
    return cw_fail(err, CW_UNKNOWN_FORMAT, "bytes of no known format");
}
