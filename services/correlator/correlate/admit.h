/*
 * admit - the way of a signal not yet remembered: into an incident, into a
 * waiting list, or to an entry in the ledger.
 *
 * Place    enter -> [admit] -> silence, group, life, ledger
 * Output
 *            silenced? - yes: SILENCED, held; comes again when it ends
 *            fits? ----- yes: GROUPED (PAGED when it reopens)
 *            strong? --- yes: at the end of the slice joins, or opens, PAGED
 *            company? -- yes: opens together, PAGED and GROUPED
 *            else        waits for company; then INFORMATION
 *
 * Limits   a full table sheds: SHED with the reason
 * Threads  one owner thread
 * Source   demands U4, T16
 */
#ifndef CORRELATE_ADMIT_H
#define CORRELATE_ADMIT_H

#include "correlate/life.h"

CW_MUST_USE enum cw_status corr_admit(const struct corr_turn *turn,
                                      const struct corr_signal *signal,
                                      struct cw_error *err);

/* Lets in the strong ones of this slice: together, so that their order, which
 * is chance in one moment, decides nothing of who belongs to whom. */
CW_MUST_USE enum cw_status corr_admit_settle(const struct corr_turn *turn,
                                             struct cw_error *err);

/* Takes a signal that is held but in no incident out and lets it in once
 * more. again: why, when its first entry is paid already. */
CW_MUST_USE enum cw_status corr_admit_again(const struct corr_turn *turn,
                                            struct corr_held *held,
                                            enum corr_again again,
                                            struct cw_error *err);

/* May it open an incident alone? An alert is somebody's decision already, once
 * it was said often enough; an anomaly must be strong; a new log line alone
 * never wakes anybody. */
bool corr_admit_strong(const struct corr_turn *turn,
                       const struct corr_signal *signal);

/* Forgets what is held of a signal but the signal, which the caller frees. */
struct corr_signal *corr_admit_release(const struct corr_turn *turn,
                                       struct corr_held *held);

/* Its entry in the ledger; a second one says why there is a second. */
CW_MUST_USE enum cw_status
corr_admit_tell(const struct corr_turn *turn, const struct corr_signal *signal,
                enum cw_fate fate, const struct corr_incident *incident,
                struct cw_text reason, struct cw_error *err);

#endif
