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
    return run;
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
    while (at < end && tokens_is_delimiter(bytes[at])) {
        gap.kinds |= kind_of(bytes[at]);
        if (bytes[at] == '(') {
            gap.opens_round = true;
        } else if (bytes[at] == ')') {
            gap.closes_round |= !gap.opens_round;
            gap.opens_round = false;
        }
        at++;
    }
    gap.size = at - gap.at;
    return gap;
}
