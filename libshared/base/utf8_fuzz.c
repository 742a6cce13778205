/* Any bytes: cleaned they are valid, hold no NUL, stay as they are when
 * cleaned again, and were untouched if they were clean already. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_prefixes(struct cw_text clean)
{
    for (size_t max = 0; max < clean.size && max < 64; max++) {
        const struct cw_text prefix = cw_utf8_prefix(clean, max);
        if (prefix.size > max || max - prefix.size > 3 ||
            !cw_utf8_valid(prefix))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct cw_text text = {(const char *)bytes, size};
    struct cw_arena *arena = NULL;
    struct cw_error err;
    struct cw_text clean;
    struct cw_text again;
    if (cw_arena_create(&arena, 16u << 20, &err) != CW_OK)
        abort();
    if (cw_utf8_clean(arena, text, &clean)) {
        const bool had_nul = size > 0 && memchr(bytes, '\0', size) != NULL;
        if (!cw_utf8_valid(clean) || clean.size > 3 * size ||
            (clean.size > 0 && memchr(clean.bytes, '\0', clean.size) != NULL))
            abort();
        if (cw_utf8_valid(text) && !had_nul && !cw_text_equal(text, clean))
            abort();
        if (!cw_utf8_clean(arena, clean, &again) ||
            !cw_text_equal(clean, again))
            abort();
        check_prefixes(clean);
    }
    cw_arena_destroy(&arena);
    return 0;
}
