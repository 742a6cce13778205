/*
 * option_value - one value of an option: from text, back to text, in range.
 *
 * Place    options
 * Input    a row of the option table and the text a person wrote
 * Output   the typed value; its canonical text, which parses to the same
 * Limits   a double is finite, decimal
 * Threads  pure
 */
#ifndef CW_BASE_OPTION_VALUE_H
#define CW_BASE_OPTION_VALUE_H

#include "base/options.h"

#define CW_OPTION_TEXT_SIZE 32 /* canonical text of all but TEXT, CHOICE */

union cw_option_value {
    bool truth;
    int64_t number;
    double real;
    const char *text; /* borrowed from the text parsed */
};

/* CW_BAD_CONFIG: err says what is allowed, without the value. */
CW_MUST_USE enum cw_status cw_option_parse(const struct cw_option *option,
                                           const char *text,
                                           union cw_option_value *value,
                                           struct cw_error *err);

/* Canonical text: value.text itself, or written to out. */
const char *cw_option_text(const struct cw_option *option,
                           const union cw_option_value *value,
                           char out[CW_OPTION_TEXT_SIZE]);

/* Puts value where the row's offset says in target. */
void cw_option_store(const struct cw_option *option,
                     const union cw_option_value *value, void *target);

/* "1s to 1h", "at least 1", or "": what min and max of the row say. */
void cw_option_range(const struct cw_option *option, char *out, size_t size);

/* "duration", "text", ...; for a CHOICE its choices. */
const char *cw_option_type_name(const struct cw_option *option);

#endif
