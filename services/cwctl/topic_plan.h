/*
 * topic_plan - every topic an installation needs, and how it is kept.
 *
 * Place    topics plan, topics create, doctor: topic table + raw topics +
 *          what is there -> [topic_plan]
 * Input    partitions of the engine's topics; raw topics NAME[:PARTITIONS
 *          [:FORMAT]]; the manifest of an earlier call; Kafka's metadata
 * Output   topics with settings and what is true of them now; of topics that
 *          are there and not raw also where a setting would lose records
 * Limits   CW_PLAN_RAW_MAX raw topics
 * Threads  one owner thread
 *
 * raw.commands, raw.config, raw.models and raw.results are always there: what
 * people and effects say comes back through them.
 */
#ifndef CWCTL_TOPIC_PLAN_H
#define CWCTL_TOPIC_PLAN_H

#include "client.h"
#include "core/plan.h"
#include "record/records.h"

#define TOPIC_SETTINGS_MAX 10
#define TOPIC_DIFFERS_SIZE 240

enum topic_state { TOPIC_MISSING, TOPIC_THERE, TOPIC_DIFFERS };

struct topic_setting {
    const char *name;
    char value[24];
};

struct planned_topic {
    char name[CLIENT_NAME_MAX];
    uint32_t partitions;
    int there; /* partitions it has now, 0 = missing */
    enum topic_state state;
    char differs[TOPIC_DIFFERS_SIZE]; /* in words; "" unless TOPIC_DIFFERS */
    bool unusable; /* it differs where the services cannot work with it */
    bool raw;
    struct topic_setting settings[TOPIC_SETTINGS_MAX];
    size_t setting_count;
};

struct topic_plan;

struct topic_plan_setup {
    const char *prefix;
    uint32_t partitions;    /* 0 = as the manifest says, else 16 */
    const char *const *raw; /* words NAME[:PARTITIONS[:FORMAT]], borrowed */
    size_t raw_count;
    int replication; /* 0 = 3, or as many as there are brokers */
    const struct cw_manifest *before; /* NULL: first installation */
    const rd_kafka_metadata_t *metadata;
};

/* CW_BAD_CONFIG: a raw topic cannot be read, or the manifest says another
 * partition count. */
CW_MUST_USE enum cw_status
topic_plan_create(struct topic_plan **made,
                  const struct topic_plan_setup *setup, struct cw_error *err);
void topic_plan_destroy(struct topic_plan **plan);

size_t topic_plan_count(const struct topic_plan *plan);
const struct planned_topic *topic_plan_at(const struct topic_plan *plan,
                                          size_t index);

/* A topic that is there says value of a setting: another cleanup.policy,
 * retention.ms or max.message.bytes below the plan's make it TOPIC_DIFFERS. Raw
 * topics are their owner's, and every other setting may be anything. */
void topic_plan_compare(struct topic_plan *plan, const char *topic,
                        const char *name, const char *value);

uint32_t topic_plan_partitions(const struct topic_plan *plan);
int topic_plan_replication(const struct topic_plan *plan);
/* What the new manifest says; lent for the plan's life. */
const struct cw_raw_topic *topic_plan_raw(const struct topic_plan *plan,
                                          size_t *count);

#endif
