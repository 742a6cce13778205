#include "life.h"

#include "caps.h"
#include "core/core.h"
#include "propose.h"

#define OUTPUT_MAX 4096u

/* before + text + after in the arena. */
static struct cw_text join(const struct remedy_desk *desk, const char *before,
                           struct cw_text text, const char *suffix)
{
    return cw_arena_print(cw_emit_arena(desk->emit), "%s%.*s%s", before,
                          CW_TEXT_ARG(text), suffix);
}

/* Later than now, so that a timer never comes twice in one place. */
static int64_t after(const struct remedy_desk *desk, int64_t at)
{
    return at > desk->now_at ? at : desk->now_at + 1;
}

static const struct remedy_incident *
incident_of(const struct remedy_desk *desk, const struct remedy_entry *entry)
{
    return remedy_book_incident(&desk->shard->book, entry->incident);
}

static bool incident_open(const struct remedy_desk *desk,
                          const struct remedy_entry *entry)
{
    const struct remedy_incident *incident = incident_of(desk, entry);

    return incident != NULL && incident->open;
}

static bool still_ill(const struct remedy_desk *desk,
                      const struct remedy_entry *entry)
{
    return incident_open(desk, entry) &&
           remedy_incident_fires(incident_of(desk, entry), entry->target,
                                 !entry->on_target);
}

bool remedy_life_ill(const struct remedy_desk *desk,
                     const struct remedy_entry *entry)
{
    return incident_open(desk, entry) &&
           incident_of(desk, entry)->firing_count > 0;
}

const char *remedy_life_refusal(const struct remedy_desk *desk,
                                const struct remedy_entry *entry,
                                struct cw_text policy_name)
{
    const struct remedy_policies *policies = desk->config->policies;
    const struct remedy_policy *policy =
        policies != NULL ? remedy_policies_find(policies, policy_name) : NULL;

    if (desk->shard->stopped)
        return "the kill switch is on";
    if (!incident_open(desk, entry))
        return "its incident is not open";
    if (!remedy_life_ill(desk, entry))
        return "nothing of its incident fires";
    if (policy == NULL)
        return "its policy is gone";
    const struct remedy_question question = {&desk->shard->book, entry, policy,
                                             remedy_policies_caps(policies),
                                             desk->now_at};
    return remedy_caps_refuse(&question);
}

static int64_t result_deadline(const struct remedy_desk *desk,
                               const struct cw_action *action)
{
    return after(desk, desk->now_at + action->timeout_us +
                           desk->config->result_grace_us);
}

enum cw_status remedy_life_launch(const struct remedy_desk *desk,
                                  struct remedy_entry *entry,
                                  struct cw_action *action,
                                  struct cw_text reason)
{
    const char *refusal = remedy_life_refusal(desk, entry, action->policy);

    if (refusal != NULL) {
        entry->deadline_at = CW_NEVER;
        return remedy_desk_put(desk, entry, action, CW_ACTION_STATE_REFUSED,
                               cw_text_of(refusal));
    }
    entry->intended_at = desk->now_at;
    entry->deadline_at = result_deadline(desk, action);
    action->expires_at = 0;
    return remedy_desk_put(desk, entry, action, CW_ACTION_STATE_INTENDED,
                           reason);
}

/* ---- after it ran ------------------------------------------------------- */

static enum cw_status escalate(const struct remedy_desk *desk,
                               const struct remedy_entry *entry,
                               const struct cw_action *action)
{
    const struct remedy_note note = {
        .route = entry->route,
        .tenant = action->meta.tenant,
        .domain = action->meta.domain,
        .entry = {CW_TEXT("escalate"), action->action_id,
                  CW_TEXT("{\"to\":\"a person\"}")},
    };

    return remedy_desk_note(desk, &note);
}

/* How often this policy was already tried for this incident and target. */
static int32_t tries(const struct remedy_desk *desk,
                     const struct remedy_entry *entry)
{
    int32_t count = 0;

    for (uint32_t i = 0; i < desk->shard->book.entry_count; i++) {
        const struct remedy_entry *other = &desk->shard->book.entries[i];
        count += other->incident == entry->incident &&
                 other->target == entry->target &&
                 other->policy == entry->policy && other->intended_at != 0;
    }
    return count;
}

