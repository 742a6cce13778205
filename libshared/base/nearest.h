/*
 * nearest - which word a misspelt one may have meant.
 *
 * Place    faults of options, commands of cwctl
 * Limits   words of at most 96 bytes; a longer one is near to nothing
 * Threads  pure
 * Source   Levenshtein, Soviet Physics Doklady 10(8), 1966
 */
#ifndef CW_BASE_NEAREST_H
#define CW_BASE_NEAREST_H

#include <stddef.h>

#define CW_NEAR_MAX 2u /* distance up to which a word is offered */

/* Least number of insertions, deletions and replacements of a byte that make
 * b of a; (unsigned)-1 when one of them is too long. */
unsigned cw_edit_distance(const char *a, const char *b);

/* The better of two offers: candidate when it is near to word, and nearer than
 * best (NULL = none yet), else best. */
const char *cw_nearer(const char *word, const char *best,
                      const char *candidate);

#endif
