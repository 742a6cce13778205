/*
 * life - what becomes of an action: run, verified, rolled back, tried again,
 * given up.
 *
 * Place    propose, said, incidents, timers -> [life] -> desk
 * Limits   every state that waits has a deadline; nothing waits for ever
 * Threads  one owner thread
 * Source   demands T21, F15, F16, U9
 *
 *   PROPOSED -> INTENDED -> STARTED -> SUCCEEDED -> VERIFIED
 *      |           |           |           |            | symptom back
 *   EXPIRED     REFUSED     FAILED    INEFFECTIVE <-----+
 *                              |           |
 *                              +-> ROLLING_BACK -> ROLLED_BACK -> again, or a
 *                           UNKNOWN: verified by state, never run again
 */
#ifndef REMEDIATOR_DECIDE_LIFE_H
#define REMEDIATOR_DECIDE_LIFE_H

#include "desk.h"

/* Some member of its incident, which is open, fires: there is something to
 * repair. */
bool remedy_life_ill(const struct remedy_desk *desk,
                     const struct remedy_entry *entry);

/* Why it may not run now; NULL = it may. */
const char *remedy_life_refusal(const struct remedy_desk *desk,
                                const struct remedy_entry *entry,
                                struct cw_text policy);

/* Intends it, or refuses it with the reason. */
CW_MUST_USE enum cw_status remedy_life_launch(const struct remedy_desk *desk,
                                              struct remedy_entry *entry,
                                              struct cw_action *action,
                                              struct cw_text reason);

/* What an effect loop says of it. */
struct remedy_result {
    struct cw_text value;  /* started, succeeded, failed, refused, unknown */
    struct cw_text output; /* cut to 4 KiB */
    struct cw_text reason;
    int32_t exit_code;
    bool rollback;
};

CW_MUST_USE enum cw_status
remedy_life_result(const struct remedy_desk *desk, struct remedy_entry *entry,
                   const struct remedy_result *result);

/* An incident spoke: resolves, verifies, or finds the symptom back. */
CW_MUST_USE enum cw_status
remedy_life_incident(const struct remedy_desk *desk,
                     const struct remedy_incident *incident);

/* The deadline of an entry came. */
CW_MUST_USE enum cw_status remedy_life_due(const struct remedy_desk *desk,
                                           struct remedy_entry *entry);

/* The switch was thrown: nothing that has not started will. */
CW_MUST_USE enum cw_status remedy_life_stop(const struct remedy_desk *desk,
                                            struct cw_text by);

#endif
