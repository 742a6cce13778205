#include "core/pipeline.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map64.h"
#include "base/rand.h"
#include "core/outputs.h"
#include "core/rawtask.h"
#include "core/stage.h"

#define RAW_PARTITIONS_MAX 65536u
#define MESSAGE_SIZE       ((size_t)900 * 1024) /* as live by default */
#define OUTBOX_MAX         ((size_t)1 << 30)
#define ROUND_SIZE         ((size_t)16 << 20)
#define NAMES_MAX          ((size_t)1 << 20)
#define RAW_WRITER         1
#define STAGE_WRITER       1000

struct raw_source {
    struct cw_rawtask *task;
    struct cw_text topic;
    int32_t partition;
};

struct tier {
    struct cw_stage_store *store;
    struct cw_stage *stage;
    const struct cw_core_type *type;
    enum cw_service service;
};

struct cw_pipeline {
    struct cw_pipeline_setup setup;
    struct cw_plan plan;
    struct cw_memlog *log;
    struct cw_arena *names; /* of raw topics */
    struct cw_outbox *outbox;
    struct raw_source *sources;
    size_t source_count;
    struct cw_map64 *index;  /* topic and partition -> sources */
    struct raw_source *last; /* of the record before: often the same */
    struct tier tiers[CW_SERVICE_COUNT];
    size_t tier_count;
    bool started; /* stages are assigned */
    struct cw_outputs *outputs;
    struct cw_rand rand;
    int64_t latest_at;  /* largest Kafka time so far; INT64_MIN = none */
    int64_t due_at;     /* time at which a partition falls behind */
    size_t round_count; /* records since the last round */
    uint64_t taken;
    uint64_t rounds;
};

/* ---- making and ending -------------------------------------------------- */

static uint64_t source_key(struct cw_text topic, int32_t partition)
{
    return cw_source_id("raw", topic, partition);
}

static enum cw_status add_source(struct cw_pipeline *pipeline,
                                 struct cw_text topic, int32_t partition,
                                 struct cw_error *err)
{
    struct raw_source *source = &pipeline->sources[pipeline->source_count];
    const struct cw_rawtask_setup setup = {
        .type = pipeline->setup.stages[0].type,
        .config = pipeline->setup.stages[0].config,
        .topic = topic,
        .partition = partition,
        .stream_at = INT64_MIN,
        .config_hash = pipeline->setup.stages[0].config_hash,
        .marks = cw_service_marks(CW_SERVICE_NORMALIZER),
    };
    *source = (struct raw_source){.topic = topic, .partition = partition};
    enum cw_status status =
        cw_rawtask_create(&source->task, &setup, pipeline->outbox, err);
    if (status == CW_OK)
        status = cw_map64_put(pipeline->index, source_key(topic, partition),
                              pipeline->source_count, err);
    pipeline->source_count++;
    return status;
}

static enum cw_status make_sources(struct cw_pipeline *pipeline,
                                   struct cw_error *err)
{
    size_t count = 0;
    for (uint32_t i = 0; i < pipeline->plan.raw_count; i++)
        count += pipeline->plan.raw[i].partitions;
    if (count == 0 || count > RAW_PARTITIONS_MAX)
        return cw_fail(err, CW_BAD_CONFIG, "%zu raw partitions, 1 to %u", count,
                       RAW_PARTITIONS_MAX);
    pipeline->sources = calloc(count, sizeof(*pipeline->sources));
    if (pipeline->sources == NULL)
        return cw_fail(err, CW_NO_MEMORY, "raw partitions");
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < pipeline->plan.raw_count; i++)
        for (uint32_t p = 0;
             p < pipeline->plan.raw[i].partitions && status == CW_OK; p++)
            status = add_source(pipeline, pipeline->plan.raw[i].name,
                                (int32_t)p, err);
    return status;
}

static enum cw_status make_plan(struct cw_pipeline *pipeline,
                                struct cw_error *err)
{
    const struct cw_pipeline_setup *setup = &pipeline->setup;
    if (setup->raw_count > CW_PLAN_RAW_MAX || setup->partitions < 1 ||
        setup->stage_count < 1 || setup->stage_count > CW_SERVICE_COUNT ||
        setup->stages[0].service != CW_SERVICE_NORMALIZER)
        return cw_fail(err, CW_BAD_CONFIG, "%u raw topics, %zu stages",
                       setup->raw_count, setup->stage_count);
    pipeline->plan.partitions = setup->partitions;
    for (size_t i = 0; i < setup->stage_count; i++)
        pipeline->plan.services |= 1u << setup->stages[i].service;
    for (uint32_t i = 0; i < setup->raw_count; i++) {
        struct cw_plan_raw *raw = &pipeline->plan.raw[i];
        *raw = setup->raw[i];
        raw->name = cw_arena_text(pipeline->names, raw->name);
        if (raw->name.bytes == NULL)
            return cw_fail(err, CW_BAD_CONFIG, "names of raw topics");
        pipeline->plan.raw_count++;
    }
    return CW_OK;
}

