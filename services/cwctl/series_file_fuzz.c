/* Any bytes as a file of one series: rows with possible times and finite or
 * missing values, or a fault that names the line. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/time.h"
#include "series_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    struct series_file *series = NULL;
    struct cw_error err = {0};
    const int file = memfd_create("series", MFD_CLOEXEC);
    check(file >= 0 && write(file, bytes, size) == (ssize_t)size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    enum cw_status status = series_file_open(&series, path, &err);
    bool found = status == CW_OK;
    while (found) {
        struct series_row row;
        status = series_file_next(series, &row, &found, &err);
        found = found && status == CW_OK;
        if (found)
            check(cw_time_is_bounded(row.at));
    }
    check(status == CW_OK || err.text[0] != '\0');
    series_file_close(&series);
    (void)close(file);
    return 0;
}
