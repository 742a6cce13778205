#include "core/drive.h"

#include <stdlib.h>

#include "core/shards.h"

#define ARENA_MAX ((size_t)4 << 30)

struct cw_drive {
    const struct cw_core_type *type;
    const void *config;
    struct cw_shards *shards;
    struct cw_arena *scratch; /* of a step */
    struct cw_arena *slice;   /* copies of the open slice's items */
    struct cw_arena *kept;    /* outputs */
    struct cw_item *items;
    size_t item_count;
    size_t item_capacity;
    struct cw_drive_output *outputs;
    size_t output_count;
    size_t output_capacity;
    size_t refused_count;
    int64_t closed_at; /* slices up to here are closed; INT64_MIN = none */
};

static enum cw_status count_refusal(void *to, const struct cw_item *item,
                                    const struct cw_error *why,
                                    struct cw_emit *emit, struct cw_error *err)
{
    (void)item, (void)why, (void)emit, (void)err;
    ((struct cw_drive *)to)->refused_count++;
    return CW_OK;
}

static enum cw_status make_shards(struct cw_drive *drive, struct cw_error *err)
{
    const enum cw_status status =
        cw_shards_create(&drive->shards, drive->type, drive->config, err);
    if (status == CW_OK)
        cw_shards_on_refuse(drive->shards, count_refusal, drive);
    return status;
}

enum cw_status cw_drive_create(struct cw_drive **made,
                               const struct cw_core_type *type,
                               const void *config, struct cw_error *err)
{
    struct cw_drive *drive = calloc(1, sizeof(*drive));
    if (drive == NULL)
        return cw_fail(err, CW_NO_MEMORY, "drive");
    drive->type = type;
    drive->config = config;
    drive->closed_at = INT64_MIN;
    enum cw_status status = cw_arena_create(&drive->scratch, ARENA_MAX, err);
    if (status == CW_OK)
        status = cw_arena_create(&drive->slice, ARENA_MAX, err);
    if (status == CW_OK)
        status = cw_arena_create(&drive->kept, ARENA_MAX, err);
    if (status == CW_OK)
        status = make_shards(drive, err);
    if (status != CW_OK)
        cw_drive_destroy(&drive);
    else
        *made = drive;
    return status;
}

void cw_drive_destroy(struct cw_drive **drive)
{
    if (*drive == NULL)
        return;
    cw_shards_destroy(&(*drive)->shards);
    cw_arena_destroy(&(*drive)->scratch);
    cw_arena_destroy(&(*drive)->slice);
    cw_arena_destroy(&(*drive)->kept);
    free((*drive)->items);
    free((*drive)->outputs);
    free(*drive);
    *drive = NULL;
}

/* A copy through the wire form, as a real neighbour would see it. */
static enum cw_status copy_record(const struct cw_record_type *type,
                                  const void *record, struct cw_arena *arena,
                                  const void **copied, struct cw_text *bytes)
{
    struct cw_error err;
    struct cw_pack pack;
    cw_pack_init(&pack, (size_t)1 << 30);
    type->encode(record, &pack);
    *bytes = cw_arena_text(
        arena, (struct cw_text){(const char *)pack.bytes, pack.size});
    cw_pack_fini(&pack);
    void *room = cw_arena_take(arena, type->size);
    struct cw_unpack in = cw_unpack_of(bytes->bytes, bytes->size);
    if (room == NULL || type->decode(room, &in, arena, &err) != CW_OK)
        return CW_BROKEN;
    *copied = room;
    return CW_OK;
}

static enum cw_status keep_output(void *to, const struct cw_output *out,
                                  struct cw_error *err)
{
    struct cw_drive *drive = to;
    if (drive->output_count == drive->output_capacity) {
        const size_t capacity =
            drive->output_capacity ? drive->output_capacity * 2 : 64;
        void *grown =
            realloc(drive->outputs, capacity * sizeof(*drive->outputs));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "outputs");
        drive->outputs = grown;
        drive->output_capacity = capacity;
    }
    struct cw_drive_output *kept = &drive->outputs[drive->output_count];
    *kept = (struct cw_drive_output){
        .topic = out->topic,
        .route = out->route,
        .key = cw_arena_text(drive->kept, out->key),
        .now_at = out->now_at,
    };
    if (copy_record(out->type, out->record, drive->kept, &kept->record,
                    &kept->bytes) != CW_OK)
        return cw_fail(err, CW_BROKEN, "%s does not survive its wire form",
                       out->type->name);
    drive->output_count++;
    return CW_OK;
}

static int64_t slice_of(int64_t stream_at)
{
    return (stream_at + CW_DRIVE_SLICE_US - 1) / CW_DRIVE_SLICE_US *
           CW_DRIVE_SLICE_US;
}

static enum cw_status run_slice(struct cw_drive *drive, int64_t to_at,
                                struct cw_error *err)
{
    struct cw_emit emit = {
        .sink = keep_output,
        .to = drive,
        .arena = drive->scratch,
        .origin_partition = -1,
        .origin_offset = -1,
    };
    const struct cw_slice slice = {
        .from_at = to_at - CW_DRIVE_SLICE_US,
        .to_at = to_at,
        .items = drive->items,
        .count = drive->item_count,
    };
    const enum cw_status status =
        cw_shards_slice(drive->shards, &slice, &emit, err);
    drive->item_count = 0;
    cw_arena_reset(drive->slice);
    drive->closed_at = to_at;
    return status;
}

