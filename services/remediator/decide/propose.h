/*
 * propose - from a cause to an action: asked for, waiting for a veto, or
 * intended at once.
 *
 * Place    cause, policy -> [propose] -> life
 * Limits   one action at a time for an incident, policy and target;
 *          REMEDY_PROPOSAL_MAX of them in all, so a cause that swings to and
 *          fro ends
 * Threads  one owner thread
 * Source   demands T21, F13
 */
#ifndef REMEDIATOR_DECIDE_PROPOSE_H
#define REMEDIATOR_DECIDE_PROPOSE_H

#include "desk.h"

#define REMEDY_PROPOSAL_MAX 10u

/* A revision of a cause came. */
CW_MUST_USE enum cw_status remedy_propose(const struct remedy_desk *desk,
                                          uint64_t route,
                                          const struct cw_cause *cause);

/* The next attempt of an action whose last did not help. */
CW_MUST_USE enum cw_status remedy_propose_again(const struct remedy_desk *desk,
                                                struct remedy_entry *entry);

#endif
