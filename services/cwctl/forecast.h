/*
 * forecast - where a series will be, with a 90 % band.
 *
 * Place    cwctl forecast: CSV -> detector/forecast -> [forecast] -> CSV
 * Output   step,mean,lower,upper: steps from 1, one usual distance apart
 */
#ifndef CWCTL_FORECAST_H
#define CWCTL_FORECAST_H

#include "command.h"

enum cw_status forecast_run(struct call *call, struct cw_error *err);

#endif
