/*
 * series_file - rows of "timestamp,value" from standard input or a file.
 *
 * Place    lines -> [series_file] -> score, forecast
 * Input    CSV; the first row names columns unless it begins with a time. The
 *          time is column timestamp, time, date or ds, else the first; the
 *          value column value or y, else the one after it
 * Output   rows in file order; a value that is missing is NaN
 * Threads  one owner thread
 */
#ifndef CWCTL_SERIES_FILE_H
#define CWCTL_SERIES_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct series_file;

struct series_row {
    struct cw_text time_text; /* as written; lent until the next row */
    struct cw_text value_text;
    int64_t at;
    double value;
};

CW_MUST_USE enum cw_status series_file_open(struct series_file **made,
                                            const char *path,
                                            struct cw_error *err);
void series_file_close(struct series_file **file);

/* CW_BAD_RECORD names the line. */
CW_MUST_USE enum cw_status series_file_next(struct series_file *file,
                                            struct series_row *row, bool *found,
                                            struct cw_error *err);

#endif
