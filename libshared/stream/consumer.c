#include "stream/consumer.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time.h"
#include "stream/owned.h"

#define CALL_MS      10000
#define LAG_EVERY_US 1000000

struct cw_consumer {
    struct cw_consumer_config config;
    rd_kafka_t *handle;
    rd_kafka_queue_t *main_queue;
    rd_kafka_consumer_group_metadata_t *group;
    struct cw_owned *owned;
    size_t owned_count;
    int64_t lag_due_us; /* when lags are told next */
    rd_kafka_message_t *lent;
    int wake; /* eventfd written by librdkafka when a queue gets something */
    struct cw_error fault; /* of a callback; status OK = none */
};

/* ---- assignment --------------------------------------------------------- */

static void forget_owned(struct cw_consumer *consumer)
{
    if (consumer->lent != NULL)
        rd_kafka_message_destroy(consumer->lent);
    consumer->lent = NULL;
    for (size_t i = 0; i < consumer->owned_count; i++)
        cw_owned_fini(&consumer->owned[i]);
    free(consumer->owned);
    consumer->owned = NULL;
    consumer->owned_count = 0;
    if (consumer->group != NULL)
        rd_kafka_consumer_group_metadata_destroy(consumer->group);
    consumer->group = NULL;
}

static enum cw_status keep_owned(struct cw_consumer *consumer,
                                 const rd_kafka_topic_partition_list_t *list,
                                 struct cw_error *err)
{
    consumer->owned = calloc((size_t)list->cnt + 1, sizeof(*consumer->owned));
    if (consumer->owned == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%d partitions", list->cnt);
    for (int i = 0; i < list->cnt; i++) {
        const enum cw_status status =
            cw_owned_init(&consumer->owned[consumer->owned_count],
                          list->elems[i].topic, list->elems[i].partition, err);
        if (status != CW_OK)
            return status;
        consumer->owned_count++;
    }
    consumer->group = rd_kafka_consumer_group_metadata(consumer->handle);
    return CW_OK;
}

static enum cw_status tell_assigned(struct cw_consumer *consumer,
                                    struct cw_error *err)
{
    struct cw_partition *partitions =
        calloc(consumer->owned_count + 1, sizeof(*partitions));
    if (partitions == NULL)
        return cw_fail(err, CW_NO_MEMORY, "partitions");
    for (size_t i = 0; i < consumer->owned_count; i++)
        partitions[i] = consumer->owned[i].partition;
    const enum cw_status status = consumer->config.callbacks.assigned(
        consumer->config.callbacks.context, partitions, consumer->owned_count,
        err);
    free(partitions);
    return status;
}

/* Fetching starts with the assignment; each queue is then cut off from the
 * consumer's common one. What got there before is handed over in poll. */
static enum cw_status start_fetching(struct cw_consumer *consumer,
                                     struct cw_error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)consumer->owned_count);
    for (size_t i = 0; i < consumer->owned_count; i++) {
        const struct cw_owned *owned = &consumer->owned[i];
        rd_kafka_topic_partition_list_add(list, owned->name,
                                          owned->partition.partition)
            ->offset = owned->start_offset;
    }
    const rd_kafka_resp_err_t code = rd_kafka_assign(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cw_fail(err, CW_UNAVAILABLE, "assign: %s",
                       rd_kafka_err2str(code));
    static const uint64_t one = 1;
    for (size_t i = 0; i < consumer->owned_count; i++) {
        struct cw_owned *owned = &consumer->owned[i];
        owned->queue = rd_kafka_queue_get_partition(
            consumer->handle, owned->name, owned->partition.partition);
        rd_kafka_queue_forward(owned->queue, NULL);
        rd_kafka_queue_io_event_enable(owned->queue, consumer->wake, &one,
                                       sizeof(one));
    }
    return CW_OK;
}

static void take_assignment(struct cw_consumer *consumer,
                            const rd_kafka_topic_partition_list_t *list)
{
    struct cw_error err = {0};
    forget_owned(consumer);
    enum cw_status status = keep_owned(consumer, list, &err);
    if (status == CW_OK)
        status = tell_assigned(consumer, &err);
    if (status == CW_OK)
        status = start_fetching(consumer, &err);
    if (status == CW_OK)
        return;
    consumer->fault = err;
    forget_owned(consumer);
    (void)rd_kafka_assign(consumer->handle, NULL);
}

