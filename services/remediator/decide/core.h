/*
 * core - which repair, when, and whether it helped. Decides only: what it
 * intends is run elsewhere, and comes back as what was said.
 *
 * Place    causes, incidents, said -> [remediator] -> actions (key: action
 *          id), audit
 * Input    causes with a recommendation; incident revisions; approvals,
 *          rejections, kill switch (to every shard), results of executions
 * Output   actions with every change of state; one audit link each
 * State    actions and incidents (book), kill switch, audit chains
 * Limits   see book.h, caps.h; nothing runs but what a policy allows, and
 *          only while its incident is open
 * Threads  one owner thread a core
 *
 * RESULT said: target = action id; value = started | succeeded | failed |
 * refused | unknown; parameters exit_code, output, phase (run, the default,
 * or rollback). APPROVE and REJECT: target = action id; an approval carries
 * the parameter action_hash of what was seen. KILL_SWITCH: value = stop or
 * start.
 */
#ifndef REMEDIATOR_DECIDE_CORE_H
#define REMEDIATOR_DECIDE_CORE_H

#include "core/audit.h"
#include "core/core.h"
#include "policy.h"

struct remediator_config {
    const struct remedy_policies *policies; /* NULL = nothing is ever done */
    struct cw_audit_key audit_key;
    int64_t result_grace_us; /* past the timeout, then a result is unknown */
    bool dry_run;            /* every policy */
};

/* Its config is a struct remediator_config; NULL = no policies. */
extern const struct cw_core_type remediator_core_type;

#endif
