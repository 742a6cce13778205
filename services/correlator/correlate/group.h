/*
 * group - which open incident a signal belongs to, and why.
 *
 * Place    enter -> [group] -> life
 * Input    likeness = time decay x hop decay x (family or text), of each
 *          incident not closed:
 *            time  exp(-gap / window), gap from the span of onsets so far;
 *                  1 on an entity of the incident, which is ill already
 *            hops  1 on the same entity, .7 .45 .25 at 1 2 3 hops from the
 *                  core; .45 where the domain knows no topology at all and
 *                  all onsets lie within `blind` of each other
 *            kind  1 for a family the incident has, else .7 + .3 x likeness of
 *                  the title to the first one's
 * Output   an incident on the very entity goes first, the oldest; else the best
 *          at or above theta, equal ones: the older
 * Limits   a member lies within max_hops of the core, so an incident's
 *          diameter is at most 2 max_hops and A-B, B-C never makes A-B-C by
 *          steps; nothing new is taken in after max_age. Two incidents never
 *          merge
 * Threads  one owner thread
 * Source   demands T4, F4, U16; hop decay after the ranker's attenuation
 */
#ifndef CORRELATE_GROUP_H
#define CORRELATE_GROUP_H

#include "correlate/turn.h"

enum corr_rule {
    CORR_RULE_FIRST,
    CORR_RULE_COMPANY,
    CORR_RULE_SAME_ENTITY,
    CORR_RULE_TOPOLOGY,
    CORR_RULE_SAME_TIME,
    CORR_RULE_SAME_SILENCE
};

struct corr_match {
    struct corr_incident *incident; /* NULL: none fits */
    enum corr_rule rule;
    double score;
    double similarity; /* of the titles */
    uint32_t place;    /* in incident->reach, of TOPOLOGY */
};

/* CW_NO_MEMORY. */
CW_MUST_USE enum cw_status corr_group_find(const struct corr_turn *turn,
                                           const struct corr_signal *signal,
                                           struct corr_match *match,
                                           struct cw_error *err);

/* The same question about one incident. */
CW_MUST_USE enum cw_status corr_group_try(const struct corr_turn *turn,
                                          const struct corr_signal *signal,
                                          struct corr_incident *incident,
                                          struct corr_match *match,
                                          struct cw_error *err);

/* The reason a member carries; lent from the arena of the turn. */
struct cw_reason corr_group_reason(const struct corr_turn *turn,
                                   const struct corr_signal *signal,
                                   const struct corr_match *match);

#endif
