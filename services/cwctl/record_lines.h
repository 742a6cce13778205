/*
 * record_lines - records as lines of JSON.
 *
 * Place    replay, topics tail, topics export -> [record_lines] -> stdout
 * Output   {"topic":"incidents","record":{...}}, doubles with 17 digits, so
 *          that reading gives the same bits
 * Threads  one owner thread
 */
#ifndef CWCTL_RECORD_LINES_H
#define CWCTL_RECORD_LINES_H

#include <stdio.h>

#include "record/record_type.h"

struct record_lines;

CW_MUST_USE enum cw_status record_lines_create(struct record_lines **made,
                                               FILE *out, struct cw_error *err);
void record_lines_destroy(struct record_lines **lines);

/* CW_NO_MEMORY; CW_UNAVAILABLE: the other end of the pipe has gone. */
CW_MUST_USE enum cw_status record_lines_put(struct record_lines *lines,
                                            const char *topic,
                                            const struct cw_record_type *type,
                                            const void *record,
                                            struct cw_error *err);

#endif
