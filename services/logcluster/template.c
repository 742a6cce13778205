#include "template.h"

#include <strings.h>

#include "tokens.h"

/* Marks inside an outline; a line cannot hold them, they become spaces. */
#define MARK_VALUE  '\x01' /* an item without a constant */
#define MARK_BEGIN  '\x02' /* constant: begin, bytes, end */
#define MARK_END    '\x03'
#define MARK_HIDDEN '\x04' /* a value that is no item */

#define CARD_DIGITS_MIN 12
#define WILD            "<*>"
#define CUT             "..."

struct writer {
    char *bytes;
    size_t size;
    size_t max;
    bool full;
};

static void put(struct writer *out, const char *bytes, size_t size)
{
    if (out->full || size > out->max - out->size) {
        out->full = true;
        return;
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static void put_byte(struct writer *out, char byte)
{
    put(out, &byte, 1);
}

static char printable(char byte)
{
    if ((unsigned char)byte < ' ' || byte == '\x7f')
        return ' ';
    return byte;
}

static void put_printable(struct writer *out, struct cw_text text)
{
    for (size_t i = 0; i < text.size; i++)
        put_byte(out, printable(text.bytes[i]));
}

/* The hidden span that begins in [at, until), or NULL. */
static const struct skeleton_span *hidden_in(const struct skeleton *skeleton,
                                             size_t at, size_t until)
{
    for (size_t i = 0; i < skeleton->hidden_count; i++)
        if (skeleton->hidden[i].at >= at && skeleton->hidden[i].at < until)
            return &skeleton->hidden[i];
    return NULL;
}

/* What stands between two items, hidden values marked. */
static void put_gap(struct writer *out, const struct skeleton *skeleton,
                    struct cw_text line, size_t at, size_t until)
{
    const struct skeleton_span *span = hidden_in(skeleton, at, until);
    while (span != NULL) {
        put_printable(out, (struct cw_text){line.bytes + at, span->at - at});
        put_byte(out, MARK_HIDDEN);
        at = (size_t)span->at + span->size;
        span = hidden_in(skeleton, at, until);
    }
    if (at < until)
        put_printable(out, (struct cw_text){line.bytes + at, until - at});
}

static void put_item(struct writer *out, struct skeleton_item item,
                     struct cw_text line)
{
    if (item.hash == SKELETON_VALUE) {
        put_byte(out, MARK_VALUE);
        return;
    }
    put_byte(out, MARK_BEGIN);
    put_printable(out, (struct cw_text){line.bytes + item.at, item.size});
    put_byte(out, MARK_END);
}

size_t template_outline(const struct skeleton *skeleton, struct cw_text line,
                        char outline[TEMPLATE_OUTLINE_MAX])
{
    struct writer out = {.bytes = outline,
                         .max = TEMPLATE_OUTLINE_MAX - sizeof(CUT)};
    size_t at = 0;
    size_t kept = 0;
    for (size_t i = 0; i < skeleton->count; i++) {
        const struct skeleton_item item = skeleton->items[i];
        put_gap(&out, skeleton, line, at, item.at);
        put_item(&out, item, line);
        if (out.full)
            break;
        kept = out.size;
        at = (size_t)item.at + item.size;
    }
    if (!out.full) {
        put_gap(&out, skeleton, line, at, skeleton->end);
        if (!out.full && skeleton->end == line.size)
            return out.size;
        kept = out.full ? kept : out.size;
    }
    memcpy(outline + kept, CUT, sizeof(CUT) - 1);
    return kept + sizeof(CUT) - 1;
}

static bool ends_in_wild(const struct writer *out)
{
    const size_t size = sizeof(WILD) - 1;
    return out->size >= size &&
           memcmp(out->bytes + out->size - size, WILD, size) == 0;
}

/* "<*> <*>" says no more than "<*>". */
static void put_wild(struct writer *out)
{
    if (out->size > 0 && out->bytes[out->size - 1] == ' ') {
        struct writer shorter = *out;
        shorter.size--;
        if (ends_in_wild(&shorter)) {
            out->size--;
            return;
        }
    }
    if (!ends_in_wild(out))
        put(out, WILD, sizeof(WILD) - 1);
}

static size_t end_of_constant(struct cw_text outline, size_t at)
{
    while (at < outline.size && outline.bytes[at] != MARK_END)
        at++;
    return at;
}

size_t template_render(struct cw_text outline, const uint64_t *hashes,
                       size_t count, char text[TEMPLATE_SIZE_MAX])
{
    struct writer out = {.bytes = text, .max = TEMPLATE_SIZE_MAX};
    size_t item = 0;
    for (size_t at = 0; at < outline.size; at++) {
        const char byte = outline.bytes[at];
        if (byte == MARK_VALUE || byte == MARK_HIDDEN) {
            put_wild(&out);
            item += byte == MARK_VALUE;
        } else if (byte == MARK_BEGIN) {
            const size_t end = end_of_constant(outline, at);
            if (item < count && hashes[item] == SKELETON_VALUE)
                put_wild(&out);
            else
                put(&out, outline.bytes + at + 1, end - at - 1);
            item++;
            at = end;
        } else {
            put_byte(&out, byte);
        }
    }
    return out.size;
}

struct cw_text template_constant(struct cw_text outline, size_t index)
{
    size_t item = 0;
    for (size_t at = 0; at < outline.size; at++) {
        if (outline.bytes[at] == MARK_VALUE) {
            item++;
        } else if (outline.bytes[at] == MARK_BEGIN) {
            const size_t end = end_of_constant(outline, at);
            if (item == index)
                return (struct cw_text){outline.bytes + at + 1, end - at - 1};
            item++;
            at = end;
        }
    }
    return (struct cw_text){NULL, 0};
}

static bool holds(struct cw_text text, const char *word)
{
    const size_t size = strlen(word);
    if (text.bytes == NULL)
        return false;
    for (size_t i = 0; i + size <= text.size; i++)
        if (strncasecmp(text.bytes + i, word, size) == 0)
            return true;
    return false;
}

static bool names_a_secret(struct cw_text key)
{
    static const char *const words[] = {"pass",   "secret",  "token",
                                        "apikey", "api_key", "auth",
                                        "bearer", "cookie"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (holds(key, words[i]))
            return true;
    return false;
}

static bool looks_like_a_card(struct cw_text token)
{
    size_t digits = 0;
    for (size_t i = 0; i < token.size; i++) {
        const char byte = token.bytes[i];
        if (byte >= '0' && byte <= '9')
            digits++;
        else if (byte != '-')
            return false;
    }
    return digits >= CARD_DIGITS_MIN;
}

static struct cw_text redacted(struct cw_text token, bool secret)
{
    if (secret)
        return CW_TEXT("<secret>");
    for (size_t i = 1; i + 1 < token.size; i++)
        if (token.bytes[i] == '@')
            return CW_TEXT("<mail>");
    return looks_like_a_card(token) ? CW_TEXT("<number>") : token;
}

/* Back to a byte that begins a character of UTF-8. */
static size_t whole_characters(const char *text, size_t size)
{
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

size_t template_example(struct cw_text line, char *text, size_t max)
{
    struct writer out = {.bytes = text, .max = max};
    struct cw_text previous = {NULL, 0};
    size_t at = 0;
    while (at < line.size && !out.full) {
        const struct tokens_gap gap = tokens_gap(line.bytes, at, line.size);
        put_printable(&out, (struct cw_text){line.bytes + at, gap.size});
        at += gap.size;
        if (at == line.size)
            break;
        const struct tokens_run run = tokens_run(line.bytes, at, line.size);
        const struct cw_text token = {line.bytes + at, run.size};
        const bool assigned = gap.kinds & (TOKENS_EQUAL | TOKENS_COLON);
        const bool bearer = holds(previous, "bearer");
        const struct cw_text shown =
            redacted(token, bearer || (assigned && names_a_secret(previous)));
        const size_t room = out.max - out.size;
        if (shown.size > room && shown.bytes == token.bytes)
            put_printable(
                &out, (struct cw_text){token.bytes,
                                       whole_characters(token.bytes, room)});
        else
            put_printable(&out, shown);
        out.full |= shown.size > room;
        previous = token;
        at += run.size;
    }
    return out.size;
}
