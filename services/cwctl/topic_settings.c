#include "topic_settings.h"

#include <stdlib.h>

#define ASK_MS 10000

static void compare_entries(struct topic_plan *plan,
                            const rd_kafka_ConfigResource_t *resource)
{
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries =
        rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != NULL)
            topic_plan_compare(plan, rd_kafka_ConfigResource_name(resource),
                               rd_kafka_ConfigEntry_name(entries[i]), value);
    }
}

static enum cw_status read_answer(struct topic_plan *plan,
                                  rd_kafka_event_t *event, struct cw_error *err)
{
    size_t count = 0;
    if (event == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "describe configs: no answer");
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cw_fail(err, cw_kafka_status(rd_kafka_event_error(event)),
                       "describe configs: %s",
                       rd_kafka_event_error_string(event));
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_resp_err_t code =
            rd_kafka_ConfigResource_error(resources[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return cw_fail(err, cw_kafka_status(code),
                           "describe configs of %s: %s",
                           rd_kafka_ConfigResource_name(resources[i]),
                           rd_kafka_err2str(code));
        compare_entries(plan, resources[i]);
    }
    return CW_OK;
}

static enum cw_status ask(rd_kafka_t *handle, struct topic_plan *plan,
                          rd_kafka_ConfigResource_t **resources, size_t count,
                          struct cw_error *err)
{
    char why[200];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, ASK_MS, why,
                                                    sizeof(why));
    rd_kafka_DescribeConfigs(handle, resources, count, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ASK_MS + 5000);
    const enum cw_status status = read_answer(plan, event, err);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return status;
}

enum cw_status topic_settings_compare(struct client *client,
                                      struct topic_plan *plan,
                                      struct cw_error *err)
{
    rd_kafka_t *handle = NULL;
    size_t count = 0;
    rd_kafka_ConfigResource_t **resources =
        calloc(topic_plan_count(plan) + 1, sizeof(rd_kafka_ConfigResource_t *));
    if (resources == NULL)
        return cw_fail(err, CW_NO_MEMORY, "settings of topics");
    for (size_t i = 0; i < topic_plan_count(plan); i++) {
        const struct planned_topic *topic = topic_plan_at(plan, i);
        if (!topic->raw && topic->there > 0)
            resources[count++] = rd_kafka_ConfigResource_new(
                RD_KAFKA_RESOURCE_TOPIC, topic->name);
    }
    enum cw_status status = client_handle(client, &handle, err);
    if (status == CW_OK && count > 0)
        status = ask(handle, plan, resources, count, err);
    rd_kafka_ConfigResource_destroy_array(resources, count);
    free(resources);
    return status;
}
