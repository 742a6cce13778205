#include "stream/manifest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/wire.h"
#include "stream/reader.h"

#define MEMORY_MAX ((size_t)16 << 20)
#define CALL_MS    10000
#define STEP_MS    1000

struct cw_installed {
    struct cw_arena *arena;
    const struct cw_manifest *record; /* in arena; NULL = none */
    struct cw_plan plan;
};

void cw_installed_destroy(struct cw_installed **installed)
{
    if (*installed == NULL)
        return;
    cw_arena_destroy(&(*installed)->arena);
    free(*installed);
    *installed = NULL;
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           struct cw_error *err)
{
    struct cw_installed *installed = to;
    const struct cw_record_type *type;
    const void *record;
    const struct cw_text value = cw_arena_text(
        installed->arena, (struct cw_text){message->payload, message->len});
    const enum cw_status status =
        cw_wire_open(value, installed->arena, &type, &record, err);
    if (status == CW_OK && type == &cw_manifest_type)
        installed->record = record;
    return status;
}

/* Bits of the services that run; all when the manifest names none. */
static uint32_t services_of(const struct cw_manifest *record)
{
    uint32_t services = 0;
    for (size_t i = 0; i < record->services_count; i++)
        for (unsigned s = 0; s < CW_SERVICE_COUNT; s++)
            if (cw_text_is(record->services[i],
                           cw_service_name((enum cw_service)s)))
                services |= 1u << s;
    return services == 0 ? CW_ALL_SERVICES : services;
}

static enum cw_status make_plan(struct cw_installed *installed,
                                struct cw_error *err)
{
    const struct cw_manifest *record = installed->record;
    if (record->partitions < 1 || record->raw_topics_count > CW_PLAN_RAW_MAX)
        return cw_fail(err, CW_BAD_CONFIG,
                       "manifest: %d partitions, %zu raw topics",
                       record->partitions, record->raw_topics_count);
    installed->plan = (struct cw_plan){
        .partitions = (uint32_t)record->partitions,
        .services = services_of(record),
        .raw_count = (uint32_t)record->raw_topics_count,
    };
    for (size_t i = 0; i < record->raw_topics_count; i++)
        installed->plan.raw[i] =
            (struct cw_plan_raw){record->raw_topics[i].name,
                                 (uint32_t)record->raw_topics[i].partitions};
    return CW_OK;
}

static int partitions_of(const rd_kafka_metadata_t *metadata, const char *name)
{
    assert(metadata != NULL);
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, name) == 0)
            return metadata->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR
                       ? metadata->topics[i].partition_cnt
                       : 0;
    return 0;
}

static enum cw_status check_count(const rd_kafka_metadata_t *metadata,
                                  const char *name, uint32_t want,
                                  struct cw_error *err)
{
    const int have = partitions_of(metadata, name);
    if (have == (int)want)
        return CW_OK;
    if (have == 0)
        return cw_fail(err, CW_BAD_CONFIG,
                       "topic %s is missing, or hidden from this user: cwctl "
                       "topics create, or the rules cwctl topics plan prints",
                       name);
    return cw_fail(err, CW_BAD_CONFIG,
                   "topic %s has %d partitions, the manifest says %u", name,
                   have, want);
}

static enum cw_status check_topics(const struct cw_installed *installed,
                                   const struct cw_kafka *kafka,
                                   const rd_kafka_metadata_t *metadata,
                                   struct cw_error *err)
{
    enum cw_status status = CW_OK;
    char name[256];
    for (unsigned i = 0; i < CW_TOPIC_COUNT && status == CW_OK; i++) {
        if (i == CW_TOPIC_SNAPSHOTS || i == CW_TOPIC_VERDICTS ||
            i == CW_TOPIC_RAW || i == CW_TOPIC_MANIFEST)
            continue;
        cw_kafka_topic_name(kafka, cw_topic_spec((enum cw_topic)i)->name, name,
                            sizeof(name));
        status = check_count(metadata, name, installed->plan.partitions, err);
    }
    for (uint32_t i = 0; i < installed->plan.raw_count && status == CW_OK;
         i++) {
        (void)snprintf(name, sizeof(name), "%.*s",
                       CW_TEXT_ARG(installed->plan.raw[i].name));
        status =
            check_count(metadata, name, installed->plan.raw[i].partitions, err);
    }
    return status;
}

