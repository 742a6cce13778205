/*
 * story - a notice told in at most twelve lines: what, since when, who is
 * hurt, why we think so, and what to press.
 *
 * Place    notice, cause -> [story] -> slack, webhook
 * Limits   12 lines of at most 300 characters; texts from outside pass plain
 * Threads  pure
 */
#ifndef NOTIFIER_FORMS_STORY_H
#define NOTIFIER_FORMS_STORY_H

#include "base/arena.h"
#include "base/text.h"
#include "record/records.h"
#include "zone.h"

#define STORY_LINES 12

/* What a form may tell. All borrowed. */
struct notifier_facts {
    const struct cw_notice *notice;
    const struct cw_cause *cause;     /* NULL: not ranked yet */
    const struct notifier_zone *zone; /* NULL: UTC only */
    const char *console_url;          /* without / at the end; NULL = none */
};

struct notifier_story {
    struct cw_text headline;           /* "FIRING CRITICAL: cart is slow" */
    struct cw_text lines[STORY_LINES]; /* the headline is not among them */
    size_t count;                      /* <= STORY_LINES - 1 */
    struct cw_text command;            /* "cwctl ack INC-7Q4K2", or empty */
    struct cw_text url;                /* of the incident, or empty */
};

/* Lent by the arena; a full arena leaves texts empty. */
struct notifier_story notifier_story_tell(const struct notifier_facts *facts,
                                          struct cw_arena *arena);

/* "firing", "acknowledged", ...: lower case, for URLs and JSON. */
const char *notifier_transition_word(enum cw_transition transition);

/* "25 s", "10 min", "3 h 20 min", "2 d 4 h". */
struct cw_text notifier_duration(struct cw_arena *arena, int64_t duration_us);

#endif
