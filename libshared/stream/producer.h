/*
 * producer - one commit: outputs, positions and snapshots together, or not.
 *
 * Place    loop: sealed messages and offsets -> [producer] -> Kafka
 * Input    the bytes stay the caller's until commit returns; they are sent
 *          again, never computed again
 * Output   CW_OK: everything is visible and the offsets are committed
 * Threads  one owner thread; interceptor callbacks come from librdkafka's and
 *          only set an atomic flag
 * Source   reliability.md section 3: the five rules
 *
 * Order inside a transaction: outputs, wait until all are acknowledged, then
 * offsets, then commit. A request on api key 0, 24, 25, 26 or 28 that got no
 * definite answer taints the producer: its late copy could end the next
 * transaction. A tainted producer is replaced (same id, init_transactions:
 * the new epoch fences what is in flight) before the next begin.
 */
#ifndef CW_STREAM_PRODUCER_H
#define CW_STREAM_PRODUCER_H

#include "core/outbox.h"
#include "stream/kafka.h"

struct cw_producer;

/* Asked before the producer takes up its id again: are we still the owner? A
 * zombie must not fence its successor. */
typedef bool cw_producer_owner(void *context);

struct cw_producer_config {
    const struct cw_kafka *kafka; /* borrowed */
    const char *transactional_id; /* borrowed */
    cw_producer_owner *owner;
    void (*beat)(void *context);  /* told that it is at work; may be NULL */
    bool (*spoil)(void *context); /* tests: true aborts this attempt, before
                                     its commit; NULL = never */
    void *context;
    int64_t give_up_us; /* CW_UNAVAILABLE when the brokers are away so long;
                           0 = never */
};

struct cw_producer_counts {
    uint64_t commits;
    uint64_t aborts;
    uint64_t replaced; /* new producers after a taint or a fatal error */
    uint64_t tainted;
};

/* Makes a producer the caller owns; talks to Kafka only at the first commit.
 * Copies *config. CW_BAD_CONFIG. */
CW_MUST_USE enum cw_status
cw_producer_create(struct cw_producer **made,
                   const struct cw_producer_config *config,
                   struct cw_error *err);
void cw_producer_destroy(struct cw_producer **producer);

/* Takes up the id now, so that what a predecessor left open is ended before
 * the committed offsets are read. CW_FENCED, CW_NOT_AUTHORISED. */
CW_MUST_USE enum cw_status cw_producer_prepare(struct cw_producer *producer,
                                               struct cw_error *err);

/* One transaction. name gives the full topic name of a message.
 * CW_FENCED: we are no longer the owner, nothing is known to be committed:
 * drop state and restore. */
CW_MUST_USE enum cw_status cw_producer_commit(
    struct cw_producer *producer, const struct cw_message *messages,
    size_t count, const rd_kafka_topic_partition_list_t *offsets,
    const rd_kafka_consumer_group_metadata_t *group, struct cw_error *err);

/* Forgets the handle: the next commit starts anew. For a lost assignment. */
void cw_producer_drop(struct cw_producer *producer);

struct cw_producer_counts
cw_producer_counts(const struct cw_producer *producer);

#endif
