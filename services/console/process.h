/*
 * process - the console from its options to its end.
 *
 * Place    main.c -> [process] -> server, admin port, signals
 * Output   exit 0 after SIGTERM; 69 a port is taken, 78 configuration
 * Threads  the calling thread serves signals; the pages and the admin port
 *          have one each
 */
#ifndef CONSOLE_PROCESS_H
#define CONSOLE_PROCESS_H

#include "base/metrics.h"
#include "base/options.h"

struct console_settings {
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

extern const struct cw_metric console_metrics[];
extern const size_t console_metric_count;

/* What the table of options cannot say: an address that is none, a conninfo
 * that libpq cannot read. */
extern const struct cw_option_check console_checks[];
extern const size_t console_check_count;

/* Runs until SIGTERM; settings are those options fills. The exit code. */
int console_run(struct console_settings *settings, struct cw_options *options);

#endif
