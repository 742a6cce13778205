#include "base64.h"

#include <stdint.h>
#include <string.h>

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

bool base64_decode(struct cw_text text, struct cw_arena *arena,
                   struct cw_text *bytes)
{
    size_t size = text.size;
    for (int padding = 0; padding < 2 && size > 0; padding++)
        if (text.bytes[size - 1] == '=')
            size--;
    if (size % 4 == 1 || (size != text.size && text.size % 4 != 0))
        return false;
    unsigned char *out = cw_arena_take(arena, size / 4 * 3 + 3);
    size_t count = 0;
    uint32_t bits = 0;
    if (out == NULL)
        return false;
    for (size_t i = 0; i < size; i++) {
        const int value = value_of(text.bytes[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0) /* 6 + 2, 4 + 4, 2 + 6 bits */
            out[count++] = (unsigned char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    *bytes = (struct cw_text){(const char *)out, count};
    return true;
}

struct cw_text base64_encode(struct cw_text bytes, struct cw_arena *arena)
{
    const size_t size = (bytes.size + 2) / 3 * 4;
    char *out = cw_arena_take(arena, size + 1);
    if (out == NULL)
        return (struct cw_text){NULL, 0};
    for (size_t i = 0, at = 0; i < bytes.size; i += 3, at += 4) {
        const size_t left = bytes.size - i < 3 ? bytes.size - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 |
                    (k < left ? (unsigned char)bytes.bytes[i + k] : 0u);
        memset(out + at, '=', 4);
        for (size_t k = 0; k <= left; k++)
            out[at + k] = letters[group >> (18 - 6 * k) & 0x3f];
    }
    return (struct cw_text){out, size};
}
