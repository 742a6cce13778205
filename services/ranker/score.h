/*
 * score - features of each candidate, their weighted sum, its probability.
 *
 * Place    candidate -> [score] -> buckets, unknown, words
 * Input    candidates of one scene
 * Output   factors (weighted, they add up), score, probability, bucket; the
 *          list in order, best first
 * Limits   probabilities of all and of "unknown" add up to 1; equal scores
 *          are ordered by onset, then id
 * Threads  pure
 * Source   exogeneity: score differences along the call graph, Janzing et
 *          al., arXiv 2406.05014; conditional logit with an outside option:
 *          McFadden 1974; buckets: demand F6
 */
#ifndef RANKER_SCORE_H
#define RANKER_SCORE_H

#include "candidate.h"

/* Fills features, scores, probabilities and buckets, and sorts.
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_score(struct ranker_candidates *all,
                                        const struct ranker_scene *scene,
                                        struct cw_arena *arena,
                                        struct cw_error *err);

/* Shares of the scores as probabilities beside "unknown", whose score is
 * bias, into probability of each. */
void ranker_softmax(struct ranker_candidate *list, uint32_t count, double bias,
                    double temperature);

/* Probability of list[index] had its factor not been seen. */
double ranker_without(const struct ranker_candidates *all, uint32_t index,
                      enum ranker_factor factor,
                      const struct ranker_config *config);

/* "severity", ... : names of the factors in records. */
const char *ranker_factor_name(enum ranker_factor factor);

#endif
