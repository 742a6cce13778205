#include "stream/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/time.h"
#include "stream/pace.h"

#define MESSAGES_A_ROUND 256 /* of one partition, before the others' turn */
#define IDLE_WAIT_MS     10

struct cw_loop {
    struct cw_loop_config config;
    struct cw_flow *flow;
    struct cw_consumer *consumer;
    struct cw_producer *producer;
    struct cw_outbox *outbox;
    atomic_bool stop;
    bool dirty;      /* tasks hold what a failed commit has made void */
    bool restarting; /* inside a restart of our own */
    int64_t committed_us;
    struct cw_pace pace;
    bool backlog;         /* the round stopped at a limit */
    pthread_mutex_t lock; /* guards shown */
    struct cw_loop_state shown;
    struct cw_loop_state now; /* the loop's own */
};

static int64_t monotonic(const struct cw_loop *loop)
{
    return cw_clock_monotonic_us(&loop->config.flow.clock);
}

static void beat(void *context)
{
    struct cw_loop *loop = context;
    if (loop->config.beat != NULL)
        loop->config.beat(loop->config.context);
}

static bool still_owner(void *context)
{
    struct cw_loop *loop = context;
    return loop->restarting || cw_consumer_owns(loop->consumer);
}

static void show(struct cw_loop *loop)
{
    loop->now.flow = loop->config.flow_type->state(loop->flow);
    loop->now.producer = cw_producer_counts(loop->producer);
    loop->now.committed_us = loop->committed_us;
    (void)pthread_mutex_lock(&loop->lock);
    loop->shown = loop->now;
    (void)pthread_mutex_unlock(&loop->lock);
}

/* ---- commit ------------------------------------------------------------- */

/* Everything held is void: outputs are lost or another's. */
static void drop_all(struct cw_loop *loop)
{
    loop->config.flow_type->drop(loop->flow);
    cw_outbox_clear(loop->outbox);
    cw_producer_drop(loop->producer);
    loop->dirty = false;
}

static enum cw_status send_commit(struct cw_loop *loop, struct cw_error *err)
{
    const struct cw_message *messages;
    size_t count;
    enum cw_status status =
        cw_outbox_seal(loop->outbox, &messages, &count, err);
    if (status != CW_OK)
        return status;
    rd_kafka_topic_partition_list_t *offsets =
        rd_kafka_topic_partition_list_new(16);
    loop->config.flow_type->offsets(loop->flow, offsets);
    status = cw_producer_commit(loop->producer, messages, count, offsets,
                                cw_consumer_group(loop->consumer), err);
    rd_kafka_topic_partition_list_destroy(offsets);
    if (status != CW_OK)
        return status;
    loop->now.messages_out += count;
    cw_outbox_clear(loop->outbox);
    return CW_OK;
}

static enum cw_status commit(struct cw_loop *loop, bool last,
                             struct cw_error *err)
{
    const int64_t began_us = monotonic(loop);
    enum cw_status status =
        loop->config.flow_type->before_commit(loop->flow, last, err);
    if (status == CW_OK)
        status = send_commit(loop, err);
    loop->dirty = status != CW_OK;
    if (status == CW_OK) {
        loop->committed_us = monotonic(loop);
        loop->now.commit_last_us = loop->committed_us - began_us;
        cw_pace_committed(&loop->pace, began_us, loop->committed_us);
    }
    show(loop);
    return status;
}

/* ---- the group's decisions ---------------------------------------------- */

static enum cw_status on_assigned(void *context,
                                  const struct cw_partition *partitions,
                                  size_t count, struct cw_error *err)
{
    struct cw_loop *loop = context;
    drop_all(loop);
    loop->now.assigned = count == 0; /* a spare; the others once they can */
    loop->now.restores++;
    if (count == 0)
        return CW_OK;
    /* What we or a predecessor of this id left open is ended first. */
    loop->restarting = true;
    enum cw_status status = cw_producer_prepare(loop->producer, err);
    loop->restarting = false;
    if (status == CW_OK)
        status = loop->config.flow_type->assign(
            loop->flow, loop->consumer, loop->outbox, partitions, count, err);
    loop->now.assigned = status == CW_OK;
    loop->committed_us = monotonic(loop);
    show(loop);
    return status;
}

