/*
 * command - the words every program of ours understands, and its exit codes.
 *
 * Place    main.c: arguments -> what was asked for; status -> exit code
 * Input    [--config FILE] [--check-config] [--print-config] [--probe]
 *          [--help] [--version] [--markdown] [--markdown-common]
 * Threads  one thread, at start
 */
#ifndef CW_BASE_COMMAND_H
#define CW_BASE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/options.h"
#include "base/status.h"

/* As sysexits.h has them; 1 is a fault inside. */
#define CW_EXIT_USAGE          64
#define CW_EXIT_UNREACHABLE    69
#define CW_EXIT_NOT_AUTHORISED 77
#define CW_EXIT_CONFIG         78

struct cw_command {
    const char *config; /* file, NULL = none */
    bool check;
    bool print;
    bool help;
    bool version;
    bool probe;
    bool markdown;        /* its own tables, for docs/operations.md */
    bool markdown_common; /* those of every service on a loop */
};

/* False: an argument nobody knows. */
bool cw_command_read(struct cw_command *command, int count, char **arguments);

/* The head of --help: what the program is, and the words above. setting is a
 * line that starts it without a file; empty = none. */
void cw_command_help(const char *name, const char *summary, const char *setting,
                     FILE *out);

/* All faults of options (NULL = none were read), one a line. */
void cw_command_say_faults(const struct cw_options *options, FILE *out);

/* Is the one that listens there ready? Says on standard error why not. */
CW_MUST_USE enum cw_status cw_command_probe(const char *address, int64_t port,
                                            struct cw_error *err);

int cw_exit_code(enum cw_status status);

#endif
