/*
 * score - how unusual is each sample of a series, judged as the detector does.
 *
 * Place    cwctl score: CSV -> [score] -> CSV
 * Output   timestamp,value,score,expected,lower,upper,anomalous: one row for
 *          each row, also for a duplicate or backward one
 */
#ifndef CWCTL_SCORE_H
#define CWCTL_SCORE_H

#include "command.h"

enum cw_status score_run(struct call *call, struct cw_error *err);

#endif
