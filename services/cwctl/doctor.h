/*
 * doctor - is all well, and if not, what to look at.
 *
 * Place    cwctl doctor: brokers, topics, clock, verdicts -> [doctor] -> rows
 * Output   a row a check: ok, warn or fail, and a sentence; exit 1 when one
 *          failed
 */
#ifndef CWCTL_DOCTOR_H
#define CWCTL_DOCTOR_H

#include "command.h"

enum cw_status doctor_run(struct call *call, struct cw_error *err);

#endif
