/*
 * patterns - a file of lines to their patterns, offline.
 *
 * Place    cwctl patterns, benchmarks; the same skeleton and generalise as the
 *          core runs live, with a larger bound
 * Input    lines in order
 * Output   for each line the pattern as of the end of the input: a line read
 *          before its pattern became more general gets the general one
 * Limits   max_patterns; lines beyond it share the pattern "<other>".
 *          Four bytes a line are kept
 * Threads  one owner thread
 */
#ifndef LOGCLUSTER_PATTERNS_H
#define LOGCLUSTER_PATTERNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

#define PATTERNS_MAX_DEFAULT 100000

struct patterns;

struct patterns_row {
    uint64_t pattern_id;
    struct cw_text text; /* lent until the next call */
    uint64_t line_count; /* of the pattern */
};

CW_MUST_USE enum cw_status patterns_create(struct patterns **made,
                                           size_t max_patterns,
                                           struct cw_error *err);
void patterns_destroy(struct patterns **patterns);

/* Takes one line, without its newline. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status patterns_add(struct patterns *patterns,
                                        struct cw_text line,
                                        struct cw_error *err);

size_t patterns_line_count(const struct patterns *patterns);
/* Kinds of lines now, "<other>" not counted. */
size_t patterns_count(const struct patterns *patterns);

/* Pattern of a line, counted from 0, as of now. */
struct patterns_row patterns_row(struct patterns *patterns, size_t line);

#endif
