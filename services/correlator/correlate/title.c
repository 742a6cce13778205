#include "correlate/title.h"

#include <math.h>

#include "base/fixmath.h"
#include "base/hash.h"
#include "base/utf8.h"

#define WORDS_MAX 24u

static const char *const family_names[CW_FAMILY_COUNT] = {
    [CW_FAMILY_LATENCY] = "latency",
    [CW_FAMILY_ERRORS] = "errors",
    [CW_FAMILY_TRAFFIC] = "traffic",
    [CW_FAMILY_AVAILABILITY] = "availability",
};

/* The family is the better word, but "other" and "saturation" say less than
 * the metric's own name. */
static struct cw_text subject_of(const struct cw_anomaly *anomaly)
{
    const char *name = family_names[anomaly->family];
    if (name == NULL)
        return cw_utf8_prefix(anomaly->metric, 80);
    return cw_text_of(name);
}

static struct cw_text metric_words(const struct cw_anomaly *anomaly,
                                   struct cw_arena *arena)
{
    const struct cw_text subject = subject_of(anomaly);
    const double actual = anomaly->actual;
    const double expected = anomaly->expected;
    const double ratio = expected > 0.0 ? actual / expected : 0.0;
    if (!isfinite(actual) || !isfinite(expected))
        return cw_arena_print(arena, "%.*s abnormal", CW_TEXT_ARG(subject));
    if (ratio >= 1.1 && ratio < 1000.0)
        return cw_arena_print(arena, "%.*s up %.1fx", CW_TEXT_ARG(subject),
                              ratio);
    if (expected > 0.0 && ratio >= 0.0 && ratio <= 0.9)
        return cw_arena_print(arena, "%.*s down to %.0f %%",
                              CW_TEXT_ARG(subject), 100.0 * ratio);
    return cw_arena_print(arena, "%.*s at %.3g instead of %.3g",
                          CW_TEXT_ARG(subject), actual, expected);
}

struct cw_text corr_title_anomaly(const struct cw_anomaly *anomaly,
                                  struct cw_arena *arena)
{
    const struct cw_text metric = cw_utf8_prefix(anomaly->metric, 150);
    struct cw_text words;
    if (anomaly->kind == CW_ANOMALY_KIND_MISSING)
        words = cw_arena_print(arena, "no data of %.*s", CW_TEXT_ARG(metric));
    else if (anomaly->kind == CW_ANOMALY_KIND_NEW_PATTERN)
        words =
            cw_arena_print(arena, "new log line: %.*s", CW_TEXT_ARG(metric));
    else if (anomaly->kind == CW_ANOMALY_KIND_PATTERN_RATE)
        words = cw_arena_print(arena, "log lines %s: %.*s",
                               anomaly->actual >= anomaly->expected ? "more"
                                                                    : "fewer",
                               CW_TEXT_ARG(metric));
    else
        words = metric_words(anomaly, arena);
    return cw_utf8_prefix(words, CORR_TITLE_SIZE);
}

struct cw_text corr_title_incident(const struct corr_title_facts *facts,
                                   struct cw_arena *arena)
{
    const struct cw_text first = cw_utf8_prefix(facts->first, 110);
    const struct cw_text entity = cw_utf8_prefix(facts->entity, 40);
    const char *colon = entity.size > 0 ? ": " : "";
    const int more = facts->member_count - 1;
    if (more <= 0)
        return cw_arena_print(arena, "%.*s%s%.*s", CW_TEXT_ARG(entity), colon,
                              CW_TEXT_ARG(first));
    if (facts->entity_count < 2)
        return cw_arena_print(arena, "%.*s%s%.*s and %d more",
                              CW_TEXT_ARG(entity), colon, CW_TEXT_ARG(first),
                              more);
    if (facts->thing.size == 0)
        return cw_arena_print(arena, "%.*s%s%.*s and %d more on %zu entities",
                              CW_TEXT_ARG(entity), colon, CW_TEXT_ARG(first),
                              more, facts->entity_count);
    return cw_arena_print(arena, "%.*s%s%.*s and %d more on %zu %.*ss",
                          CW_TEXT_ARG(entity), colon, CW_TEXT_ARG(first), more,
                          facts->entity_count,
                          CW_TEXT_ARG(cw_utf8_prefix(facts->thing, 20)));
}

struct cw_text corr_title_span(int64_t span_us, struct cw_arena *arena)
{
    const int64_t us = span_us < 0 ? -(span_us + 1) : span_us;
    const long long seconds = (long long)(us / 1000000);
    if (seconds < 120)
        return cw_arena_print(arena, "%lld s", seconds);
    if (seconds < 7200)
        return cw_arena_print(arena, "%lld min", seconds / 60);
    if (seconds < 172800)
        return cw_arena_print(arena, "%lld h", seconds / 3600);
    return cw_arena_print(arena, "%lld d", seconds / 86400);
}

static bool is_letter(char c)
{
    const unsigned char u = (unsigned char)c;
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u >= 0x80u;
}

/* Distinct words as hashes; digits and punctuation part them, case is kept:
 * titles of one rule are written by one hand. */
static size_t words_of(struct cw_text text, uint64_t words[WORDS_MAX])
{
    size_t count = 0;
    size_t at = 0;
    while (at < text.size && count < WORDS_MAX) {
        size_t end = at;
        while (end < text.size && is_letter(text.bytes[end]))
            end++;
        if (end > at) {
            const uint64_t word = cw_hash(text.bytes + at, end - at);
            size_t i = 0;
            while (i < count && words[i] != word)
                i++;
            if (i == count)
                words[count++] = word;
        }
        at = end + 1;
    }
    return count;
}

double corr_title_likeness(struct cw_text a, struct cw_text b)
{
    uint64_t of_a[WORDS_MAX];
    uint64_t of_b[WORDS_MAX];
    const size_t count_a = words_of(a, of_a);
    const size_t count_b = words_of(b, of_b);
    size_t common = 0;
    for (size_t i = 0; i < count_a; i++)
        for (size_t k = 0; k < count_b; k++)
            common += of_a[i] == of_b[k];
    if (count_a + count_b == 0)
        return 0.0;
    return cw_round6(2.0 * (double)common / (double)(count_a + count_b));
}
