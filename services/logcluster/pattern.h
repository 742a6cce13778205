/*
 * pattern - one kind of line of one entity: its items, text and counts.
 *
 * Place    skeleton -> [pattern] -> generalise, rates, novelty, core
 * Limits   SKELETON_ITEM_MAX items, TEMPLATE_OUTLINE_MAX bytes of outline,
 *          PATTERN_EXAMPLE_COUNT examples, PATTERN_LINEAGE_MAX replaced ids
 *          that have not been told yet (further ones are not listed)
 * Threads  one owner thread
 */
#ifndef LOGCLUSTER_PATTERN_H
#define LOGCLUSTER_PATTERN_H

#include "base/pack.h"
#include "base/status.h"
#include "skeleton.h"
#include "template.h"

#define PATTERN_EXAMPLE_COUNT 3
#define PATTERN_EXAMPLE_SIZE  240
#define PATTERN_LINEAGE_MAX   16

struct pattern {
    /* What a line on the hit path touches stands together. */
    uint64_t lines;
    uint64_t window_lines; /* since the last window closed */
    int64_t last_at;       /* us, stream time of its last line */
    int32_t severity;      /* highest of its lines */
    bool tracked;          /* its rate is a series */
    bool changed;          /* to be told on patterns */
    bool watched;          /* novelty keeps an entry of it */

    uint64_t id;     /* skeleton_id of hashes */
    uint32_t serial; /* within its set; never used twice */
    uint32_t item_count;
    uint32_t constant_count;
    uint64_t states;  /* bit i: item i is a state word, never variable */
    uint64_t wide;    /* bit i: a value because constants differed there */
    uint64_t *hashes; /* owned; item_count */
    char *outline;    /* owned */
    size_t outline_size;
    char *example_bytes[PATTERN_EXAMPLE_COUNT]; /* owned */
    struct cw_text examples[PATTERN_EXAMPLE_COUNT];
    size_t example_count;
    uint64_t replaced[PATTERN_LINEAGE_MAX]; /* not told yet */
    size_t replaced_count;

    int64_t first_event_at; /* us, event time of its first line */
    int64_t made_at;        /* us, stream time */
};

/* A pattern without lines, as line looks. The caller owns it. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status pattern_create(struct pattern **made,
                                          const struct skeleton *skeleton,
                                          struct cw_text line,
                                          struct cw_error *err);
void pattern_destroy(struct pattern **pattern);

/* Every line that *other stands for is one of *pattern too. */
bool pattern_covers(const struct pattern *pattern, const struct pattern *other);
bool pattern_covers_line(const struct pattern *pattern,
                         const struct skeleton *skeleton, struct cw_text line);

/* Whether a constant may be taken for a value at item `at` of a pattern with
 * that many constants: few constants say too little to go by, and the first
 * word says most of what a line is. */
bool pattern_may_vary(size_t at, size_t constant_count);

/* Turns each item in which *other differs into a value and takes over counts,
 * examples and lineage. Same item_count. */
void pattern_absorb(struct pattern *pattern, const struct pattern *other);

/* Keeps a redacted copy of line unless there are enough or it is there. */
void pattern_keep_example(struct pattern *pattern, struct cw_text line);

/* Its text, as template_render. */
size_t pattern_text(const struct pattern *pattern,
                    char text[TEMPLATE_SIZE_MAX]);

/* A severity number for lines that carry none, from the words of the text:
 * 17 error, 13 warning, 0 unknown. */
int32_t pattern_guess_severity(const struct skeleton *skeleton,
                               struct cw_text line);

void pattern_save(const struct pattern *pattern, struct cw_pack *out);
CW_MUST_USE enum cw_status
pattern_load(struct pattern **made, struct cw_unpack *in, struct cw_error *err);

#endif
