/*
 * csv - one row of a file of series, or a cell on its way out.
 *
 * Place    lines -> [csv] -> score, forecast; patterns, tables -> [csv]
 * Input    RFC 4180 without newlines inside cells
 * Limits   CSV_CELLS_MAX cells a row; further ones are refused
 * Threads  pure
 */
#ifndef CWCTL_CSV_H
#define CWCTL_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"

#define CSV_CELLS_MAX 4096

/* Splits line into cells[0..*count); quoted cells lie in the arena. False: an
 * open quote, or too many cells. */
bool csv_split(struct cw_text line, struct cw_arena *arena,
               struct cw_text *cells, size_t *count);

/* Writes a cell, in quotes when it needs them. */
void csv_write(struct cw_text cell, FILE *out);

/* ISO 8601 with T or space, UTC unless a zone is given; or an epoch in seconds
 * to nanoseconds, by its size. */
bool csv_time(struct cw_text cell, int64_t *at);

/* A number; empty, "nan", "null" count as NaN. False: no number. */
bool csv_number(struct cw_text cell, double *number);

#endif
