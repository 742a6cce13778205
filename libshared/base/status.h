/*
 * status - why a call failed, and what the stream does about it.
 *
 * Place    everywhere: each fallible function returns enum cw_status and
 *          fills a struct cw_error
 * Limits   cw_error.text is one line of at most 255 bytes
 * Threads  pure
 */
#ifndef CW_BASE_STATUS_H
#define CW_BASE_STATUS_H

#define CW_MUST_USE __attribute__((warn_unused_result))

/* name, text, what the stream does with the record at hand */
#define CW_STATUS_TABLE(X)                                                     \
    X(CW_OK, "ok", CW_CONTINUE)                                                \
    X(CW_NO_MEMORY, "out of memory", CW_STOP)                                  \
    X(CW_BAD_CONFIG, "bad configuration", CW_STOP)                             \
    X(CW_BAD_RECORD, "bad record", CW_DEAD_LETTER)                             \
    X(CW_UNKNOWN_FORMAT, "unknown format", CW_DEAD_LETTER)                     \
    X(CW_BAD_SCHEMA, "schema not known", CW_DEAD_LETTER)                       \
    X(CW_TOO_LARGE, "larger than allowed", CW_DEAD_LETTER)                     \
    X(CW_FULL, "bound reached", CW_CONTINUE)                                   \
    X(CW_NOT_FOUND, "not found", CW_CONTINUE)                                  \
    X(CW_UNAVAILABLE, "dependency unavailable", CW_RETRY)                      \
    X(CW_FENCED, "no longer the owner", CW_STOP)                               \
    X(CW_GAP, "covered intervals do not join", CW_STOP)                        \
    X(CW_BAD_STATE, "saved state cannot be read", CW_STOP)                     \
    X(CW_NOT_AUTHORISED, "not authorised", CW_STOP)                            \
    X(CW_BROKEN, "broken promise inside the program", CW_STOP)

enum cw_status_action { CW_CONTINUE, CW_RETRY, CW_DEAD_LETTER, CW_STOP };

#define CW_STATUS_NAME(name, text, action) name,
enum cw_status { CW_STATUS_TABLE(CW_STATUS_NAME) CW_STATUS_COUNT };
#undef CW_STATUS_NAME

struct cw_error {
    enum cw_status status;
    char text[256]; /* one line for a log; always terminated */
};

/* Fills *err and returns status, so a failing path is a single statement. */
enum cw_status cw_fail(struct cw_error *err, enum cw_status status,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* it looks into no other file */
#define cw_fail(err, status, ...)                                              \
    ((void)cw_fail(err, status, __VA_ARGS__), (status))
#endif

/* Both total: any int that is not a status counts as unknown, and CW_STOP. */
const char *cw_status_text(enum cw_status status);
enum cw_status_action cw_status_action(enum cw_status status);

/* "CW_BAD_RECORD" -> "bad_record": the enum code of dead letters, metrics. */
const char *cw_status_code(enum cw_status status);

#endif
