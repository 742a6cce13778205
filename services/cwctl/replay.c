#include "replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "canonical_lines.h"
#include "engine.h"
#include "raw_log.h"
#include "record_lines.h"

#define PROGRESS_EVERY 65536u

struct replay {
    struct call *call;
    struct engine *engine;
    struct raw_log *log;
    struct cw_pipeline *pipeline;
    struct canonical_lines *canonical; /* NULL: records as they come */
    struct record_lines *records;
    uint32_t topics;
    bool show_progress;
    uint64_t done;
};

/* What a person asks for when asking for nothing: decisions and what they rest
 * on, not the telemetry itself nor what keeps the engine going. */
static const enum cw_topic usual_topics[] = {
    CW_TOPIC_EVENTS,    CW_TOPIC_SAID,     CW_TOPIC_DEADLETTER,
    CW_TOPIC_SERIES,    CW_TOPIC_PATTERNS, CW_TOPIC_ANOMALIES,
    CW_TOPIC_EVIDENCE,  CW_TOPIC_EDGES,    CW_TOPIC_TOPOLOGY,
    CW_TOPIC_INCIDENTS, CW_TOPIC_LEDGER,   CW_TOPIC_NOTICES,
    CW_TOPIC_CAUSES,    CW_TOPIC_ACTIONS,  CW_TOPIC_AUDIT,
};

static enum cw_status read_topics(struct replay *replay, struct cw_error *err)
{
    const char *at = call_option(replay->call, "topics");
    if (at == NULL) {
        for (size_t i = 0; i < sizeof(usual_topics) / sizeof(usual_topics[0]);
             i++)
            replay->topics |= 1u << usual_topics[i];
        return CW_OK;
    }
    if (strcmp(at, "all") == 0) {
        replay->topics = (1u << CW_TOPIC_COUNT) - 1u;
        return CW_OK;
    }
    while (*at != '\0') {
        const size_t size = strcspn(at, ",");
        const enum cw_topic topic = cw_topic_find((struct cw_text){at, size});
        if (topic == CW_TOPIC_COUNT)
            return call_usage(replay->call, err, "--topics: no topic %.*s",
                              (int)size, at);
        replay->topics |= 1u << topic;
        at += size + (at[size] == ',' ? 1 : 0);
    }
    return CW_OK;
}

static enum cw_status take_record(void *to, enum cw_topic topic,
                                  const struct cw_record_type *type,
                                  const void *record, struct cw_error *err)
{
    struct replay *replay = to;
    if (replay->canonical != NULL)
        return canonical_lines_take(replay->canonical, type, record, err);
    return record_lines_put(replay->records, cw_topic_spec(topic)->name, type,
                            record, err);
}

/* ---- making ------------------------------------------------------------- */

static enum cw_status open_input(struct replay *replay, int64_t partitions,
                                 struct cw_error *err)
{
    static const char *const standard[] = {"-"};
    const struct call *call = replay->call;
    const struct raw_log_setup setup = {
        .paths = call->word_count > 0 ? call->words : standard,
        .path_count = call->word_count > 0 ? call->word_count : 1,
        .partitions = (uint32_t)partitions,
        .lenient = call_has(call, "lenient"),
    };
    return raw_log_open(&replay->log, &setup, err);
}

static enum cw_status give_rulings(struct replay *replay, struct cw_error *err)
{
    size_t count;
    const struct raw_log_ruling *rulings = raw_log_rulings(replay->log, &count);
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status =
            cw_pipeline_rule(replay->pipeline, rulings[i].service,
                             rulings[i].partition, &rulings[i].ruling, 1, err);
    return status;
}

static enum cw_status make_pipeline(struct replay *replay, int64_t partitions,
                                    int64_t shuffle, struct cw_error *err)
{
    const bool given = call_has(replay->call, "partitions");
    const uint32_t recorded = raw_log_partitions(replay->log);
    struct cw_pipeline_setup setup = {
        .partitions = !given && recorded > 0 ? recorded : (uint32_t)partitions,
        .ticks_given = raw_log_has_ticks(replay->log),
        .topics = replay->topics,
        .shuffle = (uint64_t)shuffle,
        .take = take_record,
        .to = replay,
    };
    setup.stages = engine_stages(replay->engine, &setup.stage_count);
    setup.raw = raw_log_topics(replay->log, &setup.raw_count);
    const enum cw_status status =
        cw_pipeline_create(&replay->pipeline, &setup, err);
    return status == CW_OK ? give_rulings(replay, err) : status;
}

