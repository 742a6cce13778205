/*
 * title - an incident in one line, for people.
 *
 * Place    anomaly, incident -> [title] -> members, incidents, notices
 * Output   "latency up 4.2x", "cart: latency up 4.2x and 3 more on 2 services"
 * Limits   cut to CORR_TITLE_SIZE bytes
 * Threads  pure
 */
#ifndef CORRELATE_TITLE_H
#define CORRELATE_TITLE_H

#include "correlate/signal.h"

struct corr_title_facts {
    struct cw_text entity;
    struct cw_text first; /* title of the first member */
    int32_t member_count; /* all */
    size_t entity_count;
    struct cw_text thing; /* kind all entities share, empty = they differ */
};

/* Lent from arena; empty when it is full. */
struct cw_text corr_title_anomaly(const struct cw_anomaly *anomaly,
                                  struct cw_arena *arena);
struct cw_text corr_title_incident(const struct corr_title_facts *facts,
                                   struct cw_arena *arena);

/* 45 s, 12 min, 3 h, 2 d: lent from arena. Negative spans lose their sign. */
struct cw_text corr_title_span(int64_t span_us, struct cw_arena *arena);

/* Likeness of two titles, 0 to 1: Dice over their words without digits. */
double corr_title_likeness(struct cw_text a, struct cw_text b);

#endif
