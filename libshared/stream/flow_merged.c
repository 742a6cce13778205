#include <inttypes.h>
#include <stdlib.h>

#include "base/time.h"
#include "stream/bookmark.h"
#include "stream/flow.h"
#include "stream/restore.h"

#define SLICES_A_ROUND 200 /* then the loop looks at the world again */
#define BEHIND_US      ((int64_t)1000000) /* standing still means others went on */
#define COUNT_EVERY_US ((int64_t)1000000)
#define COUNTED_MAX    CW_TOPIC_COUNT

struct merged {
    struct cw_task *task;
    uint64_t saving; /* shards due for a snapshot, in millionths */
    int64_t stalled_mark_at;
    int64_t stalled_since_us; /* monotonic */
};

struct cw_flow {
    struct cw_flow_config config;
    char *topics[COUNTED_MAX]; /* full names, in order of type->inputs */
    enum cw_topic topic_ids[COUNTED_MAX];
    size_t topic_count;
    struct merged *merged; /* by partition; task NULL = not ours */
    size_t *owned;         /* index given by the consumer -> topic, partition */
    size_t owned_count;
    int64_t saved_us;     /* monotonic time up to which saving was counted */
    int64_t count_due_us; /* monotonic */
    struct cw_flow_state counted; /* counters of tasks that have gone */
};

static void count_core(const struct cw_flow *flow, struct cw_task *task,
                       uint64_t *sums)
{
    uint64_t numbers[CW_CORE_COUNTERS_MAX] = {0};
    if (flow->config.type->count == NULL)
        return;
    flow->config.type->count(cw_task_core(task), numbers);
    for (size_t i = 0; i < flow->config.type->counter_count; i++)
        sums[i] += numbers[i];
}

/* Cores have many shards: not every round. */
static void count_cores(struct cw_flow *flow, int64_t now_us)
{
    if (now_us < flow->count_due_us)
        return;
    flow->count_due_us = now_us + COUNT_EVERY_US;
    memset(flow->counted.there, 0, sizeof(flow->counted.there));
    flow->counted.unsaved_us = 0;
    for (uint32_t p = 0; p < flow->config.plan->partitions; p++) {
        struct cw_task *task = flow->merged[p].task;
        if (task == NULL)
            continue;
        count_core(flow, task, flow->counted.there);
        if (cw_task_unsaved_us(task) > flow->counted.unsaved_us)
            flow->counted.unsaved_us = cw_task_unsaved_us(task);
    }
}

static void count_task(struct cw_flow_state *state, const struct cw_task *task)
{
    state->repeats += cw_merge_repeats(cw_task_merge(task));
    state->items += cw_task_item_count(task);
    cw_letters_add(&state->letters, cw_task_letters(task));
}

static void drop(struct cw_flow *flow)
{
    for (uint32_t p = 0; p < flow->config.plan->partitions; p++) {
        if (flow->merged[p].task != NULL) {
            count_task(&flow->counted, flow->merged[p].task);
            count_core(flow, flow->merged[p].task, flow->counted.gone);
        }
        cw_task_destroy(&flow->merged[p].task);
        flow->merged[p] = (struct merged){0};
    }
    memset(flow->counted.there, 0, sizeof(flow->counted.there));
    flow->counted.unsaved_us = 0;
    free(flow->owned);
    flow->owned = NULL;
    flow->owned_count = 0;
}

static void destroy(struct cw_flow **flow)
{
    if (*flow == NULL)
        return;
    if ((*flow)->merged != NULL)
        drop(*flow);
    for (size_t i = 0; i < (*flow)->topic_count; i++)
        free((*flow)->topics[i]);
    free((*flow)->merged);
    free(*flow);
    *flow = NULL;
}

static enum cw_status create(struct cw_flow **made,
                             const struct cw_flow_config *config,
                             struct cw_error *err)
{
    struct cw_flow *flow = calloc(1, sizeof(*flow));
    if (flow == NULL)
        return cw_fail(err, CW_NO_MEMORY, "flow");
    flow->config = *config;
    flow->merged = calloc(config->plan->partitions, sizeof(*flow->merged));
    bool complete = flow->merged != NULL;
    for (const enum cw_topic *topic = config->type->inputs;
         complete && *topic != CW_TOPIC_COUNT; topic++) {
        char name[256];
        cw_kafka_topic_name(config->kafka, cw_topic_spec(*topic)->name, name,
                            sizeof(name));
        flow->topic_ids[flow->topic_count] = *topic;
        flow->topics[flow->topic_count] = strdup(name);
        complete = flow->topics[flow->topic_count++] != NULL;
    }
    if (!complete) {
        destroy(&flow);
        return cw_fail(err, CW_NO_MEMORY, "flow");
    }
    *made = flow;
    return CW_OK;
}

