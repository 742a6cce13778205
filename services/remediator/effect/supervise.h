/*
 * supervise - the process between us and a command: it alone waits, kills
 * and records.
 *
 * Place    script only
 */
#ifndef REMEDIATOR_EFFECT_SUPERVISE_H
#define REMEDIATOR_EFFECT_SUPERVISE_H

#include "script.h"

/* In the forked supervisor: runs the request, leaves its markers, ends the
 * process. */
_Noreturn void supervise(const struct script_request *request,
                         const struct script_box *box, int folder);

#endif