/* It did not help and nothing is left to undo: wait and try again, or stop. */
static enum cw_status settle(const struct remedy_desk *desk,
                             struct remedy_entry *entry,
                             struct cw_action *action,
                             enum cw_action_state state, struct cw_text reason)
{
    if (tries(desk, entry) < entry->max_attempts &&
        incident_open(desk, entry)) {
        entry->retry = true;
        entry->deadline_at =
            after(desk, entry->finished_at + entry->cooldown_us);
        return remedy_desk_put(desk, entry, action, state, reason);
    }
    entry->deadline_at = CW_NEVER;
    const enum cw_status status = remedy_desk_put(
        desk, entry, action, state,
        join(desk, "", reason, "; no attempt is left: a person must look"));
    return status == CW_OK ? escalate(desk, entry, action) : status;
}

static enum cw_status did_not_help(const struct remedy_desk *desk,
                                   struct remedy_entry *entry,
                                   struct cw_action *action,
                                   enum cw_action_state state,
                                   struct cw_text reason)
{
    entry->ineffective = true;
    if (action->rollback_argv_count == 0 || desk->shard->stopped)
        return settle(desk, entry, action, state, reason);
    entry->deadline_at = result_deadline(desk, action);
    const enum cw_status status =
        remedy_desk_put(desk, entry, action, state, reason);
    if (status != CW_OK)
        return status;
    return remedy_desk_put(desk, entry, action, CW_ACTION_STATE_ROLLING_BACK,
                           join(desk, "", reason, ": it is undone"));
}

static enum cw_status verified(const struct remedy_desk *desk,
                               struct remedy_entry *entry, struct cw_text how)
{
    struct cw_action action;
    const enum cw_status status = remedy_desk_read(desk, entry, &action);

    if (status != CW_OK)
        return status;
    action.verified_at = desk->now_at;
    /* Watched to the end of its time: the symptom may come back. */
    entry->deadline_at = after(desk, entry->finished_at + entry->verify_us);
    return remedy_desk_put(desk, entry, &action, CW_ACTION_STATE_VERIFIED, how);
}

static enum cw_status check(const struct remedy_desk *desk,
                            struct remedy_entry *entry)
{
    if (still_ill(desk, entry))
        return CW_OK; /* it has until its deadline */
    return verified(desk, entry,
                    entry->state == CW_ACTION_STATE_UNKNOWN
                        ? CW_TEXT("recovered; whether it ran is not known")
                        : CW_TEXT("the symptom is gone"));
}

/* ---- results ------------------------------------------------------------ */

static enum cw_status result_of_rollback(const struct remedy_desk *desk,
                                         struct remedy_entry *entry,
                                         struct cw_action *action,
                                         const struct remedy_result *result)
{
    if (cw_text_is(result->value, "started"))
        return CW_OK;
    if (cw_text_is(result->value, "succeeded"))
        return settle(desk, entry, action, CW_ACTION_STATE_ROLLED_BACK,
                      CW_TEXT("undone"));
    entry->deadline_at = CW_NEVER;
    const enum cw_status status = remedy_desk_put(
        desk, entry, action, CW_ACTION_STATE_FAILED,
        join(desk, "undoing it ended ", result->value, ": a person must look"));
    return status == CW_OK ? escalate(desk, entry, action) : status;
}

static enum cw_status finish(const struct remedy_desk *desk,
                             struct remedy_entry *entry,
                             struct cw_action *action,
                             const struct remedy_result *result)
{
    const bool good = cw_text_is(result->value, "succeeded");
    const size_t shown =
        result->output.size < OUTPUT_MAX ? result->output.size : OUTPUT_MAX;

    entry->finished_at = desk->now_at;
    action->finished_at = desk->now_at;
    action->exit_code = result->exit_code;
    action->output = (struct cw_text){result->output.bytes, shown};
    if (cw_text_is(result->value, "failed"))
        return did_not_help(desk, entry, action, CW_ACTION_STATE_FAILED,
                            result->reason.size > 0 ? result->reason
                                                    : CW_TEXT("it failed"));
    entry->deadline_at = after(desk, desk->now_at + entry->verify_us);
    const enum cw_status status = remedy_desk_put(
        desk, entry, action,
        good ? CW_ACTION_STATE_SUCCEEDED : CW_ACTION_STATE_UNKNOWN,
        good ? CW_TEXT("it ran; its effect is being verified")
             : CW_TEXT("whether it ran is not known; it is not run again, the "
                       "effect is looked for"));
    return status == CW_OK ? check(desk, entry) : status;
}