static const char *const *topics(const struct cw_flow *flow, size_t *count)
{
    union {
        char *const *owned;
        const char *const *lent;
    } names = {flow->topics};
    *count = flow->topic_count;
    return names.lent;
}

/* ---- assignment --------------------------------------------------------- */

/* The slice up to which this partition's outputs are committed: the latest any
 * of its topics was committed with. */
static enum cw_status committed_slice(struct cw_flow *flow,
                                      struct cw_consumer *consumer,
                                      int32_t partition, struct cw_arena *arena,
                                      int64_t *slice, struct cw_error *err)
{
    struct cw_partition partitions[COUNTED_MAX];
    struct cw_committed committed[COUNTED_MAX];
    for (size_t i = 0; i < flow->topic_count; i++)
        partitions[i] =
            (struct cw_partition){cw_text_of(flow->topics[i]), partition};
    const enum cw_status status = cw_consumer_committed(
        consumer, partitions, flow->topic_count, arena, committed, err);
    *slice = CW_BEGINNING;
    for (size_t i = 0; i < flow->topic_count && status == CW_OK; i++)
        if (cw_bookmark_parse("slice", committed[i].metadata) > *slice)
            *slice = cw_bookmark_parse("slice", committed[i].metadata);
    return status;
}

static enum cw_status start_topics(struct cw_flow *flow,
                                   struct cw_consumer *consumer,
                                   const struct cw_task *task,
                                   int32_t partition, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < flow->topic_count && status == CW_OK; i++) {
        const struct cw_partition one = {cw_text_of(flow->topics[i]),
                                         partition};
        int64_t offset = cw_task_start_offset(task, flow->topic_ids[i]);
        int64_t next;
        if (offset == CW_BEGINNING)
            status = cw_consumer_bounds(consumer, &one, &offset, &next, err);
        if (status == CW_OK)
            status = cw_consumer_start(consumer, &one, offset, err);
    }
    return status;
}

static void say_restored(struct cw_flow *flow, int32_t partition, uint32_t lost,
                         int64_t committed_at)
{
    struct cw_log *log = flow->config.kafka->log;
    const uint32_t shards = flow->config.type->shard_count;
    if (lost > 0 && committed_at != CW_BEGINNING) {
        flow->counted.lost_shards += lost;
        CW_LOG(log, WARN, "snapshots_missing",
               cw_kv_int("partition", partition), cw_kv_int("missing", lost),
               cw_kv_int("shards", shards),
               cw_kv_str("what_now", "the input is read from its beginning"));
        return;
    }
    CW_LOG(log, INFO, "restored", cw_kv_int("partition", partition),
           cw_kv_int("shards", shards - lost),
           cw_kv_int("committed_at", committed_at));
}

static enum cw_status make_task(struct cw_flow *flow,
                                struct cw_consumer *consumer,
                                struct cw_outbox *outbox, int32_t partition,
                                struct cw_arena *arena, struct cw_error *err)
{
    const struct cw_flow_config *config = &flow->config;
    struct cw_task_setup setup = {
        .type = config->type,
        .config = config->config,
        .partition = partition,
        .config_hash = config->config_hash,
    };
    struct cw_restored *restored = NULL;
    int64_t committed_at = CW_BEGINNING;
    uint32_t lost = 0;
    enum cw_status status = cw_plan_sources(config->plan, &setup, arena, err);
    if (status == CW_OK)
        status = committed_slice(flow, consumer, partition, arena,
                                 &committed_at, err);
    if (status == CW_OK)
        status = cw_restored_read(&restored, config->kafka, partition,
                                  config->restore_timeout_us, err);
    if (status != CW_OK)
        return status;
    struct cw_task_restore restore = cw_restored_get(restored);
    restore.committed_at = committed_at;
    struct cw_task **task = &flow->merged[partition].task;
    status = cw_task_create(task, &setup, &restore, &lost, err);
    cw_restored_destroy(&restored);
    if (status != CW_OK)
        return status;
    say_restored(flow, partition, lost, committed_at);
    status = cw_task_join(
        *task, outbox, cw_service_marks(config->service),
        cw_service_marks_own_only(config->service) ? partition : -1, err);
    return status == CW_OK ? start_topics(flow, consumer, *task, partition, err)
                           : status;
}

static size_t find_topic(const struct cw_flow *flow, struct cw_text name)
{
    for (size_t i = 0; i < flow->topic_count; i++)
        if (cw_text_is(name, flow->topics[i]))
            return i;
    return flow->topic_count;
}

