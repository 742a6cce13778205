/*
 * instant - texts and numbers of other people's clocks to microseconds.
 *
 * Place    formats: timestamp fields -> [instant] -> event time
 * Output   microseconds since the epoch, UTC; digits beyond are cut off
 * Limits   years 1 to 9999; a leap second counts as the second before it;
 *          a text without zone is UTC
 * Threads  pure
 * Source   RFC 3339, ISO 8601 basic offset (+0000), RFC 3164 section 4.1.2;
 *          days from civil: Howard Hinnant, chrono-compatible low-level date
 *          algorithms, 2014
 */
#ifndef NORMALIZER_INSTANT_H
#define NORMALIZER_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define INSTANT_SECOND INT64_C(1000000)

/* What a bare number counts; AUTO goes by magnitude: below 1e11 seconds, 1e14
 * milliseconds, 1e17 microseconds, else nanoseconds. */
enum instant_unit {
    INSTANT_AUTO,
    INSTANT_S,
    INSTANT_MS,
    INSTANT_US,
    INSTANT_NS
};

/* "2026-11-20T21:50:00.123456+02:00"; T may be a blank, zone Z, +hh:mm, +hhmm
 * or absent. *used: bytes read. False: no such text, *at untouched. */
bool instant_parse(struct cw_text text, int64_t *at, size_t *used);

/* "Oct 11 22:14:15": no year, so the one that brings it nearest to near_at. */
bool instant_parse_bsd(struct cw_text text, int64_t near_at, int64_t *at,
                       size_t *used);

/* "1700000000", "1700000000.123" or any text above, whole. */
bool instant_of_text(struct cw_text text, enum instant_unit unit, int64_t *at);

/* False: not finite, negative or past the year 9999. */
bool instant_of_double(double number, enum instant_unit unit, int64_t *at);
bool instant_of_integer(int64_t number, enum instant_unit unit, int64_t *at);

/* 2026-11-20T21:50:00.123456Z as microseconds. */
int64_t instant_of_civil(int64_t year, unsigned month, unsigned day,
                         int64_t micros_of_day);

#endif
