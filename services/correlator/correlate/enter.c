#include "correlate/enter.h"

#include <stdlib.h>

#include "correlate/ledger.h"

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
    held->signal->member.repeats++;
    const enum cw_status status =
        corr_ledger_put(turn, &signal->member, CW_FATE_DEDUPED, NULL, why, err);
    if (status != CW_OK || held->state != CORR_WAITING ||
        !corr_admit_strong(turn, held->signal))
        return status;
    return corr_admit_again(turn, held, CORR_ONCE, err);
}

/* Ends a remembered signal; a waiting one gets the entry it is owed, and what
 * came and went in one slice is told all the same. */
static enum cw_status end(const struct corr_turn *turn, struct corr_held *held,
                          int64_t ended_at, struct cw_error *err)
{
    if (held->state == CORR_ARRIVED) {
        const uint64_t id = held->id;
        const enum cw_status settled = corr_admit_settle(turn, err);
        held = corr_domain_held(turn->domain, id);
        if (settled != CW_OK || held == NULL)
            return settled;
    }
    if (held->state == CORR_MEMBER || held->state == CORR_COUNTED)
        return corr_life_end(turn, held, ended_at, err);
    const bool waiting = held->state == CORR_WAITING;
    enum cw_status status = CW_OK;
    struct corr_signal *signal = corr_admit_release(turn, held);
    if (waiting)
        status =
            corr_admit_tell(turn, signal, CW_FATE_INFORMATION, NULL,
                            CW_TEXT("ended before it opened anything"), err);
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
    return corr_admit(turn, signal, err);
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
    struct corr_signal *signal = held->signal;
    if (anomaly->peak_score > signal->strength)
        signal->strength = anomaly->peak_score;
    if (anomaly->severity > signal->member.severity)
        signal->member.severity = anomaly->severity;
    if (held->state == CORR_ARRIVED || held->state == CORR_SILENCED ||
        !corr_admit_strong(turn, signal))
        return CW_OK;
    return corr_admit_again(
        turn, held, held->state == CORR_WAITING ? CORR_ONCE : CORR_GROWN, err);
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
        return corr_admit(turn, &signal, err);
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
    struct corr_signal *signal = held->signal;
    const bool alert = signal->kind == CORR_ALERT;
    const struct cw_text why =
        alert ? cw_arena_print(turn->arena, "said %d times of %lld",
                               (int)signal->member.repeats + 1,
                               (long long)turn->config->min_count)
              : cw_arena_print(turn->arena,
                               "alone, and its score %.2f is below %.2f",
                               signal->strength, turn->config->open_score);
    const enum cw_status status =
        corr_admit_tell(turn, signal, CW_FATE_INFORMATION, NULL, why, err);
    if (alert)
        corr_domain_forget(turn->domain, held);
    else
        keep_informed(turn, held);
    return status;
}

enum cw_status corr_enter_unsilenced(const struct corr_turn *turn,
                                     struct cw_error *err)
{
    struct corr_domain *domain = turn->domain;
    struct corr_held *held = domain->lists[CORR_SILENCED].first;
    enum cw_status status = CW_OK;
    while (held != NULL && status == CW_OK) {
        struct corr_held *next = held->next;
        if (corr_silences_find(&domain->silences, held->signal) == NULL)
            status = corr_admit_again(turn, held, CORR_UNSILENCED, err);
        held = next;
    }
    return status;
}
