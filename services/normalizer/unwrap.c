#include "unwrap.h"

#include <stdbool.h>
#include <stdint.h>

struct cw_text unwrap_trim(struct cw_text line)
{
    while (line.size > 0 && (line.bytes[line.size - 1] == '\n' ||
                             line.bytes[line.size - 1] == '\r'))
        line.size--;
    return line;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hex digits at bytes as UTF-8; at most three bytes, fewer than the six
 * of the escape. A surrogate stays broken, and is mended where texts are. */
static size_t write_unit(const char *bytes, size_t left, char *out)
{
    unsigned unit = 0;
    if (left < 4)
        return 0;
    for (size_t i = 0; i < 4; i++) {
        const int digit = hex_of(bytes[i]);
        if (digit < 0)
            return 0;
        unit = unit * 16 + (unsigned)digit;
    }
    if (unit < 0x80) {
        out[0] = (char)unit;
        return 1;
    }
    if (unit < 0x800) {
        out[0] = (char)(0xc0 | unit >> 6);
        out[1] = (char)(0x80 | (unit & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | unit >> 12);
    out[1] = (char)(0x80 | (unit >> 6 & 0x3f));
    out[2] = (char)(0x80 | (unit & 0x3f));
    return 3;
}

static char meaning_of(char escaped)
{
    switch (escaped) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
    case 'f':
        return ' ';
    default:
        return escaped;
    }
}

/* Up to the closing quote; false when there is none. */
static bool unescape(struct cw_text text, char *out, size_t *size)
{
    *size = 0;
    for (size_t at = 0; at < text.size; at++) {
        const char c = text.bytes[at];
        if (c == '"')
            return true;
        if (c != '\\' || at + 1 == text.size) {
            out[(*size)++] = c;
            continue;
        }
        at++;
        if (text.bytes[at] != 'u') {
            out[(*size)++] = meaning_of(text.bytes[at]);
            continue;
        }
        const size_t wrote =
            write_unit(text.bytes + at + 1, text.size - at - 1, out + *size);
        if (wrote == 0)
            return false;
        *size += wrote;
        at += 4;
    }
    return false;
}

struct cw_text unwrap_line(struct cw_text body, struct cw_arena *arena)
{
    const struct cw_text opening = CW_TEXT("{\"log\":\"");
    if (!cw_text_starts(body, opening))
        return unwrap_trim(body);
    const struct cw_text inside = {body.bytes + opening.size,
                                   body.size - opening.size};
    char *line = cw_arena_take(arena, inside.size);
    size_t size;
    if (line == NULL || !unescape(inside, line, &size))
        return unwrap_trim(body);
    return unwrap_trim((struct cw_text){line, size});
}
