#include "core/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map64.h"
#include "record/wire.h"

#define LANES_MAX      ((size_t)1 << 20)
#define BATCH_OVERHEAD 512u /* frame, meta and count of a batch, at most */

/* Records of one source for one topic-partition since the last seal. */
struct lane {
    enum cw_topic topic;
    uint32_t partition;
    struct cw_pack items; /* encoded one after the other */
    size_t *ends;         /* of each item in items */
    struct cw_text *keys; /* of each record; NULL for batches */
    size_t count;
    size_t capacity;
};

struct source {
    uint64_t id;
    bool used;
    int64_t from; /* covered by what has been sealed */
    int64_t to;
    int64_t sealed_mark_at;
    int64_t mark_at;
    int32_t only_partition;
    const enum cw_topic *marks;
    struct cw_map64 *index; /* topic, partition -> lanes[] */
    struct lane *lanes;
    size_t lane_count;
};

struct cw_outbox {
    struct cw_outbox_config config;
    struct source *sources;
    uint32_t source_count;
    struct cw_arena *arena; /* keys and sealed messages */
    struct cw_message *messages;
    size_t message_count;
    size_t message_capacity;
    struct cw_pack scratch;
    size_t waiting_size;
    size_t record_count;
};

enum cw_status cw_outbox_create(struct cw_outbox **made,
                                const struct cw_outbox_config *config,
                                struct cw_error *err)
{
    struct cw_outbox *outbox = calloc(1, sizeof(*outbox));
    if (outbox == NULL)
        return cw_fail(err, CW_NO_MEMORY, "outbox");
    outbox->config = *config;
    cw_pack_init(&outbox->scratch, config->max_size * 2);
    const enum cw_status status =
        cw_arena_create(&outbox->arena, config->max_size * 4, err);
    if (status != CW_OK)
        cw_outbox_destroy(&outbox);
    else
        *made = outbox;
    return status;
}

static void free_lanes(struct source *source)
{
    for (size_t i = 0; i < source->lane_count; i++) {
        cw_pack_fini(&source->lanes[i].items);
        free(source->lanes[i].ends);
        free(source->lanes[i].keys);
    }
    free(source->lanes);
    cw_map64_destroy(&source->index);
}

void cw_outbox_destroy(struct cw_outbox **outbox)
{
    if (*outbox == NULL)
        return;
    for (uint32_t i = 0; i < (*outbox)->source_count; i++)
        free_lanes(&(*outbox)->sources[i]);
    free((*outbox)->sources);
    free((*outbox)->messages);
    cw_pack_fini(&(*outbox)->scratch);
    cw_arena_destroy(&(*outbox)->arena);
    free(*outbox);
    *outbox = NULL;
}

static uint32_t free_source(struct cw_outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->source_count; i++)
        if (!outbox->sources[i].used)
            return i;
    return outbox->source_count;
}

enum cw_status cw_outbox_add_source(struct cw_outbox *outbox, uint64_t id,
                                    int64_t from, int32_t only_partition,
                                    const enum cw_topic *marks,
                                    uint32_t *source, struct cw_error *err)
{
    const uint32_t at = free_source(outbox);
    if (at == outbox->source_count) {
        struct source *grown =
            realloc(outbox->sources, (at + 1) * sizeof(*outbox->sources));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "sources of the outbox");
        outbox->sources = grown;
        outbox->source_count++;
    }
    struct source *added = &outbox->sources[at];
    *added = (struct source){
        .id = id,
        .from = from,
        .to = from,
        .sealed_mark_at = INT64_MIN,
        .mark_at = INT64_MIN,
        .only_partition = only_partition,
        .marks = marks,
    };
    const enum cw_status status =
        cw_map64_create(&added->index, LANES_MAX, err);
    added->used = status == CW_OK;
    if (status == CW_OK)
        *source = at;
    return status;
}

static void forget_lane(struct cw_outbox *outbox, struct lane *lane)
{
    outbox->waiting_size -= lane->items.size;
    outbox->record_count -= lane->count;
    cw_pack_reset(&lane->items);
    lane->count = 0;
}

void cw_outbox_remove_source(struct cw_outbox *outbox, uint32_t source)
{
    struct source *removed = &outbox->sources[source];
    for (size_t i = 0; i < removed->lane_count; i++)
        forget_lane(outbox, &removed->lanes[i]);
    free_lanes(removed);
    *removed = (struct source){0};
}

static enum cw_status find_lane(struct cw_outbox *outbox, struct source *source,
                                enum cw_topic topic, uint32_t partition,
                                struct lane **lane, struct cw_error *err)
{
    const uint64_t key = cw_hash_mix((uint64_t)topic + 1, partition);
    uint64_t at;
    if (cw_map64_find(source->index, key, &at)) {
        *lane = &source->lanes[at];
        return CW_OK;
    }
    struct lane *grown = realloc(source->lanes, (source->lane_count + 1) *
                                                    sizeof(*source->lanes));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lanes");
    source->lanes = grown;
    const enum cw_status status =
        cw_map64_put(source->index, key, source->lane_count, err);
    if (status != CW_OK)
        return status;
    *lane = &grown[source->lane_count++];
    **lane = (struct lane){.topic = topic, .partition = partition};
    cw_pack_init(&(*lane)->items, outbox->config.max_size * 2);
    return CW_OK;
}

