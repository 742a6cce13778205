/*
 * intake - from a run of raw samples to judged ones.
 *
 * Place    core: step and slice end -> [intake] -> series, report
 * Input    runs in stream order; the samples of a slice are worked off at its
 *          end, series by series in order of first sight and time, then the
 *          quotients: so no cut of batches shows, DELTAs of one instant from
 *          several writers are one, and a series' state is touched once
 * Limits   samples of unknown series are parked, see roster
 * Threads  one owner thread
 */
#ifndef DETECTOR_INTAKE_H
#define DETECTOR_INTAKE_H

#include "report.h"

/* CW_BAD_RECORD: columns of different lengths, or nothing in it is known and
 * no room to park: nothing was changed. */
CW_MUST_USE enum cw_status intake_run(const struct scope *scope,
                                      const struct cw_metric_run *run,
                                      struct cw_error *err);

/* Works off what waits. */
CW_MUST_USE enum cw_status intake_finish(const struct scope *scope,
                                         struct cw_error *err);

#endif
