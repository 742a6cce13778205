/*
 * log - one JSON line per event: what happened, with its particulars.
 *
 * Place    every part that acts on an error or changes its state
 * Input    a constant event name one can search for, and typed pairs; never
 *          a payload, never a secret
 * Output   {"ts","level","service","event", pairs...}\n by one write() to the
 *          descriptor given (stderr)
 * Limits   a line <= 4096 bytes, a text <= 512 bytes: what is over is cut,
 *          and "cut":true says so. 10 lines a second per event name; what is
 *          over is counted and reported by the next line of that event, or by
 *          cw_log_tick, as "suppressed". 256 event names; later ones share
 *          one allowance
 * Threads  any; the write happens under the log's lock, so a reader of stderr
 *          that stands still holds up the writers
 */
#ifndef CW_BASE_LOG_H
#define CW_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "base/time.h"

enum cw_log_level {
    CW_LOG_DEBUG,
    CW_LOG_INFO,
    CW_LOG_WARN,
    CW_LOG_ERROR,
    CW_LOG_LEVEL_COUNT
};

/* The choices of the option log.level, as CW_OPT_CHOICE wants them. */
#define CW_LOG_LEVELS "debug|info|warn|error"

struct cw_log;

/* A value with its name; made by the cw_kv_ functions only. */
struct cw_log_pair {
    const char *key; /* NULL ends a list */
    enum {
        CW_KV_TEXT,
        CW_KV_INT,
        CW_KV_UINT,
        CW_KV_REAL,
        CW_KV_BOOL,
        CW_KV_ID,
        CW_KV_ERROR
    } type;
    union {
        struct cw_text text; /* borrowed until the call returns */
        int64_t number;
        uint64_t id;
        double real;
        bool truth;
        const struct cw_error *error;
    } value;
};

/* CW_LOG(log, WARN, "record_refused", cw_kv_text("topic", topic),
 *        cw_kv_int("offset", offset), cw_kv_error(&err));
 * The pairs are evaluated only when the level is on. */
#define CW_LOG(log, level, event, ...)                                         \
    do {                                                                       \
        if (cw_log_is_on((log), CW_LOG_##level))                               \
            cw_log_write((log), CW_LOG_##level, (event),                       \
                         (const struct cw_log_pair[]){                         \
                             __VA_ARGS__ __VA_OPT__(, ) cw_kv_end()});         \
    } while (0)

/* Makes a log the caller owns. Borrows service and copies *clock; descriptor
 * is the caller's, and outlives the log. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_log_create(struct cw_log **made,
                                         const char *service, int descriptor,
                                         const struct cw_clocks *clock,
                                         struct cw_error *err);

/* Reports what is still suppressed, then frees. */
void cw_log_destroy(struct cw_log **log);

/* INFO at creation. May be called at any time, from any thread. */
void cw_log_set_level(struct cw_log *log, enum cw_log_level level);

/* "warn" -> CW_LOG_WARN; INFO for any other word. */
enum cw_log_level cw_log_level_of(const char *word);

bool cw_log_is_on(const struct cw_log *log, enum cw_log_level level);

/* pairs ends with cw_kv_end(). Use CW_LOG. */
void cw_log_write(struct cw_log *log, enum cw_log_level level,
                  const char *event, const struct cw_log_pair *pairs);

/* Reports counts that no later line of their event has reported. Call about
 * once a second. */
void cw_log_tick(struct cw_log *log);

/* Lines that could not be written so far: a full disk, a reader that is gone.
 * From any thread. */
uint64_t cw_log_lost(const struct cw_log *log);

static inline struct cw_log_pair cw_kv_text(const char *key,
                                            struct cw_text value)
{
    return (struct cw_log_pair){key, CW_KV_TEXT, {.text = value}};
}

/* NULL is written as null. */
static inline struct cw_log_pair cw_kv_str(const char *key, const char *value)
{
    return cw_kv_text(key, cw_text_of(value));
}

static inline struct cw_log_pair cw_kv_int(const char *key, int64_t value)
{
    return (struct cw_log_pair){key, CW_KV_INT, {.number = value}};
}

static inline struct cw_log_pair cw_kv_uint(const char *key, uint64_t value)
{
    return (struct cw_log_pair){key, CW_KV_UINT, {.id = value}};
}

/* NaN and infinities are written as null. */
static inline struct cw_log_pair cw_kv_real(const char *key, double value)
{
    return (struct cw_log_pair){key, CW_KV_REAL, {.real = value}};
}

static inline struct cw_log_pair cw_kv_bool(const char *key, bool value)
{
    return (struct cw_log_pair){key, CW_KV_BOOL, {.truth = value}};
}

/* Sixteen hexadecimal digits, as ids are written everywhere. */
static inline struct cw_log_pair cw_kv_id(const char *key, uint64_t value)
{
    return (struct cw_log_pair){key, CW_KV_ID, {.id = value}};
}

/* Two members: "status", the code, and "error", the text. */
static inline struct cw_log_pair cw_kv_error(const struct cw_error *error)
{
    return (struct cw_log_pair){"error", CW_KV_ERROR, {.error = error}};
}

static inline struct cw_log_pair cw_kv_end(void)
{
    return (struct cw_log_pair){NULL, CW_KV_BOOL, {.truth = false}};
}

#endif
