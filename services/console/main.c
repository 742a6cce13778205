/*
 * causeway-console - the incident history in a browser.
 *
 * In       PostgreSQL, as a member of causeway_reader: nothing is written
 * Out      HTML on one port; health and metrics on the admin port
 * State    none
 * Exit     as every service: 0, 64, 69, 78
 * Failure  PostgreSQL away: every page says so (503) and comes back with it
 */
#include <stdio.h>

#include "base/command.h"
#include "base/log.h"
#include "process.h"

#define AT(field) offsetof(struct console_settings, field)

static const struct cw_option options[] = {
    {"console.address", CW_OPT_TEXT, AT(listen_address), "127.0.0.1", 0, 0,
     "address", CW_OPT_RESTART,
     "where the pages are served; set a password, or a proxy that asks for "
     "one, before this is more than loopback"},
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
#define SUMMARY      "the incident history in a browser"

static void print_help(void)
{
    cw_command_help("console", SUMMARY, "", stdout);
    cw_options_help(options, OPTION_COUNT, stdout);
}

/* Its tables, for docs/operations.md. */
static void print_markdown(void)
{
    cw_options_markdown(options, OPTION_COUNT, stdout);
    (void)fputs("\n", stdout);
    cw_metrics_markdown(console_metrics, console_metric_count, stdout);
}

/* What needs no options. False: nothing of the kind was asked for. */
static bool print(const struct cw_command *command)
{
    if (command->help)
        print_help();
    else if (command->version)
        printf("causeway-console %s\n", CW_VERSION);
    else if (command->markdown)
        print_markdown();
    else
        return false;
    return true;
}

static int run_command(struct console_settings *settings,
                       struct cw_options *loaded,
                       const struct cw_command *command)
{
    struct cw_error err = {0};
    int code = 0;
    if (command->probe)
        code = cw_exit_code(cw_command_probe(settings->admin_address,
                                             settings->admin_port, &err));
    if (code == 0 && command->print)
        cw_options_print(loaded, stdout);
    if (code == 0 && !command->check && !command->print && !command->probe)
        code = console_run(settings, loaded);
    return code;
}

int main(int count, char **arguments)
{
    struct console_settings settings = {0};
    struct cw_options *loaded = NULL;
    struct cw_command command = {0};
    struct cw_error err = {0};
    if (!cw_command_read(&command, count, arguments) ||
        command.markdown_common) {
        (void)fprintf(stderr,
                      "causeway-console: unknown argument; see --help\n");
        return CW_EXIT_USAGE;
    }
    if (print(&command))
        return 0;
    const struct cw_options_source source = {
        .table = options,
        .count = OPTION_COUNT,
        .file = command.config,
        .checks = console_checks,
        .check_count = console_check_count,
    };
    int code = cw_exit_code(
        cw_options_load_checked(&loaded, &source, &settings, &err));
    cw_command_say_faults(loaded, stderr);
    if (code == 0)
        code = run_command(&settings, loaded, &command);
    cw_options_destroy(&loaded);
    return code;
}
