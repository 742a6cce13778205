/*
 * ecs - JSON logs: Elastic Common Schema nested or flat, Filebeat, Fluent Bit,
 * rsyslog's and syslog-ng's JSON, and what applications write themselves.
 *
 * Input    {"@timestamp":"..","message":"..","log":{"level":"error"},
 *          "service":{"name":"cart"},"trace":{"id":".."}}
 *          Paths are dotted before they are looked up, so nested and flat are
 *          one. The table below names every path with a meaning; what else is
 *          there becomes an attribute
 * Output   one log; a Metricbeat document becomes points (metricbeat)
 * Limits   @timestamp of Filebeat is when the line was read unless a parser
 *          set it; Fluent Bit's is a double of epoch seconds. Without a time
 *          it is Kafka's. A level in digits is syslog's up to 7, else pino's
 *          (10 to 60)
 * Source   elastic/ecs; libbeat outputs/codec/json; fluent-bit out_kafka
 */
#include "format.h"

#include "../flatten.h"
#include "../severity.h"
#include "../unwrap.h"
#include "metricbeat.h"

enum role {
    ROLE_ATTRIBUTE,
    ROLE_BODY,
    ROLE_TIME,
    ROLE_LEVEL,
    ROLE_TRACE,
    ROLE_SPAN,
    ROLE_SOURCE,
    ROLE_HOST,
    ROLE_NOTHING,
    ROLE_COUNT
};

/* By size, then bytes: searched by halves. rank: lower wins. */
static const struct known_path {
    struct cw_text path;
    enum role role;
    unsigned rank;
} paths[] = {
    {CW_TEXT("ts"), ROLE_TIME, 4},
    {CW_TEXT("log"), ROLE_BODY, 3},
    {CW_TEXT("lvl"), ROLE_LEVEL, 5},
    {CW_TEXT("msg"), ROLE_BODY, 2},
    {CW_TEXT("HOST"), ROLE_HOST, 1},
    {CW_TEXT("body"), ROLE_BODY, 4},
    {CW_TEXT("time"), ROLE_TIME, 3},
    {CW_TEXT("level"), ROLE_LEVEL, 2},
    {CW_TEXT("logger"), ROLE_SOURCE, 4},
    {CW_TEXT("rawmsg"), ROLE_NOTHING, 0},
    {CW_TEXT("source"), ROLE_SOURCE, 7},
    {CW_TEXT("spanId"), ROLE_SPAN, 3},
    {CW_TEXT("stream"), ROLE_SOURCE, 9},
    {CW_TEXT("ISODATE"), ROLE_TIME, 5},
    {CW_TEXT("MESSAGE"), ROLE_BODY, 5},
    {CW_TEXT("PROGRAM"), ROLE_SOURCE, 2},
    {CW_TEXT("message"), ROLE_BODY, 1},
    {CW_TEXT("span.id"), ROLE_SPAN, 1},
    {CW_TEXT("span_id"), ROLE_SPAN, 2},
    {CW_TEXT("traceId"), ROLE_TRACE, 3},
    {CW_TEXT("@version"), ROLE_NOTHING, 0},
    {CW_TEXT("PRIORITY"), ROLE_LEVEL, 4},
    {CW_TEXT("app-name"), ROLE_SOURCE, 3},
    {CW_TEXT("loglevel"), ROLE_LEVEL, 6},
    {CW_TEXT("severity"), ROLE_LEVEL, 3},
    {CW_TEXT("trace.id"), ROLE_TRACE, 1},
    {CW_TEXT("trace_id"), ROLE_TRACE, 2},
    {CW_TEXT("log.level"), ROLE_LEVEL, 1},
    {CW_TEXT("timestamp"), ROLE_TIME, 2},
    {CW_TEXT("@timestamp"), ROLE_TIME, 1},
    {CW_TEXT("input.type"), ROLE_NOTHING, 0},
    {CW_TEXT("log.logger"), ROLE_SOURCE, 3},
    {CW_TEXT("log.offset"), ROLE_NOTHING, 0},
    {CW_TEXT("timeMillis"), ROLE_TIME, 6},
    {CW_TEXT("ecs.version"), ROLE_NOTHING, 0},
    {CW_TEXT("logger_name"), ROLE_SOURCE, 5},
    {CW_TEXT("programname"), ROLE_SOURCE, 1},
    {CW_TEXT("process.name"), ROLE_SOURCE, 6},
    {CW_TEXT("timereported"), ROLE_TIME, 4},
    {CW_TEXT("log.file.path"), ROLE_SOURCE, 2},
    {CW_TEXT("severity_text"), ROLE_LEVEL, 4},
    {CW_TEXT("short_message"), ROLE_BODY, 6},
    {CW_TEXT("timegenerated"), ROLE_TIME, 9},
    {CW_TEXT("event.original"), ROLE_BODY, 9},
    {CW_TEXT("syslogseverity"), ROLE_LEVEL, 2},
};

#define PATH_COUNT (sizeof(paths) / sizeof(paths[0]))

struct reading {
    struct draft *draft;
    struct cw_arena *arena;
    struct labels labels;
    struct tree_value found[ROLE_COUNT];
    unsigned rank[ROLE_COUNT];
};

