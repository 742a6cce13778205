/*
 * patterns - which lines of a log say the same.
 *
 * Place    cwctl patterns: lines -> logcluster/patterns -> [patterns] -> CSV
 * Output   line,pattern_id,template: one row for each line, its pattern as of
 *          the end of the input
 */
#ifndef CWCTL_PATTERNS_H
#define CWCTL_PATTERNS_H

#include "command.h"

enum cw_status patterns_run(struct call *call, struct cw_error *err);

#endif
