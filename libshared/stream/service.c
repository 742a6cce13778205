#include "stream/service.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/admin.h"
#include "base/notify.h"
#include "base/probe.h"
#include "base/signal.h"
#include "base/watchdog.h"
#include "stream/loop.h"
#include "stream/manifest.h"
#include "stream/service_options.h"
#include "stream/stream_metrics.h"

#define PARTS_MAX           4
#define EXIT_USAGE          64
#define EXIT_UNREACHABLE    69
#define EXIT_NOT_AUTHORISED 77
#define EXIT_CONFIG         78

struct part {
    struct running *running;
    struct cw_kafka kafka;
    char instance[128];
    char group[128];
    struct cw_loop *loop;
    struct cw_watchdog *watchdog;
    pthread_t thread;
    bool started;
    atomic_bool ended;
    enum cw_status status;
    struct cw_error err;
};

/* The side loop with what it is lent. */
struct side {
    struct running *running;
    struct cw_kafka kafka;
    char instance[128];
    struct cw_side lent;
    struct cw_watchdog *watchdog;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    atomic_bool ended;
    enum cw_status status;
    struct cw_error err;
};

struct running {
    const struct cw_program *program;
    struct cw_option *table; /* of the process */
    size_t row_count;
    struct cw_options *options;
    struct cw_log *log;
    struct cw_metrics *metrics;
    struct cw_admin *admin;
    struct cw_signals signals;
    struct cw_installed *installed;
    struct part parts[PARTS_MAX];
    struct side side;
    struct cw_metric *metric_table;
};

static int exit_code(enum cw_status status)
{
    switch (status) {
    case CW_OK:
        return 0;
    case CW_BAD_CONFIG:
    case CW_NOT_FOUND:
        return EXIT_CONFIG;
    case CW_NOT_AUTHORISED:
        return EXIT_NOT_AUTHORISED;
    case CW_UNAVAILABLE:
        return EXIT_UNREACHABLE;
    case CW_NO_MEMORY:
    case CW_BAD_RECORD:
    case CW_UNKNOWN_FORMAT:
    case CW_BAD_SCHEMA:
    case CW_TOO_LARGE:
    case CW_FULL:
    case CW_FENCED:
    case CW_GAP:
    case CW_BAD_STATE:
    case CW_BROKEN:
    case CW_STATUS_COUNT:
        break;
    }
    return 1;
}

/* ---- command line ------------------------------------------------------- */

struct command {
    const char *config;
    bool check;
    bool print;
    bool help;
    bool version;
    bool probe;
    bool markdown;        /* its own tables, for docs/operations.md */
    bool markdown_common; /* those of every service on a loop */
};

static bool read_command(struct command *command, int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        const char *word = arguments[i];
        if (strcmp(word, "--config") == 0 && i + 1 < count)
            command->config = arguments[++i];
        else if (strcmp(word, "--check-config") == 0)
            command->check = true;
        else if (strcmp(word, "--print-config") == 0)
            command->print = true;
        else if (strcmp(word, "--help") == 0)
            command->help = true;
        else if (strcmp(word, "--version") == 0)
            command->version = true;
        else if (strcmp(word, "--probe") == 0)
            command->probe = true;
        else if (strcmp(word, "--markdown") == 0)
            command->markdown = true;
        else if (strcmp(word, "--markdown-common") == 0)
            command->markdown_common = true;
        else
            return false;
    }
    return true;
}

/* One table for the process: each group's offsets are moved to where its
 * struct lies, seen from the common one. */
static enum cw_status make_table(struct running *running, struct cw_error *err)
{
    const struct cw_program *program = running->program;
    size_t count = cw_service_option_count;
    for (size_t g = 0; g < program->group_count; g++)
        count += program->groups[g].count;
    running->table = malloc(count * sizeof(*running->table));
    if (running->table == NULL)
        return cw_fail(err, CW_NO_MEMORY, "table of options");
    for (size_t i = 0; i < cw_service_option_count; i++) {
        struct cw_option *row = &running->table[running->row_count++];
        *row = cw_service_option_rows[i];
        if (strcmp(row->name, "stall.limit") == 0 && program->stall != NULL)
            row->fallback = program->stall;
    }
    for (size_t g = 0; g < program->group_count; g++) {
        const struct cw_option_group *group = &program->groups[g];
        const uintptr_t moved =
            (uintptr_t)group->target - (uintptr_t)program->options;
        for (size_t i = 0; i < group->count; i++) {
            struct cw_option *row = &running->table[running->row_count++];
            *row = group->table[i];
            row->offset += moved;
        }
    }
    return CW_OK;
}

