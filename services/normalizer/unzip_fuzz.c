/* Any bytes: never more than was allowed, never a trap. */
#include <stdint.h>
#include <stdlib.h>

#include "unzip.h"

#define PLAIN_MAX ((size_t)65536)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    struct cw_text plain = {"", 0};
    const struct cw_text packed = {(const char *)bytes, size};
    if (cw_arena_create(&arena, 4 * PLAIN_MAX, &err) != CW_OK)
        abort();
    if (unzip(&plain, packed, PLAIN_MAX, arena, &err) == CW_OK &&
        plain.bytes != packed.bytes && plain.size > PLAIN_MAX)
        abort();
    cw_arena_destroy(&arena);
    return 0;
}
