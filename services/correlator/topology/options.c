#include "core.h"

#include <stddef.h>

#define ROW(name, type, field, fallback, min, max, meaning)                    \
    {                                                                          \
        "topology." name, type, offsetof(struct topology_config, field),       \
            fallback, min, max, "", CW_OPT_RESTART, meaning                    \
    }

const struct cw_option topology_options[] = {
    ROW("window", CW_OPT_DURATION, window_us, "5s", 1e6, 6e8,
        "edges and calls are told once in this time"),
    ROW("settle", CW_OPT_DURATION, settle_us, "10s", 1e6, 9e8,
        "a trace without a new span for so long is closed"),
    ROW("max-open", CW_OPT_DURATION, max_open_us, "60s", 1e6, 9e8,
        "a trace is closed after so long in any case"),
    ROW("idle", CW_OPT_DURATION, idle_us, "10m", 1e6, 864e8,
        "after its last span the series of an entity end"),
    ROW("max-traces", CW_OPT_INT, max_traces, "25000", 1, 1e7,
        "open traces of a shard; the oldest is closed early"),
    ROW("max-spans", CW_OPT_INT, max_spans, "500000", 1, 1e8,
        "spans of open traces of a shard"),
    ROW("max-parties", CW_OPT_INT, max_parties, "10000", 1, 1e7,
        "entities of a shard"),
    ROW("max-edges", CW_OPT_INT, max_edges, "4096", 1, 1e7,
        "edges of a shard in a window; more are counted"),
};

const size_t topology_option_count =
    sizeof(topology_options) / sizeof(topology_options[0]);