static void print_help(const struct running *running)
{
    const struct cw_program *program = running->program;
    printf("causeway-%s: %s\n\n"
           "  causeway-%s --config /etc/causeway/%s.yaml\n"
           "  CAUSEWAY_KAFKA_BROKERS=broker:9092 causeway-%s\n\n"
           "  --config FILE    options as YAML; the environment "
           "(CAUSEWAY_<NAME>) wins\n"
           "  --check-config   say every fault and exit (0, or 78)\n"
           "  --print-config   the options in force, with their origin\n"
           "  --probe          is the one that runs with these options ready? "
           "(0, or 69)\n"
           "  --version\n\n",
           program->name, program->summary, program->name, program->name,
           program->name);
    cw_options_help(running->table, running->row_count, stdout);
    printf("\nAny other option under kafka. goes to librdkafka verbatim.\n");
}

static enum cw_status load_options(struct running *running, const char *file,
                                   struct cw_error *err)
{
    const struct cw_program *program = running->program;
    enum cw_status status =
        cw_options_load(&running->options, running->table, running->row_count,
                        file, program->options, err);
    const size_t faults =
        running->options == NULL ? 0 : cw_options_fault_count(running->options);
    for (size_t i = 0; i < faults; i++)
        (void)fprintf(stderr, "%s\n", cw_options_fault(running->options, i));
    return status;
}

static enum cw_status configure(const struct running *running,
                                struct cw_error *err)
{
    const struct cw_program *program = running->program;
    if (program->configure == NULL)
        return CW_OK;
    const enum cw_status status = program->configure(program->context, err);
    if (status != CW_OK)
        (void)fprintf(stderr, "%s\n", err->text);
    return status;
}

/* Nothing is made for it: the one that runs has the state folder. */
static enum cw_status probe(const struct running *running, struct cw_error *err)
{
    const struct cw_service_options *options = running->program->options;
    const enum cw_status status = cw_probe(
        options->admin_address, (uint16_t)options->admin_port, "/-/ready", err);
    if (status != CW_OK)
        (void)fprintf(stderr, "%s\n", err->text);
    return status;
}

/* ---- loops -------------------------------------------------------------- */

static void part_beat(void *context)
{
    struct part *part = context;
    cw_watchdog_beat(part->watchdog);
}

static enum cw_status make_loop(struct part *part,
                                const struct cw_service_part *setup,
                                struct cw_error *err)
{
    const struct running *running = part->running;
    const struct cw_service_options *options = running->program->options;
    const struct cw_loop_config config = {
        .flow = {.kafka = &part->kafka,
                 .service = setup->service,
                 .type = setup->type,
                 .config = setup->config,
                 .config_hash = cw_options_hash(running->options),
                 .plan = cw_installed_plan(running->installed),
                 .snapshot_within_us = options->snapshot_within_us,
                 .stall_limit_us = options->stall_limit_us,
                 .grace_us = options->grace_us,
                 .tick_every_us = options->tick_every_us,
                 .restore_timeout_us = options->restore_timeout_us,
                 .held_max = (size_t)options->held_max,
                 .clock = cw_clock_system()},
        .flow_type = setup->flow,
        .group = part->group,
        .commit_every_us = options->commit_every_us,
        .outbox_max = (size_t)options->outbox_max,
        .message_size = (size_t)options->message_size,
        .ready_grace_us = options->ready_grace_us,
        .beat = part_beat,
        .context = part,
    };
    return cw_loop_create(&part->loop, &config, err);
}

static enum cw_status open_part(struct running *running, size_t index,
                                struct cw_error *err)
{
    struct part *part = &running->parts[index];
    const struct cw_service_part *setup = &running->program->parts[index];
    const struct cw_service_options *options = running->program->options;
    const char *service = cw_service_name(setup->service);
    part->running = running;
    (void)snprintf(part->instance, sizeof(part->instance), "%s-%s-%s",
                   options->prefix, service, options->instance);
    (void)snprintf(part->group, sizeof(part->group), "%s.%s", options->prefix,
                   service);
    part->kafka = (struct cw_kafka){
        .brokers = options->brokers,
        .prefix = options->prefix,
        .service = service,
        .instance = part->instance,
        .options = running->options,
        .log = running->log,
    };
    const struct cw_watchdog_config watchdog = {
        .name = service,
        .limit_us = options->progress_limit_us,
        .clock = cw_clock_system(),
        .log = running->log,
    };
    const enum cw_status status =
        cw_watchdog_start(&part->watchdog, &watchdog, err);
    return status == CW_OK ? make_loop(part, setup, err) : status;
}

