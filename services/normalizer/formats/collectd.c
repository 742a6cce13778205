/*
 * collectd - write_kafka in JSON.
 *
 * Input    [{"values":[1],"dstypes":["gauge"],"dsnames":["value"],
 *           "time":1795211523.835,"interval":2.0,"host","plugin",
 *           "plugin_instance","type","type_instance"}]
 * Output   one point a value, named plugin.type[.type_instance][.dsname unless
 *          "value"]; derive, counter and absolute are rates per second already
 *          (StoreRates, collectd's default), gauge is a gauge
 *          entity: plugin processes with an instance -> that service; nginx,
 *          postgresql and the like -> service <plugin_instance or plugin>;
 *          df -> volume <host>:<mount>; everything else -> the host
 * Limits   a null value is the first of a derive: dropped. Notifications
 *          (severity, message) become alerts
 * Source   collectd src/write_kafka.c, src/utils/format_json
 */
#include "format.h"

struct sample {
    struct cw_text host;
    struct cw_text plugin;
    struct cw_text instance;
    struct cw_text type;
    struct cw_text type_instance;
    int64_t at;
    int64_t interval_us;
};

static struct cw_text text_of(struct tree_value object, const char *key)
{
    return tree_string(tree_get(object, cw_text_of(key)));
}

static bool speaks_for_service(struct cw_text plugin)
{
    static const char *const plugins[] = {
        "nginx",    "postgresql", "redis",  "memcached", "curl_json",
        "curl",     "apache",     "mysql",  "mongodb",   "rabbitmq",
        "varnish",  "haproxy",    "bind",   "tomcat",    "GenericJMX",
        "curl_xml", "dbi",        "ceph",   "java",      "lua",
        "python",   "exec",       "statsd", "openldap"};
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        if (cw_text_is(plugin, plugins[i]))
            return true;
    return false;
}

static struct cw_entity entity_of_sample(const struct sample *sample,
                                         struct cw_arena *arena)
{
    if (cw_text_is(sample->plugin, "processes") && sample->instance.size > 0)
        return (struct cw_entity){CW_TEXT("service"), sample->instance};
    if (speaks_for_service(sample->plugin))
        return (struct cw_entity){CW_TEXT("service"), sample->instance.size > 0
                                                          ? sample->instance
                                                          : sample->plugin};
    if (cw_text_is(sample->plugin, "df") && sample->instance.size > 0)
        return (struct cw_entity){
            CW_TEXT("volume"),
            cw_arena_print(arena, "%.*s:%.*s", CW_TEXT_ARG(sample->host),
                           CW_TEXT_ARG(sample->instance))};
    return (struct cw_entity){CW_TEXT("host"), sample->host};
}

static struct cw_text name_of(const struct sample *sample,
                              struct cw_text dsname, struct cw_arena *arena)
{
    const bool plain = dsname.size == 0 || cw_text_is(dsname, "value");
    return cw_arena_print(
        arena, "%.*s.%.*s%s%.*s%s%.*s", CW_TEXT_ARG(sample->plugin),
        CW_TEXT_ARG(sample->type), sample->type_instance.size > 0 ? "." : "",
        CW_TEXT_ARG(sample->type_instance), plain ? "" : ".",
        plain ? 0 : (int)dsname.size, dsname.bytes);
}

