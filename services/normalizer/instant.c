#include "instant.h"

#define DAY_US    INT64_C(86400000000)
#define LAST_US   INT64_C(253402300799999999) /* end of the year 9999 */
#define LAST_S    253402300799.0
#define YEAR_1970 1970

int64_t instant_of_civil(int64_t year, unsigned month, unsigned day,
                         int64_t micros_of_day)
{
    const int64_t shifted = year - (month <= 2);
    const int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    const int64_t of_era = shifted - era * 400;
    const int64_t of_year =
        (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (era * 146097 + day_of_era - 719468) * DAY_US + micros_of_day;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads exactly count digits at *at. */
static bool read_digits(struct cw_text text, size_t *at, unsigned count,
                        int64_t *number)
{
    if (text.size - *at < count)
        return false;
    int64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        const char c = text.bytes[*at + i];
        if (!is_digit(c))
            return false;
        sum = sum * 10 + (c - '0');
    }
    *at += count;
    *number = sum;
    return true;
}

static bool skip(struct cw_text text, size_t *at, char expected)
{
    if (*at >= text.size || text.bytes[*at] != expected)
        return false;
    (*at)++;
    return true;
}

static int64_t read_fraction(struct cw_text text, size_t *at)
{
    int64_t micros = 0;
    int64_t worth = 100000;
    for (; *at < text.size && is_digit(text.bytes[*at]); (*at)++) {
        micros += (text.bytes[*at] - '0') * worth;
        worth /= 10;
    }
    return micros;
}

/* hh:mm:ss with an optional fraction after '.' or ','. */
static bool read_clock(struct cw_text text, size_t *at, int64_t *micros)
{
    int64_t hour;
    int64_t minute;
    int64_t second;
    if (!read_digits(text, at, 2, &hour) || !skip(text, at, ':') ||
        !read_digits(text, at, 2, &minute) || !skip(text, at, ':') ||
        !read_digits(text, at, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *micros = ((hour * 60 + minute) * 60 + (second > 59 ? 59 : second)) *
              INSTANT_SECOND;
    if (*at + 1 < text.size && is_digit(text.bytes[*at + 1]) &&
        (text.bytes[*at] == '.' || text.bytes[*at] == ',')) {
        (*at)++;
        *micros += read_fraction(text, at);
    }
    return true;
}

/* Offset to take off the local time; an absent zone is UTC. */
static bool read_zone(struct cw_text text, size_t *at, int64_t *offset)
{
    *offset = 0;
    if (*at >= text.size)
        return true;
    const char sign = text.bytes[*at];
    if (sign == 'Z' || sign == 'z') {
        (*at)++;
        return true;
    }
    if (sign != '+' && sign != '-')
        return true;
    size_t end = *at + 1;
    int64_t hours;
    int64_t minutes = 0;
    if (!read_digits(text, &end, 2, &hours))
        return false;
    const bool colon = skip(text, &end, ':');
    if (!read_digits(text, &end, 2, &minutes) && colon)
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *offset =
        (hours * 60 + minutes) * 60 * INSTANT_SECOND * (sign == '-' ? -1 : 1);
    *at = end;
    return true;
}

static unsigned days_of(int64_t year, int64_t month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30,
                                         31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

bool instant_parse(struct cw_text text, int64_t *at, size_t *used)
{
    size_t next = 0;
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t micros;
    int64_t offset;
    if (!read_digits(text, &next, 4, &year) || !skip(text, &next, '-') ||
        !read_digits(text, &next, 2, &month) || !skip(text, &next, '-') ||
        !read_digits(text, &next, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days_of(year, month))
        return false;
    if (!skip(text, &next, 'T') && !skip(text, &next, ' ') &&
        !skip(text, &next, 't'))
        return false;
    if (!read_clock(text, &next, &micros) || !read_zone(text, &next, &offset))
        return false;
    *at =
        instant_of_civil(year, (unsigned)month, (unsigned)day, micros) - offset;
    *used = next;
    return true;
}

static int64_t month_of(struct cw_text text)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size < 3)
        return 0;
    for (int64_t month = 0; month < 12; month++)
        if (memcmp(text.bytes, names + month * 3, 3) == 0)
            return month + 1;
    return 0;
}

/* Year in which at lies; a bound of a day either way does not matter here. */
static int64_t year_of(int64_t at)
{
    int64_t year = YEAR_1970 + at / (365 * DAY_US);
    while (instant_of_civil(year, 1, 1, 0) > at)
        year--;
    while (instant_of_civil(year + 1, 1, 1, 0) <= at)
        year++;
    return year;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* A record of 31 December read in January belongs to last year. */
static int64_t nearest(int64_t month, int64_t day, int64_t micros,
                       int64_t near_at)
{
    const int64_t year = year_of(near_at);
    int64_t best = 0;
    bool found = false;
    for (int64_t tried = year - 1; tried <= year + 1; tried++) {
        if (day > days_of(tried, month))
            continue;
        const int64_t at =
            instant_of_civil(tried, (unsigned)month, (unsigned)day, micros);
        if (!found || distance(at, near_at) < distance(best, near_at))
            best = at;
        found = true;
    }
    return best;
}

bool instant_parse_bsd(struct cw_text text, int64_t near_at, int64_t *at,
                       size_t *used)
{
    const int64_t month = month_of(text);
    size_t next = 3;
    int64_t day;
    int64_t micros;
    if (month == 0 || near_at < 0 || near_at > LAST_US ||
        !skip(text, &next, ' '))
        return false;
    const unsigned digits = skip(text, &next, ' ') ? 1 : 2; /* "Oct  1" */
    if (!read_digits(text, &next, digits, &day) || !skip(text, &next, ' ') ||
        !read_clock(text, &next, &micros))
        return false;
    if (day < 1 || day > (month == 2 ? 29 : days_of(1, month)))
        return false;
    *at = nearest(month, day, micros, near_at);
    *used = next;
    return true;
}

bool instant_of_integer(int64_t number, enum instant_unit unit, int64_t *at)
{
    if (number < 0)
        return false;
    if (unit == INSTANT_AUTO)
        unit = number < INT64_C(100000000000)         ? INSTANT_S
               : number < INT64_C(100000000000000)    ? INSTANT_MS
               : number < INT64_C(100000000000000000) ? INSTANT_US
                                                      : INSTANT_NS;
    const int64_t factor = unit == INSTANT_S    ? INSTANT_SECOND
                           : unit == INSTANT_MS ? 1000
                                                : 1;
    if (unit == INSTANT_NS)
        number /= 1000;
    if (number > LAST_US / factor)
        return false;
    *at = number * factor;
    return true;
}

bool instant_of_double(double number, enum instant_unit unit, int64_t *at)
{
    if (!(number >= 0.0 && number < 1e19))
        return false;
    if (unit == INSTANT_AUTO)
        unit = number < 1e11   ? INSTANT_S
               : number < 1e14 ? INSTANT_MS
               : number < 1e17 ? INSTANT_US
                               : INSTANT_NS;
    const double seconds = unit == INSTANT_S    ? number
                           : unit == INSTANT_MS ? number / 1e3
                           : unit == INSTANT_US ? number / 1e6
                                                : number / 1e9;
    if (!(seconds <= LAST_S))
        return false;
    /* Whole part apart: micros of a double this size carry no noise then. */
    const int64_t whole = (int64_t)seconds;
    const double rest = (seconds - (double)whole) * 1e6;
    *at = whole * INSTANT_SECOND + (int64_t)(rest + 0.5);
    return true;
}

/* Digits, at most one point, nothing else. */
static bool read_decimal(struct cw_text text, int64_t *whole, int64_t *micros,
                         bool *pointed)
{
    size_t at = 0;
    *whole = 0;
    *micros = 0;
    *pointed = false;
    for (; at < text.size && is_digit(text.bytes[at]); at++) {
        if (*whole > (INT64_MAX - 9) / 10)
            return false;
        *whole = *whole * 10 + (text.bytes[at] - '0');
    }
    if (at == 0)
        return false;
    if (at < text.size && text.bytes[at] == '.') {
        at++;
        *pointed = true;
        *micros = read_fraction(text, &at);
    }
    return at == text.size;
}

bool instant_of_text(struct cw_text text, enum instant_unit unit, int64_t *at)
{
    size_t used;
    int64_t parsed;
    if (instant_parse(text, &parsed, &used)) {
        if (used != text.size)
            return false;
        *at = parsed;
        return true;
    }
    int64_t whole;
    int64_t micros;
    bool pointed;
    if (!read_decimal(text, &whole, &micros, &pointed))
        return false;
    if (!pointed || (unit != INSTANT_S && unit != INSTANT_AUTO))
        return instant_of_integer(whole, unit, at);
    if (!instant_of_integer(whole, unit, &parsed))
        return false;
    *at = whole < INT64_C(100000000000) ? parsed + micros : parsed;
    return true;
}
