#include "correlate/config.h"

#include <stddef.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

#define AT(field) offsetof(struct correlate_config, field)
#define SPAN(name, field, fallback, meaning)                                   \
    {                                                                          \
        name, CW_OPT_DURATION, AT(field), fallback, 1e6, 6048e8, "", 0,        \
            meaning                                                            \
    }
#define BOUND(name, field, fallback, max, meaning)                             \
    {                                                                          \
        name, CW_OPT_INT, AT(field), fallback, 1, max, "", CW_OPT_RESTART,     \
            meaning                                                            \
    }

const struct cw_option correlate_options[] = {
    {"correlate.fingerprint", CW_OPT_TEXT, AT(fingerprint), "", 0, 0, "", 0,
     "fields that identify an alert, of source, key, entity, title, severity, "
     "label:NAME; empty = source, entity and the source's own key"},
    {"correlate.resolve", CW_OPT_CHOICE, AT(resolve), "all", 0, 0,
     "all|first|last|never", 0,
     "an incident recovers when all, the first or the newest member ended"},
    SPAN("correlate.window", window_us, "10m",
         "largest distance in time of a member from the incident's others"),
    SPAN("correlate.wait", wait_us, "60s",
         "a weak anomaly waits this long for company"),
    SPAN(
        "correlate.quiet", quiet_us, "60s",
        "recovered this long before it is resolved; doubles at each reopening"),
    SPAN("correlate.quiet-max", quiet_max_us, "15m",
         "upper end of that doubling"),
    SPAN("correlate.reopen", reopen_us, "15m",
         "a recurrence within this time reopens, later it opens anew"),
    SPAN("correlate.max-age", max_age_us, "30m",
         "an incident open longer takes nothing new but on its own entities"),
    SPAN("correlate.blind", blind_us, "60s",
         "a domain without any topology groups by time alone within this"),
    SPAN("correlate.stale", stale_us, "24h",
         "a member nobody spoke of for so long counts as ended"),
    SPAN("correlate.edge-stale", edge_stale_us, "30m",
         "a seen edge ends when no call was seen for so long"),
    SPAN("correlate.edge-keep", edge_keep_us, "2h",
         "an ended edge is remembered so long, for late data"),
    {"correlate.max-hops", CW_OPT_INT, AT(max_hops), "2", 0, 3, "hops", 0,
     "largest distance of a member from the incident's first entities"},
    {"correlate.min-count", CW_OPT_INT, AT(min_count), "1", 1, 1000, "", 0,
     "an alert must be said so often before it opens an incident"},
    {"correlate.open-score", CW_OPT_DOUBLE, AT(open_score), "0.9", 0, 1, "", 0,
     "an anomaly of this score opens alone; a weaker one needs company"},
    {"correlate.theta", CW_OPT_DOUBLE, AT(theta), "0.2", 0, 1, "", 0,
     "least score of a member: time decay x hop decay x likeness"},
    BOUND("correlate.domain-max", domain_max, "1024", 65536,
          "domains a shard; further ones are shed"),
    BOUND("correlate.open-max", open_max, "1000", 100000,
          "incidents of a domain not yet closed"),
    BOUND("correlate.member-max", member_max, "500", 10000,
          "members written out; further ones are counted"),
    BOUND("correlate.wait-max", wait_max, "10000", 1000000,
          "signals waiting for company, and silenced ones"),
    BOUND("correlate.held-max", held_max, "100000", 10000000,
          "alerts and anomalies remembered by identity"),
    BOUND("correlate.edge-max", edge_max, "20000", 1000000,
          "edges of the topology"),
    BOUND("correlate.silence-max", silence_max, "1000", 100000,
          "silences in force"),
};

const size_t correlate_option_count =
    sizeof(correlate_options) / sizeof(correlate_options[0]);

struct correlate_config correlate_config_default(void)
{
    return (struct correlate_config){
        .fingerprint = "",
        .resolve = "all",
        .window_us = 10 * MINUTE,
        .wait_us = MINUTE,
        .quiet_us = MINUTE,
        .quiet_max_us = 15 * MINUTE,
        .reopen_us = 15 * MINUTE,
        .max_age_us = 30 * MINUTE,
        .blind_us = MINUTE,
        .stale_us = 24 * HOUR,
        .edge_stale_us = 30 * MINUTE,
        .edge_keep_us = 2 * HOUR,
        .max_hops = 2,
        .min_count = 1,
        .open_score = 0.9,
        .theta = 0.2,
        .domain_max = 1024,
        .open_max = 1000,
        .member_max = 500,
        .wait_max = 10000,
        .held_max = 100000,
        .edge_max = 20000,
        .silence_max = 1000,
    };
}
