#include "said.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/hash.h"
#include "core/core.h"
#include "life.h"

static struct cw_text parameter(const struct cw_said *said, const char *key)
{
    for (size_t i = 0; i < said->parameters_count; i++)
        if (cw_text_is(said->parameters[i].key, key))
            return said->parameters[i].value;
    return CW_TEXT("");
}

/* {"by":...,"reason":...} as canonical JSON. */
static struct cw_text detail_of(const struct remedy_desk *desk,
                                struct cw_text by, const char *reason)
{
    json_t *json =
        json_pack("{s:s%,s:s}", "by", by.bytes != NULL ? by.bytes : "", by.size,
                  "reason", reason);
    char *text =
        json != NULL ? json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
    const struct cw_text made =
        text != NULL
            ? cw_arena_text(cw_emit_arena(desk->emit), cw_text_of(text))
            : CW_TEXT("{}"); /* a name that is no text: only that it was */

    free(text);
    json_decref(json);
    return made;
}

static enum cw_status note(const struct remedy_desk *desk, uint64_t route,
                           const struct cw_said *said, const char *what,
                           const char *reason)
{
    const struct remedy_note made = {
        .route = route,
        .tenant = said->meta.tenant,
        .domain = said->meta.domain,
        .entry = {cw_text_of(what), said->target,
                  detail_of(desk, said->by, reason)},
    };

    return remedy_desk_note(desk, &made);
}

/* Why this approval does not count; NULL = it does. */
static const char *approval_fault(const struct remedy_desk *desk,
                                  const struct remedy_entry *entry,
                                  const struct cw_action *action,
                                  const struct cw_said *said)
{
    if (!cw_text_equal(said->meta.tenant, action->meta.tenant))
        return "of another tenant";
    if (said->by.size == 0)
        return "of nobody";
    if (said->expires_at != 0 && said->expires_at <= desk->now_at)
        return "expired";
    if (action->dry_run)
        return "the action is a dry run";
    if (!cw_text_equal(parameter(said, "action_hash"), action->action_hash))
        return "bound to another action hash";
    if (cw_text_equal(said->by, action->approved_by))
        return "the same person approved before";
    return remedy_life_refusal(desk, entry, action->policy);
}

static enum cw_status approve(const struct remedy_desk *desk,
                              struct remedy_entry *entry,
                              const struct cw_said *said)
{
    struct cw_action action;
    const enum cw_status status = remedy_desk_read(desk, entry, &action);

    if (status != CW_OK)
        return status;
    const char *fault = approval_fault(desk, entry, &action, said);
    if (fault != NULL)
        return note(desk, entry->route, said, "approval_refused", fault);
    if (entry->approvers > 1 && action.approved_by.size == 0) {
        action.approved_by = said->by;
        return remedy_desk_put(desk, entry, &action, CW_ACTION_STATE_PROPOSED,
                               CW_TEXT("approved once: waits for a second "
                                       "person"));
    }
    action.approved_by =
        action.approved_by.size == 0
            ? said->by
            : cw_arena_print(cw_emit_arena(desk->emit), "%.*s,%.*s",
                             CW_TEXT_ARG(action.approved_by),
                             CW_TEXT_ARG(said->by));
    return remedy_life_launch(desk, entry, &action, CW_TEXT("approved"));
}

static enum cw_status reject(const struct remedy_desk *desk,
                             struct remedy_entry *entry,
                             const struct cw_said *said)
{
    struct cw_action action;
    const enum cw_status status = remedy_desk_read(desk, entry, &action);

    if (status != CW_OK)
        return status;
    if (!cw_text_equal(said->meta.tenant, action.meta.tenant) ||
        said->by.size == 0)
        return note(desk, entry->route, said, "rejection_refused",
                    "of another tenant, or of nobody");
    if (entry->state == CW_ACTION_STATE_PROPOSED)
        entry->deadline_at = CW_NEVER;
    return remedy_desk_put(
        desk, entry, &action, CW_ACTION_STATE_REFUSED,
        cw_arena_print(cw_emit_arena(desk->emit), "rejected by %.*s: %.*s",
                       CW_TEXT_ARG(said->by), CW_TEXT_ARG(said->reason)));
}

