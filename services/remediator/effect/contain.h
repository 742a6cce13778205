/*
 * contain - what the child gives up before it becomes the command.
 *
 * Place    supervise only
 */
#ifndef REMEDIATOR_EFFECT_CONTAIN_H
#define REMEDIATOR_EFFECT_CONTAIN_H

#include "script.h"

/* In the forked child: shuts itself in and becomes argv, its output going to
 * output. Ends the process with 126 when it cannot be shut in, 127 when the
 * command cannot be run. */
_Noreturn void contain_exec(const char *const *argv, const char *key,
                            const struct script_box *box, int output);

#endif
