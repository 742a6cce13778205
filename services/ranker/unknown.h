/*
 * unknown - when to say that the data do not tell, and what is missing.
 *
 * Place    score -> [unknown] -> words
 * Output   sentences of what would have to be seen; none = the first
 *          candidate may be named
 * Limits   at most RANKER_MISSING_MAX sentences
 * Threads  pure
 * Source   demands U10, U16
 */
#ifndef RANKER_UNKNOWN_H
#define RANKER_UNKNOWN_H

#include "score.h"

#define RANKER_MISSING_MAX 6u

struct ranker_doubt {
    struct cw_text missing[RANKER_MISSING_MAX]; /* in the arena */
    uint32_t count;
    bool unknown;
};

/* *doubt.unknown: name nobody. missing may speak although a cause is named
 * (a stale graph). */
void ranker_doubt_make(struct ranker_doubt *doubt,
                       const struct ranker_candidates *all,
                       const struct ranker_scene *scene,
                       struct cw_arena *arena);

#endif
