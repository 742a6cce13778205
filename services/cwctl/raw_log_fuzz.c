/* Any bytes as a file for cwctl replay: refused with its line, or handed out:
 * places as declared, times possible, and the second reading hands out as many
 * as the first has counted. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/time.h"
#include "raw_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static uint32_t partitions_of(const struct raw_log *log, struct cw_text topic)
{
    uint32_t count;
    const struct cw_plan_raw *topics = raw_log_topics(log, &count);
    for (uint32_t i = 0; i < count; i++)
        if (cw_text_equal(topics[i].name, topic))
            return topics[i].partitions;
    return 0;
}

static void check_record(const struct raw_log *log, const struct cw_raw *raw)
{
    check(raw->partition >= 0 &&
          (uint32_t)raw->partition < partitions_of(log, raw->topic));
    check(raw->offset >= 0);
    check(raw->timestamp_at < 0 || cw_time_is_bounded(raw->timestamp_at));
}

static void read_log(struct raw_log *log)
{
    struct raw_log_next next = {.event = RAW_LOG_RECORD};
    struct cw_error err = {0};
    enum cw_status status = CW_OK;
    uint64_t records = 0;
    while (status == CW_OK) {
        status = raw_log_next(log, &next, &err);
        if (status != CW_OK || next.event == RAW_LOG_END)
            break;
        if (next.event == RAW_LOG_RECORD) {
            check_record(log, &next.raw);
            records++;
        } else
            check(cw_time_is_bounded(next.stream_at));
    }
    check(status == CW_OK ? records == raw_log_record_count(log)
                          : err.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    const char *const paths[] = {path};
    struct raw_log *log = NULL;
    struct cw_error err = {0};
    const int file = memfd_create("raw", MFD_CLOEXEC);
    check(file >= 0 && write(file, bytes, size) == (ssize_t)size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    const struct raw_log_setup setup = {.paths = paths,
                                        .path_count = 1,
                                        .partitions = 3,
                                        .lenient = size % 2 == 1};
    if (raw_log_open(&log, &setup, &err) == CW_OK)
        read_log(log);
    else
        check(err.text[0] != '\0');
    raw_log_close(&log);
    (void)close(file);
    return 0;
}
