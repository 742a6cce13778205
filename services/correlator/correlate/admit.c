#include "correlate/admit.h"

#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "correlate/ledger.h"

static const char *const again_words[] = {
    [CORR_ONCE] = "",
    [CORR_UNSILENCED] = "its silence ended while it was firing; ",
    [CORR_GROWN] = "it has grown strong since; ",
};

enum cw_status corr_admit_tell(const struct corr_turn *turn,
                               const struct corr_signal *signal,
                               enum cw_fate fate,
                               const struct corr_incident *incident,
                               struct cw_text reason, struct cw_error *err)
{
    if (signal->again != CORR_ONCE)
        reason =
            cw_arena_print(turn->arena, "%s%.*s", again_words[signal->again],
                           CW_TEXT_ARG(reason));
    return corr_ledger_put(turn, &signal->member, fate, incident, reason, err);
}

/* A bound was reached: said, not silently lost. */
static enum cw_status shed(const struct corr_turn *turn,
                           const struct corr_signal *signal,
                           struct cw_error *err)
{
    const struct cw_text why =
        cw_arena_print(turn->arena, "not taken in: %s", err->text);
    return corr_admit_tell(turn, signal, CW_FATE_SHED, NULL, why, err);
}

/* Out of its list and off its timer; the caller frees the signal. */
struct corr_signal *corr_admit_release(const struct corr_turn *turn,
                                       struct corr_held *held)
{
    struct corr_signal *signal = held->signal;
    if (held->state == CORR_WAITING)
        corr_agenda_clear(turn->agenda, turn->domain->index, CORR_DUE_WAIT,
                          held->id);
    held->signal = NULL;
    corr_domain_forget(turn->domain, held);
    return signal;
}

static enum cw_status join(const struct corr_turn *turn,
                           const struct corr_signal *signal,
                           const struct corr_match *match, struct cw_error *err)
{
    struct cw_text text;
    const bool resolved =
        match->incident->status == CW_INCIDENT_STATUS_RESOLVED;
    const enum cw_status status =
        corr_life_join(turn, signal, match, &text, err);
    if (status == CW_FULL)
        return shed(turn, signal, err);
    if (status != CW_OK)
        return status;
    return corr_admit_tell(turn, signal,
                           resolved ? CW_FATE_PAGED : CW_FATE_GROUPED,
                           match->incident, text, err);
}

/* What of a list fits the incident, or any when it is NULL, joins it. */
static enum cw_status gather_from(const struct corr_turn *turn,
                                  enum corr_hold list,
                                  struct corr_incident *incident, bool *joined,
                                  struct cw_error *err)
{
    struct corr_held *held = turn->domain->lists[list].first;
    enum cw_status status = CW_OK;
    while (held != NULL && status == CW_OK) {
        struct corr_held *next = held->next;
        struct corr_match match;
        status = incident != NULL
                     ? corr_group_try(turn, held->signal, incident, &match, err)
                     : corr_group_find(turn, held->signal, &match, err);
        if (status == CW_OK && match.incident != NULL) {
            struct corr_signal *signal = corr_admit_release(turn, held);
            status = join(turn, signal, &match, err);
            free(signal);
            *joined = true;
        }
        held = next;
    }
    return status;
}

/* What waits and fits the incident just opened; who joins may be the caller
 * that lets others in. */
static enum cw_status gather(const struct corr_turn *turn,
                             struct corr_incident *incident,
                             struct cw_error *err)
{
    bool joined = true;
    enum cw_status status = CW_OK;
    while (joined && status == CW_OK) {
        joined = false;
        status = gather_from(turn, CORR_ARRIVED, incident, &joined, err);
        if (status == CW_OK)
            status = gather_from(turn, CORR_WAITING, incident, &joined, err);
    }
    return status;
}

/* *made stays NULL when the signal was shed. */
static enum cw_status open_with(const struct corr_turn *turn,
                                const struct corr_signal *signal,
                                struct corr_incident **made,
                                struct cw_error *err)
{
    *made = NULL;
    const enum cw_status status = corr_life_open(turn, signal, made, err);
    if (status == CW_FULL)
        return shed(turn, signal, err);
    if (status != CW_OK)
        return status;
    const struct cw_text why = cw_arena_print(
        turn->arena, "opened the incident: no open one fits %.*s",
        CW_TEXT_ARG(signal->member.entity.name));
    return corr_admit_tell(turn, signal, CW_FATE_PAGED, *made, why, err);
}

