#include "lag.h"

#include <inttypes.h>
#include <string.h>

#include "engine.h"
#include "manifest_record.h"
#include "table.h"

#define ASK_MS 10000

struct lag {
    struct call *call;
    struct client *client;
    const rd_kafka_metadata_t *metadata;
    struct manifest_record *manifest;
    struct engine *engine;
    struct table *table;
};

/* Only asks: no member of the group, so nothing is rebalanced. */
static enum cw_status open_group(const struct lag *lag, const char *group,
                                 rd_kafka_t **handle, struct cw_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    char why[200];
    enum cw_status status =
        cw_kafka_conf(&conf, client_kafka(lag->client), CW_KAFKA_CONSUMER, err);
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

static void add_topic(const struct lag *lag, const char *topic,
                      rd_kafka_topic_partition_list_t *list)
{
    const int count = client_partitions(lag->metadata, topic);
    for (int p = 0; p < count; p++)
        (void)rd_kafka_topic_partition_list_add(list, topic, p);
}

static void add_inputs(const struct lag *lag,
                       const struct cw_pipeline_stage *stage,
                       rd_kafka_topic_partition_list_t *list)
{
    char name[CLIENT_NAME_MAX];
    const struct cw_manifest *manifest = manifest_record_get(lag->manifest);
    for (size_t i = 0; stage->service == CW_SERVICE_NORMALIZER &&
                       manifest != NULL && i < manifest->raw_topics_count;
         i++) {
        (void)snprintf(name, sizeof(name), "%.*s",
                       CW_TEXT_ARG(manifest->raw_topics[i].name));
        add_topic(lag, name, list);
    }
    for (const enum cw_topic *topic = stage->type->inputs;
         *topic != CW_TOPIC_COUNT; topic++) {
        if (*topic == CW_TOPIC_RAW)
            continue;
        client_topic(lag->client, cw_topic_spec(*topic)->name, name);
        add_topic(lag, name, list);
    }
}

static enum cw_status add_row(const struct lag *lag, const char *group,
                              const rd_kafka_topic_partition_t *place,
                              int64_t end, struct cw_error *err)
{
    char cells[4][24];
    const bool known = place->offset >= 0;
    (void)snprintf(cells[0], sizeof(cells[0]), "%d", place->partition);
    (void)snprintf(cells[1], sizeof(cells[1]), "%" PRId64, place->offset);
    (void)snprintf(cells[2], sizeof(cells[2]), "%" PRId64, end);
    (void)snprintf(cells[3], sizeof(cells[3]), "%" PRId64,
                   end - (known ? place->offset : 0));
    const struct cw_text row[] = {
        cw_text_of(group),    cw_text_of(place->topic),
        cw_text_of(cells[0]), cw_text_of(known ? cells[1] : ""),
        cw_text_of(cells[2]), cw_text_of(cells[3])};
    return table_add(lag->table, row, err);
}

static enum cw_status ask_group(const struct lag *lag,
                                const struct cw_pipeline_stage *stage,
                                struct cw_error *err)
{
    char group[CLIENT_NAME_MAX];
    rd_kafka_t *handle = NULL;
    client_topic(lag->client, cw_service_name(stage->service), group);
    enum cw_status status = open_group(lag, group, &handle, err);
    if (status != CW_OK)
        return status;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(64);
    add_inputs(lag, stage, list);
    const rd_kafka_resp_err_t code = rd_kafka_committed(handle, list, ASK_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = cw_fail(err, cw_kafka_status(code), "%s: %s", group,
                         rd_kafka_err2str(code));
    for (int i = 0; i < list->cnt && status == CW_OK; i++) {
        int64_t first = 0;
        int64_t end = 0;
        (void)rd_kafka_query_watermark_offsets(handle, list->elems[i].topic,
                                               list->elems[i].partition, &first,
                                               &end, ASK_MS);
        if (!call_has(lag->call, "behind") || end > list->elems[i].offset)
            status = add_row(lag, group, &list->elems[i], end, err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(handle);
    return status;
}

static enum cw_status open_lag(struct lag *lag, struct cw_error *err)
{
    static const char *const columns[] = {
        "group", "topic", "#partition", "#committed", "#end", "#lag", NULL};
    enum cw_status status = client_open(&lag->client, lag->call, err);
    if (status == CW_OK)
        status = client_metadata(lag->client, &lag->metadata, err);
    if (status == CW_OK)
        status = manifest_record_read(&lag->manifest, lag->client,
                                      lag->metadata, err);
    if (status == CW_OK)
        status = engine_create(&lag->engine, NULL, err);
    if (status == CW_OK)
        status = table_create(&lag->table, columns, err);
    return status;
}

enum cw_status lag_run(struct call *call, struct cw_error *err)
{
    struct lag lag = {.call = call};
    size_t count = 0;
    enum cw_status status = open_lag(&lag, err);
    const struct cw_pipeline_stage *stages =
        status == CW_OK ? engine_stages(lag.engine, &count) : NULL;
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status = ask_group(&lag, &stages[i], err);
    if (status == CW_OK)
        table_print(lag.table, call->output, call->out);
    table_destroy(&lag.table);
    engine_destroy(&lag.engine);
    manifest_record_destroy(&lag.manifest);
    if (lag.metadata != NULL)
        rd_kafka_metadata_destroy(lag.metadata);
    client_close(&lag.client);
    return status;
}