static struct cw_text unit_of(struct cw_text type)
{
    static const struct {
        const char *type;
        const char *unit;
    } units[] = {
        {"percent", "%"},        {"memory", "By"},     {"if_octets", "By/s"},
        {"disk_octets", "By/s"}, {"df_complex", "By"}, {"latency", "s"},
        {"response_time", "s"},  {"ping", "ms"},       {"temperature", "Cel"},
        {"ps_rss", "By"},        {"ps_vm", "By"},      {"uptime", "s"}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (cw_text_is(type, units[i].type))
            return cw_text_of(units[i].unit);
    return CW_TEXT("");
}

/* Each value meets its type and name by place. */
static void add_values(struct draft *draft, struct tree_value element,
                       const struct sample *sample)
{
    struct tree_walk values =
        tree_walk_of(tree_get(element, CW_TEXT("values")));
    struct tree_walk types =
        tree_walk_of(tree_get(element, CW_TEXT("dstypes")));
    struct tree_walk names =
        tree_walk_of(tree_get(element, CW_TEXT("dsnames")));
    const struct cw_entity entity =
        entity_of_sample(sample, draft_arena(draft));
    struct tree_value value;
    while (tree_walk_next(&values, NULL, &value)) {
        struct tree_value type = {NULL, 0};
        struct tree_value name = {NULL, 0};
        struct labels labels;
        struct draft_point point = {.sampled_at = sample->at,
                                    .interval_us = sample->interval_us,
                                    .entity = &entity};
        (void)tree_walk_next(&types, NULL, &type);
        (void)tree_walk_next(&names, NULL, &name);
        if (tree_type_of(value) == TREE_NULL) {
            draft_drop(draft, COUNT_DROP_EMPTY);
            continue;
        }
        if (!tree_number(value, &point.value)) {
            draft_refuse(draft, CW_BAD_RECORD, "value is no number");
            continue;
        }
        point.kind = cw_text_is(tree_string(type), "gauge")
                         ? CW_METRIC_KIND_GAUGE
                         : CW_METRIC_KIND_RATE;
        point.name = name_of(sample, tree_string(name), draft_arena(draft));
        point.unit = unit_of(sample->type);
        labels_clear(&labels);
        labels_add(&labels, CW_TEXT("host.name"), sample->host);
        labels_add(&labels, CW_TEXT("plugin"), sample->plugin);
        labels_add(&labels, CW_TEXT("plugin_instance"), sample->instance);
        draft_add_point(draft, &point, &labels);
    }
}

static enum cw_severity severity_of(struct cw_text word)
{
    if (cw_text_is(word, "FAILURE"))
        return CW_SEVERITY_CRITICAL;
    return cw_text_is(word, "WARNING") ? CW_SEVERITY_WARNING : CW_SEVERITY_INFO;
}

static void add_notification(struct draft *draft, struct tree_value element,
                             const struct sample *sample)
{
    struct cw_arena *arena = draft_arena(draft);
    const struct cw_text severity = text_of(element, "severity");
    struct labels labels;
    struct cw_event event = {.kind = CW_EVENT_KIND_ALERT};
    event.source = CW_TEXT("collectd");
    event.status = cw_text_is(severity, "OKAY") ? CW_EVENT_STATUS_RESOLVED
                                                : CW_EVENT_STATUS_FIRING;
    event.severity = severity_of(severity);
    event.title = text_of(element, "message");
    event.dedup_key = cw_arena_print(
        arena, "%.*s/%.*s-%.*s/%.*s-%.*s", CW_TEXT_ARG(sample->host),
        CW_TEXT_ARG(sample->plugin), CW_TEXT_ARG(sample->instance),
        CW_TEXT_ARG(sample->type), CW_TEXT_ARG(sample->type_instance));
    event.entity = entity_of_sample(sample, arena);
    event.event_at = sample->at;
    event.starts_at = sample->at ? sample->at : draft_kafka_at(draft);
    event.ends_at =
        event.status == CW_EVENT_STATUS_RESOLVED ? event.starts_at : 0;
    labels_clear(&labels);
    labels_add(&labels, CW_TEXT("host.name"), sample->host);
    labels_add(&labels, CW_TEXT("plugin"), sample->plugin);
    labels_add(&labels, CW_TEXT("type"), sample->type);
    draft_add_event(draft, &event, &labels);
}

static bool read_sample(struct tree_value element, struct sample *sample)
{
    double seconds;
    sample->host = text_of(element, "host");
    sample->plugin = text_of(element, "plugin");
    sample->instance = text_of(element, "plugin_instance");
    sample->type = text_of(element, "type");
    sample->type_instance = text_of(element, "type_instance");
    sample->at = 0;
    sample->interval_us = 0;
    if (sample->host.size == 0 || sample->plugin.size == 0)
        return false;
    if (tree_number(tree_get(element, CW_TEXT("interval")), &seconds) &&
        seconds > 0.0 && seconds < 1e6)
        sample->interval_us = (int64_t)(seconds * 1e6 + 0.5);
    return !tree_number(tree_get(element, CW_TEXT("time")), &seconds) ||
           instant_of_double(seconds, INSTANT_S, &sample->at);
}

void read_collectd(struct draft *draft, struct tree_value element)
{
    struct sample sample;
    if (!read_sample(element, &sample)) {
        draft_refuse(draft, CW_BAD_RECORD, "no host, plugin or time");
        return;
    }
    if (tree_type_of(tree_get(element, CW_TEXT("values"))) == TREE_ARRAY)
        add_values(draft, element, &sample);
    else if (text_of(element, "message").size > 0)
        add_notification(draft, element, &sample);
    else
        draft_refuse(draft, CW_BAD_RECORD, "neither values nor message");
}
