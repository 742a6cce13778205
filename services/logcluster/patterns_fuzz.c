/* Any bytes as a file of lines: each line gets a pattern, lines that are the
 * same get the same one, and the counts add up. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "patterns.h"

#define PATTERNS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void add_lines(struct patterns *patterns, struct cw_text all)
{
    struct cw_error err;
    while (all.size > 0) {
        const char *end = memchr(all.bytes, '\n', all.size);
        const size_t size = end ? (size_t)(end - all.bytes) : all.size;
        const size_t step = size + (end != NULL);
        if (patterns_add(patterns, (struct cw_text){all.bytes, size}, &err) !=
            CW_OK)
            abort();
        all.bytes += step;
        all.size -= step;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_error err;
    struct patterns *patterns = NULL;
    const struct cw_text all = {(const char *)bytes, size};
    if (patterns_create(&patterns, PATTERNS_MAX, &err) != CW_OK)
        abort();
    add_lines(patterns, all);
    if (patterns_count(patterns) > PATTERNS_MAX)
        abort();
    for (size_t i = 0; i < patterns_line_count(patterns); i++) {
        const struct patterns_row row = patterns_row(patterns, i);
        if (row.line_count == 0 ||
            row.line_count > patterns_line_count(patterns))
            abort();
    }
    patterns_destroy(&patterns);
    return 0;
}
