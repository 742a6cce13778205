#include "stream/restore.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map64.h"
#include "record/wire.h"

#define MEMORY_MAX ((size_t)8 << 30)
#define KEYS_MAX   ((size_t)1 << 20)

struct newest {
    void *value; /* malloc'ed copy */
    size_t size;
};

struct cw_restored {
    struct cw_map64 *index; /* key -> newest[] */
    struct newest *newest;
    size_t newest_count;
    size_t newest_capacity;
    struct cw_arena *arena;
    const struct cw_snapshot **parts;
    size_t part_count;
    struct cw_source_ruling *rulings;
    size_t ruling_count;
    size_t ruling_capacity;
};

void cw_restored_destroy(struct cw_restored **restored)
{
    if (*restored == NULL)
        return;
    for (size_t i = 0; i < (*restored)->newest_count; i++)
        free((*restored)->newest[i].value);
    free((*restored)->newest);
    free((*restored)->rulings);
    cw_map64_destroy(&(*restored)->index);
    cw_arena_destroy(&(*restored)->arena);
    free(*restored);
    *restored = NULL;
}

static enum cw_status slot_of(struct cw_restored *restored, uint64_t key,
                              struct newest **slot, struct cw_error *err)
{
    uint64_t at;
    if (cw_map64_find(restored->index, key, &at)) {
        *slot = &restored->newest[at];
        return CW_OK;
    }
    if (restored->newest_count == restored->newest_capacity) {
        const size_t capacity =
            restored->newest_capacity ? restored->newest_capacity * 2 : 256;
        struct newest *grown =
            realloc(restored->newest, capacity * sizeof(*grown));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "snapshots");
        restored->newest = grown;
        restored->newest_capacity = capacity;
    }
    const enum cw_status status =
        cw_map64_put(restored->index, key, restored->newest_count, err);
    if (status != CW_OK)
        return status;
    *slot = &restored->newest[restored->newest_count++];
    **slot = (struct newest){0};
    return CW_OK;
}

static enum cw_status take_snapshot(void *to, const rd_kafka_message_t *message,
                                    struct cw_error *err)
{
    struct cw_restored *restored = to;
    struct newest *slot = NULL;
    const enum cw_status status =
        slot_of(restored, cw_hash(message->key, message->key_len), &slot, err);
    if (status != CW_OK)
        return status;
    assert(slot != NULL);
    free(slot->value);
    slot->size = message->len;
    slot->value = malloc(message->len ? message->len : 1);
    if (slot->value == NULL)
        return cw_fail(err, CW_NO_MEMORY, "snapshot of %zu bytes",
                       message->len);
    if (message->len > 0)
        memcpy(slot->value, message->payload, message->len);
    return CW_OK;
}

static enum cw_status take_verdict(void *to, const rd_kafka_message_t *message,
                                   struct cw_error *err)
{
    struct cw_restored *restored = to;
    const struct cw_record_type *type;
    const void *record;
    const struct cw_text value = {message->payload, message->len};
    cw_arena_reset(restored->arena);
    const enum cw_status status =
        cw_wire_open(value, restored->arena, &type, &record, err);
    if (status != CW_OK)
        return status;
    const struct cw_verdict *verdict = record;
    if (type != &cw_verdict_type || (verdict->ruling != CW_RULING_ABSENT &&
                                     verdict->ruling != CW_RULING_PRESENT))
        return CW_OK;
    if (restored->ruling_count == restored->ruling_capacity) {
        const size_t capacity =
            restored->ruling_capacity ? restored->ruling_capacity * 2 : 64;
        void *grown =
            realloc(restored->rulings, capacity * sizeof(*restored->rulings));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "rulings");
        restored->rulings = grown;
        restored->ruling_capacity = capacity;
    }
    restored->rulings[restored->ruling_count++] = (struct cw_source_ruling){
        .slice_at = verdict->slice_at,
        .topic = cw_topic_find(verdict->topic),
        .source = (uint64_t)verdict->source,
        .absent = verdict->ruling == CW_RULING_ABSENT,
    };
    return CW_OK;
}

static enum cw_status open_parts(struct cw_restored *restored,
                                 struct cw_error *err)
{
    cw_arena_reset(restored->arena);
    restored->parts =
        cw_arena_take(restored->arena, restored->newest_count * sizeof(void *));
    if (restored->parts == NULL)
        return cw_fail(err, CW_NO_MEMORY, "snapshots");
    for (size_t i = 0; i < restored->newest_count; i++) {
        const struct cw_text value = {restored->newest[i].value,
                                      restored->newest[i].size};
        const struct cw_record_type *type;
        const void *record;
        if (value.size == 0)
            continue;
        const enum cw_status status =
            cw_wire_open(value, restored->arena, &type, &record, err);
        if (status != CW_OK)
            return status;
        if (type == &cw_snapshot_type)
            restored->parts[restored->part_count++] = record;
    }
    return CW_OK;
}

/* Both topics are the service's own. */
static enum cw_status read_own_topics(struct cw_restored *restored,
                                      const struct cw_kafka *kafka,
                                      int32_t partition, int64_t timeout_us,
                                      struct cw_error *err)
{
    static const struct {
        enum cw_topic topic;
        cw_reader_take *take;
    } own[] = {{CW_TOPIC_VERDICTS, take_verdict},
               {CW_TOPIC_SNAPSHOTS, take_snapshot}};
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && status == CW_OK;
         i++) {
        char name[256];
        (void)snprintf(name, sizeof(name), "%s.%s.%s", kafka->prefix,
                       cw_topic_spec(own[i].topic)->name, kafka->service);
        const struct cw_reader_range whole = {
            name, partition, RD_KAFKA_OFFSET_BEGINNING, timeout_us};
        status = cw_reader_read(kafka, &whole, own[i].take, restored, err);
    }
    return status;
}

enum cw_status cw_restored_read(struct cw_restored **made,
                                const struct cw_kafka *kafka, int32_t partition,
                                int64_t timeout_us, struct cw_error *err)
{
    struct cw_restored *restored = calloc(1, sizeof(*restored));
    if (restored == NULL)
        return cw_fail(err, CW_NO_MEMORY, "restore");
    enum cw_status status = cw_map64_create(&restored->index, KEYS_MAX, err);
    if (status == CW_OK)
        status = cw_arena_create(&restored->arena, MEMORY_MAX, err);
    if (status == CW_OK)
        status = read_own_topics(restored, kafka, partition, timeout_us, err);
    if (status == CW_OK)
        status = open_parts(restored, err);
    if (status != CW_OK)
        cw_restored_destroy(&restored);
    else
        *made = restored;
    return status;
}

struct cw_task_restore cw_restored_get(const struct cw_restored *restored)
{
    return (struct cw_task_restore){
        .parts = restored->parts,
        .part_count = restored->part_count,
        .rulings = restored->rulings,
        .ruling_count = restored->ruling_count,
        .committed_at = CW_BEGINNING,
    };
}
