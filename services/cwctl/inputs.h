/*
 * inputs - what the group of a stage reads, and a handle to ask about a group.
 *
 * Place    lag, doctor: manifest, stage -> [inputs] -> partitions
 * Threads  one owner thread
 */
#ifndef CWCTL_INPUTS_H
#define CWCTL_INPUTS_H

#include "engine.h"
#include "manifest_record.h"

struct inputs {
    struct client *client;
    const rd_kafka_metadata_t *metadata;
    const struct cw_manifest *manifest; /* NULL = none */
};

/* Every partition of one of our topics; of every input of a stage. */
void inputs_add(const struct inputs *inputs, enum cw_topic topic,
                rd_kafka_topic_partition_list_t *list);
void inputs_add_stage(const struct inputs *inputs,
                      const struct cw_pipeline_stage *stage,
                      rd_kafka_topic_partition_list_t *list);

/* Only asks: no member of the group, so nothing is rebalanced. The caller
 * destroys it. */
CW_MUST_USE enum cw_status inputs_open_group(const struct inputs *inputs,
                                             const char *group,
                                             rd_kafka_t **handle,
                                             struct cw_error *err);

#endif
