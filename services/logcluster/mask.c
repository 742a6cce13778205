#include "mask.h"

#include <stdlib.h>
#include <strings.h>

#include "tokens.h"

#define HEX_SIZE_MIN 8
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const month_and_weekday[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
    "Nov", "Dec", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
};

static const char *const unit[] = {
    "B",  "KB", "MB", "GB", "TB",  "KiB",  "MiB",   "GiB",
    "ns", "us", "ms", "s",  "sec", "secs", "bytes", "seconds",
};

/* Sorted, lower case: searched by halves. */
static const char *const state[] = {
    "abort",     "aborted",   "accept",    "accepted",    "active",
    "add",       "added",     "allowed",   "begin",       "blocked",
    "cancelled", "close",     "closed",    "closing",     "commit",
    "completed", "connect",   "connected", "create",      "created",
    "critical",  "debug",     "delete",    "deleted",     "denied",
    "deny",      "disable",   "disabled",  "disconnect",  "disconnected",
    "done",      "down",      "enable",    "enabled",     "end",
    "error",     "exited",    "expired",   "fail",        "failed",
    "failure",   "fatal",     "finished",  "get",         "granted",
    "head",      "healthy",   "inactive",  "info",        "invalid",
    "join",      "joined",    "leave",     "left",        "locked",
    "login",     "logout",    "lost",      "missing",     "off",
    "offline",   "ok",        "on",        "online",      "open",
    "opened",    "opening",   "options",   "paused",      "post",
    "put",       "read",      "ready",     "received",    "reject",
    "rejected",  "released",  "remove",    "removed",     "restarted",
    "resumed",   "rollback",  "running",   "sending",     "sent",
    "start",     "started",   "starting",  "stop",        "stopped",
    "stopping",  "succeeded", "success",   "successful",  "suspended",
    "timeout",   "unhealthy", "unlocked",  "unreachable", "up",
    "update",    "updated",   "valid",     "warn",        "warning",
    "write",
};

static const char *const telling_key[] = {
    "action", "err",     "error",    "event", "level",
    "lvl",    "message", "method",   "msg",   "op",
    "reason", "result",  "severity", "state", "status",
};

static bool is_one_of(struct cw_text token, const char *const *words,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (words[i][0] == token.bytes[0] && cw_text_is(token, words[i]))
            return true;
    return false;
}

static bool is_constant_of_a_language(struct cw_text token)
{
    const char first = (char)(token.bytes[0] | 0x20);
    if (first != 't' && first != 'f' && first != 'n')
        return false; /* most words leave here */
    if (token.size == 3)
        return strncasecmp(token.bytes, "nil", 3) == 0;
    if (token.size == 4)
        return strncasecmp(token.bytes, "true", 4) == 0 ||
               strncasecmp(token.bytes, "null", 4) == 0;
    return token.size == 5 && strncasecmp(token.bytes, "false", 5) == 0;
}

static size_t count_inner(struct cw_text token, char byte)
{
    size_t count = 0;
    for (size_t i = 1; i + 1 < token.size; i++)
        count += token.bytes[i] == byte;
    return count;
}

static bool is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* java.net.ConnectException: small first letter, capital after the last dot. */
static bool ends_like_a_class(struct cw_text token)
{
    size_t last = token.size;
    while (last > 0 && token.bytes[last - 1] != '.')
        last--;
    return last < token.size && is_lower(token.bytes[0]) &&
           is_upper(token.bytes[last]);
}

static bool is_path(struct cw_text token)
{
    const char first = token.bytes[0];
    if (token.size > 1 && (first == '/' || first == '\\'))
        return true;
    return count_inner(token, '/') + count_inner(token, '\\') >= 2;
}

bool mask_is_value(struct cw_text token, unsigned classes)
{
    if (classes & TOKENS_DIGIT)
        return true;
    if ((classes & TOKENS_SLASH) && is_path(token))
        return true;
    if ((classes & TOKENS_DOT) && count_inner(token, '.') >= 2 &&
        (classes & TOKENS_LETTER) && !ends_like_a_class(token))
        return true;
    if (!(classes & TOKENS_LETTER))
        return false;
    if (!(classes & TOKENS_NOT_HEX) && token.size >= HEX_SIZE_MIN)
        return true;
    if ((classes & TOKENS_SIGN) && count_inner(token, '@') > 0)
        return true;
    if (token.size == 3 && (classes & TOKENS_UPPER) &&
        is_one_of(token, month_and_weekday, COUNT(month_and_weekday)))
        return true;
    return token.size <= 5 && is_constant_of_a_language(token);
}

bool mask_is_unit(struct cw_text token)
{
    return token.size <= 7 && strchr("BKMGTnumsb", token.bytes[0]) != NULL &&
           is_one_of(token, unit, COUNT(unit));
}

static int compare_state(const void *key, const void *word)
{
    const struct cw_text *token = key;
    const char *text = *(const char *const *)word;
    const int order = strncasecmp(token->bytes, text, token->size);
    if (order != 0)
        return order;
    return text[token->size] == '\0' ? 0 : -1;
}

bool mask_is_state(struct cw_text token)
{
    return token.size > 0 && bsearch(&token, state, COUNT(state),
                                     sizeof(state[0]), compare_state) != NULL;
}

bool mask_is_telling_key(struct cw_text token)
{
    for (size_t i = 0; i < COUNT(telling_key); i++)
        if (token.size == strlen(telling_key[i]) &&
            strncasecmp(token.bytes, telling_key[i], token.size) == 0)
            return true;
    return false;
}

bool mask_is_name(struct cw_text token)
{
    for (size_t i = 1; i < token.size; i++) {
        const char byte = token.bytes[i];
        if (byte == '.' || byte == '-' || byte == '_' || byte == '/')
            return i + 1 < token.size;
        if (is_upper(byte) && is_lower(token.bytes[i - 1]))
            return true;
    }
    return false;
}
