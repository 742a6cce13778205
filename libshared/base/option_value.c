#include "base/option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"

_Static_assert(CW_OPTION_TEXT_SIZE >= CW_QUANTITY_TEXT_SIZE, "a quantity fits");

static bool parse_int(const char *text, int64_t *number)
{
    char *end = NULL;
    errno = 0;
    const long long parsed = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    if (strspn(text, "-0123456789") != strlen(text)) /* no +, no spaces */
        return false;
    *number = parsed;
    return true;
}

static bool parse_double(const char *text, double *real)
{
    char *end = NULL;
    if (strspn(text, "+-.eE0123456789") != strlen(text)) /* no inf, no 0x */
        return false;
    const double parsed = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(parsed))
        return false;
    *real = parsed;
    return true;
}

static bool is_choice(const char *choices, const char *text)
{
    const size_t size = strlen(text);
    while (size > 0 && *choices != '\0') {
        const size_t choice_size = strcspn(choices, "|");
        if (choice_size == size && memcmp(choices, text, size) == 0)
            return true;
        choices += choice_size + (choices[choice_size] == '|');
    }
    return false;
}

/* By type alone, before the range. */
static bool parse_type(const struct cw_option *option, const char *text,
                       union cw_option_value *value)
{
    const struct cw_text run = cw_text_of(text);
    switch (option->type) {
    case CW_OPT_BOOL:
        value->truth = strcmp(text, "true") == 0;
        return value->truth || strcmp(text, "false") == 0;
    case CW_OPT_INT:
        return parse_int(text, &value->number);
    case CW_OPT_DOUBLE:
        return parse_double(text, &value->real);
    case CW_OPT_DURATION:
        return cw_duration_parse(run, &value->number);
    case CW_OPT_SIZE:
        return cw_size_parse(run, &value->number);
    case CW_OPT_CHOICE:
        value->text = text;
        return is_choice(option->unit, text);
    case CW_OPT_TEXT:
    default:
        value->text = text;
        return true;
    }
}

static bool has_range(const struct cw_option *option)
{
    return option->min != 0.0 || option->max != 0.0;
}

/* As a double: every bound and value in use is far below 2^53. */
static bool in_range(const struct cw_option *option,
                     const union cw_option_value *value)
{
    double number = 0.0;
    if (!has_range(option))
        return true;
    switch (option->type) {
    case CW_OPT_INT:
    case CW_OPT_DURATION:
    case CW_OPT_SIZE:
        number = (double)value->number;
        break;
    case CW_OPT_DOUBLE:
        number = value->real;
        break;
    case CW_OPT_TEXT:
    case CW_OPT_BOOL:
    case CW_OPT_CHOICE:
    default:
        return true;
    }
    return number >= option->min &&
           (option->max < option->min || number <= option->max);
}

static const char *form_of(const struct cw_option *option)
{
    switch (option->type) {
    case CW_OPT_BOOL:
        return "true or false";
    case CW_OPT_INT:
        return "a whole number";
    case CW_OPT_DOUBLE:
        return "a number";
    case CW_OPT_DURATION:
        return "a duration like 250ms, 30s, 5m, 2h or 7d";
    case CW_OPT_SIZE:
        return "a size like 512, 64KiB, 1MiB or 2GiB";
    case CW_OPT_CHOICE:
        return "one of";
    case CW_OPT_TEXT:
    default:
        return "text";
    }
}

enum cw_status cw_option_parse(const struct cw_option *option, const char *text,
                               union cw_option_value *value,
                               struct cw_error *err)
{
    union cw_option_value parsed = {.number = 0};
    char range[96];
    if (!parse_type(option, text, &parsed))
        return cw_fail(err, CW_BAD_CONFIG, "must be %s%s%s", form_of(option),
                       option->type == CW_OPT_CHOICE ? " " : "",
                       option->type == CW_OPT_CHOICE ? option->unit : "");
    if (!in_range(option, &parsed)) {
        cw_option_range(option, range, sizeof(range));
        return cw_fail(err, CW_BAD_CONFIG, "must be %s", range);
    }
    *value = parsed;
    return CW_OK;
}

/* The shortest text that reads back the same; whole numbers in full. */
static void write_double(double real, char *out)
{
    if (fabs(real) < 1e15 && floor(real) == real) {
        (void)snprintf(out, CW_OPTION_TEXT_SIZE, "%.0f", real);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(out, CW_OPTION_TEXT_SIZE, "%.*g", digits, real);
        const double back = strtod(out, NULL);
        if (!(back < real) && !(back > real))
            return;
    }
}

const char *cw_option_text(const struct cw_option *option,
                           const union cw_option_value *value,
                           char out[CW_OPTION_TEXT_SIZE])
{
    switch (option->type) {
    case CW_OPT_BOOL:
        return value->truth ? "true" : "false";
    case CW_OPT_INT:
        (void)snprintf(out, CW_OPTION_TEXT_SIZE, "%" PRId64, value->number);
        return out;
    case CW_OPT_DOUBLE:
        write_double(value->real, out);
        return out;
    case CW_OPT_DURATION:
        (void)cw_duration_format(value->number, out);
        return out;
    case CW_OPT_SIZE:
        (void)cw_size_format(value->number, out);
        return out;
    case CW_OPT_TEXT:
    case CW_OPT_CHOICE:
    default:
        return value->text;
    }
}

void cw_option_store(const struct cw_option *option,
                     const union cw_option_value *value, void *target)
{
    char *place = (char *)target + option->offset;
    switch (option->type) {
    case CW_OPT_BOOL:
        memcpy(place, &value->truth, sizeof(value->truth));
        break;
    case CW_OPT_INT:
    case CW_OPT_DURATION:
    case CW_OPT_SIZE:
        memcpy(place, &value->number, sizeof(value->number));
        break;
    case CW_OPT_DOUBLE:
        memcpy(place, &value->real, sizeof(value->real));
        break;
    case CW_OPT_TEXT:
    case CW_OPT_CHOICE:
    default:
        memcpy(place, &value->text, sizeof(value->text));
        break;
    }
}

static void write_bound(const struct cw_option *option, double bound,
                        char out[CW_OPTION_TEXT_SIZE])
{
    if (option->type == CW_OPT_DURATION)
        (void)cw_duration_format((int64_t)bound, out);
    else if (option->type == CW_OPT_SIZE)
        (void)cw_size_format((int64_t)bound, out);
    else
        write_double(bound, out);
}

void cw_option_range(const struct cw_option *option, char *out, size_t size)
{
    char min[CW_OPTION_TEXT_SIZE];
    char max[CW_OPTION_TEXT_SIZE];
    out[0] = '\0';
    if (!has_range(option))
        return;
    write_bound(option, option->min, min);
    write_bound(option, option->max, max);
    if (option->max < option->min)
        (void)snprintf(out, size, "at least %s", min);
    else
        (void)snprintf(out, size, "%s to %s", min, max);
}

const char *cw_option_type_name(const struct cw_option *option)
{
    static const char *const names[] = {
        [CW_OPT_TEXT] = "text",         [CW_OPT_BOOL] = "true|false",
        [CW_OPT_INT] = "whole number",  [CW_OPT_DOUBLE] = "number",
        [CW_OPT_DURATION] = "duration", [CW_OPT_SIZE] = "size",
    };
    return option->type == CW_OPT_CHOICE ? option->unit : names[option->type];
}
