/*
 * state - bytes as the snapshot of a shard, for the fuzz targets of this folder
 * only. Built with CORE, the type of a core, and CORE_HEADER, where that is
 * declared.
 *
 * Properties
 *   refused with a reason, or a state that saves, loads and saves the same
 *     again
 */
#ifndef TESTS_FUZZ_STATE_H
#define TESTS_FUZZ_STATE_H

#include <stdlib.h>
#include <string.h>

#include CORE_HEADER

#define STATE_MAX ((size_t)64 << 20)

#ifndef CORE_CONFIG
#define CORE_CONFIG NULL
#endif

static inline void check(bool holds)
{
    if (!holds)
        abort();
}

static inline bool state_take(struct cw_core *core, uint32_t shard,
                              const void *bytes, size_t size)
{
    struct cw_error err = {0};
    struct cw_unpack in = cw_unpack_of(bytes, size);
    enum cw_status status = CORE.load(core, shard, &in, &err);
    if (status == CW_OK)
        status = cw_unpack_end(&in, &err);
    check(status == CW_OK || err.text[0] != '\0');
    return status == CW_OK;
}

static inline void state_save(const struct cw_core *core, uint32_t shard,
                              struct cw_pack *out)
{
    cw_pack_init(out, STATE_MAX);
    CORE.save(core, shard, out);
    check(!out->failed);
}

static inline void state_load(uint32_t shard, const uint8_t *bytes, size_t size)
{
    struct cw_error err;
    struct cw_core *core = NULL;
    struct cw_core *again = NULL;
    struct cw_pack first;
    struct cw_pack second;
    check(CORE.create(&core, CORE_CONFIG, &err) == CW_OK);
    check(CORE.create(&again, CORE_CONFIG, &err) == CW_OK);
    if (state_take(core, shard, bytes, size)) {
        state_save(core, shard, &first);
        check(first.size == 0 ||
              state_take(again, shard, first.bytes, first.size));
        state_save(again, shard, &second);
        check(first.size == second.size &&
              (first.size == 0 ||
               memcmp(first.bytes, second.bytes, first.size) == 0));
        cw_pack_fini(&first);
        cw_pack_fini(&second);
    }
    CORE.destroy(&core);
    CORE.destroy(&again);
}

#endif
