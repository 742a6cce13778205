/*
 * quantity - durations and sizes as people write them.
 *
 * Place    options, rules, command lines
 * Input    duration: digits and one of us ms s m h d ("250ms"); size: digits
 *          and nothing, B, KiB, MiB, GiB or TiB. A bare 0 needs no unit.
 * Output   int64 microseconds, int64 bytes; never negative
 * Limits   refuses what does not fit 63 bits; KB and MB are refused, since
 *          people disagree about their size
 * Threads  pure
 */
#ifndef CW_BASE_QUANTITY_H
#define CW_BASE_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define CW_QUANTITY_TEXT_SIZE 24

/* False: not such a text, result untouched. */
bool cw_duration_parse(struct cw_text text, int64_t *duration_us);
bool cw_size_parse(struct cw_text text, int64_t *size);

/* In the largest unit that needs no fraction; parse reads it back. Returns
 * the length; out is always terminated. */
size_t cw_duration_format(int64_t duration_us, char out[CW_QUANTITY_TEXT_SIZE]);
size_t cw_size_format(int64_t size, char out[CW_QUANTITY_TEXT_SIZE]);

#endif