static enum cw_status make_output(struct replay *replay, struct cw_error *err)
{
    if (!call_has(replay->call, "canonical"))
        return record_lines_create(&replay->records, replay->call->out, err);
    int64_t until_at = INT64_MAX;
    enum cw_status status = call_time(replay->call, "until", &until_at, err);
    if (status == CW_OK)
        status = canonical_lines_create(&replay->canonical, err);
    if (status == CW_OK)
        canonical_lines_until(replay->canonical, until_at);
    return status;
}

/* ---- running ------------------------------------------------------------ */

static void tell_progress(const struct replay *replay)
{
    const uint64_t all = raw_log_record_count(replay->log);
    char text[CW_TIME_TEXT_SIZE];
    (void)cw_time_format_ms(cw_pipeline_counts(replay->pipeline).stream_at,
                            text);
    (void)fprintf(stderr, "\r%3" PRIu64 " %%  %" PRIu64 " records, %s ",
                  all > 0 ? replay->done * 100 / all : 100, replay->done, text);
}

static enum cw_status feed(struct replay *replay, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    while (status == CW_OK) {
        struct raw_log_next next;
        status = raw_log_next(replay->log, &next, err);
        if (status != CW_OK || next.event == RAW_LOG_END)
            break;
        if (next.event == RAW_LOG_TICK) {
            status = cw_pipeline_tick(replay->pipeline, next.raw.topic,
                                      next.raw.partition, next.stream_at, err);
            continue;
        }
        status = cw_pipeline_give(replay->pipeline, &next.raw, err);
        if (++replay->done % PROGRESS_EVERY == 0 && replay->show_progress)
            tell_progress(replay);
    }
    if (status == CW_OK)
        status = cw_pipeline_end(replay->pipeline, err);
    if (replay->show_progress && replay->done >= PROGRESS_EVERY)
        (void)fputs("\r\033[K", stderr);
    return status;
}

static enum cw_status run_all(struct replay *replay, struct cw_error *err)
{
    int64_t partitions = 1;
    int64_t shuffle = 0;
    struct call *call = replay->call;
    enum cw_status status = call_number(
        call, "partitions", 1, RAW_LOG_PARTITIONS_MAX, &partitions, err);
    if (status == CW_OK)
        status = call_number(call, "shuffle", 0, INT64_MAX, &shuffle, err);
    if (status == CW_OK)
        status = read_topics(replay, err);
    if (status == CW_OK)
        status =
            engine_create(&replay->engine, call_option(call, "config"), err);
    if (status == CW_OK)
        status = open_input(replay, partitions, err);
    if (status != CW_OK)
        return status;
    if (raw_log_refused_count(replay->log) > 0)
        (void)fprintf(stderr, "cwctl: %" PRIu64 " lines passed over\n",
                      raw_log_refused_count(replay->log));
    if (raw_log_record_count(replay->log) == 0)
        return CW_OK;
    status = make_output(replay, err);
    if (status == CW_OK)
        status = make_pipeline(replay, partitions, shuffle, err);
    if (status == CW_OK)
        status = feed(replay, err);
    if (status == CW_OK && replay->canonical != NULL)
        status = canonical_lines_print(replay->canonical, call->out, err);
    return status;
}

enum cw_status replay_run(struct call *call, struct cw_error *err)
{
    struct replay replay = {.call = call,
                            .show_progress = isatty(STDERR_FILENO) == 1};
    const enum cw_status status = run_all(&replay, err);
    cw_pipeline_destroy(&replay.pipeline);
    raw_log_close(&replay.log);
    engine_destroy(&replay.engine);
    canonical_lines_destroy(&replay.canonical);
    record_lines_destroy(&replay.records);
    return status;
}
