/*
 * command - the one table of what cwctl can do, and how it is called.
 *
 * Place    main.c: arguments -> [command] -> a noun's file
 * Input    cwctl [options] NOUN [VERB] [options] [words]; before the noun only
 *          options of every command; --name value or --name=value; -o is
 *          --output, -h is --help, -y is --confirm; -- ends options; an option
 *          whose value is a list may come several times
 * Output   a call, checked against the table; help, and completion for shells,
 *          made of the table
 * Limits   COMMAND_OPTIONS_MAX options a command
 * Threads  one thread
 */
#ifndef CWCTL_COMMAND_H
#define CWCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

#define COMMAND_OPTIONS_MAX 16
#define COMMAND_JOINED_MAX  256

#define EXIT_FAULT 1 /* the others: base/command.h */

enum output_form { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV };

struct command_option {
    const char *name;    /* without the dashes */
    const char *value;   /* what stands for its value; NULL = a switch */
    const char *meaning; /* one line */
};

struct call;

struct command {
    const char *noun;
    const char *verb;  /* NULL: the noun says it all */
    const char *words; /* "FILE...|-"; "TOPIC": completion knows ours */
    size_t words_min;
    size_t words_max;
    const char *summary;  /* one line */
    const char *examples; /* lines, each with its newline */
    enum cw_status (*run)(struct call *call, struct cw_error *err);
    struct command_option options[COMMAND_OPTIONS_MAX]; /* ended by name NULL */
};

struct call {
    const struct command *command;
    const char *values[COMMAND_OPTIONS_MAX]; /* of the command's options */
    const char *globals[COMMAND_OPTIONS_MAX];
    const char *const *words; /* borrowed from the arguments */
    size_t word_count;
    enum output_form output;
    bool output_given;
    char *joined[COMMAND_JOINED_MAX]; /* owned: values given in pieces */
    size_t joined_count;
    bool usage; /* the caller is to blame: exit 64 */
    FILE *out;
};

/* Every command, ended by noun NULL; and the options all of them take. */
extern const struct command commands[];
extern const struct command_option command_globals[];

/* Value of an option, the command's own before a global one; NULL when it was
 * not given; "" of a switch. */
const char *call_option(const struct call *call, const char *name);
bool call_has(const struct call *call, const char *name);

/* A whole number from least to most; *value stays when it was not given. */
CW_MUST_USE enum cw_status call_number(struct call *call, const char *name,
                                       int64_t least, int64_t most,
                                       int64_t *value, struct cw_error *err);

/* A time (csv_time); *at stays when it was not given. */
CW_MUST_USE enum cw_status call_time(struct call *call, const char *name,
                                     int64_t *at, struct cw_error *err);

/* Marks the call as wrong and fills err: returns CW_BAD_CONFIG. */
enum cw_status call_usage(struct call *call, struct cw_error *err,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs what the arguments say and returns the exit code. */
int command_main(int count, char **arguments);

/* Completion for bash, zsh or fish. False: another shell. */
bool command_completion(const char *shell, FILE *out);

#endif
