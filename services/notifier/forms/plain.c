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

/* What stands for the character text begins with: itself, a space, U+FFFD, or
 * nothing. *used is its size in the text. */
static struct cw_text shown(struct cw_text text, bool after_blank, size_t *used)
{
    uint32_t code = 0;
    const size_t size = cw_utf8_next(text, &code);
    *used = size ? size : 1;
    if (size == 0)
        return CW_TEXT("\xef\xbf\xbd");
    if (is_blank(code))
        return after_blank ? CW_TEXT("") : CW_TEXT(" ");
    return is_hidden(code) ? CW_TEXT("") : (struct cw_text){text.bytes, size};
}

struct cw_text notifier_plain(struct cw_arena *arena, struct cw_text text,
                              size_t max_count)
{
    /* A character is at most 4 bytes, a bad byte becomes 3. */
    const size_t room = (text.size < max_count ? text.size : max_count) * 4 + 4;
    char *out = cw_arena_take(arena, room);
    size_t size = 0;
    size_t count = 0;
    size_t used = 0;
    if (out == NULL)
        return (struct cw_text){0};
    for (size_t at = 0; at < text.size && count < max_count; at += used) {
        const bool blank = size == 0 || out[size - 1] == ' ';
        struct cw_text next = shown(
            (struct cw_text){text.bytes + at, text.size - at}, blank, &used);
        if (next.size == 0)
            continue;
        if (count + 1 == max_count && at + used < text.size)
            next = CW_TEXT(ELLIPSIS);
        memcpy(out + size, next.bytes, next.size);
        size += next.size;
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
