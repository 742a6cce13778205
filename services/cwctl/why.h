/*
 * why - where an alert ended: its fate, its incident, and who was told; or the
 * silence that kept it from everybody.
 *
 * Place    cwctl why: topics ledger, notices, deliveries, said -> [why] -> rows
 * Output   a row a ledger entry; exit 1 when there is none
 * Limits   as latest, told and silences
 */
#ifndef CWCTL_WHY_H
#define CWCTL_WHY_H

#include "command.h"

enum cw_status why_run(struct call *call, struct cw_error *err);

#endif