static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct cw_consumer *consumer = opaque;
    const struct cw_kafka *kafka = consumer->config.kafka;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        CW_LOG(kafka->log, INFO, "assigned",
               cw_kv_int("partitions", list->cnt));
        take_assignment(consumer, list);
        return;
    }
    const bool lost = rd_kafka_assignment_lost(handle) != 0;
    CW_LOG(kafka->log, INFO, "revoked", cw_kv_int("partitions", list->cnt),
           cw_kv_bool("lost", lost));
    consumer->config.callbacks.revoked(consumer->config.callbacks.context,
                                       lost);
    forget_owned(consumer);
    (void)rd_kafka_assign(handle, NULL);
}

enum cw_status cw_consumer_start(struct cw_consumer *consumer,
                                 const struct cw_partition *partition,
                                 int64_t offset, struct cw_error *err)
{
    for (size_t i = 0; i < consumer->owned_count; i++) {
        struct cw_owned *owned = &consumer->owned[i];
        if (owned->partition.partition != partition->partition ||
            !cw_text_equal(owned->partition.topic, partition->topic))
            continue;
        owned->start_offset = offset;
        owned->next_offset = offset;
        owned->started = true;
        return CW_OK;
    }
    return cw_fail(err, CW_BROKEN, "a partition that was not assigned");
}

/* ---- making ------------------------------------------------------------- */

static enum cw_status own_settings(rd_kafka_conf_t *conf,
                                   const struct cw_consumer_config *config,
                                   struct cw_error *err)
{
    const struct {
        const char *name;
        const char *value;
    } settings[] = {
        {"group.id", config->group},
        {"group.instance.id", config->kafka->instance},
        {"partition.assignment.strategy", "range"},
        {"isolation.level", "read_committed"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
    };
    enum cw_status status = CW_OK;
    for (size_t i = 0;
         i < sizeof(settings) / sizeof(settings[0]) && status == CW_OK; i++)
        status = cw_kafka_set(conf, settings[i].name, settings[i].value, err);
    if (status == CW_OK && config->session_us > 0) {
        char session_ms[32];
        (void)snprintf(session_ms, sizeof(session_ms), "%" PRId64,
                       config->session_us / 1000);
        status = cw_kafka_set(conf, "session.timeout.ms", session_ms, err);
    }
    return status;
}

static enum cw_status subscribe(struct cw_consumer *consumer,
                                struct cw_error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)consumer->config.topic_count);
    for (size_t i = 0; i < consumer->config.topic_count; i++)
        rd_kafka_topic_partition_list_add(list, consumer->config.topics[i],
                                          RD_KAFKA_PARTITION_UA);
    const rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cw_fail(err, cw_kafka_status(code), "subscribe: %s",
                       rd_kafka_err2str(code));
    return CW_OK;
}

