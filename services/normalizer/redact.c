#include "redact.h"

#include <stddef.h>
#include <stdint.h>

#define KEY_MAX      ((size_t)32) /* a longer word names no secret */
#define CARD_MIN     13
#define CARD_MAX     19
#define TOKEN_MIN    ((size_t)16)
#define AWS_KEY_SIZE 20

/* What a match at some place takes out: bytes [begin, end). */
struct match {
    size_t begin;
    size_t end;
    const char *instead; /* NULL: no match */
};

static const struct match no_match = {0, 0, NULL};

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    const char low = lower(c);
    return is_digit(c) || (low >= 'a' && low <= 'z');
}

static bool is_token(char c)
{
    return is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '~' ||
           c == '+' || c == '/' || c == '=';
}

static bool is_local_part(char c)
{
    return is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' ||
           c == '-';
}

/* Compared without case, '-', '_' and '.'; as the end of the key, so that
 * db_password and x-api-key are found too. The last letter is looked at first:
 * every label of every record comes by here. */
static bool is_secret_word(const char *word, size_t size)
{
    static const struct cw_text ends[] = {
        CW_TEXT("password"),      CW_TEXT("passwd"),
        CW_TEXT("passphrase"),    CW_TEXT("pwd"),
        CW_TEXT("secret"),        CW_TEXT("apikey"),
        CW_TEXT("accesskey"),     CW_TEXT("secretkey"),
        CW_TEXT("privatekey"),    CW_TEXT("routingkey"),
        CW_TEXT("servicekey"),    CW_TEXT("integrationkey"),
        CW_TEXT("authorization"), CW_TEXT("accesstoken"),
        CW_TEXT("refreshtoken"),  CW_TEXT("authtoken"),
        CW_TEXT("bearertoken"),   CW_TEXT("idtoken"),
        CW_TEXT("sessiontoken"),  CW_TEXT("hectoken"),
        CW_TEXT("cookie"),        CW_TEXT("clientsecret"),
        CW_TEXT("credentials"),   CW_TEXT("connectionstring")};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const struct cw_text end = ends[i];
        if (size >= end.size && word[size - 1] == end.bytes[end.size - 1] &&
            memcmp(word + size - end.size, end.bytes, end.size) == 0)
            return true;
    }
    return size == 5 && memcmp(word, "token", 5) == 0;
}

/* The last two letters of some secret word: nearly every key ends here. */
static bool may_end_secret(char before, char last)
{
    static const char pairs[][2] = {
        {'r', 'd'}, {'w', 'd'}, {'s', 'e'}, {'e', 't'}, {'e', 'y'},
        {'o', 'n'}, {'e', 'n'}, {'i', 'e'}, {'l', 's'}, {'n', 'g'},
    };
    before = lower(before);
    last = lower(last);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (last == pairs[i][1] && before == pairs[i][0])
            return true;
    return false;
}

bool redact_is_secret_key(struct cw_text key)
{
    char word[KEY_MAX];
    size_t size = 0;
    if (key.size < 3 || key.size > 2 * KEY_MAX ||
        !may_end_secret(key.bytes[key.size - 2], key.bytes[key.size - 1]))
        return false;
    for (size_t i = 0; i < key.size; i++) {
        if (key.bytes[i] == '-' || key.bytes[i] == '_' || key.bytes[i] == '.')
            continue;
        if (size == KEY_MAX)
            return false;
        word[size++] = lower(key.bytes[i]);
    }
    return size > 0 && is_secret_word(word, size);
}

static size_t skip_blanks(struct cw_text text, size_t at)
{
    while (at < text.size && (text.bytes[at] == ' ' || text.bytes[at] == '\t'))
        at++;
    return at;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '\\';
}

static bool ends_value(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' ||
           c == ';' || c == '&' || c == '"' || c == '\'' || c == ')' ||
           c == '}' || c == ']' || c == '\\' || c == '<';
}

/* Up to the closing quote, or the end of the word. */
static size_t value_end(struct cw_text text, size_t at, char quote)
{
    if (quote == 0) {
        while (at < text.size && !ends_value(text.bytes[at]))
            at++;
        return at;
    }
    while (at < text.size && text.bytes[at] != quote)
        at++;
    return at;
}

