#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/utf8.h"

#define LINE_MAX_SIZE  4096u
#define TEXT_MAX_SIZE  512u
#define EVENT_COUNT    256u /* a power of two */
#define PER_SECOND_MAX 10u
#define SECOND_US      INT64_C(1000000)

/* The tail every line can still take: ,"cut":true}\n */
#define TAIL_SIZE 16u

static const char *const level_names[] = {"debug", "info", "warn", "error"};

_Static_assert(sizeof(level_names) / sizeof(level_names[0]) ==
                   CW_LOG_LEVEL_COUNT,
               "every level has its name");

/* What one event name may still say in its second. */
struct allowance {
    const char *event;   /* NULL = free place; a constant, so borrowed */
    int64_t second_from; /* monotonic us */
    unsigned written_count;
    uint64_t suppressed_count; /* not yet reported */
};

struct cw_log {
    const char *service;
    int descriptor;
    struct cw_clocks clock;
    _Atomic int level;
    pthread_mutex_t lock; /* guards what follows, and the descriptor */
    struct allowance allowances[EVENT_COUNT];
    struct allowance others; /* shared by the names that found no place */
    bool torn;               /* a line was cut off: the next begins anew */
    _Atomic uint64_t lost_count;
};

/* A line being built; it never grows past its bytes less the tail. */
struct line {
    size_t size;
    bool cut;
    char bytes[LINE_MAX_SIZE];
};

enum cw_status cw_log_create(struct cw_log **made, const char *service,
                             int descriptor, const struct cw_clocks *clock,
                             struct cw_error *err)
{
    struct cw_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        return cw_fail(err, CW_NO_MEMORY, "log");
    if (pthread_mutex_init(&log->lock, NULL) != 0) {
        free(log);
        return cw_fail(err, CW_NO_MEMORY, "lock of the log");
    }
    log->service = service;
    log->descriptor = descriptor;
    log->clock = *clock;
    log->others.event = "other events";
    atomic_init(&log->level, CW_LOG_INFO);
    *made = log;
    return CW_OK;
}

