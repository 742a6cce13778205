/*
 * command - words of a policy with the values of an occasion put in.
 *
 * Place    policy, cause -> [command] -> action
 * Input    templates; values that come from telemetry, so from anybody
 * Output   the exact argv that is shown, approved and run; its hash
 * Limits   a value enters only if it is 1 to 128 of A-Z a-z 0-9 . _ : @ / -
 *          and does not begin with '-' (it could pass for an option) nor
 *          contain '..' (it could climb); else the action is refused. There
 *          is no shell, so nothing else has to be quoted
 * Threads  pure
 * Source   reliability.md, execution of repairs
 */
#ifndef REMEDIATOR_DECIDE_COMMAND_H
#define REMEDIATOR_DECIDE_COMMAND_H

#include "base/arena.h"
#include "policy.h"
#include "record/records.h"

/* May this value stand in a command? */
bool remedy_value_is_safe(struct cw_text value);

/* Fills argv, precheck_argv, rollback_argv and action_hash of *action from
 * its other fields and the policy.
 * CW_NOT_FOUND: a value may not be put in (err says which), *action has no
 * argv; CW_NO_MEMORY; CW_BROKEN (libcrypto). */
CW_MUST_USE enum cw_status
remedy_command_fill(struct cw_action *action,
                    const struct remedy_policy *policy, struct cw_arena *arena,
                    struct cw_error *err);

#endif
