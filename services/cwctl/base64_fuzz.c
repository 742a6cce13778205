/* Any bytes: encoded they decode to themselves; as a text they decode to bytes
 * whose code decodes to the same, or are refused. */
#include <stdint.h>
#include <stdlib.h>

#include "base64.h"

#define ARENA_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void round_trip(struct cw_text bytes, struct cw_arena *arena)
{
    struct cw_text again;
    const struct cw_text coded = base64_encode(bytes, arena);
    check(coded.bytes != NULL && coded.size == (bytes.size + 2) / 3 * 4);
    check(base64_decode(coded, arena, &again));
    check(cw_text_equal(again, bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_arena *arena = NULL;
    struct cw_text decoded;
    struct cw_error err;
    const struct cw_text text = {(const char *)bytes, size};
    check(cw_arena_create(&arena, ARENA_MAX, &err) == CW_OK);
    round_trip(text, arena);
    if (base64_decode(text, arena, &decoded))
        round_trip(decoded, arena);
    cw_arena_destroy(&arena);
    return 0;
}
