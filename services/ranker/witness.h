/*
 * witness - who measured it.
 *
 * Place    view, signs -> [witness] -> score, words
 * Input    deviations that callers measured: their times as clients
 * Output   the caller whose own load explains that this one seems slow. A
 *          process that is starved sees everybody late; who shows nothing of
 *          its own is then no cause
 * Threads  pure
 */
#ifndef RANKER_WITNESS_H
#define RANKER_WITNESS_H

#include "candidate.h"

/* Place of the busy caller through whose clock place seems slow; RANKER_NONE =
 * it shows something itself, or no caller got busy first. */
uint32_t ranker_witness_busy(const struct ranker_scene *scene, uint32_t place);

#endif
