#include "stream/reader.h"

#include <stdio.h>

#include "base/time.h"

static enum cw_status open_reader(const struct cw_kafka *kafka,
                                  rd_kafka_t **handle, struct cw_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum cw_status status = cw_kafka_conf(&conf, kafka, CW_KAFKA_CONSUMER, err);
    if (status != CW_OK)
        return status;
    char group[256]; /* joined by nobody; librdkafka wants a name */
    (void)snprintf(group, sizeof(group), "%s.reader", kafka->prefix);
    const char *const settings[][2] = {
        {"group.id", group},
        {"enable.auto.commit", "false"},
        {"isolation.level", "read_committed"},
        {"auto.offset.reset", "earliest"},
        {"enable.partition.eof", "true"},
    };
    for (size_t i = 0;
         i < sizeof(settings) / sizeof(settings[0]) && status == CW_OK; i++)
        status = cw_kafka_set(conf, settings[i][0], settings[i][1], err);
    char why[200];
    if (status == CW_OK) {
        *handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
        if (*handle != NULL)
            return CW_OK;
        status = cw_fail(err, CW_BAD_CONFIG, "reader: %s", why);
    }
    rd_kafka_conf_destroy(conf);
    return status;
}

/* Under read_committed the end is the last stable offset. While it lies below
 * the high watermark a transaction is being ended, and its records belong to
 * what was committed before we came. */
static bool is_settled(rd_kafka_t *handle, const rd_kafka_message_t *end)
{
    int64_t first;
    int64_t next;
    if (rd_kafka_query_watermark_offsets(handle, rd_kafka_topic_name(end->rkt),
                                         end->partition, &first, &next,
                                         1000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    return end->offset >= next;
}

/* *ended is set at the end of the partition. */
static enum cw_status take_one(rd_kafka_t *handle, cw_reader_take *take,
                               void *to, bool *ended, struct cw_error *err)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(handle, 100);
    if (message == NULL)
        return CW_OK;
    enum cw_status status = CW_OK;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        status = take(to, message, err);
    else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        *ended = is_settled(handle, message);
    else if (cw_kafka_status(message->err) != CW_UNAVAILABLE)
        status = cw_fail(err, cw_kafka_status(message->err), "%s",
                         rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return status;
}

enum cw_status cw_reader_read(const struct cw_kafka *kafka,
                              const struct cw_reader_range *range,
                              cw_reader_take *take, void *to,
                              struct cw_error *err)
{
    rd_kafka_t *handle = NULL;
    enum cw_status status = open_reader(kafka, &handle, err);
    if (status != CW_OK)
        return status;
    (void)rd_kafka_poll_set_consumer(handle);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, range->topic, range->partition)
        ->offset = range->offset;
    (void)rd_kafka_assign(handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    const struct cw_clocks clock = cw_clock_system();
    const int64_t until_us = cw_clock_monotonic_us(&clock) + range->timeout_us;
    bool ended = false;
    while (status == CW_OK && !ended) {
        status = take_one(handle, take, to, &ended, err);
        if (status == CW_OK && !ended &&
            cw_clock_monotonic_us(&clock) > until_us)
            status =
                cw_fail(err, CW_UNAVAILABLE,
                        "%s/%d: its end did not come: a transaction hangs?",
                        range->topic, range->partition);
    }
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return status;
}
