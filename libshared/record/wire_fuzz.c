/* Any bytes: opened or refused; what opens is the same record once sealed and
 * opened again, and can be printed. */
#include <assert.h>

#include "record/wire.h"

#define ARENA_SIZE ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_opens(const struct cw_record_type *type, const void *record,
                        struct cw_text sealed, struct cw_arena *arena)
{
    struct cw_error err;
    const struct cw_record_type *type_again = NULL;
    const void *again = NULL;
    const enum cw_status status =
        cw_wire_open(sealed, arena, &type_again, &again, &err);
    assert(status == CW_OK || status == CW_TOO_LARGE);
    if (status != CW_OK)
        return;
    assert(type_again == type);
    assert(type->content_id(again) == type->content_id(record));
}

static void check_again(const struct cw_record_type *type, const void *record,
                        struct cw_arena *arena)
{
    struct cw_pack pack;
    cw_pack_init(&pack, ARENA_SIZE);
    cw_wire_seal(type, record, &pack);
    const struct cw_text sealed = {(const char *)pack.bytes, pack.size};
    if (!pack.failed)
        check_opens(type, record, sealed, arena);
    cw_pack_fini(&pack);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    const struct cw_text message = {(const char *)bytes, size};
    if (cw_arena_create(&arena, ARENA_SIZE, &err) != CW_OK)
        return 0;
    if (cw_wire_open(message, arena, &type, &record, &err) == CW_OK) {
        json_t *json = type->json(record, false);
        assert(json != NULL);
        json_decref(json);
        check_again(type, record, arena);
    }
    cw_arena_destroy(&arena);
    return 0;
}