static enum cw_status assign(struct cw_flow *flow, struct cw_consumer *consumer,
                             struct cw_outbox *outbox,
                             const struct cw_partition *partitions,
                             size_t count, struct cw_error *err)
{
    struct cw_arena *arena = NULL;
    const uint32_t limit = flow->config.plan->partitions;
    enum cw_status status = cw_arena_create(&arena, (size_t)64 << 20, err);
    flow->owned = calloc(count + 1, sizeof(*flow->owned));
    if (status == CW_OK && flow->owned == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "%zu partitions", count);
    for (size_t i = 0; i < count && status == CW_OK; i++) {
        const uint32_t partition = (uint32_t)partitions[i].partition;
        const size_t topic = find_topic(flow, partitions[i].topic);
        if (partition >= limit || topic == flow->topic_count) {
            status =
                cw_fail(err, CW_BAD_CONFIG,
                        "%.*s/%u is not in the manifest (%u partitions)",
                        CW_TEXT_ARG(partitions[i].topic), partition, limit);
            break;
        }
        flow->owned[flow->owned_count++] = topic * limit + partition;
        if (flow->merged[partition].task == NULL)
            status = make_task(flow, consumer, outbox, (int32_t)partition,
                               arena, err);
    }
    flow->saved_us = cw_clock_monotonic_us(&flow->config.clock);
    cw_arena_destroy(&arena);
    return status;
}

/* ---- input -------------------------------------------------------------- */

static bool wants(const struct cw_flow *flow, size_t index)
{
    (void)flow, (void)index;
    return true; /* the slowest source's mark may lie anywhere ahead */
}

static enum cw_status take(struct cw_flow *flow, size_t index,
                           const rd_kafka_message_t *message,
                           struct cw_error *err)
{
    const size_t limit = flow->config.plan->partitions;
    const size_t topic = flow->owned[index] / limit;
    struct cw_task *task = flow->merged[flow->owned[index] % limit].task;
    rd_kafka_headers_t *headers = NULL;
    const void *header = NULL;
    size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
        (void)rd_kafka_header_get_last(headers, CW_FLIGHT_HEADER, &header,
                                       &size);
    const enum cw_status status =
        cw_task_take(task, flow->topic_ids[topic], message->offset,
                     (struct cw_text){header, size},
                     (struct cw_text){message->payload, message->len}, err);
    if (status == CW_OK || cw_status_action(status) == CW_STOP)
        return status;
    /* Inside, a message nobody can read is a broken promise. */
    return cw_fail(err, CW_BROKEN, "%s/%zu at %" PRId64 ": %.180s",
                   flow->topics[topic], flow->owned[index] % limit,
                   message->offset, err->text);
}

static void at_end(struct cw_flow *flow, size_t index)
{
    (void)flow, (void)index;
}

/* ---- work --------------------------------------------------------------- */

static enum cw_status rule(struct cw_flow *flow, struct merged *merged,
                           bool absent, struct cw_error *err)
{
    struct cw_source_ruling ruling;
    const enum cw_status status =
        cw_task_rule(merged->task, absent, &ruling, err);
    if (status == CW_NOT_FOUND)
        return CW_OK;
    if (status != CW_OK)
        return status;
    flow->counted.rulings++;
    CW_LOG(flow->config.kafka->log, WARN,
           absent ? "source_absent" : "source_present",
           cw_kv_int("partition", cw_task_partition(merged->task)),
           cw_kv_str("topic", cw_topic_spec(ruling.topic)->name),
           cw_kv_id("source", ruling.source),
           cw_kv_int("slice_at", ruling.slice_at));
    return CW_OK;
}

static int64_t fastest_mark(const struct cw_merge *merge)
{
    int64_t fastest = INT64_MIN;
    for (size_t i = 0; i < cw_merge_source_count(merge); i++)
        if (cw_merge_mark(merge, i) > fastest)
            fastest = cw_merge_mark(merge, i);
    return fastest;
}

/* A source that stands while others go on holds everybody up: after the limit
 * it is left out, on record. */
static enum cw_status watch_stall(struct cw_flow *flow, struct merged *merged,
                                  int64_t now_us, struct cw_error *err)
{
    const struct cw_merge *merge = cw_task_merge(merged->task);
    enum cw_topic topic;
    uint64_t source;
    int64_t mark_at;
    if (cw_task_silent(merged->task) ||
        !cw_merge_slowest(merge, &topic, &source, &mark_at))
        return CW_OK;
    const int64_t fastest = fastest_mark(merge);
    const bool others_go_on =
        fastest != INT64_MIN &&
        (mark_at == INT64_MIN || fastest - mark_at > BEHIND_US);
    if (mark_at != merged->stalled_mark_at || !others_go_on) {
        merged->stalled_mark_at = mark_at;
        merged->stalled_since_us = now_us;
    }
    const bool too_long =
        now_us - merged->stalled_since_us > flow->config.stall_limit_us;
    const bool too_much =
        others_go_on && cw_merge_held(merge) > flow->config.held_max;
    if (!too_long && !too_much)
        return CW_OK;
    merged->stalled_since_us = now_us;
    return rule(flow, merged, true, err);
}