static enum cw_status grow_lane(struct lane *lane, struct cw_error *err)
{
    if (lane->count < lane->capacity)
        return CW_OK;
    const size_t capacity = lane->capacity ? lane->capacity * 2 : 8;
    size_t *ends = realloc(lane->ends, capacity * sizeof(*ends));
    if (ends == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lane of %zu", capacity);
    lane->ends = ends;
    struct cw_text *keys = realloc(lane->keys, capacity * sizeof(*keys));
    if (keys == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lane of %zu", capacity);
    lane->keys = keys;
    lane->capacity = capacity;
    return CW_OK;
}

static enum cw_status put_in_lane(struct cw_outbox *outbox, struct lane *lane,
                                  const struct cw_output *out,
                                  struct cw_error *err)
{
    const enum cw_status status = grow_lane(lane, err);
    if (status != CW_OK)
        return status;
    const size_t begin = lane->items.size;
    if (cw_topic_spec(out->topic)->form == CW_FORM_RECORD)
        cw_wire_seal(out->type, out->record, &lane->items);
    else
        out->type->encode(out->record, &lane->items);
    const size_t size = lane->items.size - begin;
    if (lane->items.failed)
        return cw_fail(err, CW_NO_MEMORY, "outbox has no room");
    if (size + BATCH_OVERHEAD > outbox->config.message_size) {
        lane->items.size = begin;
        return cw_fail(err, CW_TOO_LARGE, "%s of %zu bytes", out->type->name,
                       size);
    }
    lane->keys[lane->count] = cw_arena_text(outbox->arena, out->key);
    lane->ends[lane->count++] = lane->items.size;
    outbox->waiting_size += size;
    outbox->record_count++;
    return CW_OK;
}

static enum cw_status put_on(struct cw_outbox *outbox, uint32_t source,
                             uint32_t partition, const struct cw_output *out,
                             struct cw_error *err)
{
    struct lane *lane = NULL;
    const enum cw_status status = find_lane(outbox, &outbox->sources[source],
                                            out->topic, partition, &lane, err);
    return status == CW_OK ? put_in_lane(outbox, lane, out, err) : status;
}

enum cw_status cw_outbox_put(struct cw_outbox *outbox, uint32_t source,
                             const struct cw_output *out, struct cw_error *err)
{
    if (out->route != CW_ROUTE_ALL)
        return put_on(outbox, source,
                      cw_partition_of(out->route, outbox->config.partitions),
                      out, err);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < outbox->config.partitions && status == CW_OK; i++)
        status = put_on(outbox, source, i, out, err);
    return status;
}

/* ---- sealing ------------------------------------------------------------ */

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

static bool marks_topic(const struct source *source, enum cw_topic topic,
                        uint32_t partition)
{
    if (!source->used || (source->only_partition >= 0 &&
                          (uint32_t)source->only_partition != partition))
        return false;
    for (const enum cw_topic *at = source->marks; *at != CW_TOPIC_COUNT; at++)
        if (*at == topic)
            return true;
    return false;
}

static struct lane *lane_of(const struct source *source, enum cw_topic topic,
                            uint32_t partition)
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
        const struct lane *lane =
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
        const struct lane *lane =
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
                                 const struct lane *lane, struct cw_error *err)
{
    const size_t room = seal->outbox->config.message_size - BATCH_OVERHEAD;
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
        const struct lane *lane =
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
        const struct source *source = &outbox->sources[i];
        if (!marks_topic(source, seal->topic, seal->partition))
            continue;
        const struct lane *lane = lane_of(source, seal->topic, seal->partition);
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
        struct source *source = &outbox->sources[i];
        if (!source->used)
            continue;
        source->from = source->to;
        source->sealed_mark_at = source->mark_at;
        for (size_t k = 0; k < source->lane_count; k++)
            forget_lane(outbox, &source->lanes[k]);
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

void cw_outbox_cover(struct cw_outbox *outbox, uint32_t source, int64_t to,
                     int64_t mark_at)
{
    struct source *covered = &outbox->sources[source];
    assert(covered->used && to >= covered->to && mark_at >= covered->mark_at);
    covered->to = to;
    covered->mark_at = mark_at;
}

bool cw_outbox_has_records(const struct cw_outbox *outbox)
{
    return outbox->record_count > 0 || outbox->message_count > 0;
}

bool cw_outbox_has_news(const struct cw_outbox *outbox)
{
    if (cw_outbox_has_records(outbox))
        return true;
    for (uint32_t i = 0; i < outbox->source_count; i++) {
        const struct source *source = &outbox->sources[i];
        if (source->used && (source->from != source->to ||
                             source->mark_at != source->sealed_mark_at))
            return true;
    }
    return false;
}

size_t cw_outbox_size(const struct cw_outbox *outbox)
{
    return outbox->waiting_size + cw_arena_size(outbox->arena);
}

void cw_outbox_clear(struct cw_outbox *outbox)
{
    assert(outbox->record_count == 0); /* their keys lie in the arena */
    outbox->message_count = 0;
    cw_arena_reset(outbox->arena);
}

uint32_t cw_outbox_partitions(const struct cw_outbox *outbox)
{
    return outbox->config.partitions;
}
