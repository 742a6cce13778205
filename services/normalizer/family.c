#include "family.h"

#include <stdbool.h>

#define NAME_MAX 160 /* the words that decide stand in front of this */

/* How many there are: waiting to be served, which is saturation, or held, of
 * which no limit is known. A counter of them tells how many came: traffic. */
enum { WAITING = CW_FAMILY_COUNT, HELD };

struct lower_name {
    char bytes[NAME_MAX];
    size_t size;
};

/* part: anywhere in the name; word: bounded by what is no letter. */
static const struct rule {
    struct cw_text text;
    bool word;
    int family; /* enum cw_family, WAITING or HELD */
} rules[] = {
    /* What is left over: both ways are worth a word, and more of it is no
     * saturation, whatever else the name says. */
    {CW_TEXT("idle"), true, CW_FAMILY_OTHER},
    {CW_TEXT("free"), true, CW_FAMILY_OTHER},
    {CW_TEXT("nice"), true, CW_FAMILY_OTHER}, /* CPU time others may take */
    /* Memory the kernel gives back to whoever asks. */
    {CW_TEXT("cached"), true, CW_FAMILY_OTHER},
    {CW_TEXT("buffered"), true, CW_FAMILY_OTHER},
    {CW_TEXT("buffers"), true, CW_FAMILY_OTHER},
    {CW_TEXT("slab_recl"), true, CW_FAMILY_OTHER},
    {CW_TEXT("reclaimable"), false, CW_FAMILY_OTHER},
    {CW_TEXT("unavailab"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("unhealthy"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("restarts"), true, CW_FAMILY_ERRORS},
    /* How many run: none left is the whole story. Threads come and go. */
    {CW_TEXT("ps_count.threads"), false, HELD},
    {CW_TEXT("ps_count"), true, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("num_procs"), true, CW_FAMILY_AVAILABILITY},
    /* Load of five minutes and more remembers trouble for as long. */
    {CW_TEXT("midterm"), true, HELD},
    {CW_TEXT("longterm"), true, HELD},
    {CW_TEXT("load5"), true, HELD},
    {CW_TEXT("load15"), true, HELD},
    {CW_TEXT("load_average.5m"), false, HELD},
    {CW_TEXT("load_average.15m"), false, HELD},
    {CW_TEXT("load_average_5m"), false, HELD},
    {CW_TEXT("load_average_15m"), false, HELD},
    {CW_TEXT("replicas"), true, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("ready"), true, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("availab"), false, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("success"), false, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("healthy"), false, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("probe_"), false, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("up"), true, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("alive"), true, CW_FAMILY_AVAILABILITY},
    {CW_TEXT("error"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("errors"), true, CW_FAMILY_ERRORS},
    {CW_TEXT("fail"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("exception"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("fault"), true, CW_FAMILY_ERRORS},
    {CW_TEXT("faults"), true, CW_FAMILY_ERRORS},
    {CW_TEXT("reject"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("dropped"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("timeout"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("5xx"), false, CW_FAMILY_ERRORS},
    {CW_TEXT("latency"), false, CW_FAMILY_LATENCY},
    {CW_TEXT("duration"), false, CW_FAMILY_LATENCY},
    {CW_TEXT("response_time"), false, CW_FAMILY_LATENCY},
    {CW_TEXT("responsetime"), false, CW_FAMILY_LATENCY},
    {CW_TEXT("response.time"), false, CW_FAMILY_LATENCY},
    {CW_TEXT("request_seconds"), false, CW_FAMILY_LATENCY},
    {CW_TEXT("request_time"), false, CW_FAMILY_LATENCY},
    {CW_TEXT("delay"), true, CW_FAMILY_LATENCY},
    {CW_TEXT("lag"), true, CW_FAMILY_LATENCY},
    {CW_TEXT("ping"), true, CW_FAMILY_LATENCY},
    {CW_TEXT("p50"), true, CW_FAMILY_LATENCY},
    {CW_TEXT("p90"), true, CW_FAMILY_LATENCY},
    {CW_TEXT("p95"), true, CW_FAMILY_LATENCY},
    {CW_TEXT("p99"), true, CW_FAMILY_LATENCY},
    {CW_TEXT("cpu"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("mem"), true, CW_FAMILY_SATURATION},
    {CW_TEXT("memory"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("heap"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("swap"), true, CW_FAMILY_SATURATION},
    {CW_TEXT("df"), true, CW_FAMILY_SATURATION},
    {CW_TEXT("filesystem"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("utili"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("usage"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("percent"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("pct"), true, CW_FAMILY_SATURATION},
    {CW_TEXT("queue"), false, WAITING},
    {CW_TEXT("backlog"), false, WAITING},
    {CW_TEXT("pressure"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("throttl"), false, CW_FAMILY_SATURATION},
    {CW_TEXT("load"), true, CW_FAMILY_SATURATION},
    {CW_TEXT("threads"), true, HELD},
    {CW_TEXT("connections"), true, HELD},
    {CW_TEXT("pool"), true, HELD},
    {CW_TEXT("goroutines"), true, HELD},
    {CW_TEXT("fds"), true, HELD},
    {CW_TEXT("fd"), true, HELD},
    {CW_TEXT("used"), true, CW_FAMILY_SATURATION},
    {CW_TEXT("request"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("throughput"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("workload"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("traffic"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("bytes"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("packets"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("octets"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("messages"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("records"), false, CW_FAMILY_TRAFFIC},
    {CW_TEXT("rate"), true, CW_FAMILY_TRAFFIC},
    {CW_TEXT("qps"), true, CW_FAMILY_TRAFFIC},
    {CW_TEXT("rps"), true, CW_FAMILY_TRAFFIC},
    {CW_TEXT("ops"), true, CW_FAMILY_TRAFFIC},
    {CW_TEXT("count"), true, CW_FAMILY_TRAFFIC},
    {CW_TEXT("total"), true, CW_FAMILY_TRAFFIC},
    {CW_TEXT("calls"), true, CW_FAMILY_TRAFFIC},
    {CW_TEXT("hits"), true, CW_FAMILY_TRAFFIC},
};

static void lower(struct lower_name *made, struct cw_text name)
{
    made->size = name.size < NAME_MAX ? name.size : NAME_MAX;
    for (size_t i = 0; i < made->size; i++) {
        char c = name.bytes[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        made->bytes[i] = c;
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
    const size_t size = rule->text.size;
    for (size_t at = 0; at + size <= name->size; at++)
        if (name->bytes[at] == rule->text.bytes[0] &&
            memcmp(name->bytes + at, rule->text.bytes, size) == 0 &&
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

static bool is_counter(enum cw_metric_kind kind)
{
    return kind != CW_METRIC_KIND_GAUGE;
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

static enum cw_family family_of_number(int rule, enum cw_metric_kind kind)
{
    if (is_counter(kind))
        return CW_FAMILY_TRAFFIC;
    return rule == WAITING ? CW_FAMILY_SATURATION : CW_FAMILY_OCCUPANCY;
}

enum cw_family family_of(struct cw_text name, struct cw_text unit,
                         enum cw_metric_kind kind)
{
    struct lower_name low = {0};
    lower(&low, name);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!speaks(&rules[i], &low))
            continue;
        /* How often, not how long. */
        if (rules[i].family == CW_FAMILY_LATENCY && is_count(&low))
            return CW_FAMILY_TRAFFIC;
        if (rules[i].family >= CW_FAMILY_COUNT)
            return family_of_number(rules[i].family, kind);
        return (enum cw_family)rules[i].family;
    }
    return is_time(unit) ? CW_FAMILY_LATENCY : CW_FAMILY_OTHER;
}