static bool says(struct cw_text text, size_t at, const char *word)
{
    const size_t size = strlen(word);
    if (text.size - at < size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (lower(text.bytes[at + i]) != word[i])
            return false;
    return true;
}

/* "Bearer abc", "Basic abc": the scheme stays, the rest goes. */
static size_t skip_scheme(struct cw_text text, size_t at)
{
    if (says(text, at, "bearer "))
        return skip_blanks(text, at + 7);
    if (says(text, at, "basic "))
        return skip_blanks(text, at + 6);
    if (says(text, at, "token "))
        return skip_blanks(text, at + 6);
    return at;
}

static size_t key_begin(struct cw_text text, size_t end, size_t from)
{
    size_t begin = end;
    while (begin > from && end - begin < 2 * KEY_MAX &&
           (is_alnum(text.bytes[begin - 1]) || text.bytes[begin - 1] == '_' ||
            text.bytes[begin - 1] == '-' || text.bytes[begin - 1] == '.'))
        begin--;
    return begin;
}

/* At '=' or ':': key before, value behind. */
static struct match find_pair(struct cw_text text, size_t at, size_t from)
{
    size_t end = at;
    while (end > from &&
           (is_quote(text.bytes[end - 1]) || text.bytes[end - 1] == ' '))
        end--;
    const size_t begin = key_begin(text, end, from);
    if (begin == end || end - begin > KEY_MAX ||
        !redact_is_secret_key(
            (struct cw_text){text.bytes + begin, end - begin}))
        return no_match;
    size_t value = at + 1;
    if (text.bytes[at] == ':' && value < text.size &&
        text.bytes[value] == '/') /* secret://... is a place, not a secret */
        return no_match;
    value = skip_blanks(text, value);
    const bool escaped = value < text.size && text.bytes[value] == '\\';
    while (value < text.size && text.bytes[value] == '\\')
        value++;
    char quote = 0;
    if (value < text.size &&
        (text.bytes[value] == '"' || text.bytes[value] == '\'')) {
        quote = text.bytes[value];
        value++;
    }
    value = skip_scheme(text, value);
    size_t stop = value_end(text, value, quote);
    if (escaped && stop > value && text.bytes[stop - 1] == '\\')
        stop--; /* belongs to the closing quote */
    if (stop == value)
        return no_match;
    return (struct match){value, stop, "[secret]"};
}

static bool passes_luhn(const char *digits, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned)(digits[count - 1 - i] - '0');
        if (i % 2 == 1)
            digit = digit > 4 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

/* At the first digit of a run, which ends at *run_end; groups may be set apart
 * by one blank or dash. */
static struct match find_card(struct cw_text text, size_t at, size_t *run_end)
{
    char digits[CARD_MAX + 1];
    size_t count = 0;
    size_t end = at;
    size_t next = at;
    *run_end = at;
    while (*run_end < text.size && is_digit(text.bytes[*run_end]))
        (*run_end)++;
    while (next < text.size && count <= CARD_MAX) {
        const char c = text.bytes[next];
        if (is_digit(c)) {
            digits[count++] = c;
            end = ++next;
        } else if ((c == ' ' || c == '-') && next + 1 < text.size &&
                   is_digit(text.bytes[next + 1])) {
            next++;
        } else {
            break;
        }
    }
    if (count < CARD_MIN || count > CARD_MAX || digits[0] < '3' ||
        digits[0] > '6' || (end < text.size && is_alnum(text.bytes[end])) ||
        !passes_luhn(digits, count))
        return no_match;
    return (struct match){at, end, "[card]"};
}

/* At '@'. */
static struct match find_email(struct cw_text text, size_t at, size_t from)
{
    size_t begin = at;
    while (begin > from && is_local_part(text.bytes[begin - 1]))
        begin--;
    size_t end = at + 1;
    size_t last_dot = 0;
    while (end < text.size &&
           (is_alnum(text.bytes[end]) || text.bytes[end] == '-' ||
            text.bytes[end] == '.')) {
        if (text.bytes[end] == '.' && end + 1 < text.size &&
            is_alnum(text.bytes[end + 1]))
            last_dot = end;
        end++;
    }
    while (end > at + 1 && !is_alnum(text.bytes[end - 1]))
        end--; /* the full stop of a sentence */
    if (begin == at || last_dot == 0 || end - last_dot < 3 ||
        is_digit(text.bytes[last_dot + 1]))
        return no_match;
    return (struct match){begin, end, "[email]"};
}

/* At most limit bytes on: a bound, or many short tokens would make the pass
 * quadratic. */
static size_t token_end(struct cw_text text, size_t at, size_t limit)
{
    const size_t stop = text.size - at < limit ? text.size : at + limit;
    while (at < stop && is_token(text.bytes[at]))
        at++;
    return at;
}

/* At the start of a word: tokens known by their look. */
static struct match find_token(struct cw_text text, size_t at)
{
    if (says(text, at, "bearer ")) {
        const size_t begin = skip_blanks(text, at + 7);
        const size_t end = token_end(text, begin, SIZE_MAX);
        if (end - begin >= TOKEN_MIN)
            return (struct match){begin, end, "[secret]"};
    }
    const struct cw_text rest = {text.bytes + at, text.size - at};
    if (cw_text_starts(rest, CW_TEXT("eyJ"))) {
        const size_t probe = token_end(text, at, 2 * TOKEN_MIN);
        if (probe - at == 2 * TOKEN_MIN)
            return (struct match){at, token_end(text, probe, SIZE_MAX),
                                  "[secret]"};
    }
    if (cw_text_starts(rest, CW_TEXT("AKIA")) ||
        cw_text_starts(rest, CW_TEXT("ASIA"))) {
        const size_t end = token_end(text, at, AWS_KEY_SIZE + 1);
        if (end - at == AWS_KEY_SIZE)
            return (struct match){at, end, "[secret]"};
    }
    return no_match;
}

static struct match find_pem(struct cw_text text, size_t at)
{
    static const char begin[] = "-----BEGIN ";
    if (text.size - at < sizeof(begin) - 1 ||
        memcmp(text.bytes + at, begin, sizeof(begin) - 1) != 0)
        return no_match;
    const char *line_end = memchr(text.bytes + at + sizeof(begin) - 1, '-',
                                  text.size - at - (sizeof(begin) - 1));
    if (line_end == NULL)
        return no_match;
    const struct cw_text title = {text.bytes + at,
                                  (size_t)(line_end - (text.bytes + at))};
    if (memmem(title.bytes, title.size, "PRIVATE KEY", 11) == NULL)
        return no_match;
    static const char end[] = "-----END ";
    const char *close =
        memmem(line_end, text.size - at - title.size, end, sizeof(end) - 1);
    const size_t stop =
        close == NULL ? text.size : (size_t)(close - text.bytes);
    return (struct match){at, stop, "[secret]"};
}

/* Classes of bytes at which a match can begin to be seen. */
enum trigger {
    T_NONE,
    T_PAIR,
    T_DIGIT,
    T_AT,
    T_WORD, /* a, b, e in either case: first letters of known tokens */
    T_DASH
};

static enum trigger trigger_of(char c)
{
    static const unsigned char class[256] = {
        ['='] = T_PAIR,  [':'] = T_PAIR,  ['@'] = T_AT,    ['-'] = T_DASH,
        ['3'] = T_DIGIT, ['4'] = T_DIGIT, ['5'] = T_DIGIT, ['6'] = T_DIGIT,
        ['0'] = T_DIGIT, ['1'] = T_DIGIT, ['2'] = T_DIGIT, ['7'] = T_DIGIT,
        ['8'] = T_DIGIT, ['9'] = T_DIGIT, ['A'] = T_WORD,  ['B'] = T_WORD,
        ['b'] = T_WORD,  ['e'] = T_WORD,
    };
    return (enum trigger) class[(unsigned char)c];
}

/* Looks at one place; *next is where to look on when nothing is there. */
static struct match look(struct cw_text text, size_t at, size_t from,
                         unsigned rules, size_t *next)
{
    *next = at + 1;
    switch (trigger_of(text.bytes[at])) {
    case T_PAIR:
        if (rules & REDACT_SECRETS)
            return find_pair(text, at, from);
        break;
    case T_DIGIT:
        if ((rules & REDACT_CARDS) &&
            (at == 0 || !is_alnum(text.bytes[at - 1])))
            return find_card(text, at, next);
        break;
    case T_AT:
        if (rules & REDACT_EMAILS)
            return find_email(text, at, from);
        break;
    case T_WORD:
        if ((rules & REDACT_SECRETS) &&
            (at == 0 || !is_alnum(text.bytes[at - 1])))
            return find_token(text, at);
        break;
    case T_DASH:
        if (rules & REDACT_SECRETS)
            return find_pem(text, at);
        break;
    case T_NONE:
        break;
    }
    return no_match;
}

static struct match find_next(struct cw_text text, size_t from, unsigned rules)
{
    size_t at = from;
    while (at < text.size) {
        size_t next = at + 1;
        if (trigger_of(text.bytes[at]) != T_NONE) {
            const struct match match = look(text, at, from, rules, &next);
            if (match.instead != NULL)
                return match;
        }
        at = next;
    }
    return no_match;
}

/* Copies text with every match replaced; out may be NULL to measure only. */
static size_t rewrite(struct cw_text text, unsigned rules, char *out)
{
    size_t from = 0;
    size_t size = 0;
    for (;;) {
        const struct match match = find_next(text, from, rules);
        const size_t stop = match.instead ? match.begin : text.size;
        if (out != NULL && stop > from)
            memcpy(out + size, text.bytes + from, stop - from);
        size += stop - from;
        if (match.instead == NULL)
            return size;
        const size_t length = strlen(match.instead);
        if (out != NULL)
            memcpy(out + size, match.instead, length);
        size += length;
        from = match.end;
    }
}

bool redact_text(struct cw_text text, unsigned rules, struct cw_arena *arena,
                 struct cw_text *redacted)
{
    *redacted = text;
    if (rules == 0 || text.size == 0 ||
        find_next(text, 0, rules).instead == NULL)
        return true;
    const size_t size = rewrite(text, rules, NULL);
    char *bytes = cw_arena_take(arena, size);
    *redacted = (struct cw_text){"", 0};
    if (bytes == NULL)
        return false;
    (void)rewrite(text, rules, bytes);
    *redacted = (struct cw_text){bytes, size};
    return true;
}
