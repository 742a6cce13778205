/*
 * options - settings of the normalizer, and the configuration made of them.
 *
 * Place    main.c
 * Input    normalizer.topics: topic=format[:tenant[:domain[:unit]]], separated
 *          by commas; the built-in table stands behind it
 * Limits   NORMALIZER_TOPICS_MAX rows
 * Threads  one thread, at start
 */
#ifndef NORMALIZER_OPTIONS_H
#define NORMALIZER_OPTIONS_H

#include "base/options.h"
#include "core.h"

#define NORMALIZER_TOPICS_MAX 256
#define NORMALIZER_TEXT_MAX   16384

struct normalizer_settings {
    const char *topics;
    struct normalizer_config config;
    struct normalizer_topic rows[NORMALIZER_TOPICS_MAX];
    char text[NORMALIZER_TEXT_MAX]; /* the words of rows */
};

extern const struct cw_option normalizer_options[];
extern const size_t normalizer_option_count;
extern const struct cw_option_check normalizer_checks[];
extern const size_t normalizer_check_count;

/* context: struct normalizer_settings. CW_BAD_CONFIG names the row. */
CW_MUST_USE enum cw_status normalizer_configure(void *context,
                                                struct cw_error *err);

#endif
