/* First byte: which message; the rest its body. Read by the generated decoder
 * and, as if its schema came from elsewhere, by libavro: both take it and say
 * the same, or both refuse it. Messages without enums: there the generated
 * decoder takes any symbol for the default, and libavro knows the writer's. */
#include <assert.h>

#include "record/foreign.h"
#include "record/records.h"

#define ARENA_SIZE ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct cw_record_type *const types[] = {
    &cw_log_batch_type, &cw_dead_letter_type, &cw_cause_type, &cw_edge_type};

/* The type's own schema, as if another had written with it. */
static void learn(struct cw_foreign *foreign, const struct cw_record_type *type)
{
    struct cw_error err;
    uint64_t fingerprint = 0;
    const enum cw_status learned = cw_foreign_add(
        foreign, cw_text_of(type->schema_json), &fingerprint, &err);
    assert(learned == CW_OK);
    assert(fingerprint == type->fingerprint);
}

static void check_body(const struct cw_record_type *type, struct cw_text body,
                       struct cw_foreign *foreign, struct cw_arena *arena)
{
    struct cw_error err;
    const void *theirs = NULL;
    struct cw_unpack in = cw_unpack_of(body.bytes, body.size);
    void *ours = cw_arena_take(arena, type->size);
    learn(foreign, type);
    enum cw_status status = type->decode(ours, &in, arena, &err);
    if (status == CW_OK && in.at != in.size)
        status = CW_BAD_RECORD;
    const enum cw_status foreign_status =
        cw_foreign_open(foreign, type->fingerprint, body, arena, &theirs, &err);
    if (status == CW_TOO_LARGE || foreign_status == CW_TOO_LARGE)
        return;
    assert(status == foreign_status);
    if (status == CW_OK)
        assert(type->content_id(ours) == type->content_id(theirs));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    struct cw_foreign *foreign = NULL;
    if (size == 0)
        return 0;
    const struct cw_text body = {(const char *)bytes + 1, size - 1};
    if (cw_arena_create(&arena, ARENA_SIZE, &err) == CW_OK &&
        cw_foreign_create(&foreign, 1, &err) == CW_OK)
        check_body(types[bytes[0] % (sizeof(types) / sizeof(types[0]))], body,
                   foreign, arena);
    cw_foreign_destroy(&foreign);
    cw_arena_destroy(&arena);
    return 0;
}
