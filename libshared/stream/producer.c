#include "stream/producer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "stream/mirror.h"

#define CALL_MS         2000 /* a call is repeated, so that the loop can beat */
#define TOPIC_NAMES_MAX (CW_TOPIC_COUNT)
#define SCRATCH_MAX     ((size_t)16 << 20)

struct cw_producer {
    struct cw_producer_config config;
    rd_kafka_t *handle; /* NULL: to be made */
    rd_kafka_topic_t *topics[TOPIC_NAMES_MAX];
    atomic_bool tainted; /* set by librdkafka's threads */
    size_t delivered;    /* of this transaction */
    size_t failed;
    rd_kafka_resp_err_t failure;
    struct cw_clocks clock;
    struct cw_producer_counts counts;
    struct cw_arena *scratch; /* of one message's headers */
};

/* Attempts at a transaction end so. */
enum outcome { DONE, AGAIN, REPLACE, LOST };

enum cw_status cw_producer_create(struct cw_producer **made,
                                  const struct cw_producer_config *config,
                                  struct cw_error *err)
{
    struct cw_producer *producer = calloc(1, sizeof(*producer));
    if (producer == NULL)
        return cw_fail(err, CW_NO_MEMORY, "producer");
    producer->config = *config;
    producer->clock = cw_clock_system();
    const enum cw_status status =
        cw_arena_create(&producer->scratch, SCRATCH_MAX, err);
    if (status != CW_OK)
        cw_producer_destroy(&producer);
    else
        *made = producer;
    return status;
}

void cw_producer_drop(struct cw_producer *producer)
{
    for (unsigned i = 0; i < TOPIC_NAMES_MAX; i++) {
        if (producer->topics[i] != NULL)
            rd_kafka_topic_destroy(producer->topics[i]);
        producer->topics[i] = NULL;
    }
    if (producer->handle != NULL) {
        (void)rd_kafka_purge(producer->handle, RD_KAFKA_PURGE_F_QUEUE |
                                                   RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(producer->handle, 100);
        rd_kafka_destroy(producer->handle);
    }
    producer->handle = NULL;
}

void cw_producer_destroy(struct cw_producer **producer)
{
    if (*producer == NULL)
        return;
    cw_producer_drop(*producer);
    cw_arena_destroy(&(*producer)->scratch);
    free(*producer);
    *producer = NULL;
}

static void beat(const struct cw_producer *producer)
{
    if (producer->config.beat != NULL)
        producer->config.beat(producer->config.context);
}

/* ---- making the handle -------------------------------------------------- */

static rd_kafka_resp_err_t
/* NOLINTNEXTLINE(readability-function-size): librdkafka's own signature */
on_response(rd_kafka_t *handle, int sock, const char *broker, int32_t broker_id,
            int16_t api, int16_t version, int32_t correlation, size_t size,
            int64_t rtt, rd_kafka_resp_err_t code, void *opaque)
{
    (void)handle, (void)sock, (void)broker, (void)broker_id, (void)version;
    (void)correlation, (void)size, (void)rtt;
    struct cw_producer *producer = opaque;
    const bool ends_transactions =
        api == 0 || api == 24 || api == 25 || api == 26 || api == 28;
#ifdef CW_MUTATE_TAINT
    code = RD_KAFKA_RESP_ERR_NO_ERROR;
#endif
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && ends_transactions)
        atomic_store(&producer->tainted, true);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *handle,
                                  const rd_kafka_conf_t *conf, void *opaque,
                                  char *why, size_t size)
{
    (void)conf, (void)why, (void)size;
    return rd_kafka_interceptor_add_on_response_received(handle, "taint",
                                                         on_response, opaque);
}

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message,
                        void *opaque)
{
    (void)handle, (void)opaque;
    struct cw_producer *producer = message->_private;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer->delivered++;
        return;
    }
    producer->failed++;
    producer->failure = message->err;
}