static enum cw_status work_one(struct cw_flow *flow, struct merged *merged,
                               int64_t now_us, bool *more, struct cw_error *err)
{
    size_t ran = 0;
    enum cw_topic topic;
    uint64_t source;
    enum cw_status status =
        cw_task_run(merged->task, cw_clock_wall_us(&flow->config.clock),
                    SLICES_A_ROUND, &ran, err);
    if (status == CW_OK)
        status = watch_stall(flow, merged, now_us, err);
    if (status == CW_OK && !cw_task_silent(merged->task) &&
        cw_merge_caught_up(cw_task_merge(merged->task), &topic, &source))
        status = rule(flow, merged, false, err);
    *more = *more || ran == SLICES_A_ROUND;
    return status;
}

static enum cw_status work(struct cw_flow *flow, bool *more,
                           struct cw_error *err)
{
    const int64_t now_us = cw_clock_monotonic_us(&flow->config.clock);
    enum cw_status status = CW_OK;
    *more = false;
    for (uint32_t p = 0; p < flow->config.plan->partitions && status == CW_OK;
         p++)
        if (flow->merged[p].task != NULL)
            status = work_one(flow, &flow->merged[p], now_us, more, err);
    count_cores(flow, now_us);
    return status;
}

/* ---- commit ------------------------------------------------------------- */

/* As many shards as the time since the last commit makes due. */
static enum cw_status save_due(struct cw_flow *flow, struct merged *merged,
                               int64_t elapsed_us, bool last,
                               struct cw_error *err)
{
    const uint64_t shards = flow->config.type->shard_count;
    merged->saving += shards * (uint64_t)elapsed_us * 1000 /
                      (uint64_t)(flow->config.snapshot_within_us / 1000);
    uint64_t due = merged->saving / 1000000;
    merged->saving %= 1000000;
    if (last || due > shards)
        due = shards;
    enum cw_status status = CW_OK;
    for (; due > 0 && status == CW_OK; due--)
        status = cw_task_snapshot(merged->task, err);
    return status;
}

static enum cw_status before_commit(struct cw_flow *flow, bool last,
                                    struct cw_error *err)
{
    const int64_t now_us = cw_clock_monotonic_us(&flow->config.clock);
    const int64_t elapsed_us = now_us - flow->saved_us;
    enum cw_status status = CW_OK;
    flow->saved_us = now_us;
    for (uint32_t p = 0; p < flow->config.plan->partitions && status == CW_OK;
         p++)
        if (flow->merged[p].task != NULL)
            status = save_due(flow, &flow->merged[p], elapsed_us, last, err);
    return status;
}

static void offsets(const struct cw_flow *flow,
                    rd_kafka_topic_partition_list_t *list)
{
    for (uint32_t p = 0; p < flow->config.plan->partitions; p++) {
        const struct cw_task *task = flow->merged[p].task;
        if (task == NULL)
            continue;
        for (size_t i = 0; i < flow->topic_count; i++) {
            rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(
                list, flow->topics[i], (int32_t)p);
            const int64_t offset = cw_merge_restart_offset(cw_task_merge(task),
                                                           flow->topic_ids[i]);
            one->offset = offset < 0 ? 0 : offset;
            cw_bookmark_attach(one, "slice", cw_task_heard_at(task));
        }
    }
}

static struct cw_flow_state state(const struct cw_flow *flow)
{
    struct cw_flow_state state = flow->counted;
    state.stream_at = INT64_MIN;
    for (uint32_t p = 0; p < flow->config.plan->partitions; p++) {
        const struct cw_task *task = flow->merged[p].task;
        if (task == NULL)
            continue;
        const int64_t at = cw_task_released_at(task);
        if (state.tasks == 0 || at < state.stream_at)
            state.stream_at = at;
        state.tasks++;
        state.silent += cw_task_silent(task) ? 1 : 0;
        state.held += cw_merge_held(cw_task_merge(task));
        count_task(&state, task);
    }
    return state;
}

const struct cw_flow_type cw_flow_merged = {
    .create = create,
    .destroy = destroy,
    .topics = topics,
    .assign = assign,
    .drop = drop,
    .wants = wants,
    .take = take,
    .at_end = at_end,
    .work = work,
    .before_commit = before_commit,
    .offsets = offsets,
    .state = state,
};