static enum cw_status make_tier(struct cw_pipeline *pipeline,
                                const struct cw_pipeline_stage *stage,
                                struct cw_error *err)
{
    struct tier *tier = &pipeline->tiers[pipeline->tier_count++];
    const struct cw_stage_setup setup = {
        .service = stage->service,
        .type = stage->type,
        .config = stage->config,
        .plan = &pipeline->plan,
        .log = pipeline->log,
        .writer = STAGE_WRITER + (uint64_t)stage->service,
        .config_hash = stage->config_hash,
    };
    tier->type = stage->type;
    tier->service = stage->service;
    enum cw_status status =
        cw_stage_store_create(&tier->store, pipeline->plan.partitions, err);
    if (status == CW_OK)
        status = cw_stage_create(&tier->stage, &setup, tier->store, err);
    return status;
}

static enum cw_status make_stores(struct cw_pipeline *pipeline,
                                  struct cw_error *err)
{
    const struct cw_outbox_config outbox = {
        .writer = RAW_WRITER,
        .partitions = pipeline->setup.partitions,
        .message_size = MESSAGE_SIZE,
        .max_size = OUTBOX_MAX,
    };
    enum cw_status status = cw_arena_create(&pipeline->names, NAMES_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&pipeline->index, RAW_PARTITIONS_MAX, err);
    if (status == CW_OK)
        status =
            cw_memlog_create(&pipeline->log, pipeline->setup.partitions, err);
    if (status == CW_OK)
        status = cw_outbox_create(&pipeline->outbox, &outbox, err);
    if (status == CW_OK)
        status = cw_outputs_create(&pipeline->outputs, err);
    return status;
}

static enum cw_status make_all(struct cw_pipeline *pipeline,
                               struct cw_error *err)
{
    enum cw_status status = make_stores(pipeline, err);
    if (status == CW_OK)
        status = make_plan(pipeline, err);
    if (status == CW_OK)
        status = make_sources(pipeline, err);
    for (size_t i = 1; i < pipeline->setup.stage_count && status == CW_OK; i++)
        status = make_tier(pipeline, &pipeline->setup.stages[i], err);
    return status;
}

enum cw_status cw_pipeline_create(struct cw_pipeline **made,
                                  const struct cw_pipeline_setup *setup,
                                  struct cw_error *err)
{
    struct cw_pipeline *pipeline = calloc(1, sizeof(*pipeline));
    if (pipeline == NULL)
        return cw_fail(err, CW_NO_MEMORY, "pipeline");
    pipeline->setup = *setup;
    if (setup->batch_count == 0)
        pipeline->setup.batch_count = CW_PIPELINE_BATCH;
    pipeline->latest_at = INT64_MIN;
    pipeline->due_at = INT64_MIN;
    cw_rand_seed(&pipeline->rand, setup->shuffle);
    const enum cw_status status = make_all(pipeline, err);
    if (status != CW_OK)
        cw_pipeline_destroy(&pipeline);
    else
        *made = pipeline;
    return status;
}

void cw_pipeline_destroy(struct cw_pipeline **pipeline)
{
    struct cw_pipeline *gone = *pipeline;
    if (gone == NULL)
        return;
    for (size_t i = 0; i < gone->source_count; i++)
        cw_rawtask_destroy(&gone->sources[i].task);
    free(gone->sources);
    for (size_t i = 0; i < gone->tier_count; i++) {
        cw_stage_destroy(&gone->tiers[i].stage);
        cw_stage_store_destroy(&gone->tiers[i].store);
    }
    cw_outbox_destroy(&gone->outbox);
    cw_outputs_destroy(&gone->outputs);
    cw_memlog_destroy(&gone->log);
    cw_map64_destroy(&gone->index);
    cw_arena_destroy(&gone->names);
    free(gone);
    *pipeline = NULL;
}

enum cw_status cw_pipeline_rule(struct cw_pipeline *pipeline,
                                enum cw_service service, uint32_t partition,
                                const struct cw_source_ruling *rulings,
                                size_t count, struct cw_error *err)
{
    assert(!pipeline->started);
    for (size_t i = 0; i < pipeline->tier_count; i++)
        if (pipeline->tiers[i].service == service &&
            partition < pipeline->plan.partitions)
            return cw_stage_store_give(pipeline->tiers[i].store, partition,
                                       rulings, count, err);
    return cw_fail(err, CW_NOT_FOUND, "no stage %s/%u to rule",
                   cw_service_name(service), partition);
}

/* ---- a round ------------------------------------------------------------ */

