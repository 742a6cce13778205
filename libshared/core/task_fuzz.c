/* What Kafka may hold for a task - snapshots, rulings, messages with their
 * headers - in any bytes: the task comes up or says why not, its core sees
 * slices in order with their items inside, and what it commits moves on. */
#include <stdlib.h>
#include <string.h>

#include "core/task.h"
#include "core/unpack.h"

#define ARENA_MAX    ((size_t)64 << 20)
#define PARTS_MAX    8
#define RULINGS_MAX  8
#define SOURCE_COUNT 3
#define T0           INT64_C(1700000000000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* ---- a core that remembers how far it was ------------------------------- */

#define SHARDS 2

struct cw_core {
    int64_t now_at[SHARDS];
    int64_t deadline_at[SHARDS];
    uint64_t seen[SHARDS];
};

static const enum cw_topic inputs[] = {CW_TOPIC_EVENTS, CW_TOPIC_SAID,
                                       CW_TOPIC_COUNT};
static const enum cw_topic outputs[] = {CW_TOPIC_SAID, CW_TOPIC_COUNT};
static const enum cw_topic marks[] = {CW_TOPIC_SAID, CW_TOPIC_COUNT};

static enum cw_status make(struct cw_core **made, const void *config,
                           struct cw_error *err)
{
    (void)config;
    (void)err;
    *made = calloc(1, sizeof(**made));
    check(*made != NULL);
    for (int i = 0; i < SHARDS; i++) {
        (*made)->now_at[i] = INT64_MIN;
        (*made)->deadline_at[i] = CW_NEVER;
    }
    return CW_OK;
}

static void unmake(struct cw_core **core)
{
    free(*core);
    *core = NULL;
}

static void pass(struct cw_core *core, uint32_t shard, int64_t at)
{
    check(at >= core->now_at[shard]);
    core->now_at[shard] = at;
}

static enum cw_status step(struct cw_core *core, uint32_t shard,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    pass(core, shard, item->stream_at);
    check(cw_emit_now(emit) == item->stream_at);
    core->seen[shard]++;
    core->deadline_at[shard] = item->stream_at + 200000;
    if (item->topic != CW_TOPIC_SAID)
        return CW_OK;
    return cw_emit_put(emit, CW_TOPIC_SAID, item->route, CW_TEXT(""),
                       item->record, err);
}

static int64_t next_deadline(const struct cw_core *core, uint32_t shard)
{
    return core->deadline_at[shard];
}

static enum cw_status timer(struct cw_core *core, uint32_t shard,
                            int64_t deadline_at, struct cw_emit *emit,
                            struct cw_error *err)
{
    (void)emit;
    (void)err;
    pass(core, shard, deadline_at);
    core->deadline_at[shard] = CW_NEVER;
    return CW_OK;
}

static void save(const struct cw_core *core, uint32_t shard,
                 struct cw_pack *out)
{
    cw_pack_i64(out, core->now_at[shard]);
    cw_pack_i64(out, core->deadline_at[shard]);
    cw_pack_u64(out, core->seen[shard]);
}

/* As every core must: nothing is taken that could not have been saved. */
static enum cw_status load(struct cw_core *core, uint32_t shard,
                           struct cw_unpack *in, struct cw_error *err)
{
    (void)cw_unpack_i64(in);
    core->deadline_at[shard] = CW_NEVER;
    (void)cw_unpack_i64(in);
    core->seen[shard] = cw_unpack_u64(in);
    return cw_unpack_end(in, err);
}

static const struct cw_core_type type = {
    .name = "echo",
    .shard_count = SHARDS,
    .snapshot_format = 1,
    .inputs = inputs,
    .outputs = outputs,
    .create = make,
    .destroy = unmake,
    .step = step,
    .next_deadline = next_deadline,
    .timer = timer,
    .save = save,
    .load = load,
};

/* ---- bytes to a world --------------------------------------------------- */

static const struct cw_task_source sources[] = {
    {CW_TOPIC_EVENTS, 1}, {CW_TOPIC_EVENTS, 2}, {CW_TOPIC_SAID, 3}};

static struct cw_text take_text(struct cw_unpack *in)
{
    const size_t low = cw_unpack_u8(in);
    const size_t wanted = low + (size_t)256 * (cw_unpack_u8(in) % 8u);
    const size_t left = in->size - in->at;
    const size_t size = wanted < left ? wanted : left;
    const char *bytes = cw_unpack_bytes(in, size);
    return (struct cw_text){bytes == NULL ? "" : bytes, bytes ? size : 0};
}

static size_t take_parts(struct cw_unpack *in, struct cw_arena *arena,
                         const struct cw_snapshot **parts)
{
    const size_t wanted = cw_unpack_u8(in) % (PARTS_MAX + 1);
    size_t count = 0;
    for (size_t i = 0; i < wanted; i++) {
        const struct cw_text body = take_text(in);
        struct cw_error err;
        struct cw_unpack from = cw_unpack_of(body.bytes, body.size);
        struct cw_snapshot *part = cw_arena_take(arena, sizeof(*part));
        check(part != NULL);
        if (cw_snapshot_type.decode(part, &from, arena, &err) == CW_OK)
            parts[count++] = part;
    }
    return count;
}

