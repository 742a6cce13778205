/*
 * lines - a file or a pipe, line by line, as often as needed.
 *
 * Place    replay, score, patterns, forecast: file -> [lines] -> text
 * Input    a path, or "-" for standard input
 * Output   lines without their newline; a last line may lack one
 * Limits   LINE_SIZE_MAX bytes a line (CW_TOO_LARGE). What cannot be read
 *          twice (a pipe) is kept, while it is read, in an unlinked file under
 *          $TMPDIR (/tmp) when asked to be rewindable
 * Threads  one owner thread
 */
#ifndef CWCTL_LINES_H
#define CWCTL_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

#define LINE_SIZE_MAX ((size_t)64 << 20)

struct lines;

/* CW_NOT_FOUND: cannot be opened; CW_NO_MEMORY. path is borrowed. */
CW_MUST_USE enum cw_status lines_open(struct lines **made, const char *path,
                                      bool rewindable, struct cw_error *err);
void lines_close(struct lines **lines);

/* The next line, lent until the next call; *found is false at the end.
 * CW_TOO_LARGE, CW_UNAVAILABLE: reading failed. */
CW_MUST_USE enum cw_status lines_next(struct lines *lines, struct cw_text *line,
                                      bool *found, struct cw_error *err);

/* Back to the first line. Only after the end, of a rewindable one. */
CW_MUST_USE enum cw_status lines_rewind(struct lines *lines,
                                        struct cw_error *err);

/* Of the line last lent, from 1. */
uint64_t lines_number(const struct lines *lines);
const char *lines_path(const struct lines *lines); /* "-": "standard input" */

#endif