static void on_revoked(void *context, bool lost)
{
    struct cw_loop *loop = context;
    struct cw_error err = {0};
    if (!lost && !loop->dirty && cw_consumer_count(loop->consumer) > 0 &&
        commit(loop, true, &err) != CW_OK)
        CW_LOG(loop->config.flow.kafka->log, WARN, "revoke_commit_failed",
               cw_kv_error(&err));
    drop_all(loop);
    loop->now.assigned = false;
}

/* ---- a round ------------------------------------------------------------ */

static enum cw_status take_partition(struct cw_loop *loop, size_t index,
                                     size_t *taken, struct cw_error *err)
{
    for (int i = 0; i < MESSAGES_A_ROUND; i++) {
        struct cw_incoming incoming;
        bool found;
        if (!loop->config.flow_type->wants(loop->flow, index) ||
            cw_outbox_size(loop->outbox) > loop->config.outbox_max / 2)
            return CW_OK;
        enum cw_status status =
            cw_consumer_take(loop->consumer, index, &incoming, &found, err);
        if (status != CW_OK || !found)
            return status;
        if (incoming.at_end) {
            loop->config.flow_type->at_end(loop->flow, index);
            continue;
        }
        (*taken)++;
        loop->now.messages_in++;
        status = loop->config.flow_type->take(loop->flow, index,
                                              incoming.message, err);
        if (status != CW_OK)
            return status;
    }
    loop->backlog = true;
    return CW_OK;
}

static enum cw_status take_all(struct cw_loop *loop, size_t *taken,
                               struct cw_error *err)
{
    const size_t count = cw_consumer_count(loop->consumer);
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status = take_partition(loop, i, taken, err);
    return status;
}

static bool is_commit_due(const struct cw_loop *loop)
{
    if (cw_outbox_size(loop->outbox) > loop->config.outbox_max / 2)
        return true;
    return cw_outbox_has_news(loop->outbox) &&
           cw_pace_is_due(&loop->pace, monotonic(loop), loop->backlog);
}

static int wait_ms(const struct cw_loop *loop, size_t taken, bool more)
{
    if (taken > 0 || more)
        return 0;
    if (!cw_outbox_has_news(loop->outbox))
        return IDLE_WAIT_MS;
    const int64_t left_us = loop->pace.due_us - monotonic(loop);
    if (left_us <= 0)
        return 0;
    const int64_t left_ms = left_us / 1000 + 1;
    return left_ms < IDLE_WAIT_MS ? (int)left_ms : IDLE_WAIT_MS;
}

static enum cw_status round_of(struct cw_loop *loop, int *wait,
                               struct cw_error *err)
{
    size_t taken = 0;
    bool more = false;
    beat(loop);
    enum cw_status status = cw_consumer_poll(loop->consumer, *wait, err);
    if (status != CW_OK || cw_consumer_count(loop->consumer) == 0) {
        *wait = IDLE_WAIT_MS;
        return status;
    }
    loop->backlog = false;
    status = take_all(loop, &taken, err);
    if (status == CW_OK)
        status = loop->config.flow_type->work(loop->flow, &more, err);
    loop->backlog = loop->backlog || more;
    if (status == CW_OK && is_commit_due(loop))
        status = commit(loop, false, err);
    *wait = wait_ms(loop, taken, more);
    return status;
}

/* ---- making, running, ending -------------------------------------------- */

static enum cw_status open_consumer(struct cw_loop *loop, struct cw_error *err)
{
    size_t count;
    const char *const *topics =
        loop->config.flow_type->topics(loop->flow, &count);
    const struct cw_consumer_config config = {
        .kafka = loop->config.flow.kafka,
        .group = loop->config.group,
        .topics = topics,
        .topic_count = count,
        .callbacks = {on_assigned, on_revoked, loop},
    };
    return cw_consumer_create(&loop->consumer, &config, err);
}

/* Ownership was lost, or is in doubt: begin again from what is committed. */
static enum cw_status begin_again(struct cw_loop *loop, struct cw_error *err)
{
    CW_LOG(loop->config.flow.kafka->log, WARN, "restoring", cw_kv_error(err));
    drop_all(loop);
    loop->now.assigned = false;
    cw_consumer_destroy(&loop->consumer);
    return open_consumer(loop, err);
}

