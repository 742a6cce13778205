/*
 * enter - the way of a signal into an incident, or to its other end.
 *
 * Place    core (events, anomalies), silences ending, timers -> [enter]
 * Output   one ledger entry for each alert said and anomaly opened; a repeat
 *          is DEDUPED here, an end RESOLUTION, the rest is admit's
 * Limits   an anomaly that waited in vain is remembered, should it grow: the
 *          latest wait_max of them
 * Threads  one owner thread
 * Source   demands T2, T16, U4
 */
#ifndef CORRELATE_ENTER_H
#define CORRELATE_ENTER_H

#include "correlate/admit.h"

CW_MUST_USE enum cw_status corr_enter_alert(const struct corr_turn *turn,
                                            const struct cw_event *event,
                                            struct cw_error *err);
CW_MUST_USE enum cw_status corr_enter_anomaly(const struct corr_turn *turn,
                                              const struct cw_anomaly *anomaly,
                                              struct cw_error *err);

/* A waiting signal found no company in time. */
CW_MUST_USE enum cw_status corr_enter_timeout(const struct corr_turn *turn,
                                              uint64_t id,
                                              struct cw_error *err);

/* A silence is gone: what fires still and no other silence covers, enters. */
CW_MUST_USE enum cw_status corr_enter_unsilenced(const struct corr_turn *turn,
                                                 struct cw_error *err);

#endif
