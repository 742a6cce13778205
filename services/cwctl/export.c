#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manifest_record.h"
#include "message_line.h"
#include "record/records.h"
#include "scan.h"

#define ARENA_MAX ((size_t)256 << 20)
#define POLL_MS   100
#define QUIET_MAX 100 /* polls without news before an end is believed */

/* One raw partition being merged. */
struct stream {
    rd_kafka_queue_t *queue;
    rd_kafka_message_t *head;
    bool ended;
};

struct export
{
    struct call *call;
    struct client *client;
    const rd_kafka_metadata_t *metadata;
    struct manifest_record *manifest;
    struct cw_arena *arena;
    struct stream *streams;
    size_t stream_count;
    int64_t since_at;
    int64_t until_at; /* INT64_MAX = the end */
    char names[SCAN_TOPICS_MAX][CLIENT_NAME_MAX];
    const char *topics[SCAN_TOPICS_MAX];
    size_t topic_count;
};

static enum cw_status print_line(struct export *export, json_t *line,
                                 struct cw_error *err)
{
    if (line == NULL)
        return cw_fail(err, CW_NO_MEMORY, "message");
    (void)json_dumpf(line, export->call->out, JSON_COMPACT);
    json_decref(line);
    return fputc('\n', export->call->out) == EOF
               ? cw_fail(err, CW_BROKEN, "standard output: %s", strerror(errno))
               : CW_OK;
}

static enum cw_status take_ours(void *to, const rd_kafka_message_t *message,
                                bool *stop, struct cw_error *err)
{
    struct export *export = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    cw_arena_reset(export->arena);
    if (!message_record(message, export->arena, &type, &record) ||
        type == &cw_mark_type)
        return CW_OK;
    return print_line(export,
                      message_line(message, type, record, export->arena), err);
}

static void add_topic(struct export *export, const char *name)
{
    if (export->topic_count == SCAN_TOPICS_MAX ||
        client_partitions(export->metadata, name) == 0)
        return;
    char *kept = export->names[export->topic_count];
    (void)snprintf(kept, CLIENT_NAME_MAX, "%s", name);
    export->topics[export->topic_count++] = kept;
}

static void add_ours(struct export *export, const char *name)
{
    char full[CLIENT_NAME_MAX];
    client_topic(export->client, name, full);
    add_topic(export, full);
}

static enum cw_status export_ours(struct export *export, struct cw_error *err)
{
    char name[CLIENT_NAME_MAX];
    add_ours(export, "manifest");
    add_ours(export, "clock");
    for (unsigned s = 0; s < CW_SERVICE_COUNT; s++) {
        (void)snprintf(name, sizeof(name), "verdicts.%s",
                       cw_service_name((enum cw_service)s));
        add_ours(export, name);
    }
    const struct scan_setup setup = {.topics = export->topics,
                                     .topic_count = export->topic_count,
                                     .take = take_ours,
                                     .to = export};
    return scan_run(export->client, &setup, err);
}

/* ---- raw records -------------------------------------------------------- */

static int64_t time_of(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t kind;
    return rd_kafka_message_timestamp(message, &kind);
}

/* Waits for the next record of a stream, or for its end. */
static enum cw_status fill(struct stream *stream, struct cw_error *err)
{
    for (int quiet = 0; stream->head == NULL && !stream->ended; quiet++) {
        rd_kafka_message_t *message =
            rd_kafka_consume_queue(stream->queue, POLL_MS);
        if (message == NULL && quiet < QUIET_MAX)
            continue;
        if (message == NULL)
            return cw_fail(err, CW_UNAVAILABLE,
                           "a raw partition does not "
                           "answer");
        quiet = 0;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            stream->head = message;
            return CW_OK;
        }
        const rd_kafka_resp_err_t code = message->err;
        rd_kafka_message_destroy(message);
        stream->ended = code == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (!stream->ended && cw_kafka_status(code) != CW_UNAVAILABLE)
            return cw_fail(err, cw_kafka_status(code), "%s",
                           rd_kafka_err2str(code));
    }
    return CW_OK;
}

