/*
 * watch - what time alone brings about: silence, staleness, forgetting.
 *
 * Place    core: the shard's timer -> [watch] -> report
 * Input    every 10 s of stream time
 * Output   MISSING anomalies, SERIES records, closings
 * Limits   looks at every series of the shard. Quiet when the whole shard fell
 *          silent (a producer or the whole plant restarts) unless configured
 *          otherwise; for short-lived kinds (pod, container, process, job) it
 *          is no news that all of one ended; when a whole entity ends, its
 *          first series speaks for it
 * Threads  one owner thread
 */
#ifndef DETECTOR_WATCH_H
#define DETECTOR_WATCH_H

#include "report.h"

CW_MUST_USE enum cw_status watch_tick(const struct scope *scope, int64_t now_at,
                                      struct cw_error *err);

#endif
