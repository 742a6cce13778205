#include "core.h"

#include <stddef.h>

#define ROW(name, type, field, fallback, min, max, unit, meaning)              \
    {                                                                          \
        "logcluster." name, type, offsetof(struct logcluster_config, field),   \
            fallback, min, max, unit, CW_OPT_RESTART, meaning                  \
    }

const struct cw_option logcluster_options[] = {
    ROW("window", CW_OPT_DURATION, window_us, "10s", 1e6, 36e8, "",
        "lines are counted per pattern in windows of this length"),
    ROW("learn", CW_OPT_DURATION, learn_us, "10m", 1e6, 6048e8, "",
        "of an entity's log: nothing in it is new"),
    ROW("quiet", CW_OPT_DURATION, quiet_us, "1m", 1e6, 864e8, "",
        "without the pattern its anomaly closes"),
    ROW("series-idle", CW_OPT_DURATION, series_idle_us, "1h", 1e6, 6048e8, "",
        "without a line the series of a pattern ends"),
    ROW("entity-idle", CW_OPT_DURATION, entity_idle_us, "1d", 1e6, 31536e9, "",
        "without a line an entity is dropped from the state"),
    ROW("max-entities", CW_OPT_INT, max_entities, "1024", 1, 1e6, "",
        "entities of one of 64 shards; the longest idle makes room"),
    ROW("max-patterns", CW_OPT_INT, max_patterns, "2000", 1, 1e6, "",
        "patterns of an entity; further lines count as <other>"),
    ROW("max-shard-patterns", CW_OPT_INT, max_shard_patterns, "8192", 1, 1e7,
        "", "patterns of one of 64 shards"),
    ROW("series-max", CW_OPT_INT, series_max, "20", 0, 64, "",
        "patterns of an entity that get a series of their own"),
    ROW("open-lines", CW_OPT_INT, open_lines, "5", 1, 1e6, "",
        "lines of a new pattern below warning that open an anomaly too"),
    ROW("surprise-min", CW_OPT_DOUBLE, surprise_min, "1.5", 0, 12, "-log10 p",
        "least surprise of a new pattern that opens an anomaly"),
};

const size_t logcluster_option_count =
    sizeof(logcluster_options) / sizeof(logcluster_options[0]);