static size_t take_rulings(struct cw_unpack *in,
                           struct cw_source_ruling *rulings)
{
    const size_t count = cw_unpack_u8(in) % (RULINGS_MAX + 1);
    for (size_t i = 0; i < count; i++) {
        rulings[i].slice_at = cw_unpack_i64(in);
        rulings[i].topic = (enum cw_topic)(cw_unpack_u8(in) % CW_TOPIC_COUNT);
        rulings[i].source = cw_unpack_u8(in);
        rulings[i].absent = cw_unpack_u8(in) % 2 == 1;
    }
    return count;
}

/* A header somebody wrote, or one as the outbox writes it. */
static struct cw_text take_header(struct cw_unpack *in, struct cw_text value,
                                  struct cw_pack *pack)
{
    struct cw_flight_entry entry;
    if (cw_unpack_u8(in) % 4 == 0)
        return take_text(in);
    entry.source = cw_unpack_u8(in) % 5;
    entry.from = cw_unpack_u8(in);
    entry.to = entry.from + cw_unpack_u8(in);
    entry.mark_at = T0 + (int64_t)cw_unpack_u32(in);
    entry.count = cw_unpack_u8(in);
    const struct cw_flight_head head = {
        .writer = 7,
        .last = true,
        .digest = cw_flight_digest(0, value),
        .entries = &entry,
        .entry_count = 1,
    };
    cw_pack_reset(pack);
    cw_flight_encode(&head, pack);
    return (struct cw_text){(const char *)pack->bytes, pack->size};
}

static struct cw_text take_value(struct cw_unpack *in, enum cw_topic topic,
                                 struct cw_pack *pack)
{
    const struct cw_text body = take_text(in);
    cw_pack_reset(pack);
    cw_pack_bytes(pack, "\xc3\x01", 2);
    cw_pack_u64(pack, cw_topic_message_type(topic)->fingerprint);
    cw_pack_bytes(pack, body.bytes, body.size);
    return (struct cw_text){(const char *)pack->bytes, pack->size};
}

/* ---- the run ------------------------------------------------------------ */

static enum cw_status run_on(struct cw_task *task, struct cw_outbox *outbox,
                             uint8_t how, struct cw_error *err)
{
    const struct cw_message *messages;
    struct cw_source_ruling ruled;
    size_t count;
    const int64_t before_at = cw_task_released_at(task);
    enum cw_status status = cw_task_run(task, 0, 0, &count, err);
    check(cw_task_released_at(task) >= before_at);
    if (status == CW_OK && how % 3 == 1) {
        status = cw_task_rule(task, how % 2 == 0, &ruled, err);
        status = status == CW_NOT_FOUND ? CW_OK : status;
    }
    if (status == CW_OK)
        status = cw_task_snapshot(task, err);
    if (status == CW_OK)
        status = cw_outbox_seal(outbox, &messages, &count, err);
    if (status == CW_OK)
        cw_outbox_clear(outbox);
    return status;
}

static void feed(struct cw_task *task, struct cw_outbox *outbox,
                 struct cw_unpack *in)
{
    struct cw_pack header_pack;
    struct cw_pack value_pack;
    struct cw_error err;
    int64_t offset[2] = {100, 100};
    enum cw_status status = CW_OK;
    cw_pack_init(&header_pack, ARENA_MAX);
    cw_pack_init(&value_pack, ARENA_MAX);
    while (status == CW_OK && in->at < in->size) {
        const uint8_t how = cw_unpack_u8(in);
        const enum cw_topic topic = inputs[how % 2];
        const struct cw_text value = take_value(in, topic, &value_pack);
        const struct cw_text header = take_header(in, value, &header_pack);
        status =
            cw_task_take(task, topic, offset[how % 2]++, header, value, &err);
        if (status == CW_OK)
            status = run_on(task, outbox, how / 2, &err);
    }
    cw_pack_fini(&header_pack);
    cw_pack_fini(&value_pack);
}

static void live(const struct cw_task_restore *restore, struct cw_unpack *in)
{
    static const struct cw_outbox_config config = {.writer = 7,
                                                   .partitions = 1,
                                                   .message_size = 1 << 20,
                                                   .max_size = 1 << 24};
    const struct cw_task_setup setup = {
        .type = &type, .sources = sources, .source_count = SOURCE_COUNT};
    struct cw_task *task = NULL;
    struct cw_outbox *outbox = NULL;
    struct cw_error err;
    uint32_t lost;
    check(cw_outbox_create(&outbox, &config, &err) == CW_OK);
    if (cw_task_create(&task, &setup, restore, &lost, &err) == CW_OK) {
        check(lost <= SHARDS);
        check(cw_task_join(task, outbox, marks, -1, &err) == CW_OK);
        feed(task, outbox, in);
    }
    cw_task_destroy(&task);
    cw_outbox_destroy(&outbox);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct cw_snapshot *parts[PARTS_MAX];
    struct cw_source_ruling rulings[RULINGS_MAX];
    struct cw_unpack in = cw_unpack_of(bytes, size);
    struct cw_arena *arena = NULL;
    struct cw_error err;
    check(cw_arena_create(&arena, ARENA_MAX, &err) == CW_OK);
    struct cw_task_restore restore = {.parts = parts, .rulings = rulings};
    restore.part_count = take_parts(&in, arena, parts);
    restore.ruling_count = take_rulings(&in, rulings);
    restore.committed_at =
        cw_unpack_u8(&in) % 2 == 0 ? CW_BEGINNING : cw_unpack_i64(&in);
    live(&restore, &in);
    cw_arena_destroy(&arena);
    return 0;
}
