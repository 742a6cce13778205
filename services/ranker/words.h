/*
 * words - the answer in sentences, by template.
 *
 * Place    score, unknown -> [words] -> record of causes
 * Output   title, summary, evidence sentences, recommended action, the whole
 *          struct cw_cause but its meta
 * Limits   RANKER_NAMED_MAX candidates and RANKER_SENTENCE_MAX sentences each;
 *          no figure that moves with every minute stands in title or summary,
 *          so these change only when the answer does
 * Threads  pure
 */
#ifndef RANKER_WORDS_H
#define RANKER_WORDS_H

#include "unknown.h"

#define RANKER_NAMED_MAX    10u
#define RANKER_SENTENCE_MAX 6u

/* Fills *cause but meta; everything it points to lives in arena.
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
ranker_words_cause(struct cw_cause *cause, const struct ranker_candidates *all,
                   const struct ranker_doubt *doubt,
                   const struct ranker_scene *scene, struct cw_arena *arena,
                   struct cw_error *err);

/* Name of the action that usually helps against this candidate; never NULL,
 * "" = none is known. since_at: what peaked earlier names no action. */
const char *ranker_words_action(const struct ranker_candidate *candidate,
                                int64_t since_at);

#endif
