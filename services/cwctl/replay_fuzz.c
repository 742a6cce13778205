/* Any bytes as the raw log of a replay: through every stage, twice - as usual,
 * and with another cut of batches and the work in another order. What comes
 * out in canonical form is the same, byte for byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "canonical_lines.h"
#include "engine.h"
#include "raw_log.h"

#define SIZE_MAX_GIVEN 65536

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static enum cw_status take(void *to, enum cw_topic topic,
                           const struct cw_record_type *type,
                           const void *record, struct cw_error *err)
{
    (void)topic;
    return canonical_lines_take(to, type, record, err);
}

static const struct engine *engine_of(void)
{
    static struct engine *engine; /* of the process */
    struct cw_error err;
    if (engine == NULL)
        check(engine_create(&engine, NULL, &err) == CW_OK);
    return engine;
}

static enum cw_status feed(struct cw_pipeline *pipeline, struct raw_log *log,
                           struct cw_error *err)
{
    struct raw_log_next next = {.event = RAW_LOG_RECORD};
    enum cw_status status = CW_OK;
    while (status == CW_OK && next.event != RAW_LOG_END) {
        status = raw_log_next(log, &next, err);
        if (status == CW_OK && next.event == RAW_LOG_RECORD)
            status = cw_pipeline_give(pipeline, &next.raw, err);
        else if (status == CW_OK && next.event == RAW_LOG_TICK)
            status = cw_pipeline_tick(pipeline, next.raw.topic,
                                      next.raw.partition, next.stream_at, err);
    }
    return status == CW_OK ? cw_pipeline_end(pipeline, err) : status;
}

static enum cw_status give_rulings(struct cw_pipeline *pipeline,
                                   const struct raw_log *log,
                                   struct cw_error *err)
{
    size_t count;
    const struct raw_log_ruling *rulings = raw_log_rulings(log, &count);
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status =
            cw_pipeline_rule(pipeline, rulings[i].service, rulings[i].partition,
                             &rulings[i].ruling, 1, err);
    return status;
}

static enum cw_status run(struct raw_log *log, bool otherwise,
                          struct canonical_lines *lines, struct cw_error *err)
{
    struct cw_pipeline_setup setup = {
        .partitions = 2,
        .ticks_given = raw_log_has_ticks(log),
        .topics = (1u << CW_TOPIC_COUNT) - 1u,
        .batch_count = otherwise ? 3 : 0,
        .shuffle = otherwise ? 7 : 0,
        .take = take,
        .to = lines,
    };
    struct cw_pipeline *pipeline = NULL;
    setup.stages = engine_stages(engine_of(), &setup.stage_count);
    setup.raw = raw_log_topics(log, &setup.raw_count);
    enum cw_status status = cw_pipeline_create(&pipeline, &setup, err);
    if (status == CW_OK)
        status = give_rulings(pipeline, log, err);
    if (status == CW_OK)
        status = feed(pipeline, log, err);
    cw_pipeline_destroy(&pipeline);
    return status;
}

static enum cw_status replay(const char *path, bool otherwise, char **text,
                             size_t *size)
{
    const char *const paths[] = {path};
    const struct raw_log_setup setup = {
        .paths = paths, .path_count = 1, .partitions = 2, .lenient = true};
    struct canonical_lines *lines = NULL;
    struct raw_log *log = NULL;
    struct cw_error err = {0};
    FILE *out = open_memstream(text, size);
    check(out != NULL && canonical_lines_create(&lines, &err) == CW_OK);
    enum cw_status status = raw_log_open(&log, &setup, &err);
    if (status == CW_OK)
        status = run(log, otherwise, lines, &err);
    if (status == CW_OK)
        status = canonical_lines_print(lines, out, &err);
    check(status == CW_OK || err.text[0] != '\0');
    raw_log_close(&log);
    canonical_lines_destroy(&lines);
    check(fclose(out) == 0);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    char *first = NULL;
    char *second = NULL;
    size_t first_size = 0;
    size_t second_size = 0;
    if (size > SIZE_MAX_GIVEN)
        return 0;
    const int file = memfd_create("raw", MFD_CLOEXEC);
    check(file >= 0 && write(file, bytes, size) == (ssize_t)size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    const enum cw_status status = replay(path, false, &first, &first_size);
    check(replay(path, true, &second, &second_size) == status);
    if (status == CW_OK)
        check(first_size == second_size &&
              memcmp(first, second, first_size) == 0);
    free(first);
    free(second);
    (void)close(file);
    return 0;
}
