/*
 * proposal - what a repair that waits for approval would do, for the eyes of
 * whoever says yes.
 *
 * Place    approve: record of topic actions as JSON -> [proposal] -> text
 * Output   every word of every command as JSON in ASCII: nothing in it can move
 *          a cursor or pass for another letter
 * Threads  pure
 */
#ifndef CWCTL_PROPOSAL_H
#define CWCTL_PROPOSAL_H

#include <jansson.h>
#include <stdio.h>

#include "base/status.h"

/* CW_BROKEN: it waits for nobody (any more). */
CW_MUST_USE enum cw_status proposal_check(const json_t *action, int64_t now_at,
                                          struct cw_error *err);

void proposal_print(const json_t *action, FILE *out);

#endif
