#include "csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"

#define CELL_MAX 64

/* The rest of a quoted cell after its opening quote, unescaped; *at moves
 * behind the closing one. */
static bool unquote(struct cw_text line, size_t *at, struct cw_arena *arena,
                    struct cw_text *cell)
{
    char *out = cw_arena_take(arena, line.size - *at + 1);
    size_t size = 0;
    if (out == NULL)
        return false;
    while (*at < line.size) {
        const char letter = line.bytes[(*at)++];
        if (letter == '"' && (*at == line.size || line.bytes[*at] != '"')) {
            *cell = (struct cw_text){out, size};
            return true;
        }
        if (letter == '"')
            (*at)++; /* a doubled quote is one */
        out[size++] = letter;
    }
    return false;
}

/* The cell from *at to the next comma; *at moves to that comma. */
static struct cw_text bare(struct cw_text line, size_t *at)
{
    const size_t left = line.size - *at;
    const char *cell = line.bytes + *at;
    const char *comma = left > 0 ? memchr(cell, ',', left) : NULL;
    const size_t size = comma != NULL ? (size_t)(comma - cell) : left;
    *at += size;
    return (struct cw_text){cell, size};
}

bool csv_split(struct cw_text line, struct cw_arena *arena,
               struct cw_text *cells, size_t *count)
{
    size_t at = 0;
    if (line.size > 0 && line.bytes[line.size - 1] == '\r')
        line.size--;
    for (*count = 0;; at++) {
        struct cw_text cell;
        if (*count == CSV_CELLS_MAX)
            return false;
        if (at < line.size && line.bytes[at] == '"') {
            at++;
            if (!unquote(line, &at, arena, &cell))
                return false;
        } else {
            cell = bare(line, &at);
        }
        cells[(*count)++] = cell;
        if (at >= line.size)
            return true;
        if (line.bytes[at] != ',')
            return false; /* something behind a closing quote */
    }
}

void csv_write(struct cw_text cell, FILE *out)
{
    bool plain = true;
    for (size_t i = 0; i < cell.size && plain; i++)
        plain = strchr(",\"\r\n", cell.bytes[i]) == NULL;
    if (plain) {
        (void)fwrite(cell.bytes, 1, cell.size, out);
        return;
    }
    (void)fputc('"', out);
    for (size_t i = 0; i < cell.size; i++) {
        if (cell.bytes[i] == '"')
            (void)fputc('"', out);
        (void)fputc(cell.bytes[i], out);
    }
    (void)fputc('"', out);
}

static struct cw_text trim(struct cw_text cell)
{
    while (cell.size > 0 && strchr(" \t", cell.bytes[0]) != NULL)
        cell = (struct cw_text){cell.bytes + 1, cell.size - 1};
    while (cell.size > 0 && strchr(" \t\r", cell.bytes[cell.size - 1]) != NULL)
        cell.size--;
    return cell;
}

static bool copy(struct cw_text cell, char *text)
{
    if (cell.size == 0 || cell.size >= CELL_MAX)
        return false;
    memcpy(text, cell.bytes, cell.size);
    text[cell.size] = '\0';
    return true;
}

bool csv_number(struct cw_text cell, double *number)
{
    char text[CELL_MAX];
    char *end = NULL;
    cell = trim(cell);
    if (cell.size == 0) {
        *number = (double)NAN;
        return true;
    }
    if (!copy(cell, text))
        return false;
    if (strcasecmp(text, "null") == 0 || strcasecmp(text, "none") == 0 ||
        strcasecmp(text, "na") == 0) {
        *number = (double)NAN;
        return true;
    }
    *number = strtod(text, &end);
    return *end == '\0';
}

bool csv_time(struct cw_text cell, int64_t *at)
{
    char text[CELL_MAX];
    double epoch;
    cell = trim(cell);
    if (!copy(cell, text))
        return false;
    if (strspn(text, "0123456789") == cell.size && cell.size < 19)
        return cw_time_epoch(strtoll(text, NULL, 10), at);
    if (cw_time_parse(cell, at))
        return true;
    if (cell.size == strlen("2001-02-03")) {
        memcpy(text + cell.size, "T00:00:00Z", 11);
        return cw_time_parse(cw_text_of(text), at);
    }
    if (cell.size == strlen("2001-02-03 04:05")) {
        memcpy(text + cell.size, ":00Z", 5);
        return cw_time_parse(cw_text_of(text), at);
    }
    text[cell.size] = 'Z';
    text[cell.size + 1 < CELL_MAX ? cell.size + 1 : CELL_MAX - 1] = '\0';
    if (cw_time_parse(cw_text_of(text), at))
        return true;
    return csv_number(cell, &epoch) && isfinite(epoch) &&
           cw_time_epoch_real(epoch, at);
}
