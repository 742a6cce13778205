#include "correlate/enter.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "correlate/ledger.h"

/* A signal on its way that is not remembered, and why it comes a second time,
 * if it does. */
struct entry {
    const struct corr_signal *signal;
    struct cw_text again; /* "silence S ended", or empty */
    int32_t count;        /* times said */
};

static enum cw_status tell(const struct corr_turn *turn,
                           const struct entry *entry, enum cw_fate fate,
                           const struct corr_incident *incident,
                           struct cw_text reason, struct cw_error *err)
{
    if (entry->again.size > 0)
        reason = cw_arena_print(turn->arena, "%.*s; %.*s",
                                CW_TEXT_ARG(entry->again), CW_TEXT_ARG(reason));
    return corr_ledger_put(turn, &entry->signal->member, fate, incident, reason,
                           err);
}

/* A bound was reached: said, not silently lost. */
static enum cw_status shed(const struct corr_turn *turn,
                           const struct entry *entry, struct cw_error *err)
{
    const struct cw_text why =
        cw_arena_print(turn->arena, "not taken in: %s", err->text);
    return tell(turn, entry, CW_FATE_SHED, NULL, why, err);
}

/* Out of its list and off its timer; the caller frees the signal. */
static struct corr_signal *take_out(const struct corr_turn *turn,
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
                           const struct entry *entry,
                           const struct corr_match *match, struct cw_error *err)
{
    struct cw_text text;
    const bool resolved =
        match->incident->status == CW_INCIDENT_STATUS_RESOLVED;
    const enum cw_status status =
        corr_life_join(turn, entry->signal, match, &text, err);
    if (status == CW_FULL)
        return shed(turn, entry, err);
    if (status != CW_OK)
        return status;
    return tell(turn, entry, resolved ? CW_FATE_PAGED : CW_FATE_GROUPED,
                match->incident, text, err);
}

/* What waited and fits the incident just opened joins it. */
static enum cw_status gather(const struct corr_turn *turn,
                             struct corr_incident *incident,
                             struct cw_error *err)
{
    struct corr_held *held = turn->domain->lists[CORR_WAITING].first;
    enum cw_status status = CW_OK;
    while (held != NULL && status == CW_OK) {
        struct corr_held *next = held->next;
        struct corr_match match;
        status = corr_group_try(turn, held->signal, incident, &match, err);
        if (status == CW_OK && match.incident != NULL) {
            struct corr_signal *signal = take_out(turn, held);
            status = join(turn, &(struct entry){.signal = signal}, &match, err);
            free(signal);
        }
        held = next;
    }
    return status;
}

/* *made stays NULL when the signal was shed. */
static enum cw_status open_with(const struct corr_turn *turn,
                                const struct entry *entry,
                                struct corr_incident **made,
                                struct cw_error *err)
{
    *made = NULL;
    const enum cw_status status =
        corr_life_open(turn, entry->signal, made, err);
    if (status == CW_FULL)
        return shed(turn, entry, err);
    if (status != CW_OK)
        return status;
    const struct cw_text why = cw_arena_print(
        turn->arena, "opened the incident: no open one fits %.*s",
        CW_TEXT_ARG(entry->signal->member.entity.name));
    return tell(turn, entry, CW_FATE_PAGED, *made, why, err);
}

static enum cw_status open_alone(const struct corr_turn *turn,
                                 const struct entry *entry,
                                 struct cw_error *err)
{
    struct corr_incident *incident;
    const enum cw_status status = open_with(turn, entry, &incident, err);
    if (status != CW_OK || incident == NULL)
        return status;
    return gather(turn, incident, err);
}

/* An alert is somebody's decision already, once it was said often enough; an
 * anomaly must be strong; a new log line alone never wakes anybody. */
static bool is_strong(const struct corr_turn *turn, const struct entry *entry)
{
    const struct corr_signal *signal = entry->signal;
    if (signal->kind == CORR_ALERT)
        return entry->count >= turn->config->min_count;
    if (signal->kind == CORR_NEW_PATTERN)
        return false;
    return signal->strength >= turn->config->open_score ||
           signal->member.severity == CW_SEVERITY_CRITICAL;
}

