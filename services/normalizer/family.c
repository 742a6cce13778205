#include "family.h"

#include <stdbool.h>

#define NAME_MAX 160 /* the words that decide stand in front of this */

struct lower_name {
    char bytes[NAME_MAX];
    size_t size;
};

/* part: anywhere in the name; word: bounded by what is no letter. */
static const struct rule {
    const char *text;
    bool word;
    enum cw_family family;
} rules[] = {
    {"availab", false, CW_FAMILY_AVAILABILITY},
    {"success", false, CW_FAMILY_AVAILABILITY},
    {"healthy", false, CW_FAMILY_AVAILABILITY},
    {"probe_", false, CW_FAMILY_AVAILABILITY},
    {"up", true, CW_FAMILY_AVAILABILITY},
    {"alive", true, CW_FAMILY_AVAILABILITY},
    {"error", false, CW_FAMILY_ERRORS},
    {"errors", true, CW_FAMILY_ERRORS},
    {"fail", false, CW_FAMILY_ERRORS},
    {"exception", false, CW_FAMILY_ERRORS},
    {"fault", true, CW_FAMILY_ERRORS},
    {"faults", true, CW_FAMILY_ERRORS},
    {"reject", false, CW_FAMILY_ERRORS},
    {"dropped", false, CW_FAMILY_ERRORS},
    {"timeout", false, CW_FAMILY_ERRORS},
    {"5xx", false, CW_FAMILY_ERRORS},
    {"latency", false, CW_FAMILY_LATENCY},
    {"duration", false, CW_FAMILY_LATENCY},
    {"response_time", false, CW_FAMILY_LATENCY},
    {"responsetime", false, CW_FAMILY_LATENCY},
    {"response.time", false, CW_FAMILY_LATENCY},
    {"request_seconds", false, CW_FAMILY_LATENCY},
    {"request_time", false, CW_FAMILY_LATENCY},
    {"delay", true, CW_FAMILY_LATENCY},
    {"lag", true, CW_FAMILY_LATENCY},
    {"ping", true, CW_FAMILY_LATENCY},
    {"p50", true, CW_FAMILY_LATENCY},
    {"p90", true, CW_FAMILY_LATENCY},
    {"p95", true, CW_FAMILY_LATENCY},
    {"p99", true, CW_FAMILY_LATENCY},
    {"cpu", false, CW_FAMILY_SATURATION},
    {"mem", true, CW_FAMILY_SATURATION},
    {"memory", false, CW_FAMILY_SATURATION},
    {"heap", false, CW_FAMILY_SATURATION},
    {"swap", true, CW_FAMILY_SATURATION},
    {"df", true, CW_FAMILY_SATURATION},
    {"filesystem", false, CW_FAMILY_SATURATION},
    {"utili", false, CW_FAMILY_SATURATION},
    {"usage", false, CW_FAMILY_SATURATION},
    {"percent", false, CW_FAMILY_SATURATION},
    {"pct", true, CW_FAMILY_SATURATION},
    {"queue", false, CW_FAMILY_SATURATION},
    {"backlog", false, CW_FAMILY_SATURATION},
    {"pressure", false, CW_FAMILY_SATURATION},
    {"throttl", false, CW_FAMILY_SATURATION},
    {"load", true, CW_FAMILY_SATURATION},
    {"threads", true, CW_FAMILY_SATURATION},
    {"connections", true, CW_FAMILY_SATURATION},
    {"pool", true, CW_FAMILY_SATURATION},
    {"goroutines", true, CW_FAMILY_SATURATION},
    {"fds", true, CW_FAMILY_SATURATION},
    {"fd", true, CW_FAMILY_SATURATION},
    {"free", true, CW_FAMILY_SATURATION},
    {"used", true, CW_FAMILY_SATURATION},
    {"request", false, CW_FAMILY_TRAFFIC},
    {"throughput", false, CW_FAMILY_TRAFFIC},
    {"workload", false, CW_FAMILY_TRAFFIC},
    {"traffic", false, CW_FAMILY_TRAFFIC},
    {"bytes", false, CW_FAMILY_TRAFFIC},
    {"packets", false, CW_FAMILY_TRAFFIC},
    {"octets", false, CW_FAMILY_TRAFFIC},
    {"messages", false, CW_FAMILY_TRAFFIC},
    {"records", false, CW_FAMILY_TRAFFIC},
    {"rate", true, CW_FAMILY_TRAFFIC},
    {"qps", true, CW_FAMILY_TRAFFIC},
    {"rps", true, CW_FAMILY_TRAFFIC},
    {"ops", true, CW_FAMILY_TRAFFIC},
    {"count", true, CW_FAMILY_TRAFFIC},
    {"total", true, CW_FAMILY_TRAFFIC},
    {"calls", true, CW_FAMILY_TRAFFIC},
    {"hits", true, CW_FAMILY_TRAFFIC},
};

static void lower(struct lower_name *made, struct cw_text name)
{
    made->size = name.size < NAME_MAX ? name.size : NAME_MAX;
    for (size_t i = 0; i < made->size; i++) {
        const char c = name.bytes[i];
        made->bytes[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool bounded(const struct lower_name *name, size_t at, size_t size)
{
    return (at == 0 || !is_letter(name->bytes[at - 1])) &&
           (at + size == name->size || !is_letter(name->bytes[at + size]));
}

static bool speaks(const struct rule *rule, const struct lower_name *name)
{
    const size_t size = strlen(rule->text);
    for (size_t at = 0; at + size <= name->size; at++)
        if (memcmp(name->bytes + at, rule->text, size) == 0 &&
            (!rule->word || bounded(name, at, size)))
            return true;
    return false;
}

static bool ends(const struct lower_name *name, const char *suffix)
{
    const size_t size = strlen(suffix);
    return name->size > size &&
           memcmp(name->bytes + name->size - size, suffix, size) == 0;
}

static bool is_count(const struct lower_name *name)
{
    return ends(name, ".count") || ends(name, "_count") ||
           ends(name, "_bucket");
}

static bool is_time(struct cw_text unit)
{
    static const char *const units[] = {"s",  "ms",      "us",
                                        "ns", "seconds", "milliseconds"};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (cw_text_is(unit, units[i]))
            return true;
    return false;
}

enum cw_family family_of(struct cw_text name, struct cw_text unit)
{
    struct lower_name low;
    lower(&low, name);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!speaks(&rules[i], &low))
            continue;
        /* How often, not how long. */
        if (rules[i].family == CW_FAMILY_LATENCY && is_count(&low))
            return CW_FAMILY_TRAFFIC;
        return rules[i].family;
    }
    return is_time(unit) ? CW_FAMILY_LATENCY : CW_FAMILY_OTHER;
}