static enum cw_status make_handle(struct cw_producer *producer,
                                  struct cw_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum cw_status status =
        cw_kafka_conf(&conf, producer->config.kafka, CW_KAFKA_PRODUCER, err);
    if (status != CW_OK)
        return status;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    status = cw_kafka_set(conf, "transactional.id",
                          producer->config.transactional_id, err);
    if (status == CW_OK)
        status = cw_kafka_set(conf, "enable.idempotence", "true", err);
    if (status != CW_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    char why[200];
    rd_kafka_conf_interceptor_add_on_new(conf, "taint", on_new, producer);
    producer->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    /* A failed rd_kafka_new with interceptors frees them with the conf once
     * and again with conf_destroy (fixed in 2.13.0): so it is left. */
    if (producer->handle == NULL)
        return cw_fail(err, CW_BAD_CONFIG, "producer: %s", why);
    return CW_OK;
}

static enum cw_status error_status(rd_kafka_error_t *error, const char *during,
                                   struct cw_error *err)
{
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    const enum cw_status status =
        cw_fail(err, cw_kafka_status(code), "%s: %s: %s", during,
                rd_kafka_err2name(code), rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return status;
}

static bool is_owner(const struct cw_producer *producer)
{
    return producer->config.owner == NULL ||
           producer->config.owner(producer->config.context);
}

static bool is_out_of_time(const struct cw_producer *producer, int64_t began_us)
{
    return producer->config.give_up_us > 0 &&
           producer->clock.monotonic_us(producer->clock.context) - began_us >
               producer->config.give_up_us;
}

static int64_t monotonic(const struct cw_producer *producer)
{
    return producer->clock.monotonic_us(producer->clock.context);
}

enum cw_status cw_producer_prepare(struct cw_producer *producer,
                                   struct cw_error *err)
{
    const int64_t began_us = monotonic(producer);
    while (producer->handle == NULL) {
        beat(producer);
        if (!is_owner(producer))
            return cw_fail(err, CW_FENCED, "assignment lost");
        enum cw_status status = make_handle(producer, err);
        if (status != CW_OK)
            return status;
        rd_kafka_error_t *error = NULL;
        bool again = true;
        while (again) {
            error = rd_kafka_init_transactions(producer->handle, CALL_MS);
            beat(producer);
            again = error != NULL && rd_kafka_error_is_retriable(error) &&
                    is_owner(producer) && !is_out_of_time(producer, began_us);
            if (again)
                rd_kafka_error_destroy(error);
        }
        if (error == NULL)
            break;
        const bool fatal = rd_kafka_error_is_fatal(error);
        status = error_status(error, "init_transactions", err);
        cw_producer_drop(producer);
        if (!fatal || status == CW_NOT_AUTHORISED ||
            is_out_of_time(producer, began_us))
            return status;
    }
    atomic_store(&producer->tainted, false);
    return CW_OK;
}

/* ---- one transaction ---------------------------------------------------- */

static const char *topic_suffix(enum cw_topic topic)
{
    return cw_topic_spec(topic)->name;
}

/* Snapshots and verdicts are a service's own. */
static void full_name(const struct cw_producer *producer, enum cw_topic topic,
                      char *text, size_t size)
{
    const struct cw_kafka *kafka = producer->config.kafka;
    if (topic == CW_TOPIC_SNAPSHOTS || topic == CW_TOPIC_VERDICTS)
        (void)snprintf(text, size, "%s.%s.%s", kafka->prefix,
                       topic_suffix(topic), kafka->service);
    else
        cw_kafka_topic_name(kafka, topic_suffix(topic), text, size);
}

static rd_kafka_topic_t *topic_of(struct cw_producer *producer,
                                  enum cw_topic topic)
{
    if (producer->topics[topic] == NULL) {
        char name[256];
        full_name(producer, topic, name, sizeof(name));
        producer->topics[topic] =
            rd_kafka_topic_new(producer->handle, name, NULL);
    }
    return producer->topics[topic];
}

static rd_kafka_resp_err_t produce_one(struct cw_producer *producer,
                                       const struct cw_message *message)
{
    union {
        const char *borrowed;
        void *value;
    } value = {message->value.bytes},
      key = {message->key.size > 0 ? message->key.bytes : NULL};
    rd_kafka_headers_t *headers = cw_mirror_headers(
        message, producer->config.kafka->service, producer->scratch);
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        producer->handle, RD_KAFKA_V_RKT(topic_of(producer, message->topic)),
        RD_KAFKA_V_PARTITION((int32_t)message->partition),
        RD_KAFKA_V_VALUE(value.value, message->value.size),
        RD_KAFKA_V_KEY(key.value, message->key.size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(producer),
        RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && headers != NULL)
        rd_kafka_headers_destroy(headers);
    return code;
}

static enum outcome produce_all(struct cw_producer *producer,
                                const struct cw_message *messages, size_t count,
                                struct cw_error *err)
{
    producer->delivered = 0;
    producer->failed = 0;
    for (size_t i = 0; i < count;) {
        const rd_kafka_resp_err_t code = produce_one(producer, &messages[i]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            i++;
            continue;
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            (void)cw_fail(err, cw_kafka_status(code), "produce to %s: %s",
                          topic_suffix(messages[i].topic),
                          rd_kafka_err2str(code));
            return AGAIN;
        }
        (void)rd_kafka_poll(producer->handle, 10);
        beat(producer);
    }
    while (producer->delivered + producer->failed < count) {
        (void)rd_kafka_flush(producer->handle, 200);
        beat(producer);
    }
    if (producer->failed == 0)
        return DONE;
    (void)cw_fail(err, cw_kafka_status(producer->failure),
                  "%zu of %zu messages not acknowledged: %s", producer->failed,
                  count, rd_kafka_err2str(producer->failure));
    return AGAIN;
}

/* Membership has changed under us: the assignment is another's. */
static bool is_membership(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
           code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
}

static enum outcome outcome_of(rd_kafka_error_t *error, const char *during,
                               struct cw_error *err)
{
    const bool fatal = rd_kafka_error_is_fatal(error);
    const bool member = is_membership(rd_kafka_error_code(error));
    (void)error_status(error, during, err);
    if (member)
        return LOST;
    return fatal ? REPLACE : AGAIN;
}

static enum outcome
send_offsets(struct cw_producer *producer,
             const rd_kafka_topic_partition_list_t *offsets,
             const rd_kafka_consumer_group_metadata_t *group,
             struct cw_error *err)
{
    for (;;) {
        beat(producer);
        rd_kafka_error_t *error = rd_kafka_send_offsets_to_transaction(
            producer->handle, offsets, group, CALL_MS * 5);
        if (error == NULL)
            return DONE;
        if (!rd_kafka_error_is_retriable(error) ||
            rd_kafka_error_txn_requires_abort(error))
            return outcome_of(error, "offsets", err);
        rd_kafka_error_destroy(error);
        if (!is_owner(producer))
            return LOST;
    }
}

/* Timed out = commit again, never abort: it may have happened. */
static enum outcome commit(struct cw_producer *producer, struct cw_error *err)
{
    for (;;) {
        beat(producer);
        rd_kafka_error_t *error =
            rd_kafka_commit_transaction(producer->handle, CALL_MS);
        if (error == NULL)
            return DONE;
        if (!rd_kafka_error_is_retriable(error) ||
            rd_kafka_error_txn_requires_abort(error))
            return outcome_of(error, "commit", err);
        rd_kafka_error_destroy(error);
    }
}

static enum outcome abort_transaction(struct cw_producer *producer,
                                      enum outcome why)
{
    producer->counts.aborts++;
    for (;;) {
        beat(producer);
        rd_kafka_error_t *error =
            rd_kafka_abort_transaction(producer->handle, CALL_MS);
        if (error == NULL)
            return why;
        const bool again = rd_kafka_error_is_retriable(error);
        rd_kafka_error_destroy(error);
        if (!again)
            return why == LOST ? LOST : REPLACE;
        if (!is_owner(producer))
            return LOST;
    }
}

static enum outcome transact(struct cw_producer *producer,
                             const struct cw_message *messages, size_t count,
                             const rd_kafka_topic_partition_list_t *offsets,
                             const rd_kafka_consumer_group_metadata_t *group,
                             struct cw_error *err)
{
    rd_kafka_error_t *error = rd_kafka_begin_transaction(producer->handle);
    if (error != NULL) {
        (void)outcome_of(error, "begin", err);
        return REPLACE;
    }
    enum outcome outcome = produce_all(producer, messages, count, err);
    if (outcome == DONE)
        outcome = send_offsets(producer, offsets, group, err);
    if (outcome == DONE && producer->config.spoil != NULL &&
        producer->config.spoil(producer->config.context)) {
        (void)cw_fail(err, CW_UNAVAILABLE, "spoiled by the test");
        outcome = AGAIN;
    }
    if (outcome == DONE)
        outcome = commit(producer, err);
    if (outcome == AGAIN || outcome == LOST)
        outcome = abort_transaction(producer, outcome);
    return outcome;
}

static enum cw_status replace(struct cw_producer *producer,
                              struct cw_error *err)
{
    producer->counts.replaced++;
    cw_producer_drop(producer);
    return cw_producer_prepare(producer, err);
}

/* Before a transaction: the handle is there, and nothing of the last one is in
 * doubt. */
static enum cw_status make_ready(struct cw_producer *producer,
                                 struct cw_error *err)
{
    if (producer->handle == NULL)
        return cw_producer_prepare(producer, err);
    if (!atomic_load(&producer->tainted))
        return CW_OK;
    producer->counts.tainted++;
    return replace(producer, err);
}

/* After one that failed: CW_OK when the same bytes may be sent again, else why
 * the commit is given up. err says how it failed. */
static enum cw_status recover(struct cw_producer *producer,
                              enum outcome outcome, int64_t began_us,
                              struct cw_error *err)
{
    if (outcome == LOST || !is_owner(producer))
        return cw_fail(err, CW_FENCED, "the assignment is no longer ours");
    if (err->status == CW_NOT_AUTHORISED || is_out_of_time(producer, began_us))
        return err->status;
    return outcome == REPLACE ? replace(producer, err) : CW_OK;
}

static void pause_before_retry(const struct cw_producer *producer, int attempt)
{
    const int wait_ms = attempt < 6 ? 10 << attempt : 500;
    beat(producer);
    (void)rd_kafka_poll(producer->handle, wait_ms);
}

enum cw_status cw_producer_commit(
    struct cw_producer *producer, const struct cw_message *messages,
    size_t count, const rd_kafka_topic_partition_list_t *offsets,
    const rd_kafka_consumer_group_metadata_t *group, struct cw_error *err)
{
    const int64_t began_us = monotonic(producer);
    for (int attempt = 0;; attempt++) {
        enum cw_status status = make_ready(producer, err);
        if (status != CW_OK)
            return status;
        const enum outcome outcome =
            transact(producer, messages, count, offsets, group, err);
        if (outcome == DONE) {
            producer->counts.commits++;
            return CW_OK;
        }
        CW_LOG(producer->config.kafka->log, WARN, "commit_failed",
               cw_kv_int("attempt", attempt), cw_kv_error(err));
        status = recover(producer, outcome, began_us, err);
        if (status != CW_OK)
            return status;
        pause_before_retry(producer, attempt);
    }
}

struct cw_producer_counts cw_producer_counts(const struct cw_producer *producer)
{
    return producer->counts;
}
