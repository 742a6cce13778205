/* Any bytes as a line: runs and gaps tile it, nothing outside it is read (the
 * copy is exact, so a sanitizer sees it), the id is that of a copy elsewhere,
 * and texts keep their bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "template.h"
#include "tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(int holds)
{
    if (!holds)
        abort();
}

static void tile(const char *line, size_t size)
{
    size_t at = 0;
    while (at < size) {
        const struct tokens_gap gap = tokens_gap(line, at, size);
        check(gap.at == at);
        at += gap.size;
        if (at == size)
            break;
        const struct tokens_run run = tokens_run(line, at, size);
        check(run.at == at && run.size > 0);
        at += run.size;
    }
    check(at == size);
}

static void check_template(const struct skeleton *skeleton, struct cw_text line)
{
    char outline[TEMPLATE_OUTLINE_MAX];
    char text[TEMPLATE_SIZE_MAX];
    char example[100];
    uint64_t hashes[SKELETON_ITEM_MAX];
    for (size_t i = 0; i < skeleton->count; i++)
        hashes[i] = skeleton->items[i].hash;
    const size_t size = template_outline(skeleton, line, outline);
    check(size <= sizeof(outline));
    check(template_render((struct cw_text){outline, size}, hashes,
                          skeleton->count, text) <= sizeof(text));
    check(template_example(line, example, sizeof(example)) <= sizeof(example));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct skeleton first;
    struct skeleton second;
    char *line = malloc(size + 1);
    char *copy = malloc(size + 9);
    if (line == NULL || copy == NULL)
        abort();
    if (size > 0) {
        memcpy(line, bytes, size);
        memcpy(copy + 8, bytes, size);
    }
    tile(line, size);
    skeleton_build(&first, (struct cw_text){line, size});
    skeleton_build(&second, (struct cw_text){copy + 8, size});
    check(first.id == second.id && first.count == second.count);
    check(first.count <= SKELETON_ITEM_MAX && first.end <= size);
    check_template(&first, (struct cw_text){line, size});
    free(line);
    free(copy);
    return 0;
}
