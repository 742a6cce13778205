#include "plain.h"

#include <stdint.h>

#include "base/utf8.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* Unicode 15: format characters that reorder or hide what is read. */
static bool is_hidden(uint32_t code)
{
    return (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           code == 0x061c || (code >= 0xe0000 && code <= 0xe007f);
}

static bool is_blank(uint32_t code)
{
    return code <= 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0x2028 ||
           code == 0x2029;
}

struct cw_text notifier_plain(struct cw_arena *arena, struct cw_text text,
                              size_t max_count)
{
    /* A character is at most 4 bytes, a bad byte becomes 3. */
    const size_t room = (text.size < max_count ? text.size : max_count) * 4 + 4;
    char *out = cw_arena_take(arena, room);
    size_t size = 0;
    size_t count = 0;
    bool blank = true; /* none at the start */
    if (out == NULL)
        return (struct cw_text){0};
    for (size_t at = 0; at < text.size;) {
        uint32_t code = 0;
        const struct cw_text rest = {text.bytes + at, text.size - at};
        const size_t length = cw_utf8_next(rest, &code);
        at += length ? length : 1;
        if (length && (is_hidden(code) || (blank && is_blank(code))))
            continue;
        if (count + 1 >= max_count && at < text.size) {
            memcpy(out + size, ELLIPSIS, 3);
            size += 3;
            break;
        }
        if (count >= max_count)
            break;
        blank = length && is_blank(code);
        const char *bytes = length == 0 ? "\xef\xbf\xbd"
                            : blank     ? " "
                                        : rest.bytes;
        const size_t added = length == 0 ? 3 : blank ? 1 : length;
        memcpy(out + size, bytes, added);
        size += added;
        count++;
    }
    while (size > 0 && out[size - 1] == ' ')
        size--;
    out[size] = '\0';
    return (struct cw_text){out, size};
}

bool notifier_plain_is_word(struct cw_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        const char c = text.bytes[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '.' &&
            (c != '-' || i == 0)) /* nor an option */
            return false;
    }
    return text.size > 0 && text.size <= 64;
}