enum cw_status cw_drive_advance(struct cw_drive *drive, int64_t stream_at,
                                struct cw_error *err)
{
    for (;;) {
        int64_t next = cw_shards_deadline(drive->shards);
        if (drive->item_count > 0 && drive->items[0].stream_at < next)
            next = drive->items[0].stream_at;
        if (next == CW_NEVER || slice_of(next) > stream_at)
            return CW_OK;
        int64_t to_at = slice_of(next);
        if (drive->closed_at != INT64_MIN && to_at <= drive->closed_at)
            to_at = drive->closed_at + CW_DRIVE_SLICE_US;
        if (to_at > stream_at)
            return CW_OK;
        const enum cw_status status = run_slice(drive, to_at, err);
        if (status != CW_OK)
            return status;
    }
}

static enum cw_status keep_item(struct cw_drive *drive,
                                const struct cw_item *item,
                                struct cw_error *err)
{
    if (drive->item_count == drive->item_capacity) {
        const size_t capacity =
            drive->item_capacity ? drive->item_capacity * 2 : 64;
        void *grown = realloc(drive->items, capacity * sizeof(*drive->items));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "items");
        drive->items = grown;
        drive->item_capacity = capacity;
    }
    struct cw_item *kept = &drive->items[drive->item_count];
    *kept = *item;
    struct cw_text bytes;
    const struct cw_record_type *type = cw_topic_item_type(item->topic);
    if (type != NULL && copy_record(type, item->record, drive->slice,
                                    &kept->record, &bytes) != CW_OK)
        return cw_fail(err, CW_BROKEN, "%s does not survive its wire form",
                       type->name);
    drive->item_count++;
    return CW_OK;
}

enum cw_status cw_drive_item(struct cw_drive *drive, const struct cw_item *item,
                             struct cw_error *err)
{
    const enum cw_status status = cw_drive_advance(
        drive, slice_of(item->stream_at) - CW_DRIVE_SLICE_US, err);
    return status == CW_OK ? keep_item(drive, item, err) : status;
}

enum cw_status cw_drive_save(const struct cw_drive *drive, uint32_t shard,
                             struct cw_pack *pack, struct cw_error *err)
{
    cw_shards_save(drive->shards, shard, pack);
    if (pack->failed)
        return cw_fail(err, CW_BROKEN, "shard %u does not save", shard);
    return CW_OK;
}

static enum cw_status save_all(struct cw_drive *drive, struct cw_pack *packs,
                               struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < drive->type->shard_count && status == CW_OK; i++) {
        cw_pack_init(&packs[i], (size_t)64 << 20);
        status = cw_drive_save(drive, i, &packs[i], err);
    }
    return status;
}

static enum cw_status load_all(struct cw_drive *drive,
                               const struct cw_pack *packs,
                               struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < drive->type->shard_count && status == CW_OK; i++) {
        struct cw_unpack in = cw_unpack_of(packs[i].bytes, packs[i].size);
        status = cw_shards_load(drive->shards, i, drive->closed_at, &in, err);
        if (status == CW_OK && packs[i].size > 0)
            status = cw_unpack_end(&in, err);
    }
    return status;
}

enum cw_status cw_drive_restart(struct cw_drive *drive, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    if (drive->item_count > 0)
        status = cw_drive_advance(
            drive, slice_of(drive->items[drive->item_count - 1].stream_at),
            err);
    if (status != CW_OK)
        return status;
    struct cw_pack *packs = calloc(drive->type->shard_count, sizeof(*packs));
    if (packs == NULL)
        return cw_fail(err, CW_NO_MEMORY, "packs");
    status = save_all(drive, packs, err);
    if (status == CW_OK) {
        cw_shards_destroy(&drive->shards);
        status = make_shards(drive, err);
    }
    if (status == CW_OK)
        status = load_all(drive, packs, err);
    for (uint32_t i = 0; i < drive->type->shard_count; i++)
        cw_pack_fini(&packs[i]);
    free(packs);
    return status;
}

size_t cw_drive_output_count(const struct cw_drive *drive)
{
    return drive->output_count;
}

const struct cw_drive_output *cw_drive_output(const struct cw_drive *drive,
                                              size_t index)
{
    return &drive->outputs[index];
}

size_t cw_drive_refused_count(const struct cw_drive *drive)
{
    return drive->refused_count;
}

void cw_drive_clear(struct cw_drive *drive)
{
    drive->output_count = 0;
    cw_arena_reset(drive->kept);
}

uint64_t cw_drive_digest(const struct cw_drive *drive)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < drive->output_count; i++) {
        digest = cw_hash_mix(digest, drive->outputs[i].topic);
        digest = cw_hash_mix_text(digest, drive->outputs[i].key);
        digest = cw_hash_mix_text(digest, drive->outputs[i].bytes);
    }
    return digest;
}
