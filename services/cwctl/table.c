#include "table.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include "csv.h"

#define ARENA_MAX ((size_t)1 << 30)
#define GAP       2

struct table {
    const char *const *columns;
    size_t column_count;
    struct cw_arena *arena;
    struct cw_text *cells; /* row after row */
    size_t row_count;
    size_t row_capacity;
};

enum cw_status table_create(struct table **made, const char *const *columns,
                            struct cw_error *err)
{
    struct table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return cw_fail(err, CW_NO_MEMORY, "table");
    table->columns = columns;
    while (columns[table->column_count] != NULL &&
           table->column_count < TABLE_COLUMNS_MAX)
        table->column_count++;
    const enum cw_status status =
        cw_arena_create(&table->arena, ARENA_MAX, err);
    if (status != CW_OK)
        table_destroy(&table);
    else
        *made = table;
    return status;
}

void table_destroy(struct table **table)
{
    if (*table == NULL)
        return;
    cw_arena_destroy(&(*table)->arena);
    free((*table)->cells);
    free(*table);
    *table = NULL;
}

enum cw_status table_add(struct table *table, const struct cw_text *cells,
                         struct cw_error *err)
{
    if (table->row_count == table->row_capacity) {
        const size_t capacity =
            table->row_capacity ? table->row_capacity * 2 : 64;
        struct cw_text *grown =
            realloc(table->cells,
                    capacity * table->column_count * sizeof(*table->cells));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "table of %zu rows", capacity);
        table->cells = grown;
        table->row_capacity = capacity;
    }
    struct cw_text *row = &table->cells[table->row_count * table->column_count];
    for (size_t i = 0; i < table->column_count; i++) {
        row[i] = cw_arena_text(table->arena, cells[i]);
        if (row[i].bytes == NULL && cells[i].size > 0)
            return cw_fail(err, CW_NO_MEMORY, "a table above its bound");
    }
    table->row_count++;
    return CW_OK;
}

size_t table_count(const struct table *table)
{
    return table->row_count;
}

static bool is_number(const char *column)
{
    return column[0] == '#';
}

static const char *name_of(const char *column)
{
    return column + (is_number(column) ? 1 : 0);
}

/* Code points, as terminals count most of them. */
static size_t width_of(struct cw_text text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size; i++)
        width += ((unsigned char)text.bytes[i] & 0xc0) != 0x80 ? 1 : 0;
    return width;
}

/* A record must not draw on a terminal. */
static void write_plain(struct cw_text text, FILE *out)
{
    for (size_t i = 0; i < text.size; i++)
        (void)fputc((unsigned char)text.bytes[i] < 0x20 || text.bytes[i] == 0x7f
                        ? ' '
                        : text.bytes[i],
                    out);
}

static void write_cell(struct cw_text text, size_t width, bool number,
                       bool last, FILE *out)
{
    const size_t have = width_of(text);
    const size_t pad = have < width ? width - have : 0;
    for (size_t i = 0; number && i < pad; i++)
        (void)fputc(' ', out);
    write_plain(text, out);
    for (size_t i = 0; !last && i < (number ? 0 : pad) + GAP; i++)
        (void)fputc(' ', out);
}

static void write_row(const struct table *table, const struct cw_text *cells,
                      const size_t *widths, FILE *out)
{
    for (size_t i = 0; i < table->column_count; i++)
        write_cell(cells[i], widths[i], is_number(table->columns[i]),
                   i + 1 == table->column_count, out);
    (void)fputc('\n', out);
}

static void print_table(const struct table *table, FILE *out)
{
    size_t widths[TABLE_COLUMNS_MAX];
    struct cw_text heading[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < table->column_count; i++) {
        heading[i] = cw_text_of(name_of(table->columns[i]));
        widths[i] = width_of(heading[i]);
        for (size_t row = 0; row < table->row_count; row++) {
            const size_t width =
                width_of(table->cells[row * table->column_count + i]);
            if (width > widths[i])
                widths[i] = width;
        }
    }
    write_row(table, heading, widths, out);
    for (size_t row = 0; row < table->row_count; row++)
        write_row(table, &table->cells[row * table->column_count], widths, out);
}

static void print_csv(const struct table *table, FILE *out)
{
    for (size_t i = 0; i < table->column_count; i++)
        (void)fprintf(out, "%s%s", i > 0 ? "," : "",
                      name_of(table->columns[i]));
    (void)fputc('\n', out);
    for (size_t at = 0; at < table->row_count * table->column_count; at++) {
        csv_write(table->cells[at], out);
        (void)fputc((at + 1) % table->column_count == 0 ? '\n' : ',', out);
    }
}

static json_t *cell_json(struct cw_text cell, bool number)
{
    char text[64];
    if (number && cell.size > 0 && cell.size < sizeof(text)) {
        memcpy(text, cell.bytes, cell.size);
        text[cell.size] = '\0';
        json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
        if (value != NULL)
            return value;
    }
    if (number && cell.size == 0)
        return json_null();
    return json_stringn_nocheck(cell.bytes ? cell.bytes : "", cell.size);
}

static void print_json(const struct table *table, FILE *out)
{
    for (size_t row = 0; row < table->row_count; row++) {
        json_t *object = json_object();
        for (size_t i = 0; i < table->column_count; i++)
            (void)json_object_set_new_nocheck(
                object, name_of(table->columns[i]),
                cell_json(table->cells[row * table->column_count + i],
                          is_number(table->columns[i])));
        (void)json_dumpf(object, out, JSON_COMPACT);
        (void)fputc('\n', out);
        json_decref(object);
    }
}

void table_print(const struct table *table, enum output_form form, FILE *out)
{
    switch (form) {
    case OUTPUT_TABLE:
        print_table(table, out);
        break;
    case OUTPUT_JSON:
        print_json(table, out);
        break;
    case OUTPUT_CSV:
        print_csv(table, out);
        break;
    }
}
