/*
 * owned - one partition this consumer has been given: where it stands, and
 * what came before its turn.
 *
 * Place    consumer
 * Threads  the consumer's
 */
#ifndef CW_STREAM_OWNED_H
#define CW_STREAM_OWNED_H

#include "stream/consumer.h"
#include "stream/lags.h"

/* What reached the common queue in the moment between the assignment and the
 * cutting off of its queues: it comes first. */
struct cw_early {
    rd_kafka_message_t *message;
    struct cw_early *next;
};

struct cw_owned {
    struct cw_early *early; /* in order */
    struct cw_partition partition;
    char *name; /* owns partition.topic */
    rd_kafka_queue_t *queue;
    int64_t next_offset; /* at least */
    int64_t start_offset;
    int64_t end_offset; /* where the end was last heard of, -1 = nowhere */
    int64_t taken_ms;   /* timestamp of the last message, -1 = none */
    bool started;
};

/* CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_owned_init(struct cw_owned *owned,
                                         const char *topic, int32_t partition,
                                         struct cw_error *err);
void cw_owned_fini(struct cw_owned *owned);

bool cw_owned_is(const struct cw_owned *owned, const char *topic,
                 int32_t partition);

/* Takes the message over; false: no memory, it is still the caller's. */
bool cw_owned_keep_early(struct cw_owned *owned, rd_kafka_message_t *message);
/* NULL: nothing came early. */
rd_kafka_message_t *cw_owned_pop_early(struct cw_owned *owned);

/* A message, or the end, has been taken. CW_GAP: offsets run backwards. */
CW_MUST_USE enum cw_status cw_owned_take(struct cw_owned *owned,
                                         const rd_kafka_message_t *message,
                                         struct cw_error *err);

/* By what the client knows already, no request is made. False: nothing. */
bool cw_owned_lag(const struct cw_owned *owned, rd_kafka_t *handle,
                  int64_t now_us, struct cw_lag *lag);

#endif
