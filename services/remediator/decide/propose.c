#include "propose.h"

#include "base/hash.h"
#include "caps.h"
#include "command.h"
#include "core/core.h"
#include "life.h"

#define BLAST_MAX 16u

/* What the cause says one could act upon. */
static struct remedy_occasion occasion_of(const struct cw_cause *cause)
{
    struct remedy_occasion made = {
        .action = cause->recommendation.action,
        .kind = cause->recommendation.target.kind,
        .entity = cause->recommendation.target.name,
        .confidence = cause->confidence,
    };
    const struct cw_candidate *first = cause->candidates;

    if (cause->candidates_count > 0 && cw_text_is(first->kind, "change")) {
        const char *end = first->label.size > 0 ? memchr(first->label.bytes,
                                                         ' ', first->label.size)
                                                : NULL;
        made.change = first->label; /* "deploy 812 of cart": its first word */
        if (end != NULL)
            made.change.size = (size_t)(end - first->label.bytes);
    }
    return made;
}

/* Entities that suffer, as the cause lists them, the target first. */
static void list_blast(struct cw_action *action, const struct cw_cause *cause,
                       struct cw_arena *arena)
{
    struct cw_text *list = cw_arena_take(arena, BLAST_MAX * sizeof(*list));
    size_t count = 0;

    if (list == NULL)
        return;
    list[count++] = action->target.name;
    for (size_t i = 0; i < cause->candidates_count && count < BLAST_MAX; i++)
        if (!cw_text_is(cause->candidates[i].bucket, "root_cause"))
            list[count++] = cause->candidates[i].entity.name;
    action->blast_radius = list;
    action->blast_radius_count = count;
}

struct history {
    uint32_t count;
    bool blocked; /* one is alive, or ended for good */
};

static struct history history_of(const struct remedy_book *book,
                                 const struct remedy_entry *like)
{
    struct history made = {0};

    for (uint32_t i = 0; i < book->entry_count; i++) {
        const struct remedy_entry *other = &book->entries[i];
        if (other->incident != like->incident ||
            other->target != like->target || other->policy != like->policy)
            continue;
        made.count++;
        made.blocked |= !other->superseded;
    }
    return made;
}

/* Proposals of the incident that rest on what is no longer believed. */
static enum cw_status supersede(const struct remedy_desk *desk,
                                const struct remedy_entry *by)
{
    enum cw_status status = CW_OK;

    for (uint32_t i = 0; i < desk->shard->book.entry_count && status == CW_OK;
         i++) {
        struct remedy_entry *entry = &desk->shard->book.entries[i];
        if (entry->incident != by->incident ||
            entry->state != CW_ACTION_STATE_PROPOSED ||
            (entry->target == by->target && entry->policy == by->policy))
            continue;
        entry->superseded = true;
        entry->deadline_at = CW_NEVER;
        status = remedy_desk_turn(desk, entry, CW_ACTION_STATE_EXPIRED,
                                  CW_TEXT("another cause is now believed"));
    }
    return status;
}

static enum cw_status refuse(const struct remedy_desk *desk,
                             struct remedy_entry *entry,
                             struct cw_action *action, struct cw_text why)
{
    entry->deadline_at = CW_NEVER;
    return remedy_desk_put(desk, entry, action, CW_ACTION_STATE_REFUSED, why);
}

static enum cw_status ask(const struct remedy_desk *desk,
                          struct remedy_entry *entry, struct cw_action *action,
                          int64_t wait_us, struct cw_text why)
{
    entry->deadline_at = desk->now_at + wait_us;
    action->expires_at = entry->deadline_at;
    return remedy_desk_put(desk, entry, action, CW_ACTION_STATE_PROPOSED, why);
}

/* By level: show, ask, wait for a veto, or do. */
static enum cw_status begin(const struct remedy_desk *desk,
                            struct remedy_entry *entry,
                            struct cw_action *action,
                            const struct remedy_policy *policy)
{
    entry->level = (int32_t)policy->level;
    if (action->dry_run)
        return ask(desk, entry, action, policy->approval_us,
                   CW_TEXT("a dry run: this would be run"));
    const bool ill = remedy_life_ill(desk, entry);
    if (ill && policy->level == 3 &&
        action->confidence >= policy->auto_confidence)
        return remedy_life_launch(desk, entry, action,
                                  CW_TEXT("automatic: confidence above its "
                                          "floor"));
    if (policy->level == 2)
        return ask(desk, entry, action, policy->veto_us,
                   CW_TEXT("pre-approved: runs unless rejected"));
    entry->level = 1;
    return ask(desk, entry, action, policy->approval_us,
               policy->level == 3 && ill
                   ? CW_TEXT("confidence below the floor of running by "
                             "itself: waits for approval")
                   : CW_TEXT("waits for approval"));
}

static struct cw_text id_text(const struct cw_action *action,
                              struct cw_arena *arena)
{
    uint64_t id = cw_hash_text(action->meta.tenant);

    id = cw_hash_mix_text(id, action->incident_id);
    id = cw_hash_mix_text(id, action->policy);
    id = cw_hash_mix_text(id, action->target.kind);
    id = cw_hash_mix_text(id, action->target.name);
    id = cw_hash_mix(id, (uint64_t)action->attempt);
    return cw_arena_print(arena, "%016llx", (unsigned long long)id);
}