static enum cw_status open_alone(const struct corr_turn *turn,
                                 const struct corr_signal *signal,
                                 struct cw_error *err)
{
    struct corr_incident *incident;
    const enum cw_status status = open_with(turn, signal, &incident, err);
    if (status != CW_OK || incident == NULL)
        return status;
    return gather(turn, incident, err);
}

bool corr_admit_strong(const struct corr_turn *turn,
                       const struct corr_signal *signal)
{
    if (signal->kind == CORR_ALERT)
        return signal->member.repeats + 1 >= turn->config->min_count;
    if (signal->kind == CORR_NEW_PATTERN)
        return false;
    return signal->strength >= turn->config->open_score ||
           signal->member.severity == CW_SEVERITY_CRITICAL;
}

static bool is_telling(const struct corr_signal *signal)
{
    return cw_weight_of(&signal->member) == CW_WEIGHT_TELLING;
}

/* What does not say that somebody is hurt confirms, but two of it wake nobody:
 * log lines that are new, and metrics of no telling family. */
static bool is_company(const struct corr_turn *turn,
                       const struct corr_signal *a, const struct corr_signal *b)
{
    if (a->kind == CORR_ALERT || b->kind == CORR_ALERT)
        return false;
    if (!is_telling(a) && !is_telling(b))
        return false;
    if (a->series == b->series)
        return false;
    return a->entity_id == b->entity_id ||
           corr_reach_find(
               &turn->domain->near,
               corr_graph_node(turn->domain->graph, b->entity_id)) != CORR_NONE;
}

/* The first that waits on the same or a neighbouring entity. */
static enum cw_status find_company(const struct corr_turn *turn,
                                   const struct corr_signal *signal,
                                   struct corr_held **found,
                                   struct cw_error *err)
{
    struct corr_domain *domain = turn->domain;
    struct corr_held *held = domain->lists[CORR_WAITING].first;
    *found = NULL;
    if (held == NULL || signal->kind == CORR_ALERT)
        return CW_OK;
    const struct corr_reach_from from = {
        .core = &signal->entity_id,
        .core_count = 1,
        .members = NULL,
        .from_at = signal->member.started_at,
        .to_at = turn->now_at,
        .max_hops = 1,
    };
    const enum cw_status status =
        corr_reach_build(&domain->near, domain->graph, &from, err);
    while (status == CW_OK && held != NULL && *found == NULL) {
        if (held->id != signal->id && is_company(turn, signal, held->signal))
            *found = held;
        held = held->next;
    }
    return status;
}

/* The waiting one opens and the new one confirms it, unless only the new one
 * says that somebody is hurt. */
static enum cw_status open_together(const struct corr_turn *turn,
                                    const struct corr_signal *signal,
                                    struct corr_held *company,
                                    struct cw_error *err)
{
    if (!is_telling(company->signal))
        return open_alone(turn, signal, err);
    struct corr_incident *incident;
    struct corr_signal *first = corr_admit_release(turn, company);
    enum cw_status status = open_with(turn, first, &incident, err);
    free(first);
    if (status != CW_OK)
        return status;
    if (incident == NULL)
        return corr_admit_tell(
            turn, signal, CW_FATE_SHED, NULL,
            CW_TEXT("not taken in: too many incidents are open"), err);
    const struct corr_match match = {
        .incident = incident, .rule = CORR_RULE_COMPANY, .score = 1.0};
    status = join(turn, signal, &match, err);
    return status == CW_OK ? gather(turn, incident, err) : status;
}

static enum cw_status hold(const struct corr_turn *turn,
                           const struct corr_signal *signal,
                           enum corr_hold state, struct corr_held **made,
                           struct cw_error *err)
{
    struct corr_domain *domain = turn->domain;
    if (domain->lists[state].count >= (size_t)turn->config->wait_max)
        return cw_fail(err, CW_FULL, "%zu signals %s",
                       domain->lists[state].count,
                       state == CORR_SILENCED ? "are held by silences"
                                              : "wait for company");
    const enum cw_status status =
        corr_domain_hold(domain, state, signal, made, err);
    if (status != CW_OK)
        return status;
    (*made)->since_at = turn->now_at;
    return CW_OK;
}

