#include "process.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/admin.h"
#include "base/command.h"
#include "base/ending.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/reload.h"
#include "base/signal.h"
#include "server.h"

#define RELOAD_PATIENCE_US 3000000 /* of who asks at the admin port */
#define STOP_LIMIT_US      INT64_C(4500000)

enum { PAGES, UNAVAILABLE };

const struct cw_metric console_metrics[] = {
    [PAGES] = {.name = "causeway_console_pages_total",
               .type = CW_METRIC_COUNTER,
               .labels = "",
               .help = "Pages served."},
    [UNAVAILABLE] = {.name = "causeway_console_unavailable_total",
                     .type = CW_METRIC_COUNTER,
                     .labels = "",
                     .help = "Pages that could not be served for PostgreSQL."},
};

const size_t console_metric_count =
    sizeof(console_metrics) / sizeof(console_metrics[0]);

struct console {
    struct console_settings *settings; /* borrowed */
    struct cw_options *options;        /* borrowed */
    struct cw_signals signals;
    struct cw_log *log;
    struct cw_ending *ending;
    struct cw_metrics *metrics;
    struct cw_reload *reload;
    struct console_db *db;
    struct console_server *server;
    struct cw_admin *admin;
    uint64_t served;
    uint64_t unavailable;
};

/* ---- before -------------------------------------------------------------- */

static bool is_address(const char *text)
{
    struct in6_addr address; /* room for both kinds */
    return inet_pton(AF_INET, text, &address) == 1 ||
           inet_pton(AF_INET6, text, &address) == 1;
}

static void check_address(const char *text, struct cw_faults *faults)
{
    if (!is_address(text))
        cw_faults_add(
            faults, "\"%s\" is no address; 127.0.0.1, ::1, 0.0.0.0 are", text);
}

/* libpq's own words would repeat a part of it, perhaps of the password. */
static void check_conninfo(const char *text, struct cw_faults *faults)
{
    PQconninfoOption *parsed = PQconninfoParse(text, NULL);
    if (parsed == NULL)
        cw_faults_add(faults, "libpq cannot read it; it takes "
                              "postgresql://user@host/db and key=value words");
    PQconninfoFree(parsed);
}

const struct cw_option_check console_checks[] = {
    {"console.address", check_address},
    {"admin.address", check_address},
    {"postgres.conninfo", check_conninfo},
};

const size_t console_check_count =
    sizeof(console_checks) / sizeof(console_checks[0]);

/* ---- admin --------------------------------------------------------------- */

static bool is_healthy(void *context, struct cw_error *why)
{
    (void)context;
    (void)why;
    return true;
}

static bool is_ready(void *context, json_t *parts, struct cw_error *why)
{
    const struct console *console = context;
    const bool reachable = console_server_reachable(console->server);
    (void)why;
    /* Ready either way: a page that explains the outage beats none. */
    if (parts != NULL)
        (void)json_object_set_new(parts, "postgres",
                                  json_string(reachable ? "up" : "down"));
    return true;
}

/* The main thread reloads; here one waits for it. */
static enum cw_status ask_reload(void *context, struct cw_error *err)
{
    struct console *console = context;
    return cw_reload_ask(console->reload, RELOAD_PATIENCE_US, err);
}

static void wake_for_reload(void *context)
{
    (void)context;
    cw_signals_raise(CW_REQUEST_RELOAD);
}

static enum cw_status open_admin(struct console *console, struct cw_error *err)
{
    const struct console_settings *settings = console->settings;
    const struct cw_admin_config config = {
        .address = settings->admin_address,
        .port = (uint16_t)settings->admin_port,
        .metrics = console->metrics,
        .log = console->log,
        .ask = {is_healthy, is_ready, ask_reload, console},
    };
    return cw_admin_open(&console->admin, &config, err);
}

/* ---- life ---------------------------------------------------------------- */

static enum cw_status open_metrics(struct console *console,
                                   struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    enum cw_status status =
        cw_metrics_create(&console->metrics, "console", console_metrics,
                          console_metric_count, err);
    if (status == CW_OK)
        status = cw_reload_create(&console->reload, wake_for_reload, NULL, err);
    if (status == CW_OK)
        cw_metrics_config(console->metrics, true,
                          cw_options_hash(console->options),
                          cw_clock_wall_us(&clock));
    return status;
}

