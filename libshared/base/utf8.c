#include "base/utf8.h"

#define REPLACEMENT_SIZE sizeof(replacement)

static const char replacement[] = {(char)0xEF, (char)0xBF, (char)0xBD};

static bool continues(unsigned char byte)
{
    return (byte & 0xC0u) == 0x80u;
}

/* Size the first byte announces; 0: it can begin no character. */
static size_t announced(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF) /* C0, C1 would be overlong */
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

size_t cw_utf8_next(struct cw_text text, uint32_t *code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    const size_t size = announced(bytes[0]);
    if (size == 0 || size > text.size)
        return 0;
    uint32_t point = bytes[0] & mask[size];
    for (size_t i = 1; i < size; i++) {
        if (!continues(bytes[i]))
            return 0;
        point = (point << 6) | (bytes[i] & 0x3Fu);
    }
    if (point < least[size] || point > 0x10FFFF ||
        (point >= 0xD800 && point <= 0xDFFF))
        return 0;
    *code_point = point;
    return size;
}

/* Bytes at the start that are ASCII and not NUL, by eights: nearly all text
 * is, and this is on the path of every log line. */
static size_t plain_run(struct cw_text text)
{
    size_t at = 0;
    while (text.size - at >= 8) {
        uint64_t word;
        memcpy(&word, text.bytes + at, sizeof(word));
        const uint64_t high = word & UINT64_C(0x8080808080808080);
        const uint64_t zero = (word - UINT64_C(0x0101010101010101)) & ~word &
                              UINT64_C(0x8080808080808080);
        if (high != 0 || zero != 0)
            break;
        at += 8;
    }
    while (at < text.size && text.bytes[at] != '\0' &&
           (unsigned char)text.bytes[at] < 0x80)
        at++;
    return at;
}

static struct cw_text from(struct cw_text text, size_t at)
{
    return (struct cw_text){text.bytes + at, text.size - at};
}

/* Offset of the first byte that is in no character, or is NUL when asked
 * for; the size when there is none. */
static size_t first_bad(struct cw_text text, bool refuse_nul)
{
    size_t at = 0;
    while (at < text.size) {
        uint32_t point;
        at += plain_run(from(text, at));
        if (at == text.size)
            break;
        const size_t size = cw_utf8_next(from(text, at), &point);
        if (size == 0 || (refuse_nul && point == 0))
            return at;
        at += size;
    }
    return at;
}

bool cw_utf8_valid(struct cw_text text)
{
    return text.size == 0 || first_bad(text, false) == text.size;
}

bool cw_utf8_is_empty(struct cw_text text)
{
    size_t at = 0;
    while (at < text.size && text.bytes[at] == '\0')
        at++;
    return at == text.size;
}

bool cw_utf8_clean(struct cw_arena *arena, struct cw_text text,
                   struct cw_text *clean)
{
    *clean = (struct cw_text){"", 0};
    if (text.size == 0)
        return true;
    size_t at = first_bad(text, true);
    if (at == text.size) {
        *clean = text;
        return true;
    }
    if (text.size > SIZE_MAX / REPLACEMENT_SIZE)
        return false;
    char *out = cw_arena_take(arena, text.size * REPLACEMENT_SIZE);
    if (out == NULL)
        return false;
    size_t size = 0;
    size_t copied = 0;
    while (copied < text.size) {
        memcpy(out + size, text.bytes + copied, at - copied);
        size += at - copied;
        if (at == text.size)
            break;
        if (text.bytes[at] != '\0') {
            memcpy(out + size, replacement, REPLACEMENT_SIZE);
            size += REPLACEMENT_SIZE;
        }
        copied = at + 1;
        at = copied + first_bad(from(text, copied), true);
    }
    *clean = (struct cw_text){out, size};
    return true;
}

struct cw_text cw_utf8_prefix(struct cw_text text, size_t max_size)
{
    if (text.size <= max_size)
        return text;
    size_t size = max_size;
    while (size > 0 && continues((unsigned char)text.bytes[size]))
        size--;
    return (struct cw_text){text.bytes, size};
}
