/*
 * options - one table of options a service: parsed, checked, printed.
 *
 * Place    main.c: file and environment -> struct of the service
 * Input    a YAML file of nested or dotted keys, environment variables
 *          CAUSEWAY_<NAME> (dots and dashes become underscores, upper case);
 *          environment wins over file, file over default. A secret option NAME
 *          also takes NAME_file (CAUSEWAY_<NAME>_FILE); both set is a fault.
 *          ${env:X} and ${env:X:-fallback} are expanded in any scalar of the
 *          file, $${env: stands for ${env: itself
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
    CW_OPT_RESTART = 4,  /* a reload that changes it says so and keeps it */
    CW_OPT_LOCAL = 8,    /* may differ between instances that decide the same
                            (ports, paths, names): not in cw_options_hash */
    CW_OPT_CONTENT = 16  /* of a TEXT: the path of a file whose bytes take part
                            in cw_options_hash; it must be readable. Empty =
                            none */
};

struct cw_option {
    const char *name; /* "kafka.brokers" */
    enum cw_option_type type;
    size_t offset;        /* in the service's struct */
    const char *fallback; /* default as written in a file */
    double min, max;  /* of INT, DOUBLE, DURATION (us), SIZE; both 0 = any */
    const char *unit; /* for people; the choices of a CHOICE */
    unsigned flags;
    const char *meaning; /* one line; the odd value explained: "0 = off" */
};

/* Anything under "kafka." that is not in the table is kept verbatim for
 * librdkafka (also kafka.consumer.* and kafka.producer.*), in the order of
 * the keys; see kafka_names. Also from CAUSEWAY_KAFKA_<NAME>, but not
 * ..._KAFKA_PORT... and ..._KAFKA_SERVICE..., which Kubernetes sets for a
 * service of that name. At most 256. */
struct cw_passthrough {
    const char *key;         /* without "kafka." */
    const char *value;       /* owned by the options */
    const char *origin;      /* file:line or "env VARIABLE" */
    const char *secret_file; /* where value was read from, or NULL */
    bool secret;             /* value must not be shown */
};

/* What a reload found changed. */
struct cw_option_change {
    const char *name;
    bool kept; /* needs a restart: the old value stays in force */
};

struct cw_options;

/* Where a check puts what it found wrong, one call a fault; the place, the
 * option's name and a colon are put before it. */
struct cw_faults;
void cw_faults_add(struct cw_faults *faults, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What the same reading gave for a BOOL option; false when it was refused. */
bool cw_faults_truth(const struct cw_faults *faults, const char *name);

/* Judges what type and range of a TEXT option cannot say. A secret is the
 * check's to keep out of its words. */
struct cw_option_check {
    const char *name;
    void (*check)(const char *text, struct cw_faults *faults);
};

/* Where options come from, and who judges them; borrowed while the options
 * live. */
struct cw_options_source {
    const struct cw_option *table;
    size_t count;
    const char *file; /* NULL = none; copied */
    const struct cw_option_check *checks;
    size_t check_count;
    /* Judges a setting for librdkafka; err must not hold what may be a secret.
     * NULL = all are taken. */
    enum cw_status (*check_kafka)(const char *key, const char *value,
                                  struct cw_error *err);
};

/* As cw_options_load, with checks: their faults stand among the others, at the
 * load and at each reload. */
CW_MUST_USE enum cw_status
cw_options_load_checked(struct cw_options **made,
                        const struct cw_options_source *source, void *target,
                        struct cw_error *err);

/* Reads file (NULL = none) and the environment into target, a struct the
 * offsets of table speak of. On CW_BAD_CONFIG every fault stands in
 * cw_options_fault and target is untouched. The strings in target live as long
 * as *made, which the caller owns either way. */
CW_MUST_USE enum cw_status cw_options_load(struct cw_options **made,
                                           const struct cw_option *table,
                                           size_t count, const char *file,
                                           void *target, struct cw_error *err);
void cw_options_destroy(struct cw_options **options);

/* Reads the same file and the environment, secret files too, once more.
 * CW_OK: what changed is in target, except options flagged RESTART and all of
 * "kafka.", which keep their values; cw_options_change names both kinds.
 * CW_BAD_CONFIG: the faults are the new ones, all else is as before. Strings
 * handed out earlier stay valid. */
CW_MUST_USE enum cw_status cw_options_reload(struct cw_options *options,
                                             void *target,
                                             struct cw_error *err);
size_t cw_options_change_count(const struct cw_options *options);
const struct cw_option_change *
cw_options_change(const struct cw_options *options, size_t index);

size_t cw_options_fault_count(const struct cw_options *options);
const char *cw_options_fault(const struct cw_options *options, size_t index);

size_t cw_options_passthrough_count(const struct cw_options *options);
const struct cw_passthrough *
cw_options_passthrough(const struct cw_options *options, size_t index);

/* Hash over every effective value that takes part in a decision: all but
 * secrets, LOCAL options and "kafka.", and the content of files flagged
 * CONTENT: config_hash of each record, the same on
 * every instance. */
uint64_t cw_options_hash(const struct cw_options *options);
/* The same over some rows of the table: what one service of several in a
 * process would say. */
uint64_t cw_options_hash_rows(const struct cw_options *options, size_t begin,
                              size_t count);

/* --print-config: YAML that, read back, gives the same; secrets as <secret>;
 * each value with its origin as a comment. */
void cw_options_print(const struct cw_options *options, FILE *out);

/* --help part and the Markdown table of docs/operations.md. */
void cw_options_help(const struct cw_option *table, size_t count, FILE *out);
void cw_options_markdown(const struct cw_option *table, size_t count,
                         FILE *out);

#endif
