/* Any body of an earlier release: read as today's, or refused. */
#include <assert.h>

#include "record/records.h" /* of the fixture */
#include "record/wire.h"

#define ARENA_SIZE ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What the earlier writer did not say is what today's schema falls back to. */
static void check(const struct cw_record_type *type, const void *record)
{
    const struct cw_thing *thing = record;
    assert(type == &cw_thing_type);
    assert(thing->count == -70 && thing->tags_count == 0);
    for (size_t i = 0; i < thing->parts_count; i++)
        assert(cw_text_is(thing->parts[i].note, "n/a"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    struct cw_pack pack;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    cw_pack_init(&pack, ARENA_SIZE);
    cw_pack_bytes(&pack, "\xc3\x01", 2);
    cw_pack_u64(&pack, cw_record_histories[0].fingerprint);
    cw_pack_bytes(&pack, bytes, size);
    const struct cw_text message = {(const char *)pack.bytes, pack.size};
    if (!pack.failed && cw_arena_create(&arena, ARENA_SIZE, &err) == CW_OK &&
        cw_wire_open(message, arena, &type, &record, &err) == CW_OK)
        check(type, record);
    cw_arena_destroy(&arena);
    cw_pack_fini(&pack);
    return 0;
}
