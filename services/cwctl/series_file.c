#include "series_file.h"

#include <stdlib.h>
#include <strings.h>

#include "csv.h"
#include "lines.h"

#define ARENA_MAX ((size_t)128 << 20)

struct series_file {
    struct lines *lines;
    struct cw_arena *arena;
    size_t time_column;
    size_t value_column;
    bool named; /* the columns are known */
    struct cw_text cells[CSV_CELLS_MAX];
};

enum cw_status series_file_open(struct series_file **made, const char *path,
                                struct cw_error *err)
{
    struct series_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return cw_fail(err, CW_NO_MEMORY, "series");
    enum cw_status status = lines_open(&file->lines, path, false, err);
    if (status == CW_OK)
        status = cw_arena_create(&file->arena, ARENA_MAX, err);
    if (status != CW_OK)
        series_file_close(&file);
    else
        *made = file;
    return status;
}

void series_file_close(struct series_file **file)
{
    if (*file == NULL)
        return;
    lines_close(&(*file)->lines);
    cw_arena_destroy(&(*file)->arena);
    free(*file);
    *file = NULL;
}

static size_t find_column(const struct series_file *file, size_t count,
                          const char *const *names, size_t otherwise)
{
    for (; *names != NULL; names++)
        for (size_t i = 0; i < count; i++) {
            const struct cw_text cell = file->cells[i];
            if (cell.size == strlen(*names) &&
                strncasecmp(cell.bytes, *names, cell.size) == 0)
                return i;
        }
    return otherwise;
}

/* True when the row holds names and not values. */
static bool take_names(struct series_file *file, size_t count)
{
    static const char *const times[] = {"timestamp", "time", "date", "ds",
                                        NULL};
    static const char *const values[] = {"value", "y", NULL};
    int64_t at;
    file->named = true;
    file->value_column = 1;
    if (csv_time(file->cells[0], &at))
        return false;
    file->time_column = find_column(file, count, times, 0);
    file->value_column =
        find_column(file, count, values, file->time_column + 1);
    return true;
}

static enum cw_status read_row(const struct series_file *file, size_t count,
                               struct series_row *row, struct cw_error *err)
{
    const char *path = lines_path(file->lines);
    const unsigned long long line = lines_number(file->lines);
    if (count <= file->time_column || count <= file->value_column)
        return cw_fail(err, CW_BAD_RECORD,
                       "%s:%llu: %zu cells, a time and a "
                       "value are needed",
                       path, line, count);
    row->time_text = file->cells[file->time_column];
    row->value_text = file->cells[file->value_column];
    if (!csv_time(row->time_text, &row->at))
        return cw_fail(
            err, CW_BAD_RECORD, "%s:%llu: '%.*s' is no time", path, line,
            (int)(row->time_text.size < 40 ? row->time_text.size : 40),
            row->time_text.bytes);
    if (!csv_number(row->value_text, &row->value))
        return cw_fail(err, CW_BAD_RECORD, "%s:%llu: the value is no number",
                       path, line);
    return CW_OK;
}

enum cw_status series_file_next(struct series_file *file,
                                struct series_row *row, bool *found,
                                struct cw_error *err)
{
    for (;;) {
        struct cw_text line;
        size_t count = 0;
        const enum cw_status status =
            lines_next(file->lines, &line, found, err);
        if (status != CW_OK || !*found)
            return status;
        if (line.size == 0 || cw_text_is(line, "\r"))
            continue;
        cw_arena_reset(file->arena);
        if (!csv_split(line, file->arena, file->cells, &count))
            return cw_fail(err, CW_BAD_RECORD, "%s:%llu: not a row of CSV",
                           lines_path(file->lines),
                           (unsigned long long)lines_number(file->lines));
        if (!file->named && take_names(file, count))
            continue;
        return read_row(file, count, row, err);
    }
}