static int compare(struct cw_text path, struct cw_text known)
{
    if (path.size != known.size)
        return path.size < known.size ? -1 : 1;
    return memcmp(path.bytes, known.bytes, known.size);
}

static const struct known_path *find_path(struct cw_text path)
{
    size_t low = 0;
    size_t high = PATH_COUNT;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare(path, paths[middle].path);
        if (order == 0)
            return &paths[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Of the shipper, not of what it ships. */
static bool is_noise(struct cw_text path)
{
    return cw_text_starts(path, CW_TEXT("agent.")) ||
           cw_text_starts(path, CW_TEXT("@metadata."));
}

static void add_attribute(struct reading *reading, struct cw_text path,
                          struct tree_value value)
{
    const struct cw_text text = flatten_text(value, reading->arena);
    if (text.size == 0 || is_noise(path))
        return;
    const struct cw_text key = cw_arena_text(reading->arena, path);
    if (key.bytes != NULL)
        labels_add(&reading->labels, key, text);
}

static void take_leaf(void *to, struct cw_text path, struct tree_value value)
{
    struct reading *reading = to;
    const struct known_path *known = find_path(path);
    if (known == NULL) {
        add_attribute(reading, path, value);
        return;
    }
    const enum tree_type type = tree_type_of(value);
    if (type == TREE_NULL || known->role == ROLE_NOTHING)
        return;
    if (type == TREE_STRING && tree_string(value).size == 0)
        return;
    if (known->rank < reading->rank[known->role]) {
        reading->rank[known->role] = known->rank;
        reading->found[known->role] = value;
    }
}

static bool time_of(const struct reading *reading, int64_t *at)
{
    const struct tree_value value = reading->found[ROLE_TIME];
    const enum instant_unit unit = draft_source(reading->draft)->unit;
    int64_t integer;
    double number;
    *at = 0;
    if (tree_type_of(value) == TREE_NONE)
        return true;
    if (tree_type_of(value) == TREE_STRING)
        return instant_of_text(tree_string(value), unit, at);
    if (tree_integer(value, &integer))
        return instant_of_integer(integer, unit, at);
    return tree_number(value, &number) && instant_of_double(number, unit, at);
}

static int32_t severity_of_number(int64_t number)
{
    static const int32_t pino[] = {0, 1, 5, 9, 13, 17, 21};
    if (number >= 0 && number <= 7)
        return severity_of_syslog(number);
    if (number >= 10 && number <= 60)
        return pino[number / 10];
    return 0;
}

static int32_t severity_of(struct tree_value value)
{
    int64_t number;
    if (tree_integer(value, &number))
        return severity_of_number(number);
    const struct cw_text word = tree_string(value);
    if (word.size == 1 && word.bytes[0] >= '0' && word.bytes[0] <= '7')
        return severity_of_syslog(word.bytes[0] - '0');
    return severity_of_word(word);
}

static struct cw_text text_at(const struct reading *reading, enum role role)
{
    return flatten_text(reading->found[role], reading->arena);
}

static bool is_metricbeat(struct tree_value element)
{
    const struct tree_value set = tree_get(element, CW_TEXT("metricset"));
    return tree_type_of(tree_get(set, CW_TEXT("name"))) == TREE_STRING ||
           tree_type_of(tree_get(element, CW_TEXT("metricset.name"))) ==
               TREE_STRING;
}

static void add_log(struct reading *reading)
{
    struct draft_log log = {0};
    if (!time_of(reading, &log.event_at)) {
        draft_refuse(reading->draft, CW_BAD_RECORD, "timestamp is none");
        return;
    }
    log.body = text_at(reading, ROLE_BODY);
    log.body = unwrap_line(log.body, reading->arena);
    if (log.body.size == 0) {
        draft_refuse(reading->draft, CW_BAD_RECORD, "log without a message");
        return;
    }
    log.severity = severity_of(reading->found[ROLE_LEVEL]);
    log.source = text_at(reading, ROLE_SOURCE);
    log.trace_id = text_at(reading, ROLE_TRACE);
    log.span_id = text_at(reading, ROLE_SPAN);
    if (tree_type_of(reading->found[ROLE_HOST]) == TREE_STRING)
        labels_add(&reading->labels, CW_TEXT("host.name"),
                   text_at(reading, ROLE_HOST));
    labels_sort(&reading->labels);
    draft_add_log(reading->draft, &log, &reading->labels);
}

void read_ecs(struct draft *draft, struct tree_value element)
{
    if (tree_type_of(element) != TREE_OBJECT) {
        draft_refuse(draft, CW_BAD_RECORD, "no JSON object");
        return;
    }
    if (is_metricbeat(element)) {
        metricbeat_read(draft, element);
        return;
    }
    struct reading reading;
    reading.draft = draft;
    reading.arena = draft_arena(draft);
    labels_clear(&reading.labels);
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        reading.found[role] = (struct tree_value){NULL, 0};
        reading.rank[role] = UINT32_MAX;
    }
    struct flatten flatten = {take_leaf, &reading, 0};
    flatten_object(&flatten, element);
    reading.labels.dropped += flatten.cut;
    add_log(&reading);
}
