#include "documents.h"

#include "base/utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\0';
}

struct cw_text documents_trim(struct cw_text bytes)
{
    while (bytes.size > 0 && is_blank(bytes.bytes[bytes.size - 1]))
        bytes.size--;
    if (cw_text_starts(bytes, CW_TEXT("\xef\xbb\xbf"))) {
        bytes.bytes += 3;
        bytes.size -= 3;
    }
    while (bytes.size > 0 && is_blank(bytes.bytes[0])) {
        bytes.bytes++;
        bytes.size--;
    }
    return bytes;
}

/* Where a string that begins at at ends, behind its quote. */
static size_t skip_string(struct cw_text bytes, size_t at)
{
    at++;
    while (at < bytes.size && bytes.bytes[at] != '"')
        at += bytes.bytes[at] == '\\' ? 2 : 1;
    return at + 1;
}

static size_t line_end(struct cw_text bytes, size_t at)
{
    const char *end = memchr(bytes.bytes + at, '\n', bytes.size - at);
    return end == NULL ? bytes.size : (size_t)(end - bytes.bytes);
}

/* End of the value that begins at from. One that never closes ends with its
 * line, so that one bad line does not swallow the good ones behind. */
static size_t value_end(struct cw_text bytes, size_t from, bool *closes)
{
    size_t depth = 0;
    size_t at = from;
    *closes = true;
    while (at < bytes.size) {
        const char c = bytes.bytes[at];
        if (c == '"') {
            at = skip_string(bytes, at);
            if (at > bytes.size)
                break;
            if (depth == 0)
                return at;
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth -= depth > 0;
        else if (depth > 0 || !is_blank(c))
            continue;
        if (depth == 0)
            return at;
    }
    *closes = depth == 0 && at <= bytes.size;
    return *closes ? at : line_end(bytes, from);
}

/* The end of one that never closes is sought through all of the record; after
 * so many the rest is taken line by line, or brackets would take time by the
 * square of their number and hold their partition up. */
#define UNCLOSED_MAX 16

static size_t next_end(struct cw_text bytes, size_t from, unsigned *unclosed)
{
    bool closes;
    if (*unclosed == UNCLOSED_MAX)
        bytes.size = line_end(bytes, from);
    const size_t end = value_end(bytes, from, &closes);
    *unclosed += !closes && *unclosed < UNCLOSED_MAX;
    return end;
}

/* "}\n{": lines of JSON, told without parsing all of it in vain. */
static bool looks_many(struct cw_text bytes)
{
    size_t at = line_end(bytes, 0);
    size_t before = at;
    while (before > 0 && is_blank(bytes.bytes[before - 1]))
        before--;
    while (at < bytes.size && is_blank(bytes.bytes[at]))
        at++;
    return before > 0 && at < bytes.size && bytes.bytes[before - 1] == '}' &&
           bytes.bytes[at] == '{';
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Code unit of "\uXXXX" at bytes, -1 when there is none. */
static int unit_at(const char *bytes, size_t left)
{
    if (left < 6 || bytes[0] != '\\' || bytes[1] != 'u')
        return -1;
    int unit = 0;
    for (size_t i = 2; i < 6; i++) {
        const int digit = hex_of(bytes[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool is_high(int unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(int unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

/* Mends the escape at bytes; returns its length. */
static size_t mend_escape(char *bytes, size_t left)
{
    static const char replacement[6] = {'\\', 'u', 'f', 'f', 'f', 'd'};
    const int unit = unit_at(bytes, left);
    if (unit < 0)
        return 2;
    if (is_high(unit) && is_low(unit_at(bytes + 6, left - 6)))
        return 12;
    if (is_high(unit) || is_low(unit))
        memcpy(bytes, replacement, sizeof(replacement));
    return 6;
}

/* Inside a string: control characters to blanks, lone surrogates away. */
static void mend_strings(char *bytes, size_t size)
{
    bool inside = false;
    size_t at = 0;
    while (at < size) {
        if (bytes[at] == '"')
            inside = !inside;
        else if (inside && bytes[at] == '\\') {
            at += mend_escape(bytes + at, size - at);
            continue;
        } else if (inside && (unsigned char)bytes[at] < 0x20)
            bytes[at] = ' ';
        at++;
    }
}

static bool mend(struct cw_text bytes, struct cw_arena *arena,
                 struct cw_text *mended)
{
    struct cw_text clean;
    if (!cw_utf8_clean(arena, bytes, &clean))
        return false;
    char *copy = cw_arena_copy(arena, clean.bytes, clean.size);
    if (copy == NULL)
        return false;
    mend_strings(copy, clean.size);
    *mended = (struct cw_text){copy, clean.size};
    return true;
}

static enum cw_status parse(struct tree_parser *parser, struct cw_text bytes,
                            struct cw_arena *arena, struct tree_value *root,
                            struct cw_error *err)
{
    enum tree_fault fault;
    struct cw_text mended;
    const enum cw_status status = tree_parse(parser, bytes, root, &fault, err);
    if (status == CW_OK || fault != TREE_FAULT_TEXT)
        return status;
    if (!mend(bytes, arena, &mended))
        return cw_fail(err, CW_TOO_LARGE, "no room to mend %zu bytes",
                       bytes.size);
    return tree_parse(parser, mended, root, &fault, err);
}

/* Reads a document; part numbers go on from *index. */
static void visit(struct draft *draft, struct tree_value root,
                  struct cw_text bytes, format_element *read, size_t *index)
{
    if (tree_type_of(root) != TREE_ARRAY) {
        draft_part(draft, (*index)++, bytes);
        read(draft, root);
        return;
    }
    struct tree_walk items = tree_walk_of(root);
    struct tree_value item;
    while (tree_walk_next(&items, NULL, &item)) {
        draft_part(draft, (*index)++, (struct cw_text){"", 0});
        read(draft, item);
    }
}

static enum cw_status read_many(struct tree_parser *parser, struct draft *draft,
                                struct cw_text bytes, format_element *read,
                                struct cw_error *err)
{
    size_t index = 0;
    size_t good = 0;
    size_t at = 0;
    unsigned unclosed = 0;
    draft_passing(draft, true);
    while (at < bytes.size && !draft_is_full(draft)) {
        if (is_blank(bytes.bytes[at])) {
            at++;
            continue;
        }
        const size_t end = next_end(bytes, at, &unclosed);
        const struct cw_text one = {bytes.bytes + at, end - at};
        struct tree_value root;
        const enum cw_status status =
            parse(parser, one, draft_arena(draft), &root, err);
        if (status == CW_OK) {
            visit(draft, root, one, read, &index);
            good++;
        } else if (cw_status_action(status) == CW_DEAD_LETTER) {
            draft_part(draft, index++, one);
            draft_refuse(draft, status, "%s", err->text);
        } else {
            return status;
        }
        at = end;
    }
    if (good == 0 && !draft_is_full(draft))
        return cw_fail(err, CW_BAD_RECORD, "no JSON");
    return CW_OK;
}

enum cw_status documents_read(struct tree_parser *parser, struct draft *draft,
                              struct cw_text bytes, format_element *read,
                              struct cw_error *err)
{
    const struct cw_text trimmed = documents_trim(bytes);
    struct tree_value root;
    size_t index = 0;
    bool closes;
    if (looks_many(trimmed))
        return read_many(parser, draft, trimmed, read, err);
    const enum cw_status status =
        parse(parser, trimmed, draft_arena(draft), &root, err);
    if (status == CW_OK) {
        visit(draft, root, trimmed, read, &index);
        return CW_OK;
    }
    if (trimmed.size > 0 && status == CW_BAD_RECORD &&
        value_end(trimmed, 0, &closes) < trimmed.size)
        return read_many(parser, draft, trimmed, read, err);
    return status;
}

enum cw_status documents_first(struct tree_parser *parser, struct cw_text bytes,
                               struct cw_arena *arena, struct tree_value *root,
                               struct cw_error *err)
{
    const struct cw_text trimmed = documents_trim(bytes);
    if (trimmed.size == 0)
        return cw_fail(err, CW_BAD_RECORD, "empty value");
    bool closes;
    const struct cw_text first = {trimmed.bytes,
                                  value_end(trimmed, 0, &closes)};
    return parse(parser, first, arena, root, err);
}
