#include "base/quantity.h"

#include <inttypes.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first: the first that divides a value writes it. */
static const struct unit durations[] = {
    {"d", INT64_C(86400000000)}, {"h", INT64_C(3600000000)},
    {"m", INT64_C(60000000)},    {"s", INT64_C(1000000)},
    {"ms", INT64_C(1000)},       {"us", INT64_C(1)},
};

static const struct unit sizes[] = {
    {"TiB", INT64_C(1) << 40}, {"GiB", INT64_C(1) << 30},
    {"MiB", INT64_C(1) << 20}, {"KiB", INT64_C(1) << 10},
    {"B", INT64_C(1)},
};

static const struct unit *find_unit(const struct unit *units, size_t count,
                                    struct cw_text name)
{
    for (size_t i = 0; i < count; i++)
        if (cw_text_is(name, units[i].name))
            return &units[i];
    return NULL;
}

/* Digits at the start; the rest of text is left in *rest. */
static bool read_number(struct cw_text text, int64_t *number,
                        struct cw_text *rest)
{
    int64_t sum = 0;
    size_t at = 0;
    for (; at < text.size; at++) {
        const int digit = text.bytes[at] - '0';
        if (digit < 0 || digit > 9)
            break;
        if (sum > (INT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    if (at == 0)
        return false;
    *number = sum;
    *rest = (struct cw_text){text.bytes + at, text.size - at};
    return true;
}

static bool parse(const struct unit *units, size_t count, struct cw_text text,
                  bool bare_allowed, int64_t *value)
{
    int64_t number;
    struct cw_text name;
    if (!read_number(text, &number, &name))
        return false;
    if (name.size == 0 && (bare_allowed || number == 0)) {
        *value = number;
        return true;
    }
    const struct unit *unit = find_unit(units, count, name);
    if (unit == NULL || number > INT64_MAX / unit->factor)
        return false;
    *value = number * unit->factor;
    return true;
}

bool cw_duration_parse(struct cw_text text, int64_t *duration_us)
{
    return parse(durations, COUNT(durations), text, false, duration_us);
}

bool cw_size_parse(struct cw_text text, int64_t *size)
{
    return parse(sizes, COUNT(sizes), text, true, size);
}

static size_t format(const struct unit *units, size_t count, int64_t value,
                     char *out)
{
    size_t i = 0;
    while (i + 1 < count && value % units[i].factor != 0)
        i++;
    if (value == 0)
        return (size_t)snprintf(out, CW_QUANTITY_TEXT_SIZE, "0");
    return (size_t)snprintf(out, CW_QUANTITY_TEXT_SIZE, "%" PRId64 "%s",
                            value / units[i].factor, units[i].name);
}

size_t cw_duration_format(int64_t duration_us, char out[CW_QUANTITY_TEXT_SIZE])
{
    return format(durations, COUNT(durations), duration_us, out);
}

size_t cw_size_format(int64_t size, char out[CW_QUANTITY_TEXT_SIZE])
{
    return format(sizes, COUNT(sizes), size, out);
}
