#include "base/time.h"

#include <stdio.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define DAY_S     INT64_C(86400)

static int64_t read_clock(clockid_t id)
{
    struct timespec now = {0};
    (void)clock_gettime(id, &now); /* cannot fail for these two ids */
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int64_t system_wall_us(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic_us(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

struct cw_clocks cw_clock_system(void)
{
    return (struct cw_clocks){system_wall_us, system_monotonic_us, NULL};
}

int64_t cw_clock_wall_us(const struct cw_clocks *clock)
{
    return clock->wall_us(clock->context);
}

int64_t cw_clock_monotonic_us(const struct cw_clocks *clock)
{
    return clock->monotonic_us(clock->context);
}

/* A place in the text; every read_ function moves it and says whether the
 * text was as it must be. */
struct cursor {
    const char *at;
    const char *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_digits(struct cursor *in, unsigned count, int64_t *value)
{
    int64_t sum = 0;
    if ((size_t)(in->end - in->at) < count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!is_digit(in->at[i]))
            return false;
        sum = sum * 10 + (in->at[i] - '0');
    }
    in->at += count;
    *value = sum;
    return true;
}

static bool read_one_of(struct cursor *in, const char *allowed, char *found)
{
    if (in->at == in->end || *in->at == '\0' ||
        strchr(allowed, *in->at) == NULL)
        return false;
    *found = *in->at++;
    return true;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01; the year begins in March, so the leap day is last. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = y / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t shifted = month > 2 ? month - 3 : month + 9;
    const int64_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool read_date(struct cursor *in, int64_t *days)
{
    int64_t year;
    int64_t month;
    int64_t day;
    char dash;
    if (!read_digits(in, 4, &year) || !read_one_of(in, "-", &dash) ||
        !read_digits(in, 2, &month) || !read_one_of(in, "-", &dash) ||
        !read_digits(in, 2, &day))
        return false;
    if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    *days = days_from_civil(year, month, day);
    return true;
}

/* Fraction of a second in us; digits after the sixth are cut off. */
static bool read_fraction(struct cursor *in, int64_t *fraction_us)
{
    int64_t sum = 0;
    int64_t weight = SECOND_US / 10;
    const char *first = in->at;
    for (; in->at < in->end && is_digit(*in->at); in->at++) {
        sum += (*in->at - '0') * weight;
        weight /= 10;
    }
    *fraction_us = sum;
    return in->at > first && in->at - first <= 9;
}

static bool read_time_of_day(struct cursor *in, int64_t *time_us)
{
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t fraction_us = 0;
    char mark;
    if (!read_digits(in, 2, &hour) || !read_one_of(in, ":", &mark) ||
        !read_digits(in, 2, &minute) || !read_one_of(in, ":", &mark) ||
        !read_digits(in, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    if (read_one_of(in, ".,", &mark) && !read_fraction(in, &fraction_us))
        return false;
    if (second == 60) { /* a leap second: the end of the one before */
        second = 59;
        fraction_us = SECOND_US - 1;
    }
    *time_us = ((hour * 60 + minute) * 60 + second) * SECOND_US + fraction_us;
    return true;
}

static bool read_zone(struct cursor *in, int64_t *offset_us)
{
    int64_t hour;
    int64_t minute;
    char mark;
    if (read_one_of(in, "Zz", &mark)) {
        *offset_us = 0;
        return true;
    }
    char sign;
    if (!read_one_of(in, "+-", &sign) || !read_digits(in, 2, &hour))
        return false;
    (void)read_one_of(in, ":", &mark); /* +0200 is common, and unambiguous */
    if (!read_digits(in, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *offset_us = (hour * 60 + minute) * 60 * SECOND_US;
    if (sign == '-')
        *offset_us = -*offset_us;
    return true;
}

bool cw_time_parse(struct cw_text text, int64_t *at)
{
    if (text.size < sizeof("2026-01-01T00:00:00Z") - 1)
        return false;
    struct cursor in = {text.bytes, text.bytes + text.size};
    int64_t days;
    int64_t time_us;
    int64_t offset_us;
    char mark;
    if (!read_date(&in, &days) || !read_one_of(&in, "Tt ", &mark) ||
        !read_time_of_day(&in, &time_us) || !read_zone(&in, &offset_us) ||
        in.at != in.end)
        return false;
    const int64_t found = days * DAY_S * SECOND_US + time_us - offset_us;
    if (found < 0 || found >= CW_TIME_MAX)
        return false;
    *at = found;
    return true;
}

bool cw_time_epoch(int64_t value, int64_t *at)
{
    int64_t found;
    if (value < 0)
        return false;
    if (value < INT64_C(100000000000))
        found = value * SECOND_US;
    else if (value < INT64_C(100000000000000))
        found = value * 1000;
    else if (value < INT64_C(100000000000000000))
        found = value;
    else
        found = value / 1000;
    if (found >= CW_TIME_MAX)
        return false;
    *at = found;
    return true;
}

bool cw_time_epoch_real(double value, int64_t *at)
{
    double scaled;
    if (!(value >= 0.0 && value < 9.3e18)) /* NaN falls here too */
        return false;
    if (value < 1e11)
        scaled = value * 1e6;
    else if (value < 1e14)
        scaled = value * 1e3;
    else if (value < 1e17)
        scaled = value;
    else
        scaled = value / 1e3;
    if (!(scaled < (double)CW_TIME_MAX))
        return false;
    /* A double near 1.8e9 s is a multiple of 2^-22 s: to the nearest us it is
     * what was written, cut off it could be 1 us less. */
    *at = (int64_t)(scaled + 0.5);
    return true;
}

/* Backwards of days_from_civil. */
static void civil_from_days(int64_t days, int date[3])
{
    const int64_t z = days + 719468;
    const int64_t era = z / 146097;
    const int64_t day_of_era = z - era * 146097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                                 day_of_era / 36524 - day_of_era / 146096) /
                                365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted = (5 * day_of_year + 2) / 153;
    const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    date[0] = (int)(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
    date[1] = (int)month;
    date[2] = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
}

static size_t format(int64_t at, unsigned decimals, char *out)
{
    if (at < 0)
        at = 0;
    if (at >= CW_TIME_MAX)
        at = CW_TIME_MAX - 1;
    const int64_t second = at / SECOND_US;
    const int in_day = (int)(second % DAY_S);
    int fraction = (int)(at % SECOND_US);
    if (decimals == 3)
        fraction /= 1000;
    int date[3];
    civil_from_days(second / DAY_S, date);
    const int size =
        snprintf(out, CW_TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%0*dZ",
                 date[0], date[1], date[2], in_day / 3600, in_day / 60 % 60,
                 in_day % 60, (int)decimals, fraction);
    return (size_t)size;
}

size_t cw_time_format(int64_t at, char out[CW_TIME_TEXT_SIZE])
{
    return format(at, 6, out);
}

size_t cw_time_format_ms(int64_t at, char out[CW_TIME_TEXT_SIZE])
{
    return format(at, 3, out);
}
