/*
 * enter - the way of a signal into an incident, or to its other end.
 *
 * Place    core (events, anomalies), silences ending, timers -> [enter]
 * Output   one ledger entry for each alert said and anomaly opened
 *
 *            known? ---- yes: repeat (DEDUPED), or it fires again
 *            silenced? - yes: SILENCED, held; enters when the silence ends
 *            fits? ----- yes: GROUPED (PAGED when it reopens)
 *            strong? --- yes: opens, PAGED
 *            company? -- yes: opens together, PAGED and GROUPED
 *            else waits 60 s, then INFORMATION
 *
 * Limits   a full table sheds: SHED with the reason
 * Threads  one owner thread
 * Source   demands T2, T16, U4
 */
#ifndef CORRELATE_ENTER_H
#define CORRELATE_ENTER_H

#include "correlate/life.h"

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
                                                 struct cw_text silence,
                                                 struct cw_error *err);

#endif
