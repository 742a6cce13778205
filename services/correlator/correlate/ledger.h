/*
 * ledger - where each alert and anomaly ended: one entry for each received.
 *
 * Place    enter -> [ledger] -> topic ledger
 * Output   fate and reason in words; sums balance: entries = alerts firing and
 *          resolved + anomalies opened + those that entered a second time
 *          (silence ended, peak grew) - those still waiting
 * Source   demands U4
 */
#ifndef CORRELATE_LEDGER_H
#define CORRELATE_LEDGER_H

#include "correlate/turn.h"

/* incident may be NULL. */
CW_MUST_USE enum cw_status
corr_ledger_put(const struct corr_turn *turn, const struct cw_member *member,
                enum cw_fate fate, const struct corr_incident *incident,
                struct cw_text reason, struct cw_error *err);

#endif