static enum cw_status start(struct cw_pipeline *pipeline, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < pipeline->tier_count; i++)
        for (uint32_t p = 0; p < pipeline->plan.partitions && status == CW_OK;
             p++)
            status = cw_stage_assign(pipeline->tiers[i].stage, p, err);
    pipeline->started = true;
    return status;
}

static enum cw_status commit_raw(struct cw_pipeline *pipeline,
                                 struct cw_error *err)
{
    const struct cw_message *messages;
    size_t count = 0;
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < pipeline->source_count && status == CW_OK; i++)
        status = cw_rawtask_clock(pipeline->sources[i].task, 0, err);
    if (status == CW_OK)
        status = cw_outbox_seal(pipeline->outbox, &messages, &count, err);
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status = cw_memlog_append(pipeline->log, &messages[i], err);
    if (status == CW_OK)
        cw_outbox_clear(pipeline->outbox);
    return status;
}

/* Polls up to max messages of every input, 0 = all, and runs slices, 0 = all.
 */
static enum cw_status run_partition(struct tier *tier, uint32_t partition,
                                    size_t max, size_t slices,
                                    struct cw_error *err)
{
    enum cw_status status = CW_OK;
    size_t ran;
    for (const enum cw_topic *topic = tier->type->inputs;
         *topic != CW_TOPIC_COUNT && status == CW_OK; topic++)
        status = cw_stage_poll(tier->stage, partition, *topic, max, &ran, err);
    if (status == CW_OK)
        status = cw_stage_run(tier->stage, partition, slices, &ran, err);
    return status;
}

/* The same work in a few random pieces, before the rest of it. */
static enum cw_status run_shuffled(struct cw_pipeline *pipeline,
                                   struct tier *tier, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (uint64_t n = cw_rand_below(&pipeline->rand, 12);
         n > 0 && status == CW_OK; n--) {
        const uint32_t partition =
            (uint32_t)cw_rand_below(&pipeline->rand, pipeline->plan.partitions);
        const size_t max = 1 + cw_rand_below(&pipeline->rand, 3);
        const size_t slices = 1 + cw_rand_below(&pipeline->rand, 5);
        status = run_partition(tier, partition, max, slices, err);
        if (status == CW_OK && cw_rand_below(&pipeline->rand, 3) == 0)
            status = cw_stage_commit(tier->stage, err);
    }
    return status;
}

static enum cw_status run_tier(struct cw_pipeline *pipeline, struct tier *tier,
                               struct cw_error *err)
{
    enum cw_status status = CW_OK;
    if (pipeline->setup.shuffle != 0)
        status = run_shuffled(pipeline, tier, err);
    for (uint32_t p = 0; p < pipeline->plan.partitions && status == CW_OK; p++)
        status = run_partition(tier, p, 0, 0, err);
    return status == CW_OK ? cw_stage_commit(tier->stage, err) : status;
}

/* Takes what take wants out of the topics and forgets the messages: every
 * reader has polled to the end. */
static enum cw_status collect(struct cw_pipeline *pipeline,
                              struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (unsigned t = 0; t < CW_TOPIC_COUNT; t++) {
        const enum cw_topic topic = (enum cw_topic)t;
        const bool wanted = (pipeline->setup.topics >> t & 1u) != 0;
        for (uint32_t p = 0; p < pipeline->plan.partitions; p++) {
            const int64_t end = cw_memlog_end(pipeline->log, topic, p);
            for (int64_t at = cw_memlog_begin(pipeline->log, topic, p);
                 wanted && at < end && status == CW_OK; at++)
                status = cw_outputs_add(
                    pipeline->outputs,
                    cw_memlog_get(pipeline->log, topic, p, at), err);
            cw_memlog_trim(pipeline->log, topic, p, end);
        }
    }
    return status;
}

static int64_t released_at(const struct cw_pipeline *pipeline)
{
    int64_t floor = INT64_MAX;
    for (size_t i = 0; i < pipeline->tier_count; i++)
        for (uint32_t p = 0; p < pipeline->plan.partitions; p++) {
            const int64_t at =
                cw_task_released_at(cw_stage_task(pipeline->tiers[i].stage, p));
            if (at < floor)
                floor = at;
        }
    return floor;
}

static enum cw_status run_round(struct cw_pipeline *pipeline,
                                struct cw_error *err)
{
    enum cw_status status = CW_OK;
    if (!pipeline->started)
        status = start(pipeline, err);
    if (status == CW_OK)
        status = commit_raw(pipeline, err);
    for (size_t i = 0; i < pipeline->tier_count && status == CW_OK; i++)
        status = run_tier(pipeline, &pipeline->tiers[i], err);
    if (status == CW_OK)
        status = collect(pipeline, err);
    pipeline->round_count = 0;
    pipeline->rounds++;
    return status == CW_OK
               ? cw_outputs_release(pipeline->outputs, released_at(pipeline),
                                    pipeline->setup.take, pipeline->setup.to,
                                    err)
               : status;
}

