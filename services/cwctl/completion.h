/*
 * completion - what a shell needs to complete cwctl, made of its table.
 *
 * Place    cwctl completion: commands -> [completion] -> script
 */
#ifndef CWCTL_COMPLETION_H
#define CWCTL_COMPLETION_H

#include "command.h"

enum cw_status completion_run(struct call *call, struct cw_error *err);

#endif
