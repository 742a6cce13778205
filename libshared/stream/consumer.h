/*
 * consumer - membership in a group, and each owned partition by its own queue.
 *
 * Place    loop: [consumer] -> messages of one topic-partition at a time
 * Input    subscriptions; the group's decisions, told through callbacks on the
 *          thread that polls
 * Output   messages in offset order, the end of a partition, lost and revoked
 *          partitions
 * Limits   librdkafka's queues are bounded by kafka.queued.max.messages.kbytes;
 *          a partition that is not taken from is not fetched beyond it
 * Threads  one owner thread
 *
 * Assignor range, static membership, read_committed, no automatic commit and
 * no automatic reset: a gap inside is loud. Partition queues are separate, so
 * a partition is held back by not taking from it, never by pause (which skips
 * or rewinds in librdkafka 2.0).
 */
#ifndef CW_STREAM_CONSUMER_H
#define CW_STREAM_CONSUMER_H

#include "base/arena.h"
#include "stream/kafka.h"

struct cw_consumer;

struct cw_partition {
    struct cw_text topic; /* full name; lent until revoked */
    int32_t partition;
};

struct cw_consumer_callbacks {
    /* New partitions. The owner restores and calls cw_consumer_start for each
     * before it returns. */
    enum cw_status (*assigned)(void *context,
                               const struct cw_partition *partitions,
                               size_t count, struct cw_error *err);
    /* They go to others when this returns: the last chance to commit. */
    void (*revoked)(void *context, bool lost);
    void *context;
};

struct cw_consumer_config {
    const struct cw_kafka *kafka; /* borrowed */
    const char *group;
    const char *const *topics; /* full names, borrowed until created */
    size_t topic_count;
    struct cw_consumer_callbacks callbacks;
    int64_t session_us; /* a silent member keeps its partitions so long; 0 =
                           as configured */
};

CW_MUST_USE enum cw_status
cw_consumer_create(struct cw_consumer **made,
                   const struct cw_consumer_config *config,
                   struct cw_error *err);
/* Leaves without LeaveGroup: a static member comes back. */
void cw_consumer_destroy(struct cw_consumer **consumer);

/* Serves the group, then waits up to wait_ms until a partition has something.
 * Callbacks are called from here. CW_FENCED: fatal, start anew. */
CW_MUST_USE enum cw_status cw_consumer_poll(struct cw_consumer *consumer,
                                            int wait_ms, struct cw_error *err);

/* Starts fetching a partition at offset. Only inside assigned. */
CW_MUST_USE enum cw_status
cw_consumer_start(struct cw_consumer *consumer,
                  const struct cw_partition *partition, int64_t offset,
                  struct cw_error *err);

struct cw_incoming {
    bool at_end; /* nothing more for now; no message */
    const rd_kafka_message_t *message;
};

/* Next message of an owned partition; false when there is none now. The
 * message is lent until the next call on this consumer. CW_GAP: the offset
 * asked for is gone, or offsets run backwards. */
CW_MUST_USE enum cw_status cw_consumer_take(struct cw_consumer *consumer,
                                            size_t index,
                                            struct cw_incoming *incoming,
                                            bool *found, struct cw_error *err);
/* Owned partitions are 0..count-1, in the order given to assigned. */
size_t cw_consumer_count(const struct cw_consumer *consumer);
const struct cw_partition *
cw_consumer_partition(const struct cw_consumer *consumer, size_t index);

/* Committed offset and metadata of partitions of this group; offset -1 and
 * empty when none. metadata is copied into arena. */
struct cw_committed {
    int64_t offset;
    struct cw_text metadata;
};
CW_MUST_USE enum cw_status
cw_consumer_committed(struct cw_consumer *consumer,
                      const struct cw_partition *partitions, size_t count,
                      struct cw_arena *arena, struct cw_committed *committed,
                      struct cw_error *err);

/* First and next offset of a partition now. */
CW_MUST_USE enum cw_status
cw_consumer_bounds(struct cw_consumer *consumer,
                   const struct cw_partition *partition, int64_t *first,
                   int64_t *next, struct cw_error *err);

/* Group metadata of the assignment in force, NULL when there is none. */
const rd_kafka_consumer_group_metadata_t *
cw_consumer_group(const struct cw_consumer *consumer);
/* Whether what was assigned is still ours, as far as the client knows. */
bool cw_consumer_owns(const struct cw_consumer *consumer);

rd_kafka_t *cw_consumer_handle(struct cw_consumer *consumer);

#endif
