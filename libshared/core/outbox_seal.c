#include <stdlib.h>

#include "core/outbox_inner.h"
#include "record/wire.h"

static enum cw_status add_message(struct cw_outbox *outbox,
                                  const struct cw_message *message,
                                  struct cw_error *err)
{
    if (outbox->message_count == outbox->message_capacity) {
        const size_t capacity =
            outbox->message_capacity ? outbox->message_capacity * 2 : 64;
        struct cw_message *grown =
            realloc(outbox->messages, capacity * sizeof(*grown));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "messages");
        outbox->messages = grown;
        outbox->message_capacity = capacity;
    }
    outbox->messages[outbox->message_count++] = *message;
    return CW_OK;
}

/* Copies what scratch holds. */
static struct cw_text keep_scratch(struct cw_outbox *outbox)
{
    return cw_arena_text(outbox->arena,
                         (struct cw_text){(const char *)outbox->scratch.bytes,
                                          outbox->scratch.size});
}

enum cw_status cw_outbox_put_at(struct cw_outbox *outbox, uint32_t partition,
                                const struct cw_output *out,
                                struct cw_error *err)
{
    cw_pack_reset(&outbox->scratch);
    cw_wire_seal(out->type, out->record, &outbox->scratch);
    if (outbox->scratch.failed)
        return cw_fail(err, CW_NO_MEMORY, "outbox has no room");
    const struct cw_message message = {
        .topic = out->topic,
        .partition = partition,
        .key = cw_arena_text(outbox->arena, out->key),
        .value = keep_scratch(outbox),
    };
    if (message.value.bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "outbox has no room");
    return add_message(outbox, &message, err);
}

/* One topic-partition being sealed. */
struct seal {
    struct cw_outbox *outbox;
    enum cw_topic topic;
    uint32_t partition;
    bool marked; /* it carries a flight */
    struct cw_flight_head head;
    struct cw_flight_entry *entries;
};

static bool marks_topic(const struct cw_outbox_source *source,
                        enum cw_topic topic, uint32_t partition)
{
    if (!source->used || (source->only_partition >= 0 &&
                          (uint32_t)source->only_partition != partition))
        return false;
    for (const enum cw_topic *at = source->marks; *at != CW_TOPIC_COUNT; at++)
        if (*at == topic)
            return true;
    return false;
}

static struct cw_lane *lane_of(const struct cw_outbox_source *source,
                               enum cw_topic topic, uint32_t partition)
{
    uint64_t at;
    if (!source->used ||
        !cw_map64_find(source->index,
                       cw_hash_mix((uint64_t)topic + 1, partition), &at))
        return NULL;
    return &source->lanes[at];
}

/* Header of the next part; the digest covers the value sealed so far. */
static enum cw_status send_part(struct seal *seal, struct cw_text key,
                                struct cw_text value, bool last,
                                struct cw_error *err)
{
    struct cw_outbox *outbox = seal->outbox;
    if (value.bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "outbox has no room");
    struct cw_message message = {
        seal->topic, seal->partition, key, {NULL, 0}, value};
    if (seal->marked) {
        seal->head.digest = cw_flight_digest(seal->head.digest, value);
        seal->head.last = last;
        cw_pack_reset(&outbox->scratch);
        cw_flight_encode(&seal->head, &outbox->scratch);
        message.header = keep_scratch(outbox);
        if (outbox->scratch.failed || message.header.bytes == NULL)
            return cw_fail(err, CW_NO_MEMORY, "outbox has no room");
        seal->head.part++;
    }
    return add_message(outbox, &message, err);
}

static enum cw_status send_mark(struct seal *seal, struct cw_error *err)
{
    struct cw_outbox *outbox = seal->outbox;
    const struct cw_mark mark = {
        .meta = {.origin_partition = -1, .origin_offset = -1}};
    cw_pack_reset(&outbox->scratch);
    cw_wire_seal(&cw_mark_type, &mark, &outbox->scratch);
    const struct cw_text value = keep_scratch(outbox);
    const struct cw_text key =
        cw_arena_print(outbox->arena, "mark/%016llx",
                       (unsigned long long)outbox->config.writer);
    return send_part(seal, key, value, true, err);
}

static size_t items_left(const struct seal *seal)
{
    size_t count = 0;
    for (uint32_t i = 0; i < seal->outbox->source_count; i++) {
        const struct cw_lane *lane =
            lane_of(&seal->outbox->sources[i], seal->topic, seal->partition);
        count += lane == NULL ? 0 : lane->count;
    }
    return count;
}

static enum cw_status seal_records(struct seal *seal, struct cw_error *err)
{
    size_t left = items_left(seal);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < seal->outbox->source_count; i++) {
        const struct cw_lane *lane =
            lane_of(&seal->outbox->sources[i], seal->topic, seal->partition);
        size_t begin = 0;
        for (size_t k = 0; lane != NULL && k < lane->count && status == CW_OK;
             k++) {
            const struct cw_text value = cw_arena_text(
                seal->outbox->arena,
                (struct cw_text){(const char *)lane->items.bytes + begin,
                                 lane->ends[k] - begin});
            begin = lane->ends[k];
            status = send_part(seal, lane->keys[k], value, --left == 0, err);
        }
    }
    if (status == CW_OK && seal->marked && seal->head.part == 0)
        status = send_mark(seal, err);
    return status;
}

/* A batch being put together: items go in until it is full. */
struct batch {
    struct cw_pack items;
    size_t count;
};

