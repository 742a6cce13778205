/*
 * time - instants: read, written, and asked for.
 *
 * Place    every format that carries a time; log; anything with a clock
 * Input    RFC 3339 text with zone and up to nine digits of fraction, or a
 *          number of seconds, milliseconds, microseconds or nanoseconds
 * Output   int64 microseconds since 1970 UTC, later digits cut off
 * Limits   years 1970 to 2261 (what nanoseconds in 64 bits can say); a leap
 *          second :60 counts as :59.999999
 * Threads  pure; a cw_clocks may be shared
 * Source   RFC 3339 section 5.6; days from civil: Hinnant, chrono-Compatible
 *          Low-Level Date Algorithms, 2013
 */
#ifndef CW_BASE_TIME_H
#define CW_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define CW_TIME_TEXT_SIZE 28 /* "2261-12-31T23:59:59.999999Z" and its end */
#define CW_TIME_MAX       INT64_C(9214646400000000) /* 2262-01-01, excluded */

/* So far from the ends of 64 bits that sums with durations stay inside. What
 * comes from a topic is held against it once, where it enters. */
static inline bool cw_time_is_bounded(int64_t at)
{
    return at > -CW_TIME_MAX && at < CW_TIME_MAX;
}

/* Where time comes from: injected, so that a test or a replay owns it. */
struct cw_clocks {
    int64_t (*wall_us)(void *context);      /* since 1970, may step */
    int64_t (*monotonic_us)(void *context); /* never steps back */
    void *context;
};

/* The system's clocks. */
struct cw_clocks cw_clock_system(void);
int64_t cw_clock_wall_us(const struct cw_clocks *clock);
int64_t cw_clock_monotonic_us(const struct cw_clocks *clock);

/* Reads RFC 3339: T, t or a space between; Z, z or +hh:mm at the end; comma
 * or point before the fraction. False: not such a text, *at untouched. */
bool cw_time_parse(struct cw_text text, int64_t *at);

/* Unit by size: below 1e11 seconds, below 1e14 milliseconds, below 1e17
 * microseconds, else nanoseconds. False: negative or out of range. */
bool cw_time_epoch(int64_t value, int64_t *at);
bool cw_time_epoch_real(double value, int64_t *at);

/* UTC with microseconds, or milliseconds; out is always terminated. Returns
 * the length. Instants out of range are written as the nearest one in it. */
size_t cw_time_format(int64_t at, char out[CW_TIME_TEXT_SIZE]);
size_t cw_time_format_ms(int64_t at, char out[CW_TIME_TEXT_SIZE]);

#endif