void cw_log_set_level(struct cw_log *log, enum cw_log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

enum cw_log_level cw_log_level_of(const char *word)
{
    for (unsigned i = 0; i < CW_LOG_LEVEL_COUNT; i++)
        if (strcmp(word, level_names[i]) == 0)
            return (enum cw_log_level)i;
    return CW_LOG_INFO;
}

bool cw_log_is_on(const struct cw_log *log, enum cw_log_level level)
{
    return (int)level >=
           atomic_load_explicit(&log->level, memory_order_relaxed);
}

static void add_bytes(struct line *line, const char *bytes, size_t size)
{
    if (line->cut || size > sizeof(line->bytes) - TAIL_SIZE - line->size) {
        line->cut = true;
        return;
    }
    memcpy(line->bytes + line->size, bytes, size);
    line->size += size;
}

static void add(struct line *line, const char *terminated)
{
    add_bytes(line, terminated, strlen(terminated));
}

/* One character that JSON or a terminal would take for something else. */
static void add_escaped(struct line *line, uint32_t point)
{
    char escape[8];
    if (point == '"' || point == '\\')
        (void)snprintf(escape, sizeof(escape), "\\%c", (char)point);
    else if (point == '\n')
        (void)snprintf(escape, sizeof(escape), "\\n");
    else
        (void)snprintf(escape, sizeof(escape), "\\u%04" PRIx32,
                       point & 0xFFFFu);
    add(line, escape);
}

/* Controls of both sets, DEL, quote and backslash, and the marks that turn
 * the direction of writing: a line must read as it is. */
static bool needs_escape(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == '"' ||
           point == '\\' || (point >= 0x202A && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0x2028 ||
           point == 0x2029;
}

static void add_text(struct line *line, struct cw_text text)
{
    struct cw_text rest = cw_utf8_prefix(text, TEXT_MAX_SIZE);
    const bool shortened = rest.size < text.size;
    add(line, "\"");
    while (rest.size > 0) {
        uint32_t point = 0;
        const size_t size = cw_utf8_next(rest, &point);
        if (size == 0 || point == 0) /* \u0000 is refused by many readers */
            add(line, "\\ufffd");
        else if (needs_escape(point))
            add_escaped(line, point);
        else
            add_bytes(line, rest.bytes, size);
        rest.bytes += size ? size : 1;
        rest.size -= size ? size : 1;
    }
    add(line, shortened ? "...\"" : "\"");
}

static void add_real(struct line *line, double value)
{
    char number[32];
    if (!isfinite(value)) {
        add(line, "null");
        return;
    }
    (void)snprintf(number, sizeof(number), "%.15g", value);
    add(line, number);
}

static void add_integer(struct line *line, const struct cw_log_pair *pair)
{
    char number[32];
    if (pair->type == CW_KV_INT)
        (void)snprintf(number, sizeof(number), "%" PRId64, pair->value.number);
    else if (pair->type == CW_KV_UINT)
        (void)snprintf(number, sizeof(number), "%" PRIu64, pair->value.id);
    else
        (void)snprintf(number, sizeof(number), "\"%016" PRIx64 "\"",
                       pair->value.id);
    add(line, number);
}

static void add_key(struct line *line, const char *key)
{
    add(line, ",");
    add_text(line, cw_text_of(key));
    add(line, ":");
}

static void add_error(struct line *line, const struct cw_error *error)
{
    add_key(line, "status");
    add_text(line, cw_text_of(cw_status_code(error->status)));
    add_key(line, "error");
    add_text(line, cw_text_of(error->text));
}

static void add_value(struct line *line, const struct cw_log_pair *pair)
{
    switch (pair->type) {
    case CW_KV_TEXT:
        if (pair->value.text.bytes == NULL)
            add(line, "null");
        else
            add_text(line, pair->value.text);
        break;
    case CW_KV_REAL:
        add_real(line, pair->value.real);
        break;
    case CW_KV_BOOL:
        add(line, pair->value.truth ? "true" : "false");
        break;
    case CW_KV_INT:
    case CW_KV_UINT:
    case CW_KV_ID:
    case CW_KV_ERROR: /* not reached: add_pair keeps it */
    default:
        add_integer(line, pair);
        break;
    }
}

/* Whole or not at all: a pair cut in the middle would break the JSON. */
static void add_pair(struct line *line, struct cw_log_pair pair)
{
    const size_t size = line->size;
    if (pair.type == CW_KV_ERROR) {
        add_error(line, pair.value.error);
    } else {
        add_key(line, pair.key);
        add_value(line, &pair);
    }
    if (line->cut)
        line->size = size;
}

static void begin(struct line *line, const struct cw_log *log,
                  enum cw_log_level level, const char *event)
{
    char ts[CW_TIME_TEXT_SIZE];
    (void)cw_time_format_ms(cw_clock_wall_us(&log->clock), ts);
    line->size = 0;
    line->cut = false;
    add(line, "{\"ts\":\"");
    add(line, ts);
    add(line, "\",\"level\":\"");
    add(line, level_names[level]);
    add(line, "\"");
    add_pair(line, cw_kv_str("service", log->service));
    add_pair(line, cw_kv_str("event", event));
}

static bool write_all(struct cw_log *log, const char *bytes, size_t size)
{
    size_t written = 0;
    while (written < size) {
        const ssize_t put =
            write(log->descriptor, bytes + written, size - written);
        if (put < 0 && errno != EINTR) {
            log->torn = log->torn || written > 0;
            return false;
        }
        written += put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* One write for the whole line, so that lines of processes that share a
 * terminal do not mix. What cannot be written is lost, and counted: there is
 * nowhere else to say so. */
static void end(struct cw_log *log, struct line *line)
{
    const char *tail = line->cut ? ",\"cut\":true}\n" : "}\n";
    memcpy(line->bytes + line->size, tail, strlen(tail));
    line->size += strlen(tail);
    if (log->torn)
        log->torn = !write_all(log, "\n", 1);
    if (log->torn || !write_all(log, line->bytes, line->size))
        atomic_fetch_add(&log->lost_count, 1);
}

uint64_t cw_log_lost(const struct cw_log *log)
{
    return atomic_load(&log->lost_count);
}

/* The allowance of an event, taken up at its first line. */
static struct allowance *find_allowance(struct cw_log *log, const char *event)
{
    size_t at = (size_t)cw_hash_text(cw_text_of(event)) & (EVENT_COUNT - 1);
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        struct allowance *found = &log->allowances[at];
        if (found->event != NULL && strcmp(found->event, event) == 0)
            return found;
        if (found->event == NULL) {
            found->event = event;
            found->second_from = cw_clock_monotonic_us(&log->clock);
            return found;
        }
        at = (at + 1) & (EVENT_COUNT - 1);
    }
    return &log->others;
}

static bool take(struct allowance *allowance, int64_t now_us)
{
    if (now_us - allowance->second_from >= SECOND_US) {
        allowance->second_from = now_us;
        allowance->written_count = 0;
    }
    if (allowance->written_count >= PER_SECOND_MAX) {
        allowance->suppressed_count++;
        return false;
    }
    allowance->written_count++;
    return true;
}

void cw_log_write(struct cw_log *log, enum cw_log_level level,
                  const char *event, const struct cw_log_pair *pairs)
{
    struct line line;
    (void)pthread_mutex_lock(&log->lock);
    struct allowance *allowance = find_allowance(log, event);
    if (take(allowance, cw_clock_monotonic_us(&log->clock))) {
        begin(&line, log, level, event);
        for (; pairs->key != NULL; pairs++)
            add_pair(&line, *pairs);
        if (allowance->suppressed_count > 0)
            add_pair(&line,
                     cw_kv_uint("suppressed", allowance->suppressed_count));
        allowance->suppressed_count = 0;
        end(log, &line);
    }
    (void)pthread_mutex_unlock(&log->lock);
}

static void report(struct cw_log *log, struct allowance *allowance)
{
    struct line line;
    if (allowance->suppressed_count == 0)
        return;
    begin(&line, log, CW_LOG_WARN, "log_suppressed");
    add_pair(&line, cw_kv_str("of_event", allowance->event));
    add_pair(&line, cw_kv_uint("suppressed", allowance->suppressed_count));
    allowance->suppressed_count = 0;
    end(log, &line);
}

/* Reports allowances whose second began at or before from_us. */
static void report_all(struct cw_log *log, int64_t from_us)
{
    for (size_t i = 0; i < EVENT_COUNT; i++)
        if (log->allowances[i].second_from <= from_us)
            report(log, &log->allowances[i]);
    if (log->others.second_from <= from_us)
        report(log, &log->others);
}

void cw_log_tick(struct cw_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    report_all(log, cw_clock_monotonic_us(&log->clock) - SECOND_US);
    (void)pthread_mutex_unlock(&log->lock);
}

void cw_log_destroy(struct cw_log **log)
{
    if (*log == NULL)
        return;
    report_all(*log, INT64_MAX);
    (void)pthread_mutex_destroy(&(*log)->lock);
    free(*log);
    *log = NULL;
}