/* ---- input -------------------------------------------------------------- */

static enum cw_status find_source(struct cw_pipeline *pipeline,
                                  struct cw_text topic, int32_t partition,
                                  struct raw_source **source,
                                  struct cw_error *err)
{
    uint64_t at;
    *source = pipeline->last;
    if (*source != NULL && (*source)->partition == partition &&
        cw_text_equal((*source)->topic, topic))
        return CW_OK;
    if (!cw_map64_find(pipeline->index, source_key(topic, partition), &at))
        return cw_fail(err, CW_NOT_FOUND, "no raw partition %.*s/%d",
                       CW_TEXT_ARG(topic), partition);
    *source = pipeline->last = &pipeline->sources[at];
    return CW_OK;
}

/* It is now_at: every partition but one stands grace behind at most. */
static void derive_ticks(struct cw_pipeline *pipeline,
                         const struct raw_source *but, int64_t now_at)
{
    const int64_t tick_at = now_at - CW_PIPELINE_GRACE_US;
    if (tick_at < pipeline->due_at)
        return;
    int64_t slowest_at = tick_at;
    for (size_t i = 0; i < pipeline->source_count; i++) {
        struct raw_source *source = &pipeline->sources[i];
        const int64_t stands_at = cw_rawtask_stream_at(source->task);
        const bool behind = stands_at == INT64_MIN ||
                            tick_at - stands_at >= CW_PIPELINE_GRACE_US;
        if (source != but && behind)
            cw_rawtask_tick(source->task, tick_at);
        if (source != but && !behind && stands_at < slowest_at)
            slowest_at = stands_at;
    }
    pipeline->due_at = slowest_at + CW_PIPELINE_GRACE_US;
}

static bool round_is_full(const struct cw_pipeline *pipeline)
{
    return pipeline->round_count >= pipeline->setup.batch_count ||
           cw_outbox_size(pipeline->outbox) >= ROUND_SIZE;
}

enum cw_status cw_pipeline_give(struct cw_pipeline *pipeline,
                                const struct cw_raw *raw, struct cw_error *err)
{
    struct raw_source *source = NULL;
    enum cw_status status =
        find_source(pipeline, raw->topic, raw->partition, &source, err);
    if (status != CW_OK)
        return status;
    if (!pipeline->setup.ticks_given)
        derive_ticks(pipeline, source, raw->timestamp_at);
    status = cw_rawtask_take(source->task, raw, 0, err);
    if (status != CW_OK)
        return status;
    if (raw->timestamp_at > pipeline->latest_at)
        pipeline->latest_at = raw->timestamp_at;
    pipeline->taken++;
    pipeline->round_count++;
    return round_is_full(pipeline) ? run_round(pipeline, err) : CW_OK;
}

enum cw_status cw_pipeline_tick(struct cw_pipeline *pipeline,
                                struct cw_text topic, int32_t partition,
                                int64_t stream_at, struct cw_error *err)
{
    struct raw_source *source = NULL;
    const enum cw_status status =
        find_source(pipeline, topic, partition, &source, err);
    if (status != CW_OK)
        return status;
    cw_rawtask_tick(source->task, stream_at);
    pipeline->round_count++; /* ticks alone must not pile up either */
    return round_is_full(pipeline) ? run_round(pipeline, err) : CW_OK;
}

enum cw_status cw_pipeline_end(struct cw_pipeline *pipeline,
                               struct cw_error *err)
{
    if (!pipeline->setup.ticks_given && pipeline->latest_at != INT64_MIN) {
        /* A source's mark lies one below its time, and slices close whole. */
        const int64_t rest = pipeline->latest_at % CW_SLICE_US;
        const int64_t slice_at =
            pipeline->latest_at + (rest == 0 ? 0 : CW_SLICE_US - rest);
        for (size_t i = 0; i < pipeline->source_count; i++)
            cw_rawtask_tick(pipeline->sources[i].task, slice_at + 1);
    }
    enum cw_status status = run_round(pipeline, err);
    if (status == CW_OK)
        status =
            cw_outputs_release(pipeline->outputs, INT64_MAX,
                               pipeline->setup.take, pipeline->setup.to, err);
    return status;
}

struct cw_pipeline_counts cw_pipeline_counts(const struct cw_pipeline *pipeline)
{
    return (struct cw_pipeline_counts){
        .taken = pipeline->taken,
        .rounds = pipeline->rounds,
        .put = cw_outputs_released(pipeline->outputs),
        .stream_at = pipeline->started ? released_at(pipeline) : INT64_MIN,
    };
}
