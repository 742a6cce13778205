/*
 * causeway-recorder: the only bridge between Kafka and PostgreSQL.
 *
 * The data's path: records of every topic that has a table become rows
 * (rows.c), with the offsets in the same transaction; what people wrote
 * through SQL functions is taken from the outbox (outbox.c) to raw.commands.
 */
#include <libpq-fe.h>

#include "bridge.h"
#include "vitals.h"

#define ROW(name, type, field, fallback, min, max, flags, meaning)             \
    {                                                                          \
        name, type, offsetof(struct bridge_settings, field), fallback, min,    \
            max, "", (flags) | CW_OPT_LOCAL | CW_OPT_RESTART, meaning          \
    }

static const struct cw_option rows[] = {
    ROW("postgres.url", CW_OPT_TEXT, postgres_url, "", 0, 0,
        CW_OPT_REQUIRED | CW_OPT_SECRET,
        "connection of the owner role: postgresql://user@host/db or key=value"),
    ROW("outbox.every", CW_OPT_DURATION, outbox_every_us, "200ms", 1000, 6e7, 0,
        "how often commands written in SQL are looked for"),
    ROW("upkeep.every", CW_OPT_DURATION, upkeep_every_us, "1h", 1e6, 864e8, 0,
        "retention and audit anchors"),
};

/* libpq's own words would repeat a part of it, perhaps of the password. */
static void check_url(const char *text, struct cw_faults *faults)
{
    PQconninfoOption *parsed = PQconninfoParse(text, NULL);
    if (parsed == NULL)
        cw_faults_add(faults, "libpq cannot read it; it takes "
                              "postgresql://user@host/db and key=value words");
    PQconninfoFree(parsed);
}

static const struct cw_option_check checks[] = {
    {"postgres.url", check_url},
};

struct process {
    struct cw_service_options common;
    struct bridge_settings settings;
    struct cw_side_loop side;
};

static enum cw_status make_bridge(void *context, struct cw_error *err)
{
    struct process *process = context;
    struct bridge *bridge = NULL;
    const enum cw_status status =
        bridge_create(&bridge, &process->settings, err);
    process->side.context = bridge;
    return status;
}

int main(int count, char **arguments)
{
    struct process process = {
        .side = {"recorder", bridge_run, bridge_ready, bridge_collect, NULL}};
    const struct cw_option_group group = {rows, sizeof(rows) / sizeof(rows[0]),
                                          &process.settings};
    const struct cw_program program = {
        .name = "recorder",
        .summary = "keeps incidents in PostgreSQL and brings back what people "
                   "say",
        .options = &process.common,
        .groups = &group,
        .group_count = 1,
        .side = &process.side,
        .checks = checks,
        .check_count = sizeof(checks) / sizeof(checks[0]),
        .metrics = vitals_metrics,
        .metric_count = VITALS_METRIC_COUNT,
        .configure = make_bridge,
        .context = &process,
    };
    const int code = cw_service_main(&program, count, arguments);
    struct bridge *bridge = process.side.context;
    bridge_destroy(&bridge);
    return code;
}