static void *run_part(void *context)
{
    struct part *part = context;
    part->status = cw_loop_run(part->loop, &part->err);
    cw_watchdog_rest(part->watchdog);
    atomic_store(&part->ended, true);
    cw_signals_raise(CW_REQUEST_STOP);
    return NULL;
}

static void close_part(struct part *part)
{
    cw_loop_destroy(&part->loop);
    cw_watchdog_stop(&part->watchdog);
}

/* ---- side loop ---------------------------------------------------------- */

static void side_beat(void *of)
{
    cw_watchdog_beat(((struct side *)of)->watchdog);
}

static enum cw_status open_side(struct running *running, struct cw_error *err)
{
    struct side *side = &running->side;
    const struct cw_side_loop *loop = running->program->side;
    const struct cw_service_options *options = running->program->options;
    if (loop == NULL)
        return CW_OK;
    side->running = running;
    (void)snprintf(side->instance, sizeof(side->instance), "%s-%s-%s",
                   options->prefix, loop->name, options->instance);
    side->kafka = (struct cw_kafka){
        .brokers = options->brokers,
        .prefix = options->prefix,
        .service = loop->name,
        .instance = side->instance,
        .options = running->options,
        .log = running->log,
    };
    side->lent = (struct cw_side){
        .kafka = &side->kafka,
        .plan = cw_installed_plan(running->installed),
        .options = options,
        .log = running->log,
        .stop = &side->stop,
        .beat = side_beat,
        .of = side,
    };
    const struct cw_watchdog_config watchdog = {
        .name = loop->name,
        .limit_us = options->progress_limit_us,
        .clock = cw_clock_system(),
        .log = running->log,
    };
    return cw_watchdog_start(&side->watchdog, &watchdog, err);
}

static void *run_side(void *context)
{
    struct side *side = context;
    const struct cw_side_loop *loop = side->running->program->side;
    side->status = loop->run(loop->context, &side->lent, &side->err);
    cw_watchdog_rest(side->watchdog);
    atomic_store(&side->ended, true);
    cw_signals_raise(CW_REQUEST_STOP);
    return NULL;
}

static enum cw_status stop_side(struct running *running, struct cw_error *err)
{
    struct side *side = &running->side;
    if (!side->started)
        return CW_OK;
    atomic_store(&side->stop, true);
    (void)pthread_join(side->thread, NULL);
    if (side->status == CW_OK)
        return CW_OK;
    *err = side->err;
    CW_LOG(running->log, ERROR, "side_loop_ended", cw_kv_error(err));
    return side->status;
}

/* ---- admin -------------------------------------------------------------- */

static bool is_healthy(void *context, struct cw_error *why)
{
    struct running *running = context;
    for (size_t i = 0; i < running->program->part_count; i++) {
        const struct part *part = &running->parts[i];
        const int64_t still_us =
            part->watchdog == NULL ? 0 : cw_watchdog_still_us(part->watchdog);
        if (still_us > running->program->options->progress_limit_us / 2) {
            (void)cw_fail(why, CW_UNAVAILABLE, "%s stands still for %lld ms",
                          part->kafka.service, (long long)still_us / 1000);
            return false;
        }
    }
    return true;
}

static bool is_ready(void *context, json_t *parts, struct cw_error *why)
{
    struct running *running = context;
    bool ready = true;
    for (size_t i = 0; i < running->program->part_count; i++) {
        struct part *part = &running->parts[i];
        json_t *one = parts == NULL ? NULL : json_object();
        struct cw_error reason = {0};
        if (part->loop == NULL || !cw_loop_ready(part->loop, one, &reason)) {
            *why = reason;
            ready = false;
        }
        if (parts != NULL)
            (void)json_object_set_new(parts, part->kafka.service, one);
    }
    const struct cw_side_loop *side = running->program->side;
    if (side != NULL && side->ready != NULL) {
        json_t *one = parts == NULL ? NULL : json_object();
        ready = side->ready(side->context, one, why) && ready;
        if (parts != NULL)
            (void)json_object_set_new(parts, side->name, one);
    }
    return ready;
}

static void collect(void *context)
{
    struct running *running = context;
    const struct cw_side_loop *side = running->program->side;
    if (side != NULL && side->collect != NULL)
        side->collect(side->context, running->metrics);
    for (size_t i = 0; i < running->program->part_count; i++)
        if (running->parts[i].loop != NULL)
            cw_stream_metrics_set(running->metrics,
                                  running->parts[i].kafka.service,
                                  cw_loop_state(running->parts[i].loop));
}

