/*
 * options - one table of options a service: parsed, checked, printed, documented.
 *
 * Place    main.c: file and environment -> struct of the service
 * Input    a YAML file of nested or dotted keys, environment variables
 *          CAUSEWAY_<NAME> (dots and dashes become underscores, upper case);
 *          environment wins over file, file over default. A secret option NAME
 *          also takes NAME_file; both set is a fault. ${env:X} and
 *          ${env:X:-fallback} are expanded in any scalar of the file
 * Output   every fault at once (up to 50), each with file:line, option, value
 *          and what is allowed; an unknown key names its nearest neighbour
 * Threads  one thread, at start and at reload
 */
#ifndef CW_BASE_OPTIONS_H
#define CW_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum cw_option_type {
    CW_OPT_TEXT,     /* const char *, never NULL */
    CW_OPT_BOOL,     /* bool: true, false */
    CW_OPT_INT,      /* int64_t */
    CW_OPT_DOUBLE,   /* double */
    CW_OPT_DURATION, /* int64_t microseconds: 250ms, 30s, 5m, 2h, 7d */
    CW_OPT_SIZE,     /* int64_t bytes: 512, 64KiB, 1MiB, 2GiB */
    CW_OPT_CHOICE    /* const char *, one of `unit` separated by | */
};

enum cw_option_flag {
    CW_OPT_SECRET = 1,   /* never printed; NAME_file allowed */
    CW_OPT_REQUIRED = 2, /* no default */
    CW_OPT_RESTART = 4   /* a reload that changes it says so and keeps it */
};

struct cw_option {
    const char *name; /* "kafka.brokers" */
    enum cw_option_type type;
    size_t offset;        /* in the service's struct */
    const char *fallback; /* default as written in a file */
    double min, max;      /* of INT, DOUBLE, DURATION (us), SIZE; both 0 = any */
    const char *unit;     /* for people; the choices of a CHOICE */
    unsigned flags;
    const char *meaning; /* one line; the odd value explained: "0 = off" */
};

/* Anything under "kafka." that is not in the table is kept verbatim for
 * librdkafka (also kafka.consumer.* and kafka.producer.*). */
struct cw_passthrough {
    const char *key;   /* without "kafka." */
    const char *value; /* owned by the options */
    const char *origin; /* file:line or the variable */
};

struct cw_options;

/* Reads file (NULL = none) and the environment into target, a struct the
 * offsets of table speak of. On CW_BAD_CONFIG every fault stands in
 * cw_options_fault and target is untouched. The strings in target live as long
 * as *made, which the caller owns either way. */
CW_MUST_USE enum cw_status cw_options_load(struct cw_options **made,
                                           const struct cw_option *table,
                                           size_t count, const char *file,
                                           void *target, struct cw_error *err);
void cw_options_destroy(struct cw_options **options);

size_t cw_options_fault_count(const struct cw_options *options);
const char *cw_options_fault(const struct cw_options *options, size_t index);

size_t cw_options_passthrough_count(const struct cw_options *options);
const struct cw_passthrough *
cw_options_passthrough(const struct cw_options *options, size_t index);

/* Hash over every effective value but secrets: config_hash of each record. */
uint64_t cw_options_hash(const struct cw_options *options);

/* --print-config: YAML that, read back, gives the same; secrets as <secret>;
 * each value with its origin as a comment. */
void cw_options_print(const struct cw_options *options, FILE *out);

/* --help part and the Markdown table of docs/operations.md. */
void cw_options_help(const struct cw_option *table, size_t count, FILE *out);
void cw_options_markdown(const struct cw_option *table, size_t count,
                         FILE *out);

#endif