/* Why nobody answered, as far as librdkafka has said: a wrong password is not
 * a broker that is away. */
static enum cw_status explain(rd_kafka_t *handle, const struct cw_kafka *kafka,
                              rd_kafka_resp_err_t code, struct cw_error *err)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(handle);
    enum cw_status status = cw_fail(err, cw_kafka_status(code), "%s: %s",
                                    kafka->brokers, rd_kafka_err2str(code));
    rd_kafka_event_t *event;
    while (status != CW_NOT_AUTHORISED &&
           (event = rd_kafka_queue_poll(queue, 0)) != NULL) {
        const rd_kafka_resp_err_t told = rd_kafka_event_error(event);
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR &&
            told != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
            status =
                cw_fail(err, cw_kafka_status(told), "%s: %s", kafka->brokers,
                        rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    return status;
}

/* In steps, so that a refusal is told at once. */
static enum cw_status ask_metadata(rd_kafka_t *handle,
                                   const struct cw_kafka *kafka,
                                   const rd_kafka_metadata_t **metadata,
                                   struct cw_error *err)
{
    enum cw_status status = CW_UNAVAILABLE;
    for (int left_ms = CALL_MS; left_ms > 0 && status == CW_UNAVAILABLE;
         left_ms -= STEP_MS) {
        const rd_kafka_resp_err_t code =
            rd_kafka_metadata(handle, 1, NULL, metadata, STEP_MS);
        status = code == RD_KAFKA_RESP_ERR_NO_ERROR
                     ? CW_OK
                     : explain(handle, kafka, code, err);
    }
    return status;
}

static enum cw_status fetch_metadata(const struct cw_kafka *kafka,
                                     const rd_kafka_metadata_t **metadata,
                                     struct cw_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    char why[200];
    enum cw_status status = cw_kafka_conf(&conf, kafka, CW_KAFKA_PRODUCER, err);
    if (status != CW_OK)
        return status;
    rd_kafka_conf_set_error_cb(conf, NULL);
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
    rd_kafka_t *handle =
        rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return cw_fail(err, CW_BAD_CONFIG, "%s", why);
    }
    status = ask_metadata(handle, kafka, metadata, err);
    rd_kafka_destroy(handle);
    return status;
}

static enum cw_status read_record(struct cw_installed *installed,
                                  const struct cw_kafka *kafka,
                                  const rd_kafka_metadata_t *metadata,
                                  struct cw_error *err)
{
    char name[256];
    cw_kafka_topic_name(kafka, cw_topic_spec(CW_TOPIC_MANIFEST)->name, name,
                        sizeof(name));
    /* A reader would wait for a topic that is not there. */
    if (partitions_of(metadata, name) == 0)
        return cw_fail(err, CW_NOT_FOUND,
                       "topic %s is missing: cwctl topics create", name);
    const struct cw_reader_range whole = {name, 0, RD_KAFKA_OFFSET_BEGINNING,
                                          (int64_t)CALL_MS * 1000};
    const enum cw_status status =
        cw_reader_read(kafka, &whole, take, installed, err);
    if (status != CW_OK)
        return status;
    if (installed->record == NULL)
        return cw_fail(err, CW_NOT_FOUND,
                       "topic %s is empty: cwctl topics create", name);
    return make_plan(installed, err);
}

enum cw_status cw_installed_read(struct cw_installed **made,
                                 const struct cw_kafka *kafka,
                                 struct cw_error *err)
{
    const rd_kafka_metadata_t *metadata = NULL;
    struct cw_installed *installed = calloc(1, sizeof(*installed));
    if (installed == NULL)
        return cw_fail(err, CW_NO_MEMORY, "manifest");
    enum cw_status status = cw_arena_create(&installed->arena, MEMORY_MAX, err);
    if (status == CW_OK)
        status = fetch_metadata(kafka, &metadata, err);
    if (status == CW_OK)
        status = read_record(installed, kafka, metadata, err);
    if (status == CW_OK)
        status = check_topics(installed, kafka, metadata, err);
    if (metadata != NULL)
        rd_kafka_metadata_destroy(metadata);
    if (status != CW_OK)
        cw_installed_destroy(&installed);
    else
        *made = installed;
    return status;
}

const struct cw_plan *cw_installed_plan(const struct cw_installed *installed)
{
    return &installed->plan;
}
