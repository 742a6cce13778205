#include "stream/service.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/admin.h"
#include "base/ending.h"
#include "base/notify.h"
#include "base/reload.h"
#include "base/signal.h"
#include "stream/crew.h"
#include "stream/manifest.h"
#include "stream/settings.h"
#include "stream/stream_metrics.h"

#define RELOAD_PATIENCE_US 3000000 /* of who asks at the admin port */
#define STOP_LIMIT_US      INT64_C(4500000)

struct running {
    const struct cw_program *program;
    struct cw_settings *settings; /* borrowed */
    struct cw_log *log;
    struct cw_metric *metric_table;
    struct cw_metrics *metrics;
    struct cw_reload *reload;
    struct cw_admin *admin;
    struct cw_signals signals;
    struct cw_ending *ending;
    struct cw_installed *installed;
    struct cw_crew *crew;
    _Atomic(struct cw_crew *) shown; /* to the admin port, once it is whole */
};

/* ---- admin -------------------------------------------------------------- */

static bool is_healthy(void *context, struct cw_error *why)
{
    struct running *running = context;
    struct cw_crew *crew = atomic_load(&running->shown);
    return crew == NULL || cw_crew_is_healthy(crew, why);
}

static bool is_ready(void *context, json_t *parts, struct cw_error *why)
{
    struct running *running = context;
    struct cw_crew *crew = atomic_load(&running->shown);
    if (crew != NULL)
        return cw_crew_is_ready(crew, parts, why);
    (void)cw_fail(why, CW_UNAVAILABLE, "starting");
    return false;
}

static void collect(void *context)
{
    struct running *running = context;
    struct cw_crew *crew = atomic_load(&running->shown);
    cw_metrics_log_lost(running->metrics, cw_log_lost(running->log));
    if (running->program->collect != NULL)
        running->program->collect(running->program->context, running->metrics);
    if (crew != NULL)
        cw_crew_collect(crew, running->metrics);
}

/* The main thread reloads; here one waits for it. */
static enum cw_status ask_reload(void *context, struct cw_error *err)
{
    struct running *running = context;
    return cw_reload_ask(running->reload, RELOAD_PATIENCE_US, err);
}

static void wake_for_reload(void *context)
{
    (void)context;
    cw_signals_raise(CW_REQUEST_RELOAD);
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
        status = cw_reload_create(&running->reload, wake_for_reload, NULL, err);
    if (status == CW_OK)
        status = cw_metrics_on_collect(running->metrics, collect, running, err);
    if (status != CW_OK)
        return status;
    const struct cw_clocks clock = cw_clock_system();
    cw_metrics_config(running->metrics, true,
                      cw_options_hash(running->settings->options),
                      cw_clock_wall_us(&clock));
    const struct cw_admin_config config = {
        .address = options->admin_address,
        .port = (uint16_t)options->admin_port,
        .metrics = running->metrics,
        .log = running->log,
        .ask = {is_healthy, is_ready, ask_reload, running},
    };
    return cw_admin_open(&running->admin, &config, err);
}

/* ---- life --------------------------------------------------------------- */

static enum cw_status open_crew(struct running *running, struct cw_error *err)
{
    const struct cw_program *program = running->program;
    const struct cw_kafka kafka = {
        .brokers = program->options->brokers,
        .prefix = program->options->prefix,
        .service = program->name,
        .instance = program->name,
        .options = running->settings->options,
        .log = running->log,
    };
    const enum cw_status status =
        cw_installed_read(&running->installed, &kafka, err);
    if (status != CW_OK)
        return status;
    const struct cw_crew_setup setup = {
        .program = program,
        .options = running->settings->options,
        .plan = cw_installed_plan(running->installed),
        .log = running->log,
    };
    return cw_crew_open(&running->crew, &setup, err);
}

static enum cw_status open_all(struct running *running, struct cw_error *err)
{
    const struct cw_service_options *options = running->program->options;
    const struct cw_clocks clock = cw_clock_system();
    enum cw_status status = cw_log_create(&running->log, running->program->name,
                                          STDERR_FILENO, &clock, err);
    if (status != CW_OK)
        return status;
    cw_log_set_level(running->log, cw_log_level_of(options->log_level));
    const struct cw_ending_config ending = {.limit_us = STOP_LIMIT_US,
                                            .log = running->log};
    status = cw_ending_watch(&running->ending, &ending, err);
    if (status == CW_OK)
        status = open_admin(running, err);
    return status == CW_OK ? open_crew(running, err) : status;
}

