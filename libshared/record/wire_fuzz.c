/* Any bytes: opened or refused; what opens is the same record once sealed and
 * opened again, and can be printed. */
#include <assert.h>

#include "record/wire.h"

#define ARENA_SIZE ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_again(const struct cw_record_type *type, const void *record,
                        struct cw_arena *arena)
{
    struct cw_error err;
    struct cw_pack pack;
    const struct cw_record_type *type_again;
    const void *again;
    cw_pack_init(&pack, ARENA_SIZE);
    cw_wire_seal(type, record, &pack);
    const struct cw_text sealed = {(const char *)pack.bytes, pack.size};
    if (!pack.failed &&
        cw_wire_open(sealed, arena, &type_again, &again, &err) == CW_OK) {
        assert(type_again == type);
        assert(type->content_id(again) == type->content_id(record));
    } else {
        assert(pack.failed || err.status == CW_TOO_LARGE);
    }
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
