/*
 * follow - reads topics as a group, at least once, for services that act on
 * the world: recorder, notifier, effect loops.
 *
 * Place    main.c of such a service: [follow] -> messages, one at a time
 * Input    where to start a partition is the caller's to say
 * Limits   as consumer
 * Threads  one owner thread
 */
#ifndef CW_STREAM_FOLLOW_H
#define CW_STREAM_FOLLOW_H

#include "stream/consumer.h"

struct cw_follow;

struct cw_follow_start {
    struct cw_partition partition;
    int64_t first;     /* that is there */
    int64_t next;      /* end of the partition now */
    int64_t committed; /* -1 = none */
};

struct cw_follow_config {
    const struct cw_kafka *kafka; /* borrowed */
    const char *group;            /* copied */
    const char *const *topics;    /* full names, copied */
    size_t topic_count;
    int64_t session_us; /* as in consumer; 0 = as configured */
    /* Chooses *offset. NULL: the committed one, else the first. */
    enum cw_status (*start)(void *context, const struct cw_follow_start *at,
                            int64_t *offset, struct cw_error *err);
    /* The partitions go; messages not yet dealt with come again. */
    void (*revoked)(void *context);
    void *context;
};

CW_MUST_USE enum cw_status cw_follow_open(struct cw_follow **made,
                                          const struct cw_follow_config *config,
                                          struct cw_error *err);
void cw_follow_close(struct cw_follow **follow);

/* Next message of any partition, waiting up to wait_ms; *message NULL when
 * there is none. Lent until the next call. Partitions take turns. */
CW_MUST_USE enum cw_status cw_follow_next(struct cw_follow *follow, int wait_ms,
                                          const rd_kafka_message_t **message,
                                          struct cw_error *err);

/* Commits everything given out so far in the group: it has been dealt with. */
CW_MUST_USE enum cw_status cw_follow_commit(struct cw_follow *follow,
                                            struct cw_error *err);

bool cw_follow_assigned(const struct cw_follow *follow);
/* Whether every owned partition was at its end when last asked. */
bool cw_follow_at_end(const struct cw_follow *follow);

#endif