static enum cw_status merge(struct export *export, struct cw_error *err)
{
    for (;;) {
        struct stream *first = NULL;
        for (size_t i = 0; i < export->stream_count; i++) {
            struct stream *stream = &export->streams[i];
            const enum cw_status status = fill(stream, err);
            if (status != CW_OK)
                return status;
            if (stream->head != NULL &&
                (first == NULL || time_of(stream->head) < time_of(first->head)))
                first = stream;
        }
        if (first == NULL)
            return CW_OK;
        cw_arena_reset(export->arena);
        enum cw_status status = CW_OK;
        if (time_of(first->head) > export->until_at / 1000)
            first->ended = true;
        else
            status = print_line(
                export, message_line(first->head, NULL, NULL, export->arena),
                err);
        rd_kafka_message_destroy(first->head);
        first->head = NULL;
        if (status != CW_OK)
            return status;
    }
}

static enum cw_status
open_streams(struct export *export, rd_kafka_t *handle,
             const rd_kafka_topic_partition_list_t *places,
             struct cw_error *err)
{
    export->streams = calloc((size_t)places->cnt + 1, sizeof(*export->streams));
    if (export->streams == NULL)
        return cw_fail(err, CW_NO_MEMORY, "raw partitions");
    (void)rd_kafka_assign(handle, places);
    for (int i = 0; i < places->cnt; i++) {
        rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(
            handle, places->elems[i].topic, places->elems[i].partition);
        if (queue == NULL)
            return cw_fail(err, CW_BROKEN, "no queue of %s/%d",
                           places->elems[i].topic, places->elems[i].partition);
        rd_kafka_queue_forward(queue, NULL);
        export->streams[export->stream_count++].queue = queue;
    }
    return CW_OK;
}

static void close_streams(struct export *export)
{
    for (size_t i = 0; i < export->stream_count; i++) {
        if (export->streams[i].head != NULL)
            rd_kafka_message_destroy(export->streams[i].head);
        rd_kafka_queue_destroy(export->streams[i].queue);
    }
    free(export->streams);
}

static enum cw_status export_raw(struct export *export, struct cw_error *err)
{
    rd_kafka_t *handle = NULL;
    rd_kafka_topic_partition_list_t *places = NULL;
    const struct cw_manifest *manifest = manifest_record_get(export->manifest);
    export->topic_count = 0;
    for (size_t i = 0; i < manifest->raw_topics_count; i++) {
        char name[CLIENT_NAME_MAX];
        (void)snprintf(name, sizeof(name), "%.*s",
                       CW_TEXT_ARG(manifest->raw_topics[i].name));
        add_topic(export, name);
    }
    const struct scan_setup setup = {.topics = export->topics,
                                     .topic_count = export->topic_count,
                                     .from_at = export->since_at};
    enum cw_status status = scan_open(export->client, &handle, err);
    if (status == CW_OK)
        status = scan_places(export->client, handle, &setup, &places, err);
    if (status == CW_OK)
        status = open_streams(export, handle, places, err);
    if (status == CW_OK)
        status = merge(export, err);
    close_streams(export);
    if (places != NULL)
        rd_kafka_topic_partition_list_destroy(places);
    if (handle != NULL)
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return status;
}

/* ---- all ---------------------------------------------------------------- */

static enum cw_status run_all(struct export *export, struct cw_error *err)
{
    enum cw_status status =
        call_time(export->call, "since", &export->since_at, err);
    if (status == CW_OK)
        status = call_time(export->call, "until", &export->until_at, err);
    if (status == CW_OK)
        status = cw_arena_create(&export->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = client_open(&export->client, export->call, err);
    if (status == CW_OK)
        status = client_metadata(export->client, &export->metadata, err);
    if (status == CW_OK)
        status = manifest_record_read(&export->manifest, export->client,
                                      export->metadata, err);
    if (status == CW_OK && manifest_record_get(export->manifest) == NULL)
        status = cw_fail(err, CW_NOT_FOUND, "no manifest: cwctl topics create");
    if (status == CW_OK)
        status = export_ours(export, err);
    if (status == CW_OK)
        status = export_raw(export, err);
    return status;
}

enum cw_status export_run(struct call *call, struct cw_error *err)
{
    struct export *export = calloc(1, sizeof(*export));
    if (export == NULL)
        return cw_fail(err, CW_NO_MEMORY, "export");
    export->call = call;
    export->until_at = INT64_MAX;
    const enum cw_status status = run_all(export, err);
    manifest_record_destroy(&export->manifest);
    if (export->metadata != NULL)
        rd_kafka_metadata_destroy(export->metadata);
    client_close(&export->client);
    cw_arena_destroy(&export->arena);
    free(export);
    return status;
}
