#include "inputs.h"

#include <stdio.h>

static void add_topic(const struct inputs *inputs, const char *topic,
                      rd_kafka_topic_partition_list_t *list)
{
    const int count = client_partitions(inputs->metadata, topic);
    for (int p = 0; p < count; p++)
        (void)rd_kafka_topic_partition_list_add(list, topic, p);
}

void inputs_add(const struct inputs *inputs, enum cw_topic topic,
                rd_kafka_topic_partition_list_t *list)
{
    char name[CLIENT_NAME_MAX];
    client_topic(inputs->client, cw_topic_spec(topic)->name, name);
    add_topic(inputs, name, list);
}

void inputs_add_stage(const struct inputs *inputs,
                      const struct cw_pipeline_stage *stage,
                      rd_kafka_topic_partition_list_t *list)
{
    char name[CLIENT_NAME_MAX];
    const struct cw_manifest *manifest = inputs->manifest;
    for (size_t i = 0; stage->service == CW_SERVICE_NORMALIZER &&
                       manifest != NULL && i < manifest->raw_topics_count;
         i++) {
        (void)snprintf(name, sizeof(name), "%.*s",
                       CW_TEXT_ARG(manifest->raw_topics[i].name));
        add_topic(inputs, name, list);
    }
    for (const enum cw_topic *topic = stage->type->inputs;
         *topic != CW_TOPIC_COUNT; topic++)
        if (*topic != CW_TOPIC_RAW)
            inputs_add(inputs, *topic, list);
}

enum cw_status inputs_open_group(const struct inputs *inputs, const char *group,
                                 rd_kafka_t **handle, struct cw_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    char why[200];
    enum cw_status status = cw_kafka_conf(&conf, client_kafka(inputs->client),
                                          CW_KAFKA_CONSUMER, err);
    if (status != CW_OK)
        return status;
    status = cw_kafka_set(conf, "group.id", group, err);
    if (status == CW_OK)
        status = cw_kafka_set(conf, "isolation.level", "read_committed", err);
    if (status == CW_OK) {
        *handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
        if (*handle != NULL)
            return CW_OK;
        status = cw_fail(err, CW_BAD_CONFIG, "%s", why);
    }
    rd_kafka_conf_destroy(conf);
    return status;
}
