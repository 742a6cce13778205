/*
 * lags - how far a consumer is behind, partition by partition, as it last said.
 *
 * Place    consumer (once a second) -> [lags] -> /metrics
 * Output   causeway_consumer_lag and causeway_consumer_lag_seconds of what is
 *          owned now; a partition that went to another has no series here
 * Limits   CW_LAGS_MAX partitions, more are left out
 * Threads  begin, add and end are the consumer's; expose is the admin port's
 */
#ifndef CW_STREAM_LAGS_H
#define CW_STREAM_LAGS_H

#include "base/metrics.h"

#define CW_LAGS_MAX 1024u

struct cw_lags;

struct cw_lag {
    const char *topic; /* full name; copied */
    int32_t partition;
    int64_t messages; /* to the end of the partition, at least 0 */
    double seconds;   /* age of the last message taken, 0 at the end */
};

/* The caller owns it. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_lags_create(struct cw_lags **made,
                                          struct cw_error *err);
void cw_lags_destroy(struct cw_lags **lags);

/* What is added between the two takes the place of all that was said before. */
void cw_lags_begin(struct cw_lags *lags);
void cw_lags_add(struct cw_lags *lags, const struct cw_lag *lag);
void cw_lags_end(struct cw_lags *lags);

/* The rows for messages and seconds have the labels role, topic, partition. */
void cw_lags_expose(struct cw_lags *lags, struct cw_metrics *metrics,
                    size_t messages_row, size_t seconds_row, const char *role);

#endif
