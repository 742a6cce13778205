/*
 * settings - what a program of the common main was asked for, and the options
 * it has: one table made of the common rows and its groups.
 *
 * Place    service: arguments, file, environment -> [settings] -> the program's
 *          struct
 * Output   help, markdown and faults on standard output and error, for people
 * Threads  one owner thread
 */
#ifndef CW_STREAM_SETTINGS_H
#define CW_STREAM_SETTINGS_H

#include "base/command.h"
#include "stream/service.h"

struct cw_settings {
    const struct cw_program *program;
    struct cw_option *table; /* of the process */
    size_t row_count;
    struct cw_options *options; /* NULL before they are loaded */
};

/* Makes the table; the caller owns *settings (fini). CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_settings_init(struct cw_settings *settings,
                                            const struct cw_program *program,
                                            struct cw_error *err);
void cw_settings_fini(struct cw_settings *settings);

/* Prints what needs no options. False: nothing of the kind was asked for. */
bool cw_settings_print(const struct cw_settings *settings,
                       const struct cw_command *command);

/* Loads the options into the program's struct; every fault has been said on
 * standard error. CW_BAD_CONFIG, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_settings_load(struct cw_settings *settings,
                                            const char *file,
                                            struct cw_error *err);

#endif
