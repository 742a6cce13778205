/*
 * mask - which tokens are values by their looks alone.
 *
 * Place    tokens -> [mask] -> skeleton
 * Input    the bytes of one run and the union of their classes
 * Output   yes or no, from the token alone: the same for every line, entity
 *          and moment, so ids built on it never depend on history
 * Threads  pure
 *
 * A value is: anything with a digit (numbers, addresses, dates, most ids);
 * paths; names with two or more inner dots (hosts) unless they end like a
 * class (java.io.IOException says what kind of error it is); hex of eight or
 * more; weekday and month names; true, false, null, nil; addresses with an
 * inner @.
 */
#ifndef LOGCLUSTER_MASK_H
#define LOGCLUSTER_MASK_H

#include <stdbool.h>

#include "base/text.h"

/* classes: union of enum tokens_class over the bytes of token. */
bool mask_is_value(struct cw_text token, unsigned classes);

/* A measure's unit, which goes with the number before it: KB, ms, sec. */
bool mask_is_unit(struct cw_text token);

/* A word that tells states or verbs apart and so never becomes variable:
 * opened, closed, up, down, GET, POST, failed, ... Case does not matter. */
bool mask_is_state(struct cw_text token);

/* A key whose value says what happened and so is not masked for standing
 * behind '=': msg, level, error, status, method, ... */
bool mask_is_telling_key(struct cw_text token);

/* Shaped like a name given by somebody rather than a word of a language:
 * inner dot, dash, underscore, slash, or capitals inside. */
bool mask_is_name(struct cw_text token);

#endif
