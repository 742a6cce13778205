/*
 * said - what people and effect loops say about actions.
 *
 * Place    said -> [said] -> life
 * Input    APPROVE, REJECT, KILL_SWITCH, RESULT; all else is ignored
 * Output   changes of state; a refused approval leaves an audit link
 * Limits   an approval counts only while the action waits, from a named
 *          person of its tenant, bound to its hash, not yet expired
 * Threads  one owner thread
 * Source   demands T21, F16
 */
#ifndef REMEDIATOR_DECIDE_SAID_H
#define REMEDIATOR_DECIDE_SAID_H

#include "desk.h"

CW_MUST_USE enum cw_status remedy_said(const struct remedy_desk *desk,
                                       uint64_t route,
                                       const struct cw_said *said);

#endif