static void fill_entry(const struct remedy_desk *desk,
                       struct remedy_entry *entry,
                       const struct remedy_entry *like,
                       const struct cw_action *action,
                       const struct remedy_policy *policy)
{
    const struct remedy_incident *incident =
        remedy_book_incident(&desk->shard->book, like->incident);

    entry->incident = like->incident;
    entry->target = like->target;
    entry->policy = like->policy;
    entry->route = like->route;
    entry->attempt = action->attempt;
    entry->made_at = desk->now_at;
    entry->max_attempts = (int32_t)policy->max_attempts;
    entry->approvers = (int32_t)policy->approvers;
    entry->verify_us = policy->verify_us;
    entry->cooldown_us = policy->cooldown_us;
    entry->on_target = incident != NULL &&
                       remedy_incident_fires(incident, like->target, false);
}

static enum cw_status note_full(const struct remedy_desk *desk,
                                const struct remedy_entry *like,
                                const struct cw_action *action)
{
    const struct remedy_note note = {
        .route = like->route,
        .tenant = action->meta.tenant,
        .domain = action->meta.domain,
        .entry = {CW_TEXT("refused"), action->action_id,
                  CW_TEXT("{\"reason\":\"too many actions are alive\"}")},
    };

    return remedy_desk_note(desk, &note);
}

/* A new entry for what *action and *like already say. */
static enum cw_status start(const struct remedy_desk *desk,
                            const struct remedy_entry *like,
                            struct cw_action *action,
                            const struct remedy_policy *policy)
{
    action->action_id = id_text(action, cw_emit_arena(desk->emit));
    action->proposed_at = desk->now_at;
    action->exit_code = -1;
    const uint64_t id = cw_hash_text(action->action_id);
    if (remedy_book_find(&desk->shard->book, id) != NULL)
        return CW_OK;
    struct remedy_entry *entry = remedy_book_add(&desk->shard->book, id);
    if (entry == NULL)
        return note_full(desk, like, action);
    fill_entry(desk, entry, like, action, policy);
    const enum cw_status status = remedy_command_fill(
        action, policy, cw_emit_arena(desk->emit), desk->err);
    if (status == CW_NOT_FOUND)
        return refuse(desk, entry, action, cw_text_of(desk->err->text));
    if (status != CW_OK)
        return status;
    const struct remedy_question question = {
        &desk->shard->book, entry, policy,
        remedy_policies_caps(desk->config->policies), desk->now_at};
    if (remedy_caps_exhausted(&question))
        return refuse(desk, entry, action,
                      CW_TEXT("this has not helped the target too often in "
                              "the last day: a person must look"));
    return begin(desk, entry, action, policy);
}

static struct cw_action action_of(const struct remedy_desk *desk,
                                  const struct cw_cause *cause,
                                  const struct remedy_policy *policy)
{
    struct cw_action made = {
        .meta = {.tenant = cause->meta.tenant, .domain = cause->meta.domain},
        .incident_id = cause->incident_id,
        .policy = cw_text_of(policy->name),
        .action = cause->recommendation.action,
        .level = (int32_t)policy->level,
        .target = cause->recommendation.target,
        .dry_run =
            desk->config->dry_run || policy->dry_run || policy->level == 0,
        .confidence = cause->confidence,
        .timeout_us = policy->timeout_us,
    };

    list_blast(&made, cause, cw_emit_arena(desk->emit));
    return made;
}

enum cw_status remedy_propose(const struct remedy_desk *desk, uint64_t route,
                              const struct cw_cause *cause)
{
    const struct remedy_policies *policies = desk->config->policies;

    if (policies == NULL || cause->unknown ||
        cause->recommendation.action.size == 0)
        return CW_OK;
    const struct remedy_occasion occasion = occasion_of(cause);
    const struct remedy_policy *policy =
        remedy_policies_match(policies, &occasion);
    const struct remedy_incident *incident = remedy_book_incident(
        &desk->shard->book,
        remedy_incident_id(cause->meta.tenant, cause->incident_id));
    if (policy == NULL || incident == NULL || !incident->open)
        return CW_OK;
    const struct remedy_entry like = {
        .incident = incident->id,
        .target =
            remedy_entity_id(cause->meta.tenant, &cause->recommendation.target),
        .policy = cw_hash_text(cw_text_of(policy->name)),
        .route = route,
    };
    const struct history history = history_of(&desk->shard->book, &like);
    if (history.blocked || history.count >= REMEDY_PROPOSAL_MAX)
        return CW_OK;
    const enum cw_status status = supersede(desk, &like);
    if (status != CW_OK)
        return status;
    struct cw_action action = action_of(desk, cause, policy);
    action.attempt = (int32_t)history.count + 1;
    return start(desk, &like, &action, policy);
}

enum cw_status remedy_propose_again(const struct remedy_desk *desk,
                                    struct remedy_entry *entry)
{
    const struct remedy_entry like = *entry;
    struct cw_action action;
    const enum cw_status status = remedy_desk_read(desk, entry, &action);

    if (status != CW_OK)
        return status;
    const struct remedy_policy *policy =
        desk->config->policies != NULL
            ? remedy_policies_find(desk->config->policies, action.policy)
            : NULL;
    entry->deadline_at = CW_NEVER;
    entry->retry = false;
    cw_pack_fini(&entry->bytes);
    remedy_book_refresh(&desk->shard->book);
    if (policy == NULL)
        return CW_OK;
    action.attempt = (int32_t)history_of(&desk->shard->book, &like).count + 1;
    action.approved_by = CW_TEXT("");
    action.finished_at = action.verified_at = action.expires_at = 0;
    action.output = CW_TEXT("");
    return start(desk, &like, &action, policy);
}
