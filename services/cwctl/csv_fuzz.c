/* Any bytes as a line of a spreadsheet: what splits, written again, splits into
 * the same cells; a number is a number, a time is possible. */
#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "csv.h"

#define ARENA_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_again(const struct cw_text *cells, size_t count,
                        struct cw_arena *arena)
{
    struct cw_text again[CSV_CELLS_MAX];
    size_t again_count = 0;
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    check(out != NULL);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            (void)fputc(',', out);
        csv_write(cells[i], out);
    }
    check(fclose(out) == 0);
    check(csv_split((struct cw_text){line, size}, arena, again, &again_count));
    check(again_count == count);
    for (size_t i = 0; i < count; i++)
        check(cw_text_equal(again[i], cells[i]));
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_text cells[CSV_CELLS_MAX];
    size_t count = 0;
    struct cw_arena *arena = NULL;
    struct cw_error err;
    const struct cw_text line = {(const char *)bytes, size};
    check(cw_arena_create(&arena, ARENA_MAX, &err) == CW_OK);
    if (csv_split(line, arena, cells, &count)) {
        check(count > 0 && count <= CSV_CELLS_MAX);
        check_again(cells, count, arena);
    }
    for (size_t i = 0; i < count; i++) {
        int64_t at = 0;
        double number = 0.0;
        if (csv_time(cells[i], &at))
            check(cw_time_is_bounded(at));
        (void)csv_number(cells[i], &number);
    }
    cw_arena_destroy(&arena);
    return 0;
}