/* The common rows, then the program's own. */
static enum cw_status make_metrics(struct running *running,
                                   struct cw_error *err)
{
    const struct cw_program *program = running->program;
    const size_t count = cw_stream_metric_count + program->metric_count;
    running->metric_table = malloc(count * sizeof(*running->metric_table));
    if (running->metric_table == NULL)
        return cw_fail(err, CW_NO_MEMORY, "metrics");
    memcpy(running->metric_table, cw_stream_metrics,
           cw_stream_metric_count * sizeof(*running->metric_table));
    if (program->metric_count > 0)
        memcpy(running->metric_table + cw_stream_metric_count, program->metrics,
               program->metric_count * sizeof(*running->metric_table));
    return cw_metrics_create(&running->metrics, program->name,
                             running->metric_table, count, err);
}

static enum cw_status open_admin(struct running *running, struct cw_error *err)
{
    const struct cw_service_options *options = running->program->options;
    enum cw_status status = make_metrics(running, err);
    if (status == CW_OK)
        status = cw_metrics_on_collect(running->metrics, collect, running, err);
    if (status != CW_OK)
        return status;
    const struct cw_clocks clock = cw_clock_system();
    cw_metrics_config(running->metrics, true, cw_options_hash(running->options),
                      cw_clock_wall_us(&clock));
    const struct cw_admin_config config = {
        .address = options->admin_address,
        .port = (uint16_t)options->admin_port,
        .metrics = running->metrics,
        .log = running->log,
        .ask = {is_healthy, is_ready, NULL, running},
    };
    return cw_admin_open(&running->admin, &config, err);
}

/* ---- life --------------------------------------------------------------- */

static enum cw_status open_all(struct running *running, struct cw_error *err)
{
    const struct cw_service_options *options = running->program->options;
    const struct cw_clocks clock = cw_clock_system();
    enum cw_status status = cw_log_create(&running->log, running->program->name,
                                          STDERR_FILENO, &clock, err);
    if (status != CW_OK)
        return status;
    cw_log_set_level(running->log, cw_log_level_of(options->log_level));
    status = open_admin(running, err);
    const struct cw_kafka kafka = {
        .brokers = options->brokers,
        .prefix = options->prefix,
        .service = running->program->name,
        .instance = running->program->name,
        .options = running->options,
        .log = running->log,
    };
    if (status == CW_OK)
        status = cw_installed_read(&running->installed, &kafka, err);
    for (size_t i = 0; i < running->program->part_count && status == CW_OK; i++)
        status = open_part(running, i, err);
    return status == CW_OK ? open_side(running, err) : status;
}

static void start_parts(struct running *running)
{
    CW_LOG(running->log, INFO, "started", cw_kv_str("version", CW_VERSION),
           cw_kv_str("librdkafka", rd_kafka_version_str()),
           cw_kv_str("instance", running->program->options->instance),
           cw_kv_int("admin_port", cw_admin_port(running->admin)));
    for (size_t i = 0; i < running->program->part_count; i++) {
        struct part *part = &running->parts[i];
        part->started =
            pthread_create(&part->thread, NULL, run_part, part) == 0;
    }
    if (running->program->side != NULL)
        running->side.started = pthread_create(&running->side.thread, NULL,
                                               run_side, &running->side) == 0;
    (void)cw_notify("READY=1");
}

static bool any_ended(struct running *running)
{
    if (running->program->side != NULL &&
        (!running->side.started || atomic_load(&running->side.ended)))
        return true;
    for (size_t i = 0; i < running->program->part_count; i++)
        if (!running->parts[i].started || atomic_load(&running->parts[i].ended))
            return true;
    return false;
}

static void reload(struct running *running)
{
    struct cw_error err = {0};
    const enum cw_status status =
        cw_options_reload(running->options, running->program->options, &err);
    const struct cw_clocks clock = cw_clock_system();
    cw_metrics_config(running->metrics, status == CW_OK,
                      cw_options_hash(running->options),
                      cw_clock_wall_us(&clock));
    if (status != CW_OK) {
        CW_LOG(running->log, ERROR, "reload_failed", cw_kv_error(&err));
        return;
    }
    cw_log_set_level(running->log,
                     cw_log_level_of(running->program->options->log_level));
    for (size_t i = 0; i < cw_options_change_count(running->options); i++) {
        const struct cw_option_change *change =
            cw_options_change(running->options, i);
        CW_LOG(running->log, INFO, "option_changed",
               cw_kv_str("option", change->name),
               cw_kv_bool("needs_restart", change->kept));
    }
}

