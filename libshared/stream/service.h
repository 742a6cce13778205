/*
 * service - the common main of every service that runs on a loop.
 *
 * Place    main.c of a stream service: a table of options and a core -> a
 *          process with its log, admin port, watchdog and signals
 * Input    [--config FILE] [--check-config] [--print-config] [--probe]
 *          [--help] [--version], and the environment
 * Output   exit 0 after SIGTERM; 1 fault, 64 usage, 69 brokers unreachable at
 *          start, 75 no progress (watchdog), 77 not authorised, 78
 * configuration Threads  the main thread serves signals; a thread per part runs
 * its loop; the admin port has its own
 */
#ifndef CW_STREAM_SERVICE_H
#define CW_STREAM_SERVICE_H

#include <jansson.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/metrics.h"
#include "base/options.h"
#include "core/plan.h"
#include "stream/flow.h"

struct cw_service_options {
    const char *brokers;
    const char *prefix;
    const char *instance;
    const char *log_level;
    const char *admin_address;
    int64_t admin_port;
    int64_t commit_every_us;
    int64_t snapshot_within_us;
    int64_t stall_limit_us;
    int64_t grace_us;
    int64_t tick_every_us;
    int64_t ready_grace_us;
    int64_t progress_limit_us;
    int64_t restore_timeout_us;
    int64_t outbox_max;
    int64_t message_size;
    int64_t held_max;
};

/* Rows of one struct inside the target of a program. */
struct cw_option_group {
    const struct cw_option *table;
    size_t count;
    void *target; /* the struct the offsets speak of */
};

/* One loop of the process. */
struct cw_service_part {
    enum cw_service service;
    const struct cw_flow_type *flow;
    const struct cw_core_type *type;
    const void *config; /* of the cores */
};

/* What a side loop is given; lent for its life. */
struct cw_side {
    const struct cw_kafka *kafka;
    const struct cw_plan *plan;
    const struct cw_service_options *options;
    struct cw_log *log;
    const atomic_bool *stop; /* end soon, within a second or two */
    void (*beat)(void *of);  /* I am at work; call at least every few seconds */
    /* What was taken is committed, or on record: call when it is so. Longer
     * ago than ready.grace: not ready. */
    void (*settled)(void *of);
    /* A record that cannot be read is passed over: logged, and counted. */
    void (*unreadable)(void *of, const rd_kafka_message_t *message,
                       const struct cw_error *why);
    void *of;
};

/* A loop of another kind beside, or instead of, the parts: an effect loop, the
 * recorder, the notifier. Runs on a thread of its own. */
struct cw_side_loop {
    const char *name; /* in instance and group: "effect" */
    enum cw_status (*run)(void *context, const struct cw_side *side,
                          struct cw_error *err);
    bool (*ready)(void *context, json_t *parts, struct cw_error *why);
    /* Sets its metrics before an exposition; may be NULL. */
    void (*collect)(void *context, struct cw_metrics *metrics);
    void *context;
};

struct cw_program {
    const char *name;    /* "detector" */
    const char *summary; /* one line for --help */
    /* The process's options: the common ones first, then the groups; all
     * inside one struct. stall is the default of stall.limit: later stages
     * wait longer than earlier ones. */
    struct cw_service_options *options;
    const char *stall;
    const struct cw_option_group *groups;
    size_t group_count;
    const struct cw_service_part *parts;
    size_t part_count;
    const struct cw_side_loop *side; /* NULL = none */
    /* Rows of metrics beside the common ones; indexed after them: row i of
     * this table is cw_stream_metric_count + i. */
    const struct cw_metric *metrics;
    size_t metric_count;
    /* Sets them before an exposition, on the admin port's thread; may be NULL.
     */
    void (*collect)(void *context, struct cw_metrics *metrics);
    /* Judge options beyond type and range, while they are loaded. */
    const struct cw_option_check *checks;
    size_t check_count;
    /* Makes what the cores need out of the options; NULL = nothing. */
    enum cw_status (*configure)(void *context, struct cw_error *err);
    void *context;
};

int cw_service_main(const struct cw_program *program, int count,
                    char **arguments);

#endif