static void pack_long(struct cw_pack *out, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    while (zigzag > 0x7f) {
        cw_pack_u8(out, (uint8_t)(zigzag | 0x80));
        zigzag >>= 7;
    }
    cw_pack_u8(out, (uint8_t)zigzag);
}

/* Meta, then the array as one block: count, items, end. */
static enum cw_status send_batch(struct seal *seal, struct batch *batch,
                                 bool last, struct cw_error *err)
{
    struct cw_outbox *outbox = seal->outbox;
    const struct cw_meta meta = {.ingest_at = outbox->config.ingest_at,
                                 .origin_partition = -1,
                                 .origin_offset = -1};
    cw_pack_reset(&outbox->scratch);
    cw_wire_frame(cw_topic_message_type(seal->topic), &outbox->scratch);
    cw_meta_encode(&meta, &outbox->scratch);
    if (batch->count > 0) {
        pack_long(&outbox->scratch, (int64_t)batch->count);
        cw_pack_bytes(&outbox->scratch, batch->items.bytes, batch->items.size);
    }
    pack_long(&outbox->scratch, 0);
    if (outbox->scratch.failed || batch->items.failed)
        return cw_fail(err, CW_NO_MEMORY, "outbox has no room");
    cw_pack_reset(&batch->items);
    batch->count = 0;
    const struct cw_text value = keep_scratch(outbox);
    return send_part(seal, (struct cw_text){"", 0}, value, last, err);
}

static enum cw_status fill_batch(struct seal *seal, struct batch *batch,
                                 const struct cw_lane *lane,
                                 struct cw_error *err)
{
    const size_t room = seal->outbox->config.message_size - CW_OUTBOX_OVERHEAD;
    size_t begin = 0;
    for (size_t k = 0; k < lane->count; k++) {
        const size_t size = lane->ends[k] - begin;
        if (batch->count > 0 && batch->items.size + size > room) {
            const enum cw_status status = send_batch(seal, batch, false, err);
            if (status != CW_OK)
                return status;
        }
        cw_pack_bytes(&batch->items, lane->items.bytes + begin, size);
        batch->count++;
        begin = lane->ends[k];
    }
    return CW_OK;
}

static enum cw_status seal_batches(struct seal *seal, struct cw_error *err)
{
    struct batch batch = {0};
    cw_pack_init(&batch.items, seal->outbox->config.message_size);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < seal->outbox->source_count && status == CW_OK;
         i++) {
        const struct cw_lane *lane =
            lane_of(&seal->outbox->sources[i], seal->topic, seal->partition);
        if (lane != NULL)
            status = fill_batch(seal, &batch, lane, err);
    }
    if (status == CW_OK)
        status = send_batch(seal, &batch, true, err);
    cw_pack_fini(&batch.items);
    return status;
}

/* An entry for each source that marks this topic-partition and has come
 * further, with the count of its items. */
static enum cw_status make_entries(struct seal *seal, struct cw_error *err)
{
    struct cw_outbox *outbox = seal->outbox;
    seal->entries = cw_arena_take(outbox->arena, outbox->source_count *
                                                     sizeof(*seal->entries));
    if (seal->entries == NULL)
        return cw_fail(err, CW_NO_MEMORY, "outbox has no room");
    for (uint32_t i = 0; i < outbox->source_count; i++) {
        const struct cw_outbox_source *source = &outbox->sources[i];
        if (!marks_topic(source, seal->topic, seal->partition))
            continue;
        const struct cw_lane *lane =
            lane_of(source, seal->topic, seal->partition);
        const uint32_t count = lane == NULL ? 0 : (uint32_t)lane->count;
        if (source->from == source->to && count == 0 &&
            source->mark_at == source->sealed_mark_at)
            continue;
        seal->entries[seal->head.entry_count++] = (struct cw_flight_entry){
            source->id, source->from, source->to, source->mark_at, count};
    }
    seal->marked = seal->head.entry_count > 0;
    seal->head.entries = seal->entries;
    return CW_OK;
}

static enum cw_status seal_one(struct cw_outbox *outbox, enum cw_topic topic,
                               uint32_t partition, struct cw_error *err)
{
    struct seal seal = {.outbox = outbox,
                        .topic = topic,
                        .partition = partition,
                        .head = {.writer = outbox->config.writer}};
    const enum cw_status status = make_entries(&seal, err);
    if (status != CW_OK)
        return status;
    const size_t items = items_left(&seal);
    if (!seal.marked && items == 0)
        return CW_OK;
    if (cw_topic_spec(topic)->form == CW_FORM_RECORD)
        return seal_records(&seal, err);
    return seal_batches(&seal, err);
}

static void settle(struct cw_outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->source_count; i++) {
        struct cw_outbox_source *source = &outbox->sources[i];
        if (!source->used)
            continue;
        source->from = source->to;
        source->sealed_mark_at = source->mark_at;
        for (size_t k = 0; k < source->lane_count; k++)
            cw_outbox_forget_lane(outbox, &source->lanes[k]);
    }
}

enum cw_status cw_outbox_seal(struct cw_outbox *outbox,
                              const struct cw_message **messages, size_t *count,
                              struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (unsigned t = 0; t < CW_TOPIC_COUNT && status == CW_OK; t++)
        for (uint32_t p = 0; p < outbox->config.partitions && status == CW_OK;
             p++)
            status = seal_one(outbox, (enum cw_topic)t, p, err);
    if (status != CW_OK)
        return status;
    settle(outbox);
    *messages = outbox->messages;
    *count = outbox->message_count;
    return CW_OK;
}