static enum cw_status refused_there(const struct remedy_desk *desk,
                                    struct remedy_entry *entry,
                                    struct cw_action *action,
                                    const struct remedy_result *result)
{
    entry->deadline_at = CW_NEVER;
    entry->intended_at = 0; /* it never ran: no cap, no cooldown */
    return remedy_desk_put(desk, entry, action, CW_ACTION_STATE_REFUSED,
                           result->reason.size > 0
                               ? result->reason
                               : CW_TEXT("refused just before it ran"));
}

enum cw_status remedy_life_result(const struct remedy_desk *desk,
                                  struct remedy_entry *entry,
                                  const struct remedy_result *result)
{
    struct cw_action action;
    /* A stop and a start can cross: what really ran counts. */
    const bool awaited =
        entry->state == CW_ACTION_STATE_INTENDED ||
        entry->state == CW_ACTION_STATE_STARTED ||
        entry->state == CW_ACTION_STATE_UNKNOWN ||
        (entry->state == CW_ACTION_STATE_REFUSED && entry->intended_at != 0);

    if (entry->bytes.size == 0)
        return CW_OK; /* late: its end stands */
    const enum cw_status status = remedy_desk_read(desk, entry, &action);
    if (status != CW_OK)
        return status;
    if (result->rollback)
        return entry->state == CW_ACTION_STATE_ROLLING_BACK
                   ? result_of_rollback(desk, entry, &action, result)
                   : CW_OK;
    if (!awaited)
        return CW_OK;
    if (cw_text_is(result->value, "refused"))
        return entry->state == CW_ACTION_STATE_INTENDED
                   ? refused_there(desk, entry, &action, result)
                   : CW_OK;
    if (!cw_text_is(result->value, "started"))
        return entry->state == CW_ACTION_STATE_UNKNOWN &&
                       cw_text_is(result->value, "unknown")
                   ? CW_OK
                   : finish(desk, entry, &action, result);
    if (entry->state == CW_ACTION_STATE_STARTED ||
        entry->state == CW_ACTION_STATE_UNKNOWN)
        return CW_OK;
    entry->deadline_at = result_deadline(desk, &action);
    return remedy_desk_put(desk, entry, &action, CW_ACTION_STATE_STARTED,
                           CW_TEXT("it runs"));
}

/* ---- its incident ------------------------------------------------------- */

/* Not started: forget it, but hear, for a while, that it ran after all. */
static enum cw_status call_off(const struct remedy_desk *desk,
                               struct remedy_entry *entry, struct cw_text why)
{
    return remedy_desk_turn(desk, entry, CW_ACTION_STATE_REFUSED, why);
}

static enum cw_status incident_over(const struct remedy_desk *desk,
                                    struct remedy_entry *entry)
{
    if (entry->state == CW_ACTION_STATE_PROPOSED) {
        entry->deadline_at = CW_NEVER;
        return remedy_desk_turn(desk, entry, CW_ACTION_STATE_EXPIRED,
                                CW_TEXT("its incident is over"));
    }
    if (entry->state == CW_ACTION_STATE_INTENDED)
        return call_off(desk, entry,
                        CW_TEXT("its incident is over before it began"));
    if (entry->state == CW_ACTION_STATE_SUCCEEDED ||
        entry->state == CW_ACTION_STATE_UNKNOWN)
        return verified(desk, entry, CW_TEXT("its incident is over"));
    return CW_OK;
}

static enum cw_status incident_goes_on(const struct remedy_desk *desk,
                                       struct remedy_entry *entry)
{
    struct cw_action action;

    if (entry->state == CW_ACTION_STATE_SUCCEEDED ||
        entry->state == CW_ACTION_STATE_UNKNOWN)
        return check(desk, entry);
    if (entry->state != CW_ACTION_STATE_VERIFIED || !still_ill(desk, entry))
        return CW_OK;
    const enum cw_status status = remedy_desk_read(desk, entry, &action);
    if (status != CW_OK)
        return status;
    return did_not_help(desk, entry, &action, CW_ACTION_STATE_INEFFECTIVE,
                        CW_TEXT("the symptom came back"));
}

enum cw_status remedy_life_incident(const struct remedy_desk *desk,
                                    const struct remedy_incident *incident)
{
    const struct remedy_incident heard = *incident;
    enum cw_status status = CW_OK;

    for (uint32_t i = 0; i < desk->shard->book.entry_count && status == CW_OK;
         i++) {
        struct remedy_entry *entry = &desk->shard->book.entries[i];
        if (entry->incident != heard.id || remedy_entry_is_over(entry))
            continue;
        status = heard.open ? incident_goes_on(desk, entry)
                            : incident_over(desk, entry);
    }
    return status;
}