static enum cw_status result(const struct remedy_desk *desk,
                             struct remedy_entry *entry,
                             const struct cw_said *said)
{
    static const char *const values[] = {"started", "succeeded", "failed",
                                         "refused", "unknown"};
    const struct cw_text code = parameter(said, "exit_code");
    struct remedy_result made = {
        .value = said->value,
        .output = parameter(said, "output"),
        .reason = said->reason,
        .exit_code = -1,
        .rollback = cw_text_is(parameter(said, "phase"), "rollback"),
    };
    char digits[12];
    bool known = false;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        known |= cw_text_is(said->value, values[i]);
    if (!known)
        return cw_fail(desk->err, CW_BAD_RECORD, "a result of no known value");
    (void)snprintf(digits, sizeof(digits), "%.*s", CW_TEXT_ARG(code));
    if (code.size > 0 && code.size < sizeof(digits)) {
        const long number = strtol(digits, NULL, 10);
        if (number >= INT32_MIN && number <= INT32_MAX)
            made.exit_code = (int32_t)number;
    }
    return remedy_life_result(desk, entry, &made);
}

/* Every chain of the shard hears of it. */
static enum cw_status note_everywhere(const struct remedy_desk *desk,
                                      const struct cw_said *said,
                                      const char *what)
{
    enum cw_status status = CW_OK;

    for (uint32_t i = 0; i < desk->shard->chain_count && status == CW_OK; i++) {
        const struct remedy_chain *chain = &desk->shard->chains[i];
        const struct remedy_note made = {
            .route = chain->route,
            .tenant = cw_text_of(chain->tenant),
            .domain = cw_text_of(chain->domain),
            .entry = {cw_text_of(what), CW_TEXT("kill_switch"),
                      detail_of(desk, said->by, "said by a person")},
        };
        status = remedy_desk_note(desk, &made);
    }
    return status;
}

static enum cw_status kill_switch(const struct remedy_desk *desk,
                                  const struct cw_said *said)
{
    struct remedy_shard *shard = desk->shard;
    const bool stop = cw_text_is(said->value, "stop");

    if (!stop && !cw_text_is(said->value, "start"))
        return cw_fail(desk->err, CW_BAD_RECORD,
                       "the kill switch knows stop and start");
    if (stop == shard->stopped)
        return CW_OK;
    shard->stopped = stop;
    shard->stopped_at = desk->now_at;
    (void)snprintf(shard->stopped_by, sizeof(shard->stopped_by), "%.*s",
                   CW_TEXT_ARG(said->by));
    enum cw_status status =
        note_everywhere(desk, said, stop ? "stop" : "start");
    if (status == CW_OK && stop)
        status = remedy_life_stop(desk, said->by);
    return status;
}

enum cw_status remedy_said(const struct remedy_desk *desk, uint64_t route,
                           const struct cw_said *said)
{
    if (said->kind == CW_SAID_KIND_KILL_SWITCH)
        return kill_switch(desk, said);
    if (said->kind != CW_SAID_KIND_APPROVE &&
        said->kind != CW_SAID_KIND_REJECT && said->kind != CW_SAID_KIND_RESULT)
        return CW_OK;
    struct remedy_entry *entry =
        remedy_book_find(&desk->shard->book, cw_hash_text(said->target));
    if (said->kind == CW_SAID_KIND_RESULT)
        return entry != NULL ? result(desk, entry, said) : CW_OK;
    if (entry == NULL && route == CW_ROUTE_ALL)
        return CW_OK; /* another shard's, and no chain of ours to write to */
    if (said->kind == CW_SAID_KIND_REJECT && entry != NULL &&
        (entry->state == CW_ACTION_STATE_PROPOSED ||
         entry->state == CW_ACTION_STATE_INTENDED))
        return reject(desk, entry, said);
    if (said->kind == CW_SAID_KIND_REJECT)
        return note(desk, route, said, "rejection_refused",
                    "no action waits for it");
    if (entry == NULL || entry->state != CW_ACTION_STATE_PROPOSED)
        return note(desk, route, said, "approval_refused",
                    "no action waits for it");
    return approve(desk, entry, said);
}
