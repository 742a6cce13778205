#include "broker_version.h"

#include <string.h>

#define ASK_MS 10000

static enum cw_status read_answer(char *version, rd_kafka_event_t *event,
                                  struct cw_error *err)
{
    size_t count = 0;
    size_t entry_count = 0;
    rd_kafka_resp_err_t code = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT
                                             : rd_kafka_event_error(event);
    const rd_kafka_ConfigResource_t **resources =
        code == RD_KAFKA_RESP_ERR_NO_ERROR
            ? rd_kafka_DescribeConfigs_result_resources(
                  rd_kafka_event_DescribeConfigs_result(event), &count)
            : NULL;
    if (count > 0)
        code = rd_kafka_ConfigResource_error(resources[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cw_fail(err, cw_kafka_status(code), "settings of a broker: %s",
                       rd_kafka_err2str(code));
    const rd_kafka_ConfigEntry_t **entries =
        count > 0 ? rd_kafka_ConfigResource_configs(resources[0], &entry_count)
                  : NULL;
    for (size_t i = 0; i < entry_count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != NULL && strcmp(rd_kafka_ConfigEntry_name(entries[i]),
                                    "inter.broker.protocol.version") == 0)
            (void)snprintf(version, BROKER_VERSION_SIZE, "%s", value);
    }
    return CW_OK;
}

enum cw_status broker_version_ask(char version[BROKER_VERSION_SIZE],
                                  struct client *client, int32_t broker,
                                  struct cw_error *err)
{
    char name[16];
    char why[200];
    rd_kafka_t *handle = NULL;
    enum cw_status status = client_handle(client, &handle, err);
    version[0] = '\0';
    if (status != CW_OK)
        return status;
    (void)snprintf(name, sizeof(name), "%d", broker);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, name);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, ASK_MS, why,
                                                    sizeof(why));
    rd_kafka_DescribeConfigs(handle, &resource, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ASK_MS + 5000);
    status = read_answer(version, event, err);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return status;
}
