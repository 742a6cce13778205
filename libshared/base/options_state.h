/*
 * options_state - inside of options, shared by reading, keeping and printing.
 *
 * Place    options.c, options_read.c, options_kafka.c, options_print.c
 * Limits   256 settings for librdkafka, 50 faults, 65536 kept strings
 * Threads  one
 */
#ifndef CW_BASE_OPTIONS_STATE_H
#define CW_BASE_OPTIONS_STATE_H

#include "base/arena.h"
#include "base/option_value.h"
#include "base/options.h"

#define CW_OPTIONS_EXTRA_MAX  256u
#define CW_OPTIONS_FAULT_MAX  50u
#define CW_OPTIONS_STRING_MAX 65536u
#define CW_OPTIONS_NAME_SIZE  128u

/* The value of an option, in force. All strings are kept ones. */
struct cw_setting {
    union cw_option_value value;
    const char *origin;      /* "default", file:line, "env VARIABLE" */
    const char *secret_file; /* where value was read from, or NULL */
    uint64_t content_hash;   /* of the file value names, with CONTENT */
};

/* All that one reading of file and environment gave. */
struct cw_reading {
    struct cw_setting *settings; /* one a row; owned */
    struct cw_passthrough extras[CW_OPTIONS_EXTRA_MAX];
    size_t extra_count;
};

struct cw_options {
    const struct cw_option *table;
    size_t count;
    const char *file; /* kept; NULL = none */
    struct cw_options_source source;
    struct cw_reading *now; /* owned; NULL until a load has succeeded */
    char *faults[CW_OPTIONS_FAULT_MAX];
    size_t fault_count;
    struct cw_option_change *changes;
    size_t change_count;
    /* Every string ever handed out: they stay until destroy, and an equal one
     * is not kept twice, so reloads grow this by new values only. */
    char **strings;
    size_t string_count;
    size_t string_capacity;
};

/* Keeps a copy until destroy; NULL when there is no memory for it. */
const char *cw_options_keep(struct cw_options *options, const char *text);

/* Adds a fault, or drops it when there are 50. */
void cw_options_add_fault(struct cw_options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills a zeroed reading whose settings are allocated; faults go to
 * options. CW_NO_MEMORY only. */
CW_MUST_USE enum cw_status cw_options_read(struct cw_options *options,
                                           struct cw_reading *reading,
                                           struct cw_error *err);

/* Lets the checks of the source judge what was read. */
void cw_options_check(struct cw_options *options,
                      const struct cw_reading *reading);

/* "kafka.brokers" -> "CAUSEWAY_KAFKA_BROKERS", cut at size. */
void cw_options_variable(const char *name, char *out, size_t size);

/* A text as it was found, and where. */
struct cw_found {
    const char *text; /* NULL = not given */
    const char *origin;
};

/* One reading in progress. */
struct cw_options_reader {
    struct cw_options *options;
    struct cw_reading *reading;
    struct cw_arena *arena;
    bool out_of_memory; /* the reading is worthless then */
};

/* As cw_options_keep; "" and out_of_memory when there is none. */
const char *cw_reader_keep(struct cw_options_reader *in, const char *text);

/* Content of a secret file, kept; NULL after a fault. */
const char *cw_reader_secret(struct cw_options_reader *in, const char *name,
                             const struct cw_found *path);

/* Takes "kafka.<key>" of the file; then, over it, all of the environment. */
void cw_reader_add_extra(struct cw_options_reader *in, const char *key,
                         const struct cw_found *given);
void cw_reader_add_variables(struct cw_options_reader *in);

#endif