static enum cw_status open_handle(struct cw_consumer *consumer,
                                  struct cw_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum cw_status status =
        cw_kafka_conf(&conf, consumer->config.kafka, CW_KAFKA_CONSUMER, err);
    if (status != CW_OK)
        return status;
    status = own_settings(conf, &consumer->config, err);
    if (status != CW_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    char why[200];
    /* One opaque serves all callbacks; the log finds its way without. */
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_log_cb(conf, NULL);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    consumer->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (consumer->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return cw_fail(err, CW_BAD_CONFIG, "consumer: %s", why);
    }
    (void)rd_kafka_poll_set_consumer(consumer->handle);
    consumer->main_queue = rd_kafka_queue_get_consumer(consumer->handle);
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(consumer->main_queue, consumer->wake, &one,
                                   sizeof(one));
    return CW_OK;
}

enum cw_status cw_consumer_create(struct cw_consumer **made,
                                  const struct cw_consumer_config *config,
                                  struct cw_error *err)
{
    struct cw_consumer *consumer = calloc(1, sizeof(*consumer));
    if (consumer == NULL)
        return cw_fail(err, CW_NO_MEMORY, "consumer");
    consumer->config = *config;
    consumer->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    enum cw_status status = consumer->wake < 0
                                ? cw_fail(err, CW_UNAVAILABLE, "eventfd")
                                : open_handle(consumer, err);
    if (status == CW_OK)
        status = subscribe(consumer, err);
    if (status != CW_OK)
        cw_consumer_destroy(&consumer);
    else
        *made = consumer;
    return status;
}

void cw_consumer_destroy(struct cw_consumer **consumer)
{
    struct cw_consumer *gone = *consumer;
    if (gone == NULL)
        return;
    forget_owned(gone);
    if (gone->main_queue != NULL)
        rd_kafka_queue_destroy(gone->main_queue);
    /* No close: it would wait for the group, and a static member needs no
     * LeaveGroup. */
    if (gone->handle != NULL)
        rd_kafka_destroy_flags(gone->handle,
                               RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (gone->wake >= 0)
        (void)close(gone->wake);
    free(gone);
    *consumer = NULL;
}

/* ---- polling ------------------------------------------------------------ */

static enum cw_status check_message(const rd_kafka_message_t *message,
                                    struct cw_error *err)
{
    switch ((int)message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        return CW_OK;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return cw_fail(err, CW_GAP, "%s/%d: %s",
                       rd_kafka_topic_name(message->rkt), message->partition,
                       rd_kafka_message_errstr(message));
    default:
        return cw_fail(err, cw_kafka_status(message->err), "%s",
                       rd_kafka_message_errstr(message));
    }
}

/* Takes the message over when it belongs to a partition. */
static bool keep_early(struct cw_consumer *consumer,
                       rd_kafka_message_t *message)
{
    for (size_t i = 0; message->rkt != NULL && i < consumer->owned_count; i++)
        if (cw_owned_is(&consumer->owned[i], rd_kafka_topic_name(message->rkt),
                        message->partition))
            return cw_owned_keep_early(&consumer->owned[i], message);
    return false;
}

/* A fatal error ends librdkafka's consumer for good; why stands elsewhere. */
static enum cw_status check_group(const struct cw_consumer *consumer,
                                  const rd_kafka_message_t *message,
                                  struct cw_error *err)
{
    char why[256];
    if (message->err != RD_KAFKA_RESP_ERR__FATAL)
        return check_message(message, err);
    const enum cw_status status = cw_kafka_status(
        rd_kafka_fatal_error(consumer->handle, why, sizeof(why)));
    return cw_fail(err, status == CW_NOT_AUTHORISED ? status : CW_FENCED, "%s",
                   why);
}

/* Serves rebalances; what is left are errors of the group. */
static enum cw_status serve_group(struct cw_consumer *consumer,
                                  struct cw_error *err)
{
    for (;;) {
        rd_kafka_message_t *message =
            rd_kafka_consumer_poll(consumer->handle, 0);
        if (consumer->fault.status != CW_OK) {
            *err = consumer->fault;
            consumer->fault = (struct cw_error){0};
            if (message != NULL)
                rd_kafka_message_destroy(message);
            return err->status;
        }
        if (message == NULL)
            return CW_OK;
        const enum cw_status status = check_group(consumer, message, err);
        if (status == CW_OK && keep_early(consumer, message))
            continue;
        rd_kafka_message_destroy(message);
        if (status == CW_FENCED || status == CW_NOT_AUTHORISED ||
            status == CW_GAP)
            return status;
        if (status != CW_OK)
            CW_LOG(consumer->config.kafka->log, WARN, "consumer",
                   cw_kv_error(err));
    }
}

/* Once a second, to whoever wants to know. */
static void tell_lags(struct cw_consumer *consumer, struct cw_lags *lags)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t now_us = cw_clock_monotonic_us(&clock);
    if (lags == NULL || now_us < consumer->lag_due_us)
        return;
    consumer->lag_due_us = now_us + LAG_EVERY_US;
    cw_lags_begin(lags);
    for (size_t i = 0; i < consumer->owned_count; i++) {
        struct cw_lag lag;
        if (cw_owned_lag(&consumer->owned[i], consumer->handle,
                         cw_clock_wall_us(&clock), &lag))
            cw_lags_add(lags, &lag);
    }
    cw_lags_end(lags);
}

enum cw_status cw_consumer_poll(struct cw_consumer *consumer, int wait_ms,
                                struct cw_error *err)
{
    struct pollfd wake = {.fd = consumer->wake, .events = POLLIN};
    if (wait_ms > 0 && poll(&wake, 1, wait_ms) > 0) {
        uint64_t count;
        ssize_t got = read(consumer->wake, &count, sizeof(count));
        (void)got;
    }
    const enum cw_status status = serve_group(consumer, err);
    tell_lags(consumer, consumer->config.kafka->lags);
    return status;
}

enum cw_status cw_consumer_take(struct cw_consumer *consumer, size_t index,
                                struct cw_incoming *incoming, bool *found,
                                struct cw_error *err)
{
    struct cw_owned *owned = &consumer->owned[index];
    *found = false;
    if (consumer->lent != NULL)
        rd_kafka_message_destroy(consumer->lent);
    consumer->lent = cw_owned_pop_early(owned);
    if (consumer->lent == NULL)
        consumer->lent = rd_kafka_consume_queue(owned->queue, 0);
    rd_kafka_message_t *message = consumer->lent;
    if (message == NULL)
        return CW_OK;
    const enum cw_status status = check_message(message, err);
    if (status == CW_UNAVAILABLE)
        return CW_OK; /* librdkafka goes on by itself */
    if (status != CW_OK)
        return status;
    *found = true;
    incoming->at_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    incoming->message = incoming->at_end ? NULL : message;
    return cw_owned_take(owned, message, err);
}

size_t cw_consumer_count(const struct cw_consumer *consumer)
{
    return consumer->owned_count;
}

const struct cw_partition *
cw_consumer_partition(const struct cw_consumer *consumer, size_t index)
{
    return &consumer->owned[index].partition;
}

/* ---- asking ------------------------------------------------------------- */

static void terminate(struct cw_text topic, char *name, size_t size)
{
    (void)snprintf(name, size, "%.*s", CW_TEXT_ARG(topic));
}

enum cw_status cw_consumer_committed(struct cw_consumer *consumer,
                                     const struct cw_partition *partitions,
                                     size_t count, struct cw_arena *arena,
                                     struct cw_committed *committed,
                                     struct cw_error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        char name[256];
        terminate(partitions[i].topic, name, sizeof(name));
        rd_kafka_topic_partition_list_add(list, name, partitions[i].partition);
    }
    const rd_kafka_resp_err_t code =
        rd_kafka_committed(consumer->handle, list, CALL_MS);
    enum cw_status status = CW_OK;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = cw_fail(err, cw_kafka_status(code), "committed offsets: %s",
                         rd_kafka_err2str(code));
    for (size_t i = 0; i < count && status == CW_OK; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        committed[i].offset = one->offset < 0 ? -1 : one->offset;
        committed[i].metadata = cw_arena_text(
            arena, (struct cw_text){one->metadata, one->metadata_size});
        if (one->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            status =
                cw_fail(err, cw_kafka_status(one->err), "%s/%d: %s", one->topic,
                        one->partition, rd_kafka_err2str(one->err));
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

enum cw_status cw_consumer_bounds(struct cw_consumer *consumer,
                                  const struct cw_partition *partition,
                                  int64_t *first, int64_t *next,
                                  struct cw_error *err)
{
    char name[256];
    terminate(partition->topic, name, sizeof(name));
    const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        consumer->handle, name, partition->partition, first, next, CALL_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cw_fail(err, cw_kafka_status(code), "%s/%d: %s", name,
                       partition->partition, rd_kafka_err2str(code));
    return CW_OK;
}

const rd_kafka_consumer_group_metadata_t *
cw_consumer_group(const struct cw_consumer *consumer)
{
    return consumer->group;
}

bool cw_consumer_owns(const struct cw_consumer *consumer)
{
    return consumer->group != NULL &&
           rd_kafka_assignment_lost(consumer->handle) == 0;
}

rd_kafka_t *cw_consumer_handle(struct cw_consumer *consumer)
{
    return consumer->handle;
}
