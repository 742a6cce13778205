/* One deciding core over whatever its topics may hold. The bytes say a way:
 * items of any input with any fields, time that passes, restarts. Built once a
 * service, with CORE its type and CORE_HEADER where that is declared.
 *
 * Properties
 *   a snapshot in the middle changes nothing: a run with restarts puts the
 *     same bytes on the same topics as the run without
 *   outputs survive their wire form (drive sees to it) and lie on topics the
 *     core declares
 *   the snapshot of a way with some of its bytes changed: state.h */
#include <assert.h>
#include <stdio.h>

#include "base/hash.h"
#include "core/drive.h"
#include "core/unpack.h"
#include "state.h"

#define ARENA_MAX ((size_t)64 << 20)
#define T0        INT64_C(1700000000000000)
#define STEPS_MAX 200
#define AHEAD_MAX (INT64_C(3600) * 1000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct way {
    struct cw_unpack in;
    struct cw_drive *drive;
    struct cw_arena *arena;
    int64_t now_at;
    bool restarts;
    enum cw_status status;
};

static size_t input_count(void)
{
    size_t count = 0;
    while (CORE.inputs[count] != CW_TOPIC_COUNT)
        count++;
    return count;
}

static enum cw_status give(void *to, const struct cw_item *item,
                           struct cw_error *err)
{
    struct way *way = to;
    struct cw_item now = *item;
    now.stream_at = way->now_at;
    return cw_drive_item(way->drive, &now, err);
}

/* A message of an input, its body as the bytes say. */
static void give_message(struct way *way, enum cw_topic topic)
{
    struct cw_error err;
    struct cw_pack pack;
    const size_t low = cw_unpack_u8(&way->in);
    const size_t wanted = low + (size_t)256 * (cw_unpack_u8(&way->in) % 8u);
    const size_t left = way->in.size - way->in.at;
    const size_t size = wanted < left ? wanted : left;
    const void *body = cw_unpack_bytes(&way->in, size);
    cw_pack_init(&pack, ARENA_MAX);
    cw_pack_bytes(&pack, "\xc3\x01", 2);
    cw_pack_u64(&pack, cw_topic_message_type(topic)->fingerprint);
    cw_pack_bytes(&pack, body, size);
    const struct cw_text value = {(const char *)pack.bytes, pack.size};
    const enum cw_status status =
        cw_unpack_message(topic, value, way->arena, give, way, &err);
    if (cw_status_action(status) != CW_DEAD_LETTER)
        way->status = status;
    cw_arena_reset(way->arena);
    cw_pack_fini(&pack);
}

static void pass_time(struct way *way)
{
    static const int64_t units[] = {1, 1000, 50000, 1000000, 60000000};
    struct cw_error err;
    const int64_t unit = units[cw_unpack_u8(&way->in) % 5];
    const int64_t passed = unit * cw_unpack_u8(&way->in);
    way->now_at += passed < AHEAD_MAX ? passed : AHEAD_MAX;
    way->status = cw_drive_advance(way->drive, way->now_at - 1, &err);
}

static void go(struct way *way)
{
    const size_t topics = input_count();
    assert(topics > 0); /* a core without inputs does nothing */
    struct cw_error err;
    for (int i = 0;
         i < STEPS_MAX && way->in.at < way->in.size && way->status == CW_OK;
         i++) {
        const uint8_t what = cw_unpack_u8(&way->in);
        if (what % 8 == 0)
            pass_time(way);
        else if (what % 8 == 1 && way->restarts)
            way->status = cw_drive_restart(way->drive, &err);
        else if (what % 8 == 1) /* a restart closes the open slice as well */
            way->status = cw_drive_advance(way->drive, way->now_at, &err);
        else
            give_message(way, CORE.inputs[what / 8 % topics]);
        if (what % 8 == 1)
            way->now_at += INT64_C(2) * CW_DRIVE_SLICE_US;
    }
    /* What a core has pending comes out. */
    if (way->status == CW_OK)
        way->status = cw_drive_advance(
            way->drive, way->now_at + INT64_C(600) * 1000000, &err);
}

