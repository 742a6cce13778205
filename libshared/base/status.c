#include "base/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

static const struct {
    const char *name;
    const char *text;
    enum cw_status_action action;
} meanings[] = {
#define MEANING(name, text, action) [name] = {#name, text, action},
    CW_STATUS_TABLE(MEANING)
#undef MEANING
};

static const char *const codes[] = {
    [CW_OK] = "ok",
    [CW_NO_MEMORY] = "no_memory",
    [CW_BAD_CONFIG] = "bad_config",
    [CW_BAD_RECORD] = "bad_record",
    [CW_UNKNOWN_FORMAT] = "unknown_format",
    [CW_BAD_SCHEMA] = "bad_schema",
    [CW_TOO_LARGE] = "too_large",
    [CW_FULL] = "full",
    [CW_NOT_FOUND] = "not_found",
    [CW_UNAVAILABLE] = "unavailable",
    [CW_FENCED] = "fenced",
    [CW_GAP] = "gap",
    [CW_BAD_STATE] = "bad_state",
    [CW_NOT_AUTHORISED] = "not_authorised",
    [CW_BROKEN] = "broken",
};

_Static_assert(sizeof(codes) / sizeof(codes[0]) == CW_STATUS_COUNT,
               "every status has its code");

#undef cw_fail /* an analyzer's */
enum cw_status cw_fail(struct cw_error *err, enum cw_status status,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    err->status = status;
    return status;
}

static bool is_known(enum cw_status status)
{
    return (size_t)status < CW_STATUS_COUNT;
}

const char *cw_status_text(enum cw_status status)
{
    return is_known(status) ? meanings[status].text : "unknown status";
}

enum cw_status_action cw_status_action(enum cw_status status)
{
    return is_known(status) ? meanings[status].action : CW_STOP;
}

const char *cw_status_code(enum cw_status status)
{
    return is_known(status) ? codes[status] : "unknown";
}
