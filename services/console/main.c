/*
 * causeway-console - the incident history in a browser.
 *
 * In       PostgreSQL, as a member of causeway_reader: nothing is written
 * Out      HTML on one port; health and metrics on the admin port
 * State    none
 * Failure  PostgreSQL away: every page says so (503) and comes back with it
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/admin.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/options.h"
#include "base/probe.h"
#include "server.h"

struct settings {
    const char *listen_address;
    int64_t listen_port;
    const char *user;
    const char *password;
    const char *conninfo;
    const char *tenant;
    const char *admin_address;
    int64_t admin_port;
    const char *log_level;
};

#define AT(field) offsetof(struct settings, field)

static const struct cw_option options[] = {
    {"console.address", CW_OPT_TEXT, AT(listen_address), "127.0.0.1", 0, 0,
     "address", CW_OPT_RESTART,
     "where the pages are served; set a password, or a proxy that asks for "
     "one, "
     "before this is more than loopback"},
    {"console.port", CW_OPT_INT, AT(listen_port), "8480", 0, 65535, "port",
     CW_OPT_RESTART, "0 = any free one"},
    {"console.user", CW_OPT_TEXT, AT(user), "causeway", 0, 0, "name",
     CW_OPT_RESTART, "name that goes with the password"},
    {"console.password", CW_OPT_TEXT, AT(password), "", 0, 0, "text",
     CW_OPT_SECRET | CW_OPT_RESTART, "empty = none is asked for"},
    {"console.tenant", CW_OPT_TEXT, AT(tenant), "", 0, 0, "name",
     CW_OPT_RESTART, "show this tenant only; empty = all the login may read"},
    {"postgres.conninfo", CW_OPT_TEXT, AT(conninfo), "", 0, 0, "libpq conninfo",
     CW_OPT_SECRET | CW_OPT_RESTART,
     "login that is a member of causeway_reader; empty = libpq's PG variables"},
    {"admin.address", CW_OPT_TEXT, AT(admin_address), "127.0.0.1", 0, 0,
     "address", CW_OPT_RESTART, "where health and metrics are served"},
    {"admin.port", CW_OPT_INT, AT(admin_port), "9489", 0, 65535, "port",
     CW_OPT_RESTART, "0 = any free one"},
    {"log.level", CW_OPT_CHOICE, AT(log_level), "info", 0, 0, CW_LOG_LEVELS, 0,
     "what is logged"},
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

enum { PAGES, UNAVAILABLE };

static const struct cw_metric metrics_table[] = {
    [PAGES] = {.name = "causeway_console_pages_total",
               .type = CW_METRIC_COUNTER,
               .labels = "",
               .help = "Pages served."},
    [UNAVAILABLE] = {.name = "causeway_console_unavailable_total",
                     .type = CW_METRIC_COUNTER,
                     .labels = "",
                     .help = "Pages that could not be served for PostgreSQL."},
};

struct console {
    struct settings settings;
    struct cw_options *options;
    struct cw_log *log;
    struct cw_metrics *metrics;
    struct console_db *db;
    struct console_server *server;
    struct cw_admin *admin;
};

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

static enum cw_status open_all(struct console *console, struct cw_error *err)
{
    const struct settings *settings = &console->settings;
    const struct cw_clocks clocks = cw_clock_system();
    enum cw_status status =
        cw_log_create(&console->log, "console", STDERR_FILENO, &clocks, err);
    if (status != CW_OK)
        return status;
    cw_log_set_level(console->log, cw_log_level_of(settings->log_level));
    status = cw_metrics_create(&console->metrics, "console", metrics_table,
                               sizeof(metrics_table) / sizeof(metrics_table[0]),
                               err);
    if (status == CW_OK)
        status = console_db_create(&console->db, settings->conninfo,
                                   settings->tenant, err);
    const struct console_server_config server = {
        .address = settings->listen_address,
        .port = (uint16_t)settings->listen_port,
        .user = settings->user,
        .password = settings->password,
        .db = console->db,
        .log = console->log};
    if (status == CW_OK)
        status = console_server_open(&console->server, &server, err);
    const struct cw_admin_config admin = {
        .address = settings->admin_address,
        .port = (uint16_t)settings->admin_port,
        .metrics = console->metrics,
        .log = console->log,
        .ask = {.healthy = is_healthy, .ready = is_ready, .context = console}};
    if (status == CW_OK)
        status = cw_admin_open(&console->admin, &admin, err);
    return status;
}

static void close_all(struct console *console)
{
    cw_admin_close(&console->admin);
    console_server_close(&console->server);
    console_db_destroy(&console->db);
    cw_metrics_destroy(&console->metrics);
    cw_log_destroy(&console->log);
    cw_options_destroy(&console->options);
}

/* Once a second the counters of the server's thread go to the metrics. */
static void run(struct console *console, int signals)
{
    uint64_t served = 0;
    uint64_t unavailable = 0;
    struct pollfd waiting = {.fd = signals, .events = POLLIN};
    CW_LOG(console->log, INFO, "started",
           cw_kv_str("address", console->settings.listen_address),
           cw_kv_int("port", console_server_port(console->server)),
           cw_kv_int("admin_port", cw_admin_port(console->admin)));
    while (poll(&waiting, 1, 1000) == 0) {
        const uint64_t served_now = console_server_served(console->server);
        const uint64_t unavailable_now =
            console_server_unavailable(console->server);
        cw_metrics_add(console->metrics, PAGES, served_now - served);
        cw_metrics_add(console->metrics, UNAVAILABLE,
                       unavailable_now - unavailable);
        served = served_now;
        unavailable = unavailable_now;
        cw_log_tick(console->log);
    }
    CW_LOG(console->log, INFO, "stopping");
}