static bool declares(enum cw_topic topic)
{
    for (const enum cw_topic *out = CORE.outputs; *out != CW_TOPIC_COUNT; out++)
        if (*out == topic)
            return true;
    return false;
}

static struct way begin(const uint8_t *bytes, size_t size, bool restarts)
{
    struct cw_error err;
    struct way way = {.in = cw_unpack_of(bytes, size),
                      .now_at = T0,
                      .restarts = restarts,
                      .status = CW_OK};
    check(cw_arena_create(&way.arena, ARENA_MAX, &err) == CW_OK);
    check(cw_drive_create(&way.drive, &CORE, CORE_CONFIG, &err) == CW_OK);
    return way;
}

static void end(struct way *way)
{
    cw_drive_destroy(&way->drive);
    cw_arena_destroy(&way->arena);
}

static uint64_t run(const uint8_t *bytes, size_t size, bool restarts,
                    enum cw_status *status)
{
    struct way way = begin(bytes, size, restarts);
    go(&way);
    for (size_t i = 0; i < cw_drive_output_count(way.drive); i++)
        check(declares(cw_drive_output(way.drive, i)->topic));
    const uint64_t digest = cw_drive_digest(way.drive);
    *status = way.status;
    end(&way);
    return digest;
}

/* ---- a snapshot with changes --------------------------------------------- */

/* For a person who wants seeds for state_fuzz.c: CW_FUZZ_STATES=FOLDER. */
static void keep_state(uint32_t shard, const struct cw_pack *state)
{
    const char *folder = getenv("CW_FUZZ_STATES");
    char path[512];
    const uint64_t name = cw_hash(state->bytes, state->size);
    if (folder == NULL || state->size == 0)
        return;
    (void)snprintf(path, sizeof(path), "%s/state-%016llx", folder,
                   (unsigned long long)name);
    FILE *out = fopen(path, "wb");
    check(out != NULL && fputc((int)shard, out) != EOF &&
          fwrite(state->bytes, 1, state->size, out) == state->size &&
          fclose(out) == 0);
}

/* The shard that knows most. */
static uint32_t save_fullest(const struct cw_drive *drive, struct cw_pack *most)
{
    uint32_t fullest = 0;
    cw_pack_init(most, STATE_MAX);
    for (uint32_t i = 0; i < CORE.shard_count; i++) {
        struct cw_error err;
        struct cw_pack state;
        cw_pack_init(&state, STATE_MAX);
        check(cw_drive_save(drive, i, &state, &err) == CW_OK);
        if (state.size > most->size) {
            const struct cw_pack less = *most;
            *most = state;
            state = less;
            fullest = i;
        }
        cw_pack_fini(&state);
    }
    return fullest;
}

/* The bytes say changes, and after them a way. */
static void load_changed(const uint8_t *bytes, size_t size)
{
    struct cw_pack state;
    struct cw_unpack in = cw_unpack_of(bytes, size);
    const size_t changes = cw_unpack_u8(&in) % 8u;
    const uint8_t *change = cw_unpack_bytes(&in, 3 * changes);
    if (in.failed)
        return;
    struct way way = begin(bytes + in.at, size - in.at, true);
    go(&way);
    const uint32_t shard = save_fullest(way.drive, &state);
    keep_state(shard, &state);
    for (size_t i = 0; i < changes && state.size > 0; i++) {
        const size_t at = change[3 * i] + (size_t)256 * change[3 * i + 1];
        state.bytes[at % state.size] = change[3 * i + 2];
    }
    state_load(shard, state.bytes, state.size);
    cw_pack_fini(&state);
    end(&way);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum cw_status straight;
    enum cw_status restarted;
    if (size == 0)
        return 0;
    if (bytes[0] % 4 == 2) {
        load_changed(bytes + 1, size - 1);
        return 0;
    }
    const uint64_t digest = run(bytes + 1, size - 1, false, &straight);
    check(run(bytes + 1, size - 1, true, &restarted) == digest);
    check(straight == restarted);
    return 0;
}