static void start(struct running *running)
{
    CW_LOG(running->log, INFO, "started", cw_kv_str("version", CW_VERSION),
           cw_kv_str("librdkafka", rd_kafka_version_str()),
           cw_kv_str("instance", running->program->options->instance),
           cw_kv_int("admin_port", cw_admin_port(running->admin)));
    atomic_store(&running->shown, running->crew);
    cw_crew_start(running->crew);
    (void)cw_notify("READY=1");
}

static void reload(struct running *running)
{
    const struct cw_reload_of of = {
        .options = running->settings->options,
        .target = running->program->options,
        .log_level = &running->program->options->log_level,
        .metrics = running->metrics,
        .log = running->log,
    };
    cw_reload_options(running->reload, &of);
}

static void wait_for_end(struct running *running)
{
    struct pollfd wake = {.fd = running->signals.descriptor, .events = POLLIN};
    while (!cw_crew_any_ended(running->crew)) {
        (void)poll(&wake, 1, 1000);
        cw_log_tick(running->log);
        const enum cw_request request = cw_signals_next(&running->signals);
        if (request == CW_REQUEST_STOP)
            return;
        if (request == CW_REQUEST_RELOAD)
            reload(running);
    }
}

static enum cw_status stop(struct running *running, struct cw_error *err)
{
    cw_ending_begin(running->ending);
    (void)cw_notify("STOPPING=1");
    return cw_crew_stop(running->crew, err);
}

static void close_all(struct running *running)
{
    cw_admin_close(&running->admin);
    cw_reload_destroy(&running->reload);
    cw_crew_close(&running->crew);
    cw_installed_destroy(&running->installed);
    cw_metrics_destroy(&running->metrics);
    free(running->metric_table);
    cw_ending_over(&running->ending);
    cw_log_destroy(&running->log);
}

static int run(struct running *running)
{
    struct cw_error err = {0};
    enum cw_status status = cw_signals_open(&running->signals, &err);
    if (status != CW_OK)
        return cw_exit_code(status);
    status = open_all(running, &err);
    if (status == CW_OK) {
        start(running);
        wait_for_end(running);
        status = stop(running, &err);
    } else if (running->log != NULL) {
        CW_LOG(running->log, ERROR, "cannot_start", cw_kv_error(&err));
    } else {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    close_all(running);
    /* Signals stay blocked: one more must not change how it ends. */
    return cw_exit_code(status);
}

/* ---- what is asked before --------------------------------------------- */

static enum cw_status configure(const struct cw_program *program,
                                struct cw_error *err)
{
    if (program->configure == NULL)
        return CW_OK;
    const enum cw_status status = program->configure(program->context, err);
    if (status != CW_OK)
        (void)fprintf(stderr, "%s\n", err->text);
    return status;
}

/* Nothing is made for it: the one that runs has the state folder. */
static enum cw_status probe(const struct cw_program *program,
                            struct cw_error *err)
{
    return cw_command_probe(program->options->admin_address,
                            program->options->admin_port, err);
}

static int run_command(struct cw_settings *settings,
                       const struct cw_command *command)
{
    struct cw_error err = {0};
    struct running running = {.program = settings->program,
                              .settings = settings};
    int code = cw_exit_code(cw_settings_load(settings, command->config, &err));
    if (code == 0)
        code =
            cw_exit_code(command->probe ? probe(settings->program, &err)
                                        : configure(settings->program, &err));
    if (code == 0 && command->print)
        cw_options_print(settings->options, stdout);
    if (code == 0 && !command->check && !command->print && !command->probe)
        code = run(&running);
    return code;
}

int cw_service_main(const struct cw_program *program, int count,
                    char **arguments)
{
    struct cw_settings settings = {0};
    struct cw_command command = {0};
    struct cw_error err = {0};
    if (!cw_command_read(&command, count, arguments)) {
        (void)fprintf(stderr, "causeway-%s: unknown argument; see --help\n",
                      program->name);
        return CW_EXIT_USAGE;
    }
    int code = cw_exit_code(cw_settings_init(&settings, program, &err));
    if (code == 0 && !cw_settings_print(&settings, &command))
        code = run_command(&settings, &command);
    cw_settings_fini(&settings);
    return code;
}
