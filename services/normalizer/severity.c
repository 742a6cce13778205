#include "severity.h"

#include <stdbool.h>

#define WORD_MAX   16
#define LOOK_SIZE  128 /* a level stands at the front of a line */
#define LEVEL_NONE 0

static const struct level {
    const char *word;
    int32_t number;
} levels[] = {
    {"trace", 1},
    {"finest", 1},
    {"finer", 1},
    {"verbose", 1},
    {"debug", 5},
    {"fine", 5},
    {"dbg", 5},
    {"d", 5},
    {"info", 9},
    {"information", 9},
    {"informational", 9},
    {"log", 9},
    {"config", 9},
    {"i", 9},
    {"notice", 10},
    {"warn", 13},
    {"warning", 13},
    {"w", 13},
    {"error", 17},
    {"err", 17},
    {"severe", 17},
    {"e", 17},
    {"eror", 17},
    {"crit", 18},
    {"critical", 18},
    {"alert", 19},
    {"fatal", 21},
    {"panic", 21},
    {"emerg", 21},
    {"emergency", 21},
    {"f", 21},
    {"t", 1},
};

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

static bool same(struct cw_text text, const char *word)
{
    const size_t size = strlen(word);
    if (text.size != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (lower(text.bytes[i]) != word[i])
            return false;
    return true;
}

int32_t severity_of_word(struct cw_text word)
{
    if (word.size == 0 || word.size > WORD_MAX)
        return LEVEL_NONE;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (same(word, levels[i].word))
            return levels[i].number;
    return LEVEL_NONE;
}

int32_t severity_of_syslog(int64_t level)
{
    static const int32_t numbers[] = {21, 19, 18, 17, 13, 10, 9, 5};
    if (level < 0 || level > 7)
        return LEVEL_NONE;
    return numbers[level];
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static size_t word_size(struct cw_text body, size_t at, size_t end)
{
    size_t size = 0;
    while (at + size < end && is_letter(body.bytes[at + size]))
        size++;
    return size;
}

static bool all_upper(struct cw_text word)
{
    for (size_t i = 0; i < word.size; i++)
        if (!is_upper(word.bytes[i]))
            return false;
    return true;
}

/* level=error, "level":"error", severity: warn */
static int32_t after_key(struct cw_text body, size_t at, size_t end)
{
    while (at < end && (body.bytes[at] == '"' || body.bytes[at] == '=' ||
                        body.bytes[at] == ':' || body.bytes[at] == ' '))
        at++;
    return severity_of_word(
        (struct cw_text){body.bytes + at, word_size(body, at, end)});
}

static bool is_key(struct cw_text word)
{
    return same(word, "level") || same(word, "severity") || same(word, "lvl") ||
           same(word, "loglevel");
}

int32_t severity_of_body(struct cw_text body)
{
    const size_t end = body.size < LOOK_SIZE ? body.size : LOOK_SIZE;
    size_t at = 0;
    while (at < end) {
        const size_t size = word_size(body, at, end);
        if (size == 0) {
            at++;
            continue;
        }
        const struct cw_text word = {body.bytes + at, size};
        at += size;
        int32_t number = LEVEL_NONE;
        if (size >= 3 && all_upper(word))
            number = severity_of_word(word);
        else if (at < end && is_key(word) &&
                 (body.bytes[at] == '=' || body.bytes[at] == ':' ||
                  body.bytes[at] == '"'))
            number = after_key(body, at, end);
        if (number != LEVEL_NONE)
            return number;
    }
    return LEVEL_NONE;
}

enum cw_severity severity_of_alert(struct cw_text word)
{
    static const struct {
        const char *word;
        enum cw_severity severity;
    } words[] = {
        {"critical", CW_SEVERITY_CRITICAL},
        {"crit", CW_SEVERITY_CRITICAL},
        {"page", CW_SEVERITY_CRITICAL},
        {"fatal", CW_SEVERITY_CRITICAL},
        {"emergency", CW_SEVERITY_CRITICAL},
        {"disaster", CW_SEVERITY_CRITICAL},
        {"p1", CW_SEVERITY_CRITICAL},
        {"sev1", CW_SEVERITY_CRITICAL},
        {"error", CW_SEVERITY_ERROR},
        {"err", CW_SEVERITY_ERROR},
        {"high", CW_SEVERITY_ERROR},
        {"major", CW_SEVERITY_ERROR},
        {"p2", CW_SEVERITY_ERROR},
        {"sev2", CW_SEVERITY_ERROR},
        {"warning", CW_SEVERITY_WARNING},
        {"warn", CW_SEVERITY_WARNING},
        {"minor", CW_SEVERITY_WARNING},
        {"medium", CW_SEVERITY_WARNING},
        {"p3", CW_SEVERITY_WARNING},
        {"sev3", CW_SEVERITY_WARNING},
        {"ticket", CW_SEVERITY_WARNING},
        {"info", CW_SEVERITY_INFO},
        {"informational", CW_SEVERITY_INFO},
        {"low", CW_SEVERITY_INFO},
        {"none", CW_SEVERITY_INFO},
        {"notice", CW_SEVERITY_INFO},
        {"p4", CW_SEVERITY_INFO},
        {"p5", CW_SEVERITY_INFO},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (same(word, words[i].word))
            return words[i].severity;
    return CW_SEVERITY_UNKNOWN;
}
