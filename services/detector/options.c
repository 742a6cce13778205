#include "config.h"

#include <stddef.h>

#define ROW(name, type, field, fallback, min, max, unit, meaning)              \
    {                                                                          \
        name, type, offsetof(struct detector_config, field), fallback, min,    \
            max, unit, CW_OPT_RESTART, meaning                                 \
    }

const struct cw_option detector_options[] = {
    ROW("detector.open-surprise", CW_OPT_DOUBLE, open_surprise, "5.0", 2, 12,
        "-log10 p", "opens an anomaly on one sample"),
    ROW("detector.confirm-surprise", CW_OPT_DOUBLE, confirm_surprise, "4.2", 1,
        12, "-log10 p", "opens on two of three samples; its score is 0.5"),
    ROW("detector.close-surprise", CW_OPT_DOUBLE, close_surprise, "2.5", 0.5,
        12, "-log10 p", "below it a slow episode may close"),
    ROW("detector.min-relative", CW_OPT_DOUBLE, min_relative, "0.05", 0, 10,
        "share", "least deviation, as a share of the expected value"),
    ROW("detector.persist", CW_OPT_DURATION, persist_us, "10s", 0, 3600e6, "",
        "a deviation has to last so long to open, where samples come faster"),
    ROW("detector.accept-after", CW_OPT_DURATION, accept_after_us, "2h", 60e6,
        6048e8, "", "a shift that stays so long becomes normal"),
    ROW("detector.max-series", CW_OPT_INT, max_series, "65536", 1, 1e7, "",
        "series of one of 256 shards; more are counted and not judged"),
    ROW("detector.max-entities", CW_OPT_INT, max_entities, "16384", 1, 1e7, "",
        "entities of one of 256 shards"),
    ROW("detector.missing-floor", CW_OPT_DURATION, missing_floor_us, "30s", 1e6,
        864e8, "", "silence shorter than it is never missing"),
    ROW("detector.forget-after", CW_OPT_DURATION, forget_after_us, "1d", 60e6,
        31536e9, "", "a series idle so long leaves the state"),
    ROW("detector.missing", CW_OPT_BOOL, missing, "true", 0, 0, "",
        "look for series that fall silent"),
    ROW("detector.missing-alone", CW_OPT_DURATION, missing_alone_us, "2m", 0,
        864e8, "",
        "when all of its shard fell silent, missing after so long; 0 = never"),
};

const size_t detector_option_count =
    sizeof(detector_options) / sizeof(detector_options[0]);
