/*
 * config - what may be set about ranking, and what it is by default.
 *
 * Place    main.c, cwctl -> core
 * Limits   plain values; ranges are in RANKER_OPTIONS
 * Threads  pure
 * Source   weights: hand weights of the conditional logit described in
 *          docs/decisions; a label moves them only within label_bound
 */
#ifndef RANKER_CONFIG_H
#define RANKER_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/options.h"

struct ranker_config {
    int64_t decide_after_us; /* first answer this long after opening */
    int64_t redecide_us;     /* least distance of later answers */
    int64_t lookback_us;     /* evidence this long before the first symptom */
    int64_t change_us;       /* how long a change is kept */
    int64_t change_tau_us;   /* a change loses 63 % of its weight in it */
    double floor;            /* least probability of a named cause */
    double unknown_bias;     /* score of "something we do not see" */
    double temperature;      /* above 1: less sure */
    double confidence_step;  /* a smaller move is not published */
    double weight_severity;
    double weight_exogeneity;
    double weight_onset;
    double weight_coverage;
    double weight_errors;
    double weight_novelty;
    double weight_change;
    double weight_missing;
    double weight_label;
};

#define RANKER_CONFIG_DEFAULT                                                  \
    ((struct ranker_config){                                                   \
        .decide_after_us = 5000000,                                            \
        .redecide_us = 60000000,                                               \
        .lookback_us = 300000000,                                              \
        .change_us = 7200000000,                                               \
        .change_tau_us = 1200000000,                                           \
        .floor = 0.2,                                                          \
        .unknown_bias = 3.0,                                                   \
        .temperature = 1.0,                                                    \
        .confidence_step = 0.05,                                               \
        .weight_severity = 1.0,                                                \
        .weight_exogeneity = 0.7,                                              \
        .weight_onset = 0.3,                                                   \
        .weight_coverage = 1.0,                                                \
        .weight_errors = 0.7,                                                  \
        .weight_novelty = 0.5,                                                 \
        .weight_change = 1.2,                                                  \
        .weight_missing = 2.5,                                                 \
        .weight_label = 0.5,                                                   \
    })

/* Rows for the service's table of options; field is the struct ranker_config
 * in the struct owner. */
#define RANKER_OPTION_AT(owner, field, part)                                   \
    (offsetof(owner, field) + offsetof(struct ranker_config, part))
#define RANKER_OPTIONS(owner, field)                                           \
    {"ranker.decide_after",                                                    \
     CW_OPT_DURATION,                                                          \
     RANKER_OPTION_AT(owner, field, decide_after_us),                          \
     "5s",                                                                     \
     0,                                                                        \
     3600e6,                                                                   \
     "",                                                                       \
     0,                                                                        \
     "first answer this long after an incident opens; again at 3x, 6x, 12x"},  \
        {"ranker.redecide",                                                    \
         CW_OPT_DURATION,                                                      \
         RANKER_OPTION_AT(owner, field, redecide_us),                          \
         "60s",                                                                \
         1e6,                                                                  \
         3600e6,                                                               \
         "",                                                                   \
         0,                                                                    \
         "least distance between later answers"},                              \
        {"ranker.lookback",                                                    \
         CW_OPT_DURATION,                                                      \
         RANKER_OPTION_AT(owner, field, lookback_us),                          \
         "5m",                                                                 \
         0,                                                                    \
         3600e6,                                                               \
         "",                                                                   \
         0,                                                                    \
         "evidence counts from this long before the first symptom"},           \
        {"ranker.change_window",                                               \
         CW_OPT_DURATION,                                                      \
         RANKER_OPTION_AT(owner, field, change_us),                            \
         "2h",                                                                 \
         0,                                                                    \
         86400e6,                                                              \
         "",                                                                   \
         0,                                                                    \
         "how long before a symptom a change may be suspect; 0 = never"},      \
        {"ranker.change_tau",                                                  \
         CW_OPT_DURATION,                                                      \
         RANKER_OPTION_AT(owner, field, change_tau_us),                        \
         "20m",                                                                \
         1e6,                                                                  \
         86400e6,                                                              \
         "",                                                                   \
         0,                                                                    \
         "a change loses 63 % of its weight in this time"},                    \
        {"ranker.confidence_floor",                                            \
         CW_OPT_DOUBLE,                                                        \
         RANKER_OPTION_AT(owner, field, floor),                                \
         "0.2",                                                                \
         0,                                                                    \
         1,                                                                    \
         "probability",                                                        \
         0,                                                                    \
         "below it the answer is unknown"},                                    \
        {"ranker.unknown_bias",                                                \
         CW_OPT_DOUBLE,                                                        \
         RANKER_OPTION_AT(owner, field, unknown_bias),                         \
         "3.0",                                                                \
         -20,                                                                  \
         20,                                                                   \
         "score",                                                              \
         0,                                                                    \
         "score of a cause that is not in the data"},                          \
    {                                                                          \
        "ranker.temperature", CW_OPT_DOUBLE,                                   \
            RANKER_OPTION_AT(owner, field, temperature), "1.0", 0.05, 20, "",  \
            0, "above 1 less sure, below 1 surer"                              \
    }

#endif