static enum cw_status prepare(struct cw_loop *loop, struct cw_error *err)
{
    const struct cw_outbox_config outbox = {
        .writer = cw_hash_text(cw_text_of(loop->config.flow.kafka->instance)),
        .partitions = loop->config.flow.plan->partitions,
        .message_size = loop->config.message_size,
        .max_size = loop->config.outbox_max,
    };
    const struct cw_producer_config producer = {
        .kafka = loop->config.flow.kafka,
        .transactional_id = loop->config.flow.kafka->instance,
        .owner = still_owner,
        .beat = beat,
        .context = loop,
    };
    enum cw_status status =
        loop->config.flow_type->create(&loop->flow, &loop->config.flow, err);
    if (status == CW_OK)
        status = cw_outbox_create(&loop->outbox, &outbox, err);
    if (status == CW_OK)
        status = cw_producer_create(&loop->producer, &producer, err);
    return status;
}

enum cw_status cw_loop_create(struct cw_loop **made,
                              const struct cw_loop_config *config,
                              struct cw_error *err)
{
    struct cw_loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL)
        return cw_fail(err, CW_NO_MEMORY, "loop");
    loop->config = *config;
    loop->pace.every_us = config->commit_every_us;
    (void)pthread_mutex_init(&loop->lock, NULL);
    const enum cw_status status = prepare(loop, err);
    if (status != CW_OK)
        cw_loop_destroy(&loop);
    else
        *made = loop;
    return status;
}

void cw_loop_destroy(struct cw_loop **loop)
{
    struct cw_loop *gone = *loop;
    if (gone == NULL)
        return;
    cw_consumer_destroy(&gone->consumer);
    if (gone->flow != NULL)
        gone->config.flow_type->destroy(&gone->flow);
    cw_producer_destroy(&gone->producer);
    cw_outbox_destroy(&gone->outbox);
    (void)pthread_mutex_destroy(&gone->lock);
    free(gone);
    *loop = NULL;
}

static enum cw_status finish(struct cw_loop *loop, struct cw_error *err)
{
    if (cw_consumer_count(loop->consumer) == 0 || loop->dirty)
        return CW_OK;
    return commit(loop, true, err);
}

enum cw_status cw_loop_run(struct cw_loop *loop, struct cw_error *err)
{
    int wait = 0;
    enum cw_status status = open_consumer(loop, err);
    while (status == CW_OK && !atomic_load(&loop->stop)) {
        status = round_of(loop, &wait, err);
        if (status == CW_FENCED || status == CW_UNAVAILABLE)
            status = begin_again(loop, err);
        show(loop);
    }
    return status == CW_OK ? finish(loop, err) : status;
}

void cw_loop_stop(struct cw_loop *loop)
{
    atomic_store(&loop->stop, true);
}

struct cw_loop_state cw_loop_state(struct cw_loop *loop)
{
    (void)pthread_mutex_lock(&loop->lock);
    const struct cw_loop_state shown = loop->shown;
    (void)pthread_mutex_unlock(&loop->lock);
    return shown;
}

bool cw_loop_ready(struct cw_loop *loop, json_t *parts, struct cw_error *why)
{
    const struct cw_loop_state state = cw_loop_state(loop);
    const int64_t age_us = monotonic(loop) - state.committed_us;
    const bool spare = state.assigned && state.flow.tasks == 0;
    if (parts != NULL) {
        (void)json_object_set_new(parts, "assigned",
                                  json_boolean(state.assigned));
        (void)json_object_set_new(parts, "tasks",
                                  json_integer((json_int_t)state.flow.tasks));
        (void)json_object_set_new(parts, "replaying",
                                  json_integer((json_int_t)state.flow.silent));
        (void)json_object_set_new(parts, "commit_age_ms",
                                  json_integer(age_us / 1000));
    }
    if (!state.assigned)
        return cw_fail(why, CW_UNAVAILABLE, "no assignment yet"), false;
    if (spare)
        return true;
    if (state.flow.silent > 0)
        return cw_fail(why, CW_UNAVAILABLE, "%zu of %zu tasks are restoring",
                       state.flow.silent, state.flow.tasks),
               false;
    if (age_us > loop->config.ready_grace_us)
        return cw_fail(why, CW_UNAVAILABLE, "no commit for %lld ms",
                       (long long)age_us / 1000),
               false;
    return true;
}
