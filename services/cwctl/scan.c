#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define POLL_MS  100
#define TIMES_MS 10000

enum cw_status scan_open(const struct client *client, rd_kafka_t **handle,
                         struct cw_error *err)
{
    static const char *const settings[][2] = {
        {"group.id", "cwctl"},
        {"enable.auto.commit", "false"},
        {"isolation.level", "read_committed"},
        {"auto.offset.reset", "earliest"},
        {"enable.partition.eof", "true"},
        {"fetch.wait.max.ms", "20"},
    };
    rd_kafka_conf_t *conf = NULL;
    char why[200];
    enum cw_status status =
        cw_kafka_conf(&conf, client_kafka(client), CW_KAFKA_CONSUMER, err);
    if (status != CW_OK)
        return status;
    for (size_t i = 0;
         i < sizeof(settings) / sizeof(settings[0]) && status == CW_OK; i++)
        status = cw_kafka_set(conf, settings[i][0], settings[i][1], err);
    if (status == CW_OK) {
        *handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
        if (*handle != NULL)
            return CW_OK;
        status = cw_fail(err, CW_BAD_CONFIG, "%s", why);
    }
    rd_kafka_conf_destroy(conf);
    return status;
}

/* Where each partition ends now. RD_KAFKA_OFFSET_END would be looked up when
 * the first fetch begins: what came in between would not be read. */
static enum cw_status ends_of(rd_kafka_t *handle,
                              rd_kafka_topic_partition_list_t *ends,
                              struct cw_error *err)
{
    for (int i = 0; i < ends->cnt; i++) {
        rd_kafka_topic_partition_t *end = &ends->elems[i];
        int64_t first = 0;
        const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
            handle, end->topic, end->partition, &first, &end->offset, TIMES_MS);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return cw_fail(err, cw_kafka_status(code), "end of %s: %s",
                           end->topic, rd_kafka_err2str(code));
    }
    return CW_OK;
}

enum cw_status scan_seek(rd_kafka_t *handle, int64_t from_at,
                         rd_kafka_topic_partition_list_t *places,
                         struct cw_error *err)
{
    rd_kafka_topic_partition_list_t *ends =
        rd_kafka_topic_partition_list_copy(places);
    enum cw_status status = ends_of(handle, ends, err);
    for (int i = 0; i < places->cnt; i++)
        places->elems[i].offset = from_at / 1000;
    const rd_kafka_resp_err_t code =
        status == CW_OK ? rd_kafka_offsets_for_times(handle, places, TIMES_MS)
                        : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = cw_fail(err, cw_kafka_status(code), "offsets by time: %s",
                         rd_kafka_err2str(code));
    for (int i = 0; i < places->cnt; i++) /* -1: nothing as late */
        if (places->elems[i].offset < 0)
            places->elems[i].offset = ends->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(ends);
    return status;
}

enum cw_status scan_places(struct client *client, rd_kafka_t *handle,
                           const struct scan_setup *setup,
                           rd_kafka_topic_partition_list_t **places,
                           struct cw_error *err)
{
    const rd_kafka_metadata_t *metadata = NULL;
    if (setup->places != NULL) {
        *places = rd_kafka_topic_partition_list_copy(setup->places);
        return CW_OK;
    }
    enum cw_status status = client_metadata(client, &metadata, err);
    if (status != CW_OK)
        return status;
    *places = rd_kafka_topic_partition_list_new(16);
    for (size_t i = 0; i < setup->topic_count && status == CW_OK; i++) {
        const int count = client_partitions(metadata, setup->topics[i]);
        if (count == 0)
            status =
                cw_fail(err, CW_NOT_FOUND, "no topic %s: cwctl topics plan",
                        setup->topics[i]);
        for (int p = 0; p < count; p++)
            rd_kafka_topic_partition_list_add(*places, setup->topics[i], p)
                ->offset = setup->from_at == INT64_MAX
                               ? RD_KAFKA_OFFSET_END
                               : RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_metadata_destroy(metadata);
    if (status == CW_OK && setup->from_at > 0 && setup->from_at != INT64_MAX)
        status = scan_seek(handle, setup->from_at, *places, err);
    if (status != CW_OK) {
        rd_kafka_topic_partition_list_destroy(*places);
        *places = NULL;
    }
    return status;
}

struct progress {
    rd_kafka_topic_partition_list_t *places; /* opaque set: was at its end */
    int left;
    bool stop;
};

static void mark_end(struct progress *progress,
                     const rd_kafka_message_t *message)
{
    rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_find(
        progress->places, rd_kafka_topic_name(message->rkt),
        message->partition);
    if (place == NULL || place->opaque != NULL)
        return;
    place->opaque = place;
    progress->left--;
}

static enum cw_status take_message(const struct scan_setup *setup,
                                   const rd_kafka_message_t *message,
                                   struct progress *progress,
                                   struct cw_error *err)
{
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return setup->take(setup->to, message, &progress->stop, err);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        mark_end(progress, message);
        return CW_OK;
    }
    if (cw_kafka_status(message->err) == CW_UNAVAILABLE)
        return CW_OK; /* librdkafka goes on trying */
    return cw_fail(err, cw_kafka_status(message->err), "%s",
                   rd_kafka_message_errstr(message));
}

static enum cw_status read_places(rd_kafka_t *handle,
                                  const struct scan_setup *setup,
                                  rd_kafka_topic_partition_list_t *places,
                                  struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t until_us = cw_clock_monotonic_us(&clock) + setup->limit_us;
    struct progress progress = {places, places->cnt, false};
    enum cw_status status = CW_OK;
    while (status == CW_OK && !progress.stop &&
           (setup->follow || progress.left > 0)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(handle, POLL_MS);
        if (message != NULL) {
            status = take_message(setup, message, &progress, err);
            rd_kafka_message_destroy(message);
        }
        if (status == CW_OK && !progress.stop && setup->limit_us > 0 &&
            cw_clock_monotonic_us(&clock) > until_us)
            status = cw_fail(err, CW_UNAVAILABLE, "it did not come in time");
    }
    return status;
}

enum cw_status scan_run(struct client *client, const struct scan_setup *setup,
                        struct cw_error *err)
{
    rd_kafka_t *handle = NULL;
    rd_kafka_topic_partition_list_t *places = NULL;
    enum cw_status status = scan_open(client, &handle, err);
    if (status != CW_OK)
        return status;
    (void)rd_kafka_poll_set_consumer(handle);
    status = scan_places(client, handle, setup, &places, err);
    if (status == CW_OK) {
        (void)rd_kafka_assign(handle, places);
        status = read_places(handle, setup, places, err);
        rd_kafka_topic_partition_list_destroy(places);
    }
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return status;
}