/* ---- deadlines ---------------------------------------------------------- */

static enum cw_status no_result(const struct remedy_desk *desk,
                                struct remedy_entry *entry)
{
    const struct remedy_result result = {
        .value = CW_TEXT("unknown"),
        .exit_code = -1,
        .rollback = entry->state == CW_ACTION_STATE_ROLLING_BACK,
    };

    return remedy_life_result(desk, entry, &result);
}

static enum cw_status give_up(const struct remedy_desk *desk,
                              struct remedy_entry *entry)
{
    struct cw_action action;
    enum cw_status status = remedy_desk_read(desk, entry, &action);

    if (status != CW_OK)
        return status;
    entry->deadline_at = CW_NEVER;
    status = remedy_desk_put(desk, entry, &action, CW_ACTION_STATE_UNKNOWN,
                             CW_TEXT("whether it ran is not known and the "
                                     "symptom stays: a person must look"));
    return status == CW_OK ? escalate(desk, entry, &action) : status;
}

/* Nothing is to be said any more; its record stands. */
static enum cw_status fade(const struct remedy_desk *desk,
                           struct remedy_entry *entry)
{
    entry->deadline_at = CW_NEVER;
    entry->retry = false;
    cw_pack_fini(&entry->bytes);
    remedy_book_refresh(&desk->shard->book);
    return CW_OK;
}

/* Pre-approved, and well: should it fall ill again while its incident is open,
 * nobody proposes this a second time. */
static enum cw_status wait_on(const struct remedy_desk *desk,
                              struct remedy_entry *entry,
                              struct cw_action *action,
                              const struct remedy_policy *policy)
{
    entry->deadline_at = after(desk, desk->now_at + policy->veto_us);
    action->expires_at = entry->deadline_at;
    return remedy_desk_put(desk, entry, action, CW_ACTION_STATE_PROPOSED,
                           CW_TEXT("nothing of its incident fires: waits for "
                                   "as long again"));
}

static enum cw_status unapproved(const struct remedy_desk *desk,
                                 struct remedy_entry *entry)
{
    struct cw_action action;
    const enum cw_status status = remedy_desk_read(desk, entry, &action);

    if (status != CW_OK)
        return status;
    const struct remedy_policy *policy =
        desk->config->policies != NULL
            ? remedy_policies_find(desk->config->policies, action.policy)
            : NULL;
    const bool runs = entry->level == 2 && !action.dry_run;
    if (runs && policy != NULL && incident_open(desk, entry) &&
        !remedy_life_ill(desk, entry))
        return wait_on(desk, entry, &action, policy);
    if (runs)
        return remedy_life_launch(desk, entry, &action,
                                  CW_TEXT("pre-approved, and nobody objected"));
    entry->deadline_at = CW_NEVER;
    return remedy_desk_put(desk, entry, &action, CW_ACTION_STATE_EXPIRED,
                           action.dry_run ? CW_TEXT("a dry run: shown, not run")
                                          : CW_TEXT("nobody approved in time"));
}

enum cw_status remedy_life_due(const struct remedy_desk *desk,
                               struct remedy_entry *entry)
{
    struct cw_action action;

    if (entry->retry)
        return still_ill(desk, entry) ? remedy_propose_again(desk, entry)
                                      : fade(desk, entry);
    if (entry->state == CW_ACTION_STATE_PROPOSED)
        return unapproved(desk, entry);
    if (remedy_entry_is_running(entry))
        return no_result(desk, entry);
    if (entry->state == CW_ACTION_STATE_UNKNOWN)
        return give_up(desk, entry);
    if (entry->state != CW_ACTION_STATE_SUCCEEDED)
        return fade(desk, entry);
    const enum cw_status status = remedy_desk_read(desk, entry, &action);
    if (status != CW_OK)
        return status;
    return did_not_help(desk, entry, &action, CW_ACTION_STATE_INEFFECTIVE,
                        CW_TEXT("it ran, and the symptom stayed"));
}

enum cw_status remedy_life_stop(const struct remedy_desk *desk,
                                struct cw_text by)
{
    enum cw_status status = CW_OK;

    for (uint32_t i = 0; i < desk->shard->book.entry_count && status == CW_OK;
         i++) {
        struct remedy_entry *entry = &desk->shard->book.entries[i];
        if (entry->state == CW_ACTION_STATE_INTENDED)
            status =
                call_off(desk, entry, join(desk, "kill switch by ", by, ""));
    }
    return status;
}
