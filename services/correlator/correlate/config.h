/*
 * config - every option of the correlate role, in one struct and one table.
 *
 * Place    main.c: file and environment -> [config] -> core
 * Limits   as the table says
 * Threads  constant once read
 */
#ifndef CORRELATE_CONFIG_H
#define CORRELATE_CONFIG_H

#include "base/options.h"

struct correlate_config {
    const char *fingerprint; /* fields of an alert's identity, "" = its key */
    const char *resolve;     /* all | first | last | never */
    int64_t window_us;
    int64_t wait_us;
    int64_t quiet_us;
    int64_t quiet_max_us;
    int64_t reopen_us;
    int64_t max_age_us;
    int64_t blind_us;
    int64_t stale_us;
    int64_t edge_stale_us;
    int64_t edge_keep_us;
    int64_t max_hops;
    int64_t min_count;
    double open_score;
    double theta;
    int64_t domain_max; /* a shard */
    int64_t open_max;   /* and below: a domain */
    int64_t member_max;
    int64_t wait_max;
    int64_t held_max;
    int64_t edge_max;
    int64_t silence_max;
};

extern const struct cw_option correlate_options[];
extern const size_t correlate_option_count;

/* What the table's defaults say. */
struct correlate_config correlate_config_default(void);

#endif