static enum cw_status open_log(struct console *console, struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const enum cw_status status =
        cw_log_create(&console->log, "console", STDERR_FILENO, &clock, err);
    if (status != CW_OK)
        return status;
    cw_log_set_level(console->log,
                     cw_log_level_of(console->settings->log_level));
    const struct cw_ending_config ending = {.limit_us = STOP_LIMIT_US,
                                            .log = console->log};
    return cw_ending_watch(&console->ending, &ending, err);
}

static enum cw_status open_pages(struct console *console, struct cw_error *err)
{
    const struct console_settings *settings = console->settings;
    const enum cw_status status = console_db_create(
        &console->db, settings->conninfo, settings->tenant, err);
    if (status != CW_OK)
        return status;
    const struct console_server_config config = {
        .address = settings->listen_address,
        .port = (uint16_t)settings->listen_port,
        .user = settings->user,
        .password = settings->password,
        .db = console->db,
        .log = console->log,
    };
    return console_server_open(&console->server, &config, err);
}

static enum cw_status open_all(struct console *console, struct cw_error *err)
{
    enum cw_status status = open_log(console, err);
    if (status == CW_OK)
        status = open_metrics(console, err);
    if (status == CW_OK)
        status = open_pages(console, err);
    return status == CW_OK ? open_admin(console, err) : status;
}

static void close_all(struct console *console)
{
    cw_admin_close(&console->admin);
    console_server_close(&console->server);
    console_db_destroy(&console->db);
    cw_reload_destroy(&console->reload);
    cw_metrics_destroy(&console->metrics);
    cw_ending_over(&console->ending);
    cw_log_destroy(&console->log);
}

/* The counters of the server's thread go to the metrics. */
static void count_pages(struct console *console)
{
    const uint64_t served = console_server_served(console->server);
    const uint64_t unavailable = console_server_unavailable(console->server);
    cw_metrics_add(console->metrics, PAGES, served - console->served);
    cw_metrics_add(console->metrics, UNAVAILABLE,
                   unavailable - console->unavailable);
    console->served = served;
    console->unavailable = unavailable;
    cw_metrics_log_lost(console->metrics, cw_log_lost(console->log));
}

static void reload(struct console *console)
{
    const struct cw_reload_of of = {
        .options = console->options,
        .target = console->settings,
        .log_level = &console->settings->log_level,
        .metrics = console->metrics,
        .log = console->log,
    };
    cw_reload_options(console->reload, &of);
}

static void serve(struct console *console)
{
    struct pollfd wake = {.fd = console->signals.descriptor, .events = POLLIN};
    CW_LOG(console->log, INFO, "started", cw_kv_str("version", CW_VERSION),
           cw_kv_str("address", console->settings->listen_address),
           cw_kv_int("port", console_server_port(console->server)),
           cw_kv_int("admin_port", cw_admin_port(console->admin)));
    (void)cw_notify("READY=1");
    for (;;) {
        (void)poll(&wake, 1, 1000);
        count_pages(console);
        cw_log_tick(console->log);
        const enum cw_request request = cw_signals_next(&console->signals);
        if (request == CW_REQUEST_STOP)
            break;
        if (request == CW_REQUEST_RELOAD)
            reload(console);
    }
    cw_ending_begin(console->ending);
    (void)cw_notify("STOPPING=1");
    CW_LOG(console->log, INFO, "stopping");
}

int console_run(struct console_settings *settings, struct cw_options *options)
{
    struct console console = {.settings = settings, .options = options};
    struct cw_error err = {0};
    enum cw_status status = cw_signals_open(&console.signals, &err);
    if (status != CW_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return cw_exit_code(status);
    }
    status = open_all(&console, &err);
    if (status == CW_OK)
        serve(&console);
    else if (console.log != NULL)
        CW_LOG(console.log, ERROR, "cannot_start", cw_kv_error(&err));
    else
        (void)fprintf(stderr, "%s\n", err.text);
    close_all(&console);
    cw_signals_close(&console.signals);
    return cw_exit_code(status);
}
