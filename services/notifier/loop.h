/*
 * loop - notices in, messages out, each on record before it leaves.
 *
 * Place    follow (notices, causes, marks), own deliveries -> [loop: desk,
 *          tray, alarm] -> deliver, teller
 * Input    at an assignment: every own delivery of each partition and the last
 *          causes, read to their end; then notices from the committed offset
 * Output   messages to the targets; records on deliveries
 * Limits   those of desk, tray and deliver. A notice that finds the desk full
 *          stops the reading until it has room. Offsets are committed only
 *          while nothing is pending, so a crash reads open notices again and
 *          the deliveries tell what had begun
 * Threads  one owner thread; ready and collect from any
 */
#ifndef NOTIFIER_LOOP_H
#define NOTIFIER_LOOP_H

#include "stream/service.h"

struct notifier_settings {
    const char *targets;
    const char *zone;
    const char *console_url;
    const char *ca_file;
    int64_t max_age_us;
    int64_t cause_wait_us;
    int64_t timeout_us;
    int64_t beat_limit_us; /* 0 = no watchdog */
    bool private_addresses;
    bool loopback;
    bool insecure_http;
};

/* Rows of main's table of metrics. */
enum notifier_metric {
    NOTIFIER_METRIC_DELIVERIES,
    NOTIFIER_METRIC_WAITING,
    NOTIFIER_METRIC_SILENT,
    NOTIFIER_METRIC_COUNT
};

struct notifier;

/* Borrows *settings for its life. CW_BAD_CONFIG, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
notifier_create(struct notifier **made,
                const struct notifier_settings *settings, struct cw_error *err);
void notifier_destroy(struct notifier **notifier);

/* As struct cw_side_loop wants them; context is the notifier. */
enum cw_status notifier_run(void *context, const struct cw_side *side,
                            struct cw_error *err);
bool notifier_ready(void *context, json_t *parts, struct cw_error *why);
void notifier_collect(void *context, struct cw_metrics *metrics);

#endif
