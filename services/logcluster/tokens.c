#include "tokens.h"

#include <stdint.h>

#define DIGIT  TOKENS_DIGIT
#define LOWER  (TOKENS_LETTER | TOKENS_NOT_HEX)
#define UPPER  (TOKENS_LETTER | TOKENS_UPPER | TOKENS_NOT_HEX)
#define LOWHEX TOKENS_LETTER
#define UPHEX  (TOKENS_LETTER | TOKENS_UPPER)
#define SIGN   (TOKENS_SIGN | TOKENS_NOT_HEX)
#define DELIM  TOKENS_DELIMITER

static const uint8_t class_of[256] = {
    [0] = DELIM,
    [1 ... 8] = SIGN,
    ['\t'] = DELIM,
    ['\n'] = DELIM,
    [11 ... 12] = DELIM,
    ['\r'] = DELIM,
    [14 ... 31] = SIGN,
    [' '] = DELIM,
    ['!'] = SIGN,
    ['"'] = DELIM,
    ['#' ... '&'] = SIGN,
    ['\''] = DELIM,
    ['('] = DELIM,
    [')'] = DELIM,
    ['*'] = SIGN,
    ['+'] = SIGN,
    [','] = DELIM,
    ['-'] = TOKENS_SIGN, /* a dash may stand inside a hex id */
    ['.'] = TOKENS_DOT | TOKENS_NOT_HEX,
    ['/'] = TOKENS_SLASH | TOKENS_NOT_HEX,
    ['0' ... '9'] = DIGIT,
    [':'] = DELIM,
    [';'] = DELIM,
    ['<'] = DELIM,
    ['='] = DELIM,
    ['>'] = DELIM,
    ['?'] = SIGN,
    ['@'] = SIGN,
    ['A' ... 'F'] = UPHEX,
    ['G' ... 'Z'] = UPPER,
    ['['] = DELIM,
    ['\\'] = TOKENS_SLASH | TOKENS_NOT_HEX,
    [']'] = DELIM,
    ['^'] = SIGN,
    ['_'] = SIGN,
    ['`'] = DELIM,
    ['a' ... 'f'] = LOWHEX,
    ['g' ... 'z'] = LOWER,
    ['{'] = DELIM,
    ['|'] = DELIM,
    ['}'] = DELIM,
    ['~'] = SIGN,
    [127] = SIGN,
    [128 ... 255] = LOWER,
};

bool tokens_is_delimiter(char byte)
{
    return class_of[(unsigned char)byte] & TOKENS_DELIMITER;
}

/* "space.........3": three dots and more lead the eye, they are no name. */
static bool is_leader(const char *bytes, size_t at, size_t end)
{
    return end - at >= 3 && bytes[at] == '.' && bytes[at + 1] == '.' &&
           bytes[at + 2] == '.';
}

/* Ends the run where dots lead away from it. */
static struct tokens_run before_leader(const char *bytes, struct tokens_run run)
{
    const size_t end = run.at + run.size;
    for (size_t at = run.at + 1; at < end; at++) {
        if (!is_leader(bytes, at, end))
            continue;
        run.size = at - run.at;
        run.classes = 0;
        for (size_t i = run.at; i < at; i++)
            run.classes |= class_of[(unsigned char)bytes[i]];
        break;
    }
    return run;
}

struct tokens_run tokens_run(const char *bytes, size_t at, size_t end)
{
    struct tokens_run run = {.at = at};
    unsigned classes = 0;
    while (at < end) {
        const unsigned class = class_of[(unsigned char)bytes[at]];
        if (class & TOKENS_DELIMITER)
            break;
        classes |= class;
        at++;
    }
    run.size = at - run.at;
    run.classes = classes;
    return (classes & TOKENS_DOT) ? before_leader(bytes, run) : run;
}

static unsigned kind_of(char byte)
{
    switch (byte) {
    case '=':
        return TOKENS_EQUAL;
    case ':':
        return TOKENS_COLON;
    case ',':
    case ';':
    case '|':
        return TOKENS_COMMA;
    case '(':
    case '[':
    case '{':
    case '<':
        return TOKENS_OPEN;
    case ')':
    case ']':
    case '}':
    case '>':
        return TOKENS_CLOSE;
    case '"':
    case '\'':
    case '`':
        return TOKENS_QUOTE;
    case '\n':
    case '\r':
        return TOKENS_SPACE | TOKENS_NEWLINE;
    default:
        return TOKENS_SPACE;
    }
}

struct tokens_gap tokens_gap(const char *bytes, size_t at, size_t end)
{
    struct tokens_gap gap = {.at = at};
    if (end - at >= 2 && bytes[at] == ' ' &&
        (class_of[(unsigned char)bytes[at + 1]] &
         (TOKENS_DELIMITER | TOKENS_DOT)) == 0) { /* one blank: most gaps */
        gap.kinds = TOKENS_SPACE;
        gap.size = 1;
        return gap;
    }
    while (at < end) {
        const bool leader = is_leader(bytes, at, end);
        if (!leader && !tokens_is_delimiter(bytes[at]))
            break;
        gap.kinds |= leader ? TOKENS_SPACE : kind_of(bytes[at]);
        if (bytes[at] == '(') {
            gap.opens_round = true;
        } else if (bytes[at] == ')') {
            gap.closes_round |= !gap.opens_round;
            gap.opens_round = false;
        }
        at++;
        while (leader && at < end && bytes[at] == '.')
            at++;
    }
    gap.size = at - gap.at;
    return gap;
}
