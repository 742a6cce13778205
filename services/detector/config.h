/*
 * config - what an operator may turn, and what a family of metrics means.
 *
 * Place    main.c and cwctl fill it; core, series and missing read it
 * Limits   values are checked by the option table of main.c; the defaults
 *          are the ones docs/decisions/0040-detector-thresholds.md measured
 * Threads  pure
 */
#ifndef DETECTOR_CONFIG_H
#define DETECTOR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"

#define DETECTOR_SECOND INT64_C(1000000)
#define DETECTOR_MINUTE (60 * DETECTOR_SECOND)
#define DETECTOR_HOUR   (60 * DETECTOR_MINUTE)
#define DETECTOR_DAY    (24 * DETECTOR_HOUR)

struct detector_config {
    double open_surprise;     /* -log10 p that opens on one sample */
    double confirm_surprise;  /* on two of three samples; the score is 0.5 */
    double close_surprise;    /* below it a slow episode may close */
    double min_relative;      /* least deviation as a share of the expected */
    int64_t persist_us;       /* how long a deviation has to last to open, where
                                 samples come faster */
    int64_t accept_after_us;  /* a shift that stays becomes normal; times 6
                                 where staying bad is the fault itself */
    int64_t max_series;       /* a shard */
    int64_t max_entities;     /* a shard */
    int64_t missing_floor_us; /* silence shorter than it is never missing */
    int64_t missing_alone_us; /* the same when the whole shard fell silent;
                                 0 = never */
    int64_t forget_after_us;  /* an idle series leaves the state */
    bool missing;             /* look for series that fall silent */
};

extern const struct cw_option detector_options[];
extern const size_t detector_option_count;

/* The defaults: calm, see the decision record. */
struct detector_config detector_config_default(void);

enum direction { DIRECTION_BOTH, DIRECTION_UP, DIRECTION_DOWN };

/* How a family is judged. */
struct family_trait {
    enum direction direction;
    double quantum_share;  /* of the smallest move of a counted thing that
                              is taken for noise */
    double relative_share; /* of min_relative asked for */
    int accept_factor;     /* of accept_after_us */
    bool bursts;           /* one sample far up is no news; two are */
    bool parts;            /* it counts things that serve: see some_left() */
};

/* family: enum cw_family; total, an unknown one is OTHER. */
const struct family_trait *family_trait(int family);

#endif
