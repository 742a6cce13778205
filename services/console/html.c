#include "html.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

void html_init(struct html *html)
{
    *html = (struct html){0};
}

void html_fini(struct html *html)
{
    free(html->bytes);
    *html = (struct html){0};
}

static bool has_room(struct html *html, size_t size, size_t max_size)
{
    if (html->failed)
        return false;
    if (size > max_size || html->size > max_size - size) {
        html->cut = true;
        return false;
    }
    if (html->size + size <= html->capacity)
        return true;
    size_t grown = html->capacity ? html->capacity * 2 : 16384;
    while (grown < html->size + size)
        grown *= 2;
    char *bytes = realloc(html->bytes, grown);
    if (bytes == NULL) {
        html->failed = true;
        return false;
    }
    html->bytes = bytes;
    html->capacity = grown;
    return true;
}

static void put(struct html *html, const char *bytes, size_t size,
                size_t max_size)
{
    if (!has_room(html, size, max_size))
        return;
    memcpy(html->bytes + html->size, bytes, size);
    html->size += size;
}

void html_raw(struct html *html, const char *markup)
{
    put(html, markup, strlen(markup), HTML_MAX);
}

void html_rawf(struct html *html, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (size > 0 && (size_t)size < sizeof(line))
        put(html, line, (size_t)size, HTML_MAX);
}

static bool is_hidden(uint32_t code)
{
    return (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

static bool is_control(uint32_t code)
{
    return (code < 0x20 && code != '\n' && code != '\t') ||
           (code >= 0x7f && code <= 0x9f);
}

static const char *entity_of(uint32_t code)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(struct html *html, struct cw_text text)
{
    for (size_t at = 0; at < text.size;) {
        uint32_t code = 0;
        const struct cw_text rest = {text.bytes + at, text.size - at};
        const size_t size = cw_utf8_next(rest, &code);
        const char *entity = size ? entity_of(code) : REPLACEMENT;
        at += size ? size : 1;
        if (size && is_hidden(code))
            continue;
        if (size && is_control(code))
            entity = REPLACEMENT;
        put(html, entity ? entity : rest.bytes, entity ? strlen(entity) : size,
            HTML_MAX - HTML_RESERVE);
    }
}

void html_str(struct html *html, const char *terminated)
{
    html_text(html, cw_text_of(terminated));
}

void html_url(struct html *html, const char *terminated)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
        "vwxyz0123456789-_.~";
    for (const char *at = terminated; *at != '\0'; at++) {
        char coded[4];
        if (strchr(plain, *at) != NULL) {
            put(html, at, 1, HTML_MAX - HTML_RESERVE);
            continue;
        }
        (void)snprintf(coded, sizeof(coded), "%%%02X", (unsigned char)*at);
        put(html, coded, 3, HTML_MAX - HTML_RESERVE);
    }
}
