/*
 * expand - ${env:NAME} and ${env:NAME:-fallback} replaced by what they say.
 *
 * Place    any scalar of a file of options or rules
 * Input    terminated text; $${env: stands for ${env: itself. What is put in
 *          is not expanded again
 * Limits   a name of at most 127 bytes, a result of 1 MiB
 * Threads  reads the environment: before threads that change it
 */
#ifndef CW_BASE_EXPAND_H
#define CW_BASE_EXPAND_H

#include "base/arena.h"
#include "base/status.h"

/* Lends the result from the arena, or is text itself when there is nothing to
 * replace. CW_BAD_CONFIG: not closed, or not set and without fallback;
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_expand(const char *text, struct cw_arena *arena,
                                     const char **expanded,
                                     struct cw_error *err);

#endif