static bool is_company(const struct corr_turn *turn,
                       const struct corr_signal *a, const struct corr_signal *b)
{
    if (a->kind == CORR_ALERT || b->kind == CORR_ALERT)
        return false;
    if (a->kind == CORR_NEW_PATTERN && b->kind == CORR_NEW_PATTERN)
        return false;
    if (a->series == b->series)
        return false;
    return a->entity_id == b->entity_id ||
           corr_reach_find(&turn->domain->near, turn->domain->graph,
                           b->entity_id) != CORR_NONE;
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
        .members = domain->held_by_id, /* no entity: nothing turns twice */
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
 * may open. */
static enum cw_status open_together(const struct corr_turn *turn,
                                    const struct entry *entry,
                                    struct corr_held *company,
                                    struct cw_error *err)
{
    if (company->signal->kind == CORR_NEW_PATTERN)
        return open_alone(turn, entry, err);
    struct corr_incident *incident;
    struct corr_signal *first = take_out(turn, company);
    enum cw_status status =
        open_with(turn, &(struct entry){.signal = first}, &incident, err);
    free(first);
    if (status != CW_OK)
        return status;
    if (incident == NULL)
        return tell(turn, entry, CW_FATE_SHED, NULL,
                    CW_TEXT("not taken in: too many incidents are open"), err);
    const struct corr_match match = {
        .incident = incident, .rule = CORR_RULE_COMPANY, .score = 1.0};
    status = join(turn, entry, &match, err);
    return status == CW_OK ? gather(turn, incident, err) : status;
}

static enum cw_status hold(const struct corr_turn *turn,
                           const struct entry *entry, enum corr_hold state,
                           struct corr_held **made, struct cw_error *err)
{
    struct corr_domain *domain = turn->domain;
    if (domain->lists[state].count >= (size_t)turn->config->wait_max)
        return cw_fail(err, CW_FULL, "%zu signals %s",
                       domain->lists[state].count,
                       state == CORR_WAITING ? "wait for company"
                                             : "are held by silences");
    const enum cw_status status =
        corr_domain_hold(domain, state, entry->signal, made, err);
    if (status != CW_OK)
        return status;
    (*made)->since_at = turn->now_at;
    (*made)->count = entry->count;
    return CW_OK;
}

static enum cw_status wait_for_company(const struct corr_turn *turn,
                                       const struct entry *entry,
                                       struct cw_error *err)
{
    struct corr_held *held = NULL;
    const enum cw_status status = hold(turn, entry, CORR_WAITING, &held, err);
    if (status == CW_FULL)
        return shed(turn, entry, err);
    if (status != CW_OK)
        return status;
    return corr_agenda_set(
        turn->agenda,
        &(struct corr_due){turn->now_at + turn->config->wait_us,
                           turn->domain->index, CORR_DUE_WAIT, held->id},
        err);
}

static enum cw_status hold_silenced(const struct corr_turn *turn,
                                    const struct entry *entry,
                                    const struct corr_silence *silence,
                                    struct cw_error *err)
{
    struct corr_held *held = NULL;
    const enum cw_status status = hold(turn, entry, CORR_SILENCED, &held, err);
    if (status == CW_FULL)
        return shed(turn, entry, err);
    if (status != CW_OK)
        return status;
    const struct cw_text why = cw_arena_print(
        turn->arena, "silence %.*s of %.*s: %.*s", CW_TEXT_ARG(silence->name),
        CW_TEXT_ARG(silence->by),
        CW_TEXT_ARG(cw_utf8_prefix(silence->reason, CORR_TITLE_SIZE)));
    return tell(turn, entry, CW_FATE_SILENCED, NULL, why, err);
}

static enum cw_status go_in(const struct corr_turn *turn,
                            const struct entry *entry, struct cw_error *err)
{
    struct corr_match match;
    struct corr_held *company = NULL;
    const struct corr_silence *silence =
        corr_silences_find(&turn->domain->silences, entry->signal);
    if (silence != NULL)
        return hold_silenced(turn, entry, silence, err);
    enum cw_status status = corr_group_find(turn, entry->signal, &match, err);
    if (status != CW_OK)
        return status;
    if (match.incident != NULL)
        return join(turn, entry, &match, err);
    if (is_strong(turn, entry))
        return open_alone(turn, entry, err);
    status = find_company(turn, entry->signal, &company, err);
    if (status != CW_OK)
        return status;
    if (company != NULL)
        return open_together(turn, entry, company, err);
    return wait_for_company(turn, entry, err);
}

/* Once more, for a reason; what is said of it is a second entry, but for a
 * signal that waited: its first is still owed. */
static enum cw_status go_in_again(const struct corr_turn *turn,
                                  struct corr_held *held, struct cw_text again,
                                  struct cw_error *err)
{
    const int32_t count = held->count;
    struct corr_signal *signal = take_out(turn, held);
    const struct entry entry = {signal, again, count};
    const enum cw_status status = go_in(turn, &entry, err);
    free(signal);
    return status;
}

static enum cw_status fires_again(const struct corr_turn *turn,
                                  const struct corr_signal *signal,
                                  struct corr_held *held, struct cw_error *err)
{
    struct corr_incident *incident = held->incident;
    const bool resolved = incident->status == CW_INCIDENT_STATUS_RESOLVED;
    const enum cw_status status = corr_life_refire(turn, held, err);
    if (status != CW_OK)
        return status;
    return corr_ledger_put(turn, &signal->member,
                           resolved ? CW_FATE_PAGED : CW_FATE_GROUPED, incident,
                           CW_TEXT("a member that had ended fires "
                                   "again"),
                           err);
}

static enum cw_status repeat_of_member(const struct corr_turn *turn,
                                       const struct corr_signal *signal,
                                       struct corr_held *held,
                                       struct cw_error *err)
{
    struct corr_incident *incident = held->incident;
    if (held->state == CORR_MEMBER) {
        struct cw_member *record = &incident->members[held->member].record;
        if (!record->firing)
            return fires_again(turn, signal, held, err);
        record->repeats++;
    }
    const enum cw_status status =
        corr_life_hear(turn, held, signal->member.severity, err);
    if (status != CW_OK)
        return status;
    return corr_ledger_put(turn, &signal->member, CW_FATE_DEDUPED, incident,
                           CW_TEXT("repeat of a member that is firing"), err);
}

/* The same alert said again. */
static enum cw_status repeat(const struct corr_turn *turn,
                             const struct corr_signal *signal,
                             struct corr_held *held, struct cw_error *err)
{
    if (held->state == CORR_MEMBER || held->state == CORR_COUNTED)
        return repeat_of_member(turn, signal, held, err);
    const struct cw_text why = held->state == CORR_SILENCED
                                   ? CW_TEXT("repeat of a silenced signal")
                                   : CW_TEXT("repeat of a signal that waits");
    held->count++;
    held->signal->member.repeats++;
    const enum cw_status status =
        corr_ledger_put(turn, &signal->member, CW_FATE_DEDUPED, NULL, why, err);
    const struct entry entry = {held->signal, {"", 0}, held->count};
    if (status != CW_OK || held->state != CORR_WAITING ||
        !is_strong(turn, &entry))
        return status;
    return go_in_again(turn, held, (struct cw_text){"", 0}, err);
}

/* Ends a remembered signal; a waiting one gets the entry it is owed. */
static enum cw_status end(const struct corr_turn *turn, struct corr_held *held,
                          int64_t ended_at, struct cw_error *err)
{
    if (held->state == CORR_MEMBER || held->state == CORR_COUNTED)
        return corr_life_end(turn, held, ended_at, err);
    const bool waiting = held->state == CORR_WAITING;
    enum cw_status status = CW_OK;
    struct corr_signal *signal = take_out(turn, held);
    if (waiting)
        status =
            corr_ledger_put(turn, &signal->member, CW_FATE_INFORMATION, NULL,
                            CW_TEXT("ended before it opened "
                                    "anything"),
                            err);
    free(signal);
    return status;
}

static enum cw_status alert_resolved(const struct corr_turn *turn,
                                     const struct cw_event *event,
                                     const struct corr_signal *signal,
                                     struct cw_error *err)
{
    struct corr_held *held = corr_domain_held(turn->domain, signal->id);
    const struct corr_incident *incident = held != NULL ? held->incident : NULL;
    const struct cw_text why =
        held != NULL ? CW_TEXT("its source says it is over")
                     : CW_TEXT("its source says it is over; it was not open");
    const enum cw_status status = corr_ledger_put(
        turn, &signal->member, CW_FATE_RESOLUTION, incident, why, err);
    if (status != CW_OK || held == NULL)
        return status;
    const bool said = event->ends_at > 0 && event->ends_at <= turn->now_at;
    return end(turn, held, said ? event->ends_at : event->event_at, err);
}

static enum cw_status alert_firing(const struct corr_turn *turn,
                                   const struct corr_signal *signal,
                                   struct cw_error *err)
{
    struct corr_held *held = corr_domain_held(turn->domain, signal->id);
    if (held != NULL)
        return repeat(turn, signal, held, err);
    if (signal->member.severity == CW_SEVERITY_INFO)
        return corr_ledger_put(turn, &signal->member, CW_FATE_INFORMATION, NULL,
                               CW_TEXT("severity below warning"), err);
    return go_in(turn, &(struct entry){.signal = signal, .count = 1}, err);
}

enum cw_status corr_enter_alert(const struct corr_turn *turn,
                                const struct cw_event *event,
                                struct cw_error *err)
{
    struct corr_signal signal;
    const enum cw_status status = corr_signal_of_event(
        &signal, event, corr_fingerprint_of(turn->fingerprint, event),
        turn->arena, err);
    if (status != CW_OK)
        return status;
    if (event->status == CW_EVENT_STATUS_FIRING)
        return alert_firing(turn, &signal, err);
    if (event->status == CW_EVENT_STATUS_RESOLVED)
        return alert_resolved(turn, event, &signal, err);
    return corr_ledger_put(turn, &signal.member, CW_FATE_INFORMATION, NULL,
                           CW_TEXT("neither firing nor resolved"), err);
}

/* An update: it lives, and may have grown strong enough to open. */
static enum cw_status anomaly_updated(const struct corr_turn *turn,
                                      const struct cw_anomaly *anomaly,
                                      struct corr_held *held,
                                      struct cw_error *err)
{
    if (held->state == CORR_MEMBER) {
        const struct cw_member *record =
            &held->incident->members[held->member].record;
        if (!record->firing)
            return CW_OK; /* a person ended it: only a new one reopens */
    }
    if (held->state == CORR_MEMBER || held->state == CORR_COUNTED)
        return corr_life_hear(turn, held, anomaly->severity, err);
    if (anomaly->peak_score > held->signal->strength)
        held->signal->strength = anomaly->peak_score;
    if (anomaly->severity > held->signal->member.severity)
        held->signal->member.severity = anomaly->severity;
    const struct entry entry = {held->signal, {"", 0}, held->count};
    if (held->state == CORR_SILENCED || !is_strong(turn, &entry))
        return CW_OK;
    const bool waiting = held->state == CORR_WAITING;
    return go_in_again(turn, held,
                       waiting ? (struct cw_text){"", 0}
                               : CW_TEXT("it has grown strong since"),
                       err);
}

enum cw_status corr_enter_anomaly(const struct corr_turn *turn,
                                  const struct cw_anomaly *anomaly,
                                  struct cw_error *err)
{
    struct corr_signal signal;
    const enum cw_status status =
        corr_signal_of_anomaly(&signal, anomaly, turn->arena, err);
    if (status != CW_OK)
        return status;
    struct corr_held *held = corr_domain_held(turn->domain, signal.id);
    if (anomaly->status == CW_ANOMALY_STATUS_OPENED) {
        if (held != NULL)
            return repeat(turn, &signal, held, err);
        return go_in(turn, &(struct entry){.signal = &signal, .count = 1}, err);
    }
    if (held == NULL)
        return CW_OK; /* opened before we knew, or shed: it had its entry */
    if (anomaly->status == CW_ANOMALY_STATUS_UPDATED)
        return anomaly_updated(turn, anomaly, held, err);
    return end(turn, held,
               anomaly->closed_at > 0 ? anomaly->closed_at : turn->now_at, err);
}

/* Anomalies stay known, should they grow; the oldest makes room. */
static void keep_informed(const struct corr_turn *turn, struct corr_held *held)
{
    struct corr_domain *domain = turn->domain;
    const struct corr_held_list *list = &domain->lists[CORR_INFORMED];
    if (list->count >= (size_t)turn->config->wait_max)
        corr_domain_forget(domain, list->first);
    corr_domain_move(domain, held, CORR_INFORMED);
}

enum cw_status corr_enter_timeout(const struct corr_turn *turn, uint64_t id,
                                  struct cw_error *err)
{
    struct corr_held *held = corr_domain_held(turn->domain, id);
    if (held == NULL || held->state != CORR_WAITING)
        return CW_OK;
    const struct corr_signal *signal = held->signal;
    const bool alert = signal->kind == CORR_ALERT;
    const struct cw_text why =
        alert ? cw_arena_print(turn->arena, "said %d times of %lld",
                               (int)held->count,
                               (long long)turn->config->min_count)
              : cw_arena_print(turn->arena,
                               "alone, and its score %.2f is below %.2f",
                               signal->strength, turn->config->open_score);
    const enum cw_status status = corr_ledger_put(
        turn, &signal->member, CW_FATE_INFORMATION, NULL, why, err);
    if (alert)
        corr_domain_forget(turn->domain, held);
    else
        keep_informed(turn, held);
    return status;
}

enum cw_status corr_enter_unsilenced(const struct corr_turn *turn,
                                     struct cw_text silence,
                                     struct cw_error *err)
{
    struct corr_domain *domain = turn->domain;
    const struct cw_text again =
        cw_arena_print(turn->arena, "silence %.*s ended while it was firing",
                       CW_TEXT_ARG(silence));
    struct corr_held *held = domain->lists[CORR_SILENCED].first;
    enum cw_status status = CW_OK;
    while (held != NULL && status == CW_OK) {
        struct corr_held *next = held->next;
        if (corr_silences_find(&domain->silences, held->signal) == NULL)
            status = go_in_again(turn, held, again, err);
        held = next;
    }
    return status;
}