static void wait_for_end(struct running *running)
{
    struct pollfd wake = {.fd = running->signals.descriptor, .events = POLLIN};
    while (!any_ended(running)) {
        (void)poll(&wake, 1, 1000);
        cw_log_tick(running->log);
        const enum cw_request request = cw_signals_next(&running->signals);
        if (request == CW_REQUEST_STOP)
            return;
        if (request == CW_REQUEST_RELOAD)
            reload(running);
    }
}

static enum cw_status stop_parts(struct running *running, struct cw_error *err)
{
    (void)cw_notify("STOPPING=1");
    enum cw_status status = stop_side(running, err);
    for (size_t i = 0; i < running->program->part_count; i++)
        cw_loop_stop(running->parts[i].loop);
    for (size_t i = 0; i < running->program->part_count; i++) {
        struct part *part = &running->parts[i];
        if (!part->started)
            continue;
        (void)pthread_join(part->thread, NULL);
        if (part->status == CW_OK)
            continue;
        status = part->status;
        *err = part->err;
        CW_LOG(running->log, ERROR, "loop_ended", cw_kv_error(err));
    }
    return status;
}

static void close_all(struct running *running)
{
    cw_admin_close(&running->admin);
    for (size_t i = 0; i < running->program->part_count; i++)
        close_part(&running->parts[i]);
    cw_watchdog_stop(&running->side.watchdog);
    cw_installed_destroy(&running->installed);
    cw_metrics_destroy(&running->metrics);
    free(running->metric_table);
    cw_log_destroy(&running->log);
}

static int run(struct running *running)
{
    struct cw_error err = {0};
    enum cw_status status = cw_signals_open(&running->signals, &err);
    if (status != CW_OK)
        return exit_code(status);
    status = open_all(running, &err);
    if (status == CW_OK) {
        start_parts(running);
        wait_for_end(running);
        status = stop_parts(running, &err);
    } else if (running->log != NULL) {
        CW_LOG(running->log, ERROR, "cannot_start", cw_kv_error(&err));
    } else {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    close_all(running);
    cw_signals_close(&running->signals);
    return exit_code(status);
}

static void print_markdown(const struct running *running, bool common)
{
    const struct cw_program *program = running->program;
    if (common) {
        cw_options_markdown(cw_service_option_rows, cw_service_option_count,
                            stdout);
        (void)fputs("\n", stdout);
        cw_metrics_markdown(cw_stream_metrics, cw_stream_metric_count, stdout);
        cw_metrics_markdown_common(stdout);
        return;
    }
    if (running->row_count > cw_service_option_count)
        cw_options_markdown(running->table + cw_service_option_count,
                            running->row_count - cw_service_option_count,
                            stdout);
    if (program->metric_count > 0) {
        (void)fputs("\n", stdout);
        cw_metrics_markdown(program->metrics, program->metric_count, stdout);
    }
}

/* What is only printed. False: nothing of the kind was asked for. */
static bool print_asked(const struct running *running,
                        const struct command *command)
{
    const struct cw_program *program = running->program;
    if (command->help)
        print_help(running);
    else if (command->version)
        printf("causeway-%s %s, librdkafka %s\n", program->name, CW_VERSION,
               rd_kafka_version_str());
    else if (command->markdown || command->markdown_common)
        print_markdown(running, command->markdown_common);
    else
        return false;
    return true;
}

int cw_service_main(const struct cw_program *program, int count,
                    char **arguments)
{
    struct running running = {.program = program};
    struct command command = {0};
    struct cw_error err = {0};
    if (!read_command(&command, count, arguments)) {
        (void)fprintf(stderr, "causeway-%s: unknown argument; see --help\n",
                      program->name);
        return EXIT_USAGE;
    }
    int code = exit_code(make_table(&running, &err));
    if (code == 0 && print_asked(&running, &command)) {
        free(running.table);
        return 0;
    }
    if (code == 0)
        code = exit_code(load_options(&running, command.config, &err));
    if (code == 0)
        code = exit_code(command.probe ? probe(&running, &err)
                                       : configure(&running, &err));
    if (code == 0 && command.print)
        cw_options_print(running.options, stdout);
    if (code == 0 && !command.check && !command.print && !command.probe)
        code = run(&running);
    cw_options_destroy(&running.options);
    free(running.table);
    return code;
}
