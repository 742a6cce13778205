/*
 * heard - who runs, and how far it has decided.
 *
 * Place    doctor: members of a group, and the time beside its committed
 *          offsets (stream/bookmark) -> [heard] -> a line a service
 * Limits   a member that died without a word counts until its session ends
 * Threads  one owner thread
 */
#ifndef CWCTL_HEARD_H
#define CWCTL_HEARD_H

#include "inputs.h"

#define HEARD_NEVER INT64_MIN

struct heard {
    int members;
    char state[24];     /* of the group, in Kafka's word */
    int64_t decided_at; /* end of the last slice every partition has decided,
                           stream time; HEARD_NEVER: nothing, or no stage */
};

/* stage NULL: only members are asked for. */
CW_MUST_USE enum cw_status
heard_ask(struct heard *heard, const struct inputs *inputs, const char *group,
          const struct cw_pipeline_stage *stage, struct cw_error *err);

/* A task reads one partition of every input: the latest time beside any of
 * them is its own; the slowest task counts. */
int64_t heard_decided(const rd_kafka_topic_partition_list_t *committed);

#endif
