/*
 * report - what the detector says, as records.
 *
 * Place    intake, watch, evidence -> [report] -> emit
 * Output   anomalies and evidence to the domain's partition, series to the
 *          entity's with the series id as key
 * Limits   texts and lists live in the step's arena
 * Threads  one owner thread
 */
#ifndef DETECTOR_REPORT_H
#define DETECTOR_REPORT_H

#include "core.h"
#include "core/core.h"
#include "roster.h"

/* What every part of a step works with. */
struct scope {
    const struct detector_config *config;
    struct roster *roster;
    struct detector_counts *counts;
    struct cw_emit *emit;
};

/* Why an episode or silence is over, as label causeway.closed. */
enum report_end { END_NONE, END_RECOVERED, END_ACCEPTED, END_SILENT };

/* An episode of the member opened, goes on, or is over (end not END_NONE). */
CW_MUST_USE enum cw_status
report_episode(const struct scope *scope, const struct member *member,
               const struct judgement *judged, enum cw_anomaly_status status,
               enum report_end end, struct cw_error *err);

/* The member fell silent, or returned at closed_at (0 = opened now). */
CW_MUST_USE enum cw_status report_silence(const struct scope *scope,
                                          const struct member *member,
                                          int64_t closed_at,
                                          struct cw_error *err);

/* The member's state, views ready as of judged (NULL = none). */
CW_MUST_USE enum cw_status report_series(const struct scope *scope,
                                         const struct member *member,
                                         unsigned ready, struct cw_error *err);

/* A series there was no room for. */
CW_MUST_USE enum cw_status
report_refused(const struct scope *scope,
               const struct cw_series_definition *definition,
               struct cw_error *err);

#endif
