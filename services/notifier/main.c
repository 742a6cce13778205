/*
 * causeway-notifier: notices -> messages to people and machines, deliveries.
 *
 * The data's path: a notice meets the targets that want it (decide); a short
 * wait for the cause, so that the page says why (desk); the intent goes on
 * record in Kafka (tray), then the message leaves (deliver); what became of it
 * goes on record too. Beside it, outside the promise, a watchdog: is anything
 * still deciding (pulse, beat, alarm)?
 */
#include <stddef.h>

#include "loop.h"
#include "targets.h"
#include "zone.h"

#define ROW(name, type, field, fallback, min, max, unit, flags, meaning)       \
    {                                                                          \
        name, type, offsetof(struct notifier_settings, field), fallback, min,  \
            max, unit, (flags) | CW_OPT_LOCAL | CW_OPT_RESTART, meaning        \
    }

static const struct cw_option rows[] = {
    ROW("notify.targets", CW_OPT_TEXT, targets, "", 0, 0, "one a line",
        CW_OPT_SECRET,
        "NAME=webhook|alertmanager|slack+URL [min=SEVERITY] "
        "[doubt=hold|resend] [tenant=T] [domain=D] [drills] [acknowledged] "
        "[secret-file=PATH]; empty = nobody is told"),
    ROW("notify.max-age", CW_OPT_DURATION, max_age_us, "1h", 1e6, 6048e8, "", 0,
        "a notice is tried for so long, then it expires"),
    ROW("notify.cause-wait", CW_OPT_DURATION, cause_wait_us, "5s", 0, 6e7, "",
        0, "the first notice waits so long for its cause; 0 = not at all"),
    ROW("notify.timeout", CW_OPT_DURATION, timeout_us, "15s", 1e5, 6e7, "", 0,
        "of one post, answer included"),
    ROW("notify.zone", CW_OPT_TEXT, zone, "UTC", 0, 0, "", 0,
        "times are told in UTC and in this zone: Europe/Berlin"),
    ROW("notify.console-url", CW_OPT_TEXT, console_url, "", 0, 0, "", 0,
        "where the console is, for links; empty = no links"),
    ROW("notify.ca-file", CW_OPT_TEXT, ca_file, "", 0, 0, "", 0,
        "certificates to trust; empty = the system's"),
    ROW("notify.private-addresses", CW_OPT_BOOL, private_addresses, "false", 0,
        0, "", 0, "targets may lie in 10/8, 172.16/12, 192.168/16, fc00::/7"),
    ROW("notify.loopback", CW_OPT_BOOL, loopback, "false", 0, 0, "", 0,
        "targets may lie on this host"),
    ROW("notify.insecure-http", CW_OPT_BOOL, insecure_http, "false", 0, 0, "",
        0, "targets may be http, unencrypted"),
    ROW("beat.limit", CW_OPT_DURATION, beat_limit_us, "60s", 0, 36e8, "", 0,
        "every target is told when a stage is silent for longer; 0 = never"),
};

static void check_zone(const char *text, struct cw_faults *faults)
{
    struct notifier_zone *zone = NULL;
    struct cw_error err;
    if (notifier_zone_open(&zone, NULL, text, &err) != CW_OK)
        cw_faults_add(faults, "%s", err.text);
    notifier_zone_close(&zone);
}

static const struct cw_option_check checks[] = {
    {"notify.targets", notifier_targets_check},
    {"notify.zone", check_zone},
};

static const struct cw_metric metrics[NOTIFIER_METRIC_COUNT] = {
    [NOTIFIER_METRIC_DELIVERIES] = {.name =
                                        "causeway_notifier_deliveries_total",
                                    .type = CW_METRIC_COUNTER,
                                    .labels = "state",
                                    .help = "records of deliveries written"},
    [NOTIFIER_METRIC_WAITING] = {.name = "causeway_notifier_waiting",
                                 .type = CW_METRIC_GAUGE,
                                 .labels = "",
                                 .help = "deliveries that have not ended"},
    [NOTIFIER_METRIC_SILENT] = {.name = "causeway_notifier_stage_silent",
                                .type = CW_METRIC_GAUGE,
                                .labels = "",
                                .help = "1 while the watchdog misses a stage"},
};

struct process {
    struct cw_service_options common;
    struct notifier_settings settings;
    struct cw_side_loop side;
};

static enum cw_status make_notifier(void *context, struct cw_error *err)
{
    struct process *process = context;
    struct notifier *notifier = NULL;
    const enum cw_status status =
        notifier_create(&notifier, &process->settings, err);
    process->side.context = notifier;
    return status;
}

int main(int count, char **arguments)
{
    struct process process = {.side = {"notifier", notifier_run, notifier_ready,
                                       notifier_collect, NULL}};
    const struct cw_option_group group = {rows, sizeof(rows) / sizeof(rows[0]),
                                          &process.settings};
    const struct cw_program program = {
        .name = "notifier",
        .summary = "tells people and machines what was decided",
        .options = &process.common,
        .groups = &group,
        .group_count = 1,
        .side = &process.side,
        .metrics = metrics,
        .metric_count = NOTIFIER_METRIC_COUNT,
        .checks = checks,
        .check_count = sizeof(checks) / sizeof(checks[0]),
        .configure = make_notifier,
        .context = &process,
    };
    const int code = cw_service_main(&program, count, arguments);
    struct notifier *notifier = process.side.context;
    notifier_destroy(&notifier);
    return code;
}
