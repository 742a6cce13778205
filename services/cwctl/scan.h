/*
 * scan - everything committed on some topics, or what comes from now on.
 *
 * Place    commands over topics: Kafka -> [scan] -> a command's taker
 * Input    full names of topics; read committed, in no group
 * Output   messages, each partition in order; partitions in any order
 * Limits   ends when every partition was at its end once, or when the taker
 *          says so; following never ends by itself
 * Threads  one owner thread
 */
#ifndef CWCTL_SCAN_H
#define CWCTL_SCAN_H

#include "client.h"

#define SCAN_TOPICS_MAX 64

/* Lent until it returns. *stop ends the scan with CW_OK. */
typedef enum cw_status scan_take(void *to, const rd_kafka_message_t *message,
                                 bool *stop, struct cw_error *err);

struct scan_setup {
    const char *const *topics; /* full names */
    size_t topic_count;
    /* Instead of topics: these partitions, each from its offset; an offset
     * that is gone becomes the oldest. Borrowed. */
    const rd_kafka_topic_partition_list_t *places;
    int64_t
        from_at; /* Kafka time, us; 0 = the beginning; INT64_MAX = the end */
    bool follow; /* go on at the end */
    int64_t limit_us; /* give up after, without the end; 0 = never */
    scan_take *take;
    void *to;
};

/* CW_NOT_FOUND: a topic is missing; CW_UNAVAILABLE: limit_us went by. */
CW_MUST_USE enum cw_status scan_run(struct client *client,
                                    const struct scan_setup *setup,
                                    struct cw_error *err);

/* A consumer as scan has it, for those who read in another order. */
CW_MUST_USE enum cw_status scan_open(const struct client *client,
                                     rd_kafka_t **handle, struct cw_error *err);

/* Gives each place the offset of its first record of from_at (Kafka time, us)
 * or later; where there is none, the number of the next that comes. */
CW_MUST_USE enum cw_status scan_seek(rd_kafka_t *handle, int64_t from_at,
                                     rd_kafka_topic_partition_list_t *places,
                                     struct cw_error *err);

/* Every partition of the topics, each at its offset. */
CW_MUST_USE enum cw_status scan_places(struct client *client,
                                       rd_kafka_t *handle,
                                       const struct scan_setup *setup,
                                       rd_kafka_topic_partition_list_t **places,
                                       struct cw_error *err);

#endif
