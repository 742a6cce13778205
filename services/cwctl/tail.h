/*
 * tail - what stands on a topic, decoded.
 *
 * Place    cwctl topics tail: scan -> [tail] -> lines of JSON
 * Output   message_line objects; marks, which say nothing, are left out
 */
#ifndef CWCTL_TAIL_H
#define CWCTL_TAIL_H

#include "command.h"

enum cw_status tail_run(struct call *call, struct cw_error *err);

#endif