static int help(void)
{
    printf("causeway-console %s - the incident history in a browser\n\n"
           "  causeway-console [--config FILE] [--print-config | --probe | "
           "--help | --version]\n\n",
           CW_VERSION);
    cw_options_help(options, OPTION_COUNT, stdout);
    return 0;
}

static int load_failed(const struct console *console,
                       const struct cw_error *err)
{
    for (size_t i = 0; i < cw_options_fault_count(console->options); i++)
        (void)fprintf(stderr, "%s\n", cw_options_fault(console->options, i));
    (void)fprintf(stderr, "causeway-console: %s\n", err->text);
    return 2;
}

/* Is the one that runs with these options ready? As of every service. */
static int probe(struct console *console)
{
    struct cw_error err = {0};
    const enum cw_status status =
        cw_probe(console->settings.admin_address,
                 (uint16_t)console->settings.admin_port, "/-/ready", &err);
    if (status != CW_OK)
        (void)fprintf(stderr, "%s\n", err.text);
    cw_options_destroy(&console->options);
    return status == CW_OK ? 0 : 69;
}

/* Its tables, for docs/operations.md. */
static int markdown(void)
{
    cw_options_markdown(options, OPTION_COUNT, stdout);
    (void)fputs("\n", stdout);
    cw_metrics_markdown(metrics_table,
                        sizeof(metrics_table) / sizeof(metrics_table[0]),
                        stdout);
    return 0;
}

int main(int count, char **arguments)
{
    struct console console = {0};
    struct cw_error err = {0};
    const char *file = NULL;
    bool print = false;
    bool ask = false;
    sigset_t stop;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0)
            return help();
        if (strcmp(arguments[i], "--markdown") == 0)
            return markdown();
        if (strcmp(arguments[i], "--version") == 0)
            return printf("causeway-console %s\n", CW_VERSION) < 0;
        if (strcmp(arguments[i], "--print-config") == 0)
            print = true;
        else if (strcmp(arguments[i], "--probe") == 0)
            ask = true;
        else if (strcmp(arguments[i], "--config") == 0 && i + 1 < count)
            file = arguments[++i];
        else {
            (void)fprintf(stderr, "causeway-console: '%s'? try --help\n",
                          arguments[i]);
            return 2;
        }
    }
    if (cw_options_load(&console.options, options, OPTION_COUNT, file,
                        &console.settings, &err) != CW_OK) {
        const int code = load_failed(&console, &err);
        cw_options_destroy(&console.options);
        return code;
    }
    if (print) {
        cw_options_print(console.options, stdout);
        cw_options_destroy(&console.options);
        return 0;
    }
    if (ask)
        return probe(&console);
    /* Blocked before any thread is made, so only the loop sees them. */
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigaddset(&stop, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    const int signals = signalfd(-1, &stop, SFD_CLOEXEC);
    const enum cw_status status = open_all(&console, &err);
    if (status == CW_OK && signals >= 0)
        run(&console, signals);
    else
        (void)fprintf(stderr, "causeway-console: %s\n", err.text);
    close_all(&console);
    if (signals >= 0)
        (void)close(signals);
    return status == CW_OK ? 0 : 1;
}
