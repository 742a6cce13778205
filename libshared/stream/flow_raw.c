#include <stdlib.h>

#include "base/time.h"
#include "core/rawtask.h"
#include "stream/bookmark.h"
#include "stream/flow.h"

#define AHEAD_MAX_US ((int64_t)10 * 1000000) /* a backlog is read in step */
#define HEADERS_MAX  64

struct raw {
    struct cw_rawtask *task;
    char *topic; /* owned */
    int32_t partition;
    bool at_end; /* the last fetch reached the end */
};

struct cw_flow {
    struct cw_flow_config config;
    const char *topics[CW_PLAN_RAW_MAX]; /* owned copies */
    size_t topic_count;
    struct raw *raws;
    size_t raw_count;
    int64_t next_tick_us; /* wall clock */
    uint64_t items;
    struct cw_letter_counts letters; /* of tasks that have gone */
};

static void drop(struct cw_flow *flow)
{
    for (size_t i = 0; i < flow->raw_count; i++) {
        if (flow->raws[i].task != NULL)
            cw_letters_add(&flow->letters,
                           cw_rawtask_letters(flow->raws[i].task));
        cw_rawtask_destroy(&flow->raws[i].task);
        free(flow->raws[i].topic);
    }
    free(flow->raws);
    flow->raws = NULL;
    flow->raw_count = 0;
}

static void destroy(struct cw_flow **flow)
{
    if (*flow == NULL)
        return;
    drop(*flow);
    for (size_t i = 0; i < (*flow)->topic_count; i++) {
        union {
            const char *borrowed;
            char *owned;
        } name = {(*flow)->topics[i]};
        free(name.owned);
    }
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
    for (uint32_t i = 0; i < config->plan->raw_count; i++) {
        const struct cw_text name = config->plan->raw[i].name;
        char *copy = strndup(name.bytes, name.size);
        if (copy == NULL) {
            destroy(&flow);
            return cw_fail(err, CW_NO_MEMORY, "flow");
        }
        flow->topics[flow->topic_count++] = copy;
    }
    *made = flow;
    return CW_OK;
}

static const char *const *topics(const struct cw_flow *flow, size_t *count)
{
    *count = flow->topic_count;
    return flow->topics;
}

/* Stream time stands in the metadata of the committed offset, in the same
 * transaction as the Clock record that says it to everybody else. */
static enum cw_status
make_raw(struct cw_flow *flow, struct cw_consumer *consumer,
         struct cw_outbox *outbox, const struct cw_partition *partition,
         const struct cw_committed *committed, struct cw_error *err)
{
    struct raw *raw = &flow->raws[flow->raw_count++];
    int64_t first = 0;
    int64_t next = 0;
    raw->partition = partition->partition;
    raw->topic = strndup(partition->topic.bytes, partition->topic.size);
    if (raw->topic == NULL)
        return cw_fail(err, CW_NO_MEMORY, "raw task");
    enum cw_status status =
        committed->offset >= 0
            ? CW_OK
            : cw_consumer_bounds(consumer, partition, &first, &next, err);
    if (status != CW_OK)
        return status;
    const struct cw_rawtask_setup setup = {
        .type = flow->config.type,
        .config = flow->config.config,
        .topic = cw_text_of(raw->topic),
        .partition = raw->partition,
        .next_offset = committed->offset >= 0 ? committed->offset : first,
        .stream_at = cw_bookmark_parse("stream", committed->metadata),
        .config_hash = flow->config.config_hash,
        .marks = cw_service_marks(flow->config.service),
    };
    status = cw_rawtask_create(&raw->task, &setup, outbox, err);
    if (status == CW_OK)
        status = cw_consumer_start(consumer, partition, setup.next_offset, err);
    return status;
}

static enum cw_status assign(struct cw_flow *flow, struct cw_consumer *consumer,
                             struct cw_outbox *outbox,
                             const struct cw_partition *partitions,
                             size_t count, struct cw_error *err)
{
    struct cw_arena *arena = NULL;
    enum cw_status status = cw_arena_create(&arena, (size_t)16 << 20, err);
    if (status != CW_OK)
        return status;
    struct cw_committed *committed =
        cw_arena_take(arena, count * sizeof(*committed));
    flow->raws = calloc(count + 1, sizeof(*flow->raws));
    if (committed == NULL || flow->raws == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "%zu partitions", count);
    if (status == CW_OK)
        status = cw_consumer_committed(consumer, partitions, count, arena,
                                       committed, err);
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status = make_raw(flow, consumer, outbox, &partitions[i], &committed[i],
                          err);
    cw_arena_destroy(&arena);
    return status;
}

/* A partition far ahead of the slowest that still has a backlog waits: what
 * lies between them would have to be held by everybody downstream. */