static enum cw_status arrive(const struct corr_turn *turn,
                             const struct corr_signal *signal,
                             struct cw_error *err)
{
    struct corr_held *held = NULL;
    enum cw_status status = hold(turn, signal, CORR_ARRIVED, &held, err);
    if (status != CW_FULL)
        return status;
    status = corr_admit_settle(turn, err); /* makes room */
    if (status == CW_OK)
        status = hold(turn, signal, CORR_ARRIVED, &held, err);
    return status == CW_FULL ? shed(turn, signal, err) : status;
}

enum cw_status corr_admit_settle(const struct corr_turn *turn,
                                 struct cw_error *err)
{
    const struct corr_held_list *arrived = &turn->domain->lists[CORR_ARRIVED];
    bool joined = true;
    enum cw_status status = CW_OK;
    while (joined && status == CW_OK) {
        joined = false;
        status = gather_from(turn, CORR_ARRIVED, NULL, &joined, err);
    }
    while (arrived->first != NULL && status == CW_OK) {
        struct corr_signal *signal = corr_admit_release(turn, arrived->first);
        status = open_alone(turn, signal, err);
        free(signal);
    }
    return status;
}

static enum cw_status wait_for_company(const struct corr_turn *turn,
                                       const struct corr_signal *signal,
                                       struct cw_error *err)
{
    struct corr_held *held = NULL;
    const enum cw_status status = hold(turn, signal, CORR_WAITING, &held, err);
    if (status == CW_FULL)
        return shed(turn, signal, err);
    if (status != CW_OK)
        return status;
    assert(held != NULL);
    return corr_agenda_set(
        turn->agenda,
        &(struct corr_due){turn->now_at + turn->config->wait_us,
                           turn->domain->index, CORR_DUE_WAIT, held->id},
        err);
}

static enum cw_status hold_silenced(const struct corr_turn *turn,
                                    const struct corr_signal *signal,
                                    const struct corr_silence *silence,
                                    struct cw_error *err)
{
    struct corr_held *held = NULL;
    const enum cw_status status = hold(turn, signal, CORR_SILENCED, &held, err);
    if (status == CW_FULL)
        return shed(turn, signal, err);
    if (status != CW_OK)
        return status;
    const struct cw_text why = cw_arena_print(
        turn->arena, "silence %.*s of %.*s: %.*s", CW_TEXT_ARG(silence->name),
        CW_TEXT_ARG(silence->by),
        CW_TEXT_ARG(cw_utf8_prefix(silence->reason, CORR_TITLE_SIZE)));
    return corr_admit_tell(turn, signal, CW_FATE_SILENCED, NULL, why, err);
}

enum cw_status corr_admit(const struct corr_turn *turn,
                          const struct corr_signal *signal,
                          struct cw_error *err)
{
    struct corr_match match;
    struct corr_held *company = NULL;
    const struct corr_silence *silence =
        corr_silences_find(&turn->domain->silences, signal);
    if (silence != NULL)
        return hold_silenced(turn, signal, silence, err);
    enum cw_status status = corr_group_find(turn, signal, &match, err);
    if (status != CW_OK)
        return status;
    if (match.incident != NULL)
        return join(turn, signal, &match, err);
    if (corr_admit_strong(turn, signal))
        return arrive(turn, signal, err);
    status = find_company(turn, signal, &company, err);
    if (status != CW_OK)
        return status;
    if (company != NULL)
        return open_together(turn, signal, company, err);
    return wait_for_company(turn, signal, err);
}

enum cw_status corr_admit_again(const struct corr_turn *turn,
                                struct corr_held *held, enum corr_again again,
                                struct cw_error *err)
{
    struct corr_signal *signal = corr_admit_release(turn, held);
    if (again != CORR_ONCE)
        signal->again = again;
    const enum cw_status status = corr_admit(turn, signal, err);
    free(signal);
    return status;
}
