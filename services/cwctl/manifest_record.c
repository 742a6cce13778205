#include "manifest_record.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "record/wire.h"
#include "stream/reader.h"
#include "stream/teller.h"

#define MEMORY_MAX ((size_t)64 << 20)
#define WAIT_US    INT64_C(15000000)
#define SAY_TRIES  6

struct manifest_record {
    struct cw_arena *arena;
    const struct cw_manifest *record;
};

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           struct cw_error *err)
{
    struct manifest_record *manifest = to;
    const struct cw_record_type *type;
    const void *record;
    const struct cw_text value = cw_arena_text(
        manifest->arena, (struct cw_text){message->payload, message->len});
    const enum cw_status status =
        cw_wire_open(value, manifest->arena, &type, &record, err);
    if (status == CW_OK && type == &cw_manifest_type)
        manifest->record = record;
    return status;
}

enum cw_status manifest_record_read(struct manifest_record **made,
                                    const struct client *client,
                                    const rd_kafka_metadata_t *metadata,
                                    struct cw_error *err)
{
    char topic[CLIENT_NAME_MAX];
    struct manifest_record *manifest = calloc(1, sizeof(*manifest));
    if (manifest == NULL)
        return cw_fail(err, CW_NO_MEMORY, "manifest");
    client_topic(client, cw_topic_spec(CW_TOPIC_MANIFEST)->name, topic);
    const struct cw_reader_range whole = {topic, 0, RD_KAFKA_OFFSET_BEGINNING,
                                          WAIT_US};
    enum cw_status status = cw_arena_create(&manifest->arena, MEMORY_MAX, err);
    if (status == CW_OK && client_partitions(metadata, topic) > 0)
        status =
            cw_reader_read(client_kafka(client), &whole, take, manifest, err);
    if (status != CW_OK)
        manifest_record_destroy(&manifest);
    else
        *made = manifest;
    return status;
}

void manifest_record_destroy(struct manifest_record **manifest)
{
    if (*manifest == NULL)
        return;
    cw_arena_destroy(&(*manifest)->arena);
    free(*manifest);
    *manifest = NULL;
}

const struct cw_manifest *
manifest_record_get(const struct manifest_record *manifest)
{
    return manifest->record;
}

static bool says_the_same(const struct cw_manifest *a,
                          const struct cw_manifest *b)
{
    if (a == NULL || a->partitions != b->partitions ||
        a->raw_topics_count != b->raw_topics_count)
        return false;
    for (size_t i = 0; i < a->raw_topics_count; i++)
        if (!cw_text_equal(a->raw_topics[i].name, b->raw_topics[i].name) ||
            !cw_text_equal(a->raw_topics[i].format, b->raw_topics[i].format) ||
            a->raw_topics[i].partitions != b->raw_topics[i].partitions)
            return false;
    return true;
}

static enum cw_status say(const struct client *client,
                          const struct cw_manifest *record,
                          struct cw_error *err)
{
    char topic[CLIENT_NAME_MAX];
    struct cw_teller *teller = NULL;
    struct cw_pack value;
    cw_pack_init(&value, MEMORY_MAX);
    cw_wire_seal(&cw_manifest_type, record, &value);
    client_topic(client, cw_topic_spec(CW_TOPIC_MANIFEST)->name, topic);
    const struct cw_tell tell = {
        .topic = topic,
        .partition = 0,
        .key = CW_TEXT("manifest"),
        .value = {(const char *)value.bytes, value.size},
    };
    enum cw_status status =
        value.failed ? cw_fail(err, CW_NO_MEMORY, "manifest") : CW_OK;
    if (status == CW_OK)
        status = cw_teller_create(&teller, client_kafka(client), err);
    /* A busy broker takes its time to lead what was just created; to say the
     * same twice does no harm. */
    for (int tries = 0; tries < SAY_TRIES && teller != NULL; tries++) {
        status = cw_teller_say(teller, &tell, 1, WAIT_US, err);
        if (status == CW_OK)
            break;
        (void)fprintf(stderr, "cwctl: %s: %s%s\n", topic, err->text,
                      tries + 1 < SAY_TRIES ? "; again" : "");
    }
    cw_teller_destroy(&teller);
    cw_pack_fini(&value);
    return status;
}

enum cw_status manifest_record_write(const struct client *client,
                                     const struct topic_plan *plan,
                                     const struct cw_manifest *before,
                                     bool *written, struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t now_at = cw_clock_wall_us(&clock);
    struct cw_manifest record = {
        .meta = {.event_at = now_at,
                 .stream_at = now_at,
                 .ingest_at = now_at,
                 .origin_partition = -1,
                 .origin_offset = -1,
                 .revision = before == NULL ? 1 : before->meta.revision + 1},
        .prefix = cw_text_of(client_kafka(client)->prefix),
        .partitions = (int32_t)topic_plan_partitions(plan),
    };
    if (before != NULL) {
        record.services = before->services;
        record.services_count = before->services_count;
    }
    record.raw_topics = topic_plan_raw(plan, &record.raw_topics_count);
    *written = !says_the_same(before, &record);
    return *written ? say(client, &record, err) : CW_OK;
}
