#include "trace_ids.h"

#include <stdbool.h>

static const char hex_digits[] = "0123456789abcdef";

static int value_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static struct cw_text nothing(void)
{
    return (struct cw_text){"", 0};
}

/* Writes from the back; what is over in front is dropped. */
static bool write_back(char *out, size_t digits, struct cw_text hex)
{
    size_t left = digits;
    bool any = false;
    for (size_t i = hex.size; i > 0; i--) {
        const char c = hex.bytes[i - 1];
        const int value = value_of(c);
        if (value < 0) {
            if (c == '-')
                continue;
            return false;
        }
        if (left == 0)
            continue;
        any = any || value != 0;
        out[--left] = hex_digits[value];
    }
    return any;
}

static bool is_canonical(struct cw_text hex, size_t digits)
{
    if (hex.size != digits)
        return false;
    bool any = false;
    for (size_t i = 0; i < digits; i++) {
        const char c = hex.bytes[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        any = any || c != '0';
    }
    return any;
}

struct cw_text trace_id_of_hex(struct cw_text hex, size_t digits,
                               struct cw_arena *arena)
{
    if (is_canonical(hex, digits))
        return hex;
    if (hex.size == 0 || hex.size > 2 * (size_t)TRACE_ID_SIZE)
        return nothing();
    char *out = cw_arena_take(arena, digits);
    if (out == NULL)
        return nothing();
    memset(out, '0', digits);
    if (!write_back(out, digits, hex))
        return nothing();
    return (struct cw_text){out, digits};
}

struct cw_text trace_id_of_bytes(struct cw_text bytes, size_t digits,
                                 struct cw_arena *arena)
{
    if (bytes.size != digits / 2)
        return nothing();
    char *out = cw_arena_take(arena, digits);
    if (out == NULL)
        return nothing();
    bool any = false;
    for (size_t i = 0; i < bytes.size; i++) {
        const unsigned char byte = (unsigned char)bytes.bytes[i];
        any = any || byte != 0;
        out[2 * i] = hex_digits[byte >> 4];
        out[2 * i + 1] = hex_digits[byte & 15];
    }
    return any ? (struct cw_text){out, digits} : nothing();
}