static bool wants(const struct cw_flow *flow, size_t index)
{
    const int64_t mine = cw_rawtask_stream_at(flow->raws[index].task);
    if (mine == INT64_MIN)
        return true;
    for (size_t i = 0; i < flow->raw_count; i++) {
        const int64_t other = cw_rawtask_stream_at(flow->raws[i].task);
        if (!flow->raws[i].at_end && other != INT64_MIN &&
            mine - other > AHEAD_MAX_US)
            return false;
    }
    return true;
}

static size_t read_headers(const rd_kafka_message_t *message,
                           struct cw_raw_header *headers)
{
    rd_kafka_headers_t *found = NULL;
    size_t count = 0;
    if (rd_kafka_message_headers(message, &found) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    const char *name;
    const void *value;
    size_t size;
    while (count < HEADERS_MAX &&
           rd_kafka_header_get_all(found, count, &name, &value, &size) ==
               RD_KAFKA_RESP_ERR_NO_ERROR)
        headers[count++] = (struct cw_raw_header){
            cw_text_of(name), {value, value == NULL ? 0 : size}};
    return count;
}

static enum cw_status take(struct cw_flow *flow, size_t index,
                           const rd_kafka_message_t *message,
                           struct cw_error *err)
{
    struct raw *raw = &flow->raws[index];
    struct cw_raw_header headers[HEADERS_MAX];
    rd_kafka_timestamp_type_t type;
    const int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);
    const struct cw_raw record = {
        .topic = cw_text_of(raw->topic),
        .partition = raw->partition,
        .offset = message->offset,
        .timestamp_at = timestamp_ms < 0 || timestamp_ms >= CW_TIME_MAX / 1000
                            ? -1
                            : timestamp_ms * 1000,
        .has_key = message->key != NULL,
        .has_value = message->payload != NULL,
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .headers = headers,
        .header_count = read_headers(message, headers),
    };
    raw->at_end = false;
    flow->items++;
    return cw_rawtask_take(raw->task, &record,
                           cw_clock_wall_us(&flow->config.clock), err);
}

static void at_end(struct cw_flow *flow, size_t index)
{
    flow->raws[index].at_end = true;
}

static void tick(struct cw_flow *flow, int64_t now_us)
{
    for (size_t i = 0; i < flow->raw_count; i++)
        if (flow->raws[i].at_end)
            cw_rawtask_tick(flow->raws[i].task, now_us - flow->config.grace_us);
    flow->next_tick_us = now_us + flow->config.tick_every_us;
}

static enum cw_status work(struct cw_flow *flow, bool *more,
                           struct cw_error *err)
{
    (void)err;
    const int64_t now_us = cw_clock_wall_us(&flow->config.clock);
    *more = false;
    if (now_us >= flow->next_tick_us ||
        flow->next_tick_us - now_us > flow->config.tick_every_us)
        tick(flow, now_us);
    return CW_OK;
}

/* A commit that is made anyway says how late it is on idle partitions too:
 * whoever merges them with busy ones waits for the slower. */
static enum cw_status before_commit(struct cw_flow *flow, bool last,
                                    struct cw_error *err)
{
    (void)last;
    const int64_t now_us = cw_clock_wall_us(&flow->config.clock);
    enum cw_status status = CW_OK;
    tick(flow, now_us);
    for (size_t i = 0; i < flow->raw_count && status == CW_OK; i++)
        status = cw_rawtask_clock(flow->raws[i].task, now_us, err);
    return status;
}

static void offsets(const struct cw_flow *flow,
                    rd_kafka_topic_partition_list_t *list)
{
    for (size_t i = 0; i < flow->raw_count; i++) {
        const struct raw *raw = &flow->raws[i];
        rd_kafka_topic_partition_t *one =
            rd_kafka_topic_partition_list_add(list, raw->topic, raw->partition);
        one->offset = cw_rawtask_next_offset(raw->task);
        cw_bookmark_attach(one, "stream", cw_rawtask_stream_at(raw->task));
    }
}

static struct cw_flow_state state(const struct cw_flow *flow)
{
    struct cw_flow_state state = {.tasks = flow->raw_count,
                                  .stream_at = INT64_MIN,
                                  .items = flow->items,
                                  .letters = flow->letters};
    for (size_t i = 0; i < flow->raw_count; i++) {
        const int64_t at = cw_rawtask_stream_at(flow->raws[i].task);
        if (i == 0 || at < state.stream_at)
            state.stream_at = at;
        cw_letters_add(&state.letters, cw_rawtask_letters(flow->raws[i].task));
    }
    return state;
}

const struct cw_flow_type cw_flow_raw = {
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
