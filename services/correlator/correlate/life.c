#include "correlate/life.h"

#include <assert.h>
#include <string.h>

#include "correlate/report.h"
#include "correlate/title.h"

#define IDENT_ATTEMPTS 1000u

static void count_firing(struct corr_incident *incident, enum cw_weight weight)
{
    incident->firing[weight]++;
    incident->telling |= weight == CW_WEIGHT_TELLING;
}

static bool is_firing(const struct corr_incident *incident)
{
    return incident->firing[CW_WEIGHT_TELLING] > 0 ||
           (!incident->telling && incident->firing[CW_WEIGHT_CONTEXT] > 0);
}

static bool has_recovered(const struct corr_turn *turn,
                          const struct corr_incident *incident)
{
    const char rule = turn->config->resolve[0];
    const struct corr_member *members = incident->members;
    assert(members != NULL && incident->members_count > 0);
    if (rule == 'f')
        return !members[0].record.firing;
    if (rule == 'l')
        return !members[incident->members_count - 1].record.firing;
    return rule == 'a' && !is_firing(incident);
}

static int64_t quiet_of(const struct corr_turn *turn,
                        const struct corr_incident *incident)
{
    int64_t quiet = turn->config->quiet_us;
    for (int32_t i = 0;
         i < incident->reopened && quiet < turn->config->quiet_max_us; i++)
        quiet *= 2;
    if (incident->reopened > 0 && quiet > turn->config->quiet_max_us)
        quiet = turn->config->quiet_max_us;
    return quiet;
}

static int64_t due_of(const struct corr_turn *turn,
                      const struct corr_incident *incident)
{
    if (incident->status == CW_INCIDENT_STATUS_RESOLVED)
        return incident->resolved_at + turn->config->reopen_us;
    if (incident->calm_at != 0)
        return incident->calm_at + quiet_of(turn, incident);
    return incident->heard_at + turn->config->stale_us;
}

/* A deadline set too early only makes the timer look once more; so one that
 * moves later, as with every word heard, costs nothing now. */
static enum cw_status arm(const struct corr_turn *turn,
                          struct corr_incident *incident, struct cw_error *err)
{
    int64_t due = due_of(turn, incident);
    if (due <= turn->now_at)
        due = turn->now_at + 1;
    if (incident->armed_at <= due)
        return CW_OK;
    incident->armed_at = due;
    return corr_agenda_set(turn->agenda,
                           &(struct corr_due){due, turn->domain->index,
                                              CORR_DUE_INCIDENT,
                                              incident->serial},
                           err);
}

static enum cw_status settle(const struct corr_turn *turn,
                             struct corr_incident *incident,
                             struct cw_error *err)
{
    if (!has_recovered(turn, incident))
        incident->calm_at = 0;
    else if (incident->calm_at == 0)
        incident->calm_at = turn->now_at;
    return arm(turn, incident, err);
}

static enum cw_status name_it(const struct corr_turn *turn,
                              struct corr_incident *incident,
                              const struct cw_member *first,
                              struct cw_error *err)
{
    const struct corr_ident_facts facts = {turn->domain->tenant,
                                           turn->domain->name, first->member_id,
                                           first->started_at};
    uint64_t taken = 0;
    for (uint32_t attempt = 0; attempt < IDENT_ATTEMPTS; attempt++) {
        const uint32_t number = corr_ident_number(&facts, attempt);
        if (cw_map64_find(turn->numbers, number, &taken))
            continue;
        const enum cw_status status =
            cw_map64_put(turn->numbers, number, 1, err);
        if (status == CW_OK) {
            incident->number = number;
            corr_ident_print(number, incident->id);
        }
        return status;
    }
    return cw_fail(err, CW_FULL, "no free name for an incident");
}

/* Remembers the signal as a member of the incident, or as a counted one when
 * no more are written out. */
static enum cw_status remember(const struct corr_turn *turn,
                               const struct corr_signal *signal,
                               struct corr_incident *incident, bool counted,
                               struct cw_error *err)
{
    struct corr_held *held = NULL;
    const enum cw_status status = corr_domain_hold(
        turn->domain, counted ? CORR_COUNTED : CORR_MEMBER, signal, &held, err);
    if (status != CW_OK)
        return status;
    held->incident = incident;
    held->member = incident->members_count; /* the next one added */
    held->weight = cw_weight_of(&signal->member);
    return CW_OK;
}

static enum cw_status add_member(const struct corr_turn *turn,
                                 const struct corr_signal *signal,
                                 const struct corr_match *match, bool core,
                                 struct cw_text *text, struct cw_error *err)
{
    struct cw_member record = signal->member;
    record.joined_at = turn->now_at;
    record.reason = corr_group_reason(turn, signal, match);
    *text = record.reason.text;
    return corr_incident_add(match->incident, signal->id, &record, core, err);
}

/* A new incident with its first member, not yet known to the domain. */
static enum cw_status begin(const struct corr_turn *turn,
                            const struct corr_signal *signal,
                            struct corr_incident **made, struct cw_text *text,
                            struct cw_error *err)
{
    struct corr_incident *incident = NULL;
    enum cw_status status = corr_incident_create(&incident, signal, err);
    if (status != CW_OK)
        return status;
    const struct corr_match first = {.incident = incident, .score = 1.0};
    incident->opened_at = turn->now_at;
    status = name_it(turn, incident, &signal->member, err);
    if (status == CW_OK)
        status = remember(turn, signal, incident, false, err);
    if (status == CW_OK)
        status = add_member(turn, signal, &first, true, text, err);
    if (status == CW_OK)
        status = corr_domain_add(turn->domain, incident, err);
    if (status != CW_OK) {
        if (incident->id[0] != '\0')
            (void)cw_map64_remove(turn->numbers, incident->number);
        corr_incident_destroy(&incident);
        return status;
    }
    corr_incident_absorb(incident, &signal->member, turn->now_at);
    count_firing(incident, cw_weight_of(&signal->member));
    incident->member_count = 1;
    *made = incident;
    return CW_OK;
}

enum cw_status corr_life_open(const struct corr_turn *turn,
                              const struct corr_signal *signal,
                              struct corr_incident **made, struct cw_error *err)
{
    struct cw_text text;
    struct corr_incident *incident = NULL;
    const struct corr_domain *domain = turn->domain;
    if (domain->incident_count >= (size_t)turn->config->open_max)
        return cw_fail(err, CW_FULL, "%zu incidents are open",
                       domain->incident_count);
    enum cw_status status = begin(turn, signal, &incident, &text, err);
    if (status != CW_OK)
        return status;
    *made = incident;
    status = corr_domain_claim(turn->domain, incident, 0, err);
    if (status == CW_OK)
        status = arm(turn, incident, err);
    if (status != CW_OK)
        return status;
    return corr_report_call(turn, incident, CW_TRANSITION_FIRING, text, err);
}

static enum cw_status reopen(const struct corr_turn *turn,
                             struct corr_incident *incident, struct cw_text why,
                             struct cw_error *err)
{
    if (incident->status != CW_INCIDENT_STATUS_RESOLVED)
        return CW_OK;
    incident->status = CW_INCIDENT_STATUS_OPEN;
    incident->resolved_at = 0;
    corr_person_set(incident->resolved_by, (struct cw_text){"", 0});
    incident->reopened++;
    const enum cw_status status =
        corr_domain_claim(turn->domain, incident, 0, err);
    if (status != CW_OK)
        return status;
    return corr_report_call(turn, incident, CW_TRANSITION_REOPENED, why, err);
}

enum cw_status corr_life_join(const struct corr_turn *turn,
                              const struct corr_signal *signal,
                              const struct corr_match *match,
                              struct cw_text *text, struct cw_error *err)
{
    struct corr_incident *incident = match->incident;
    const bool core = match->rule == CORR_RULE_COMPANY;
    const bool counted =
        incident->members_count >= (uint32_t)turn->config->member_max;
    enum cw_status status = remember(turn, signal, incident, counted, err);
    const uint32_t places = incident->places_count;
    *text = CW_TEXT("counted: the incident writes out no more members");
    if (status == CW_OK && !counted)
        status = add_member(turn, signal, match, core, text, err);
    if (status == CW_OK && corr_incident_live(incident))
        status = corr_domain_claim(turn->domain, incident, places, err);
    if (status != CW_OK)
        return status;
    const enum cw_weight weight = cw_weight_of(&signal->member);
    corr_incident_absorb(incident, &signal->member, turn->now_at);
    count_firing(incident, weight);
    incident->member_count++;
    if (cw_weight_holds(weight, incident->telling))
        status = reopen(turn, incident, *text, err);
    return status == CW_OK ? settle(turn, incident, err) : status;
}

static struct cw_member *record_of(const struct corr_held *held)
{
    if (held->state != CORR_MEMBER)
        return NULL;
    return &held->incident->members[held->member].record;
}

enum cw_status corr_life_refire(const struct corr_turn *turn,
                                struct corr_held *held, struct cw_error *err)
{
    struct corr_incident *incident = held->incident;
    struct cw_member *record = record_of(held);
    assert(record != NULL); /* only members are heard of again */
    record->firing = true;
    record->ended_at = 0;
    record->repeats++;
    incident->heard_at = turn->now_at;
    incident->dirty = true;
    count_firing(incident, held->weight);
    const struct cw_text why = cw_arena_print(
        turn->arena, "%.*s on %.*s fires again", CW_TEXT_ARG(record->title),
        CW_TEXT_ARG(record->entity.name));
    const enum cw_status status =
        cw_weight_holds(held->weight, incident->telling)
            ? reopen(turn, incident, why, err)
            : CW_OK;
    return status == CW_OK ? settle(turn, incident, err) : status;
}

enum cw_status corr_life_hear(const struct corr_turn *turn,
                              struct corr_held *held, enum cw_severity severity,
                              struct cw_error *err)
{
    struct corr_incident *incident = held->incident;
    struct cw_member *record = record_of(held);
    incident->heard_at = turn->now_at;
    if (record != NULL && severity > record->severity) {
        record->severity = severity;
        incident->dirty = true;
    }
    if (severity > incident->severity) {
        incident->severity = severity;
        incident->dirty = true;
    }
    return arm(turn, incident, err);
}

enum cw_status corr_life_end(const struct corr_turn *turn,
                             struct corr_held *held, int64_t ended_at,
                             struct cw_error *err)
{
    struct corr_incident *incident = held->incident;
    struct cw_member *record = record_of(held);
    incident->heard_at = turn->now_at;
    if (!corr_incident_live(incident))
        return CW_OK; /* resolving has ended every member already */
    incident->dirty = true;
    if (record == NULL) {
        incident->firing[held->weight]--;
        corr_domain_forget(turn->domain, held);
    } else if (record->firing) {
        record->firing = false;
        record->ended_at = ended_at;
        incident->firing[held->weight]--;
    }
    return settle(turn, incident, err);
}

enum cw_status corr_life_acknowledge(const struct corr_turn *turn,
                                     struct corr_incident *incident,
                                     struct cw_text by, struct cw_error *err)
{
    if (incident->status != CW_INCIDENT_STATUS_OPEN)
        return CW_OK;
    incident->status = CW_INCIDENT_STATUS_ACKNOWLEDGED;
    incident->acknowledged_at = turn->now_at;
    corr_person_set(incident->acknowledged_by, by);
    const struct cw_text why =
        cw_arena_print(turn->arena, "acknowledged by %.*s", CW_TEXT_ARG(by));
    return corr_report_call(turn, incident, CW_TRANSITION_ACKNOWLEDGED, why,
                            err);
}

/* The counted ones of an incident are let go: it has ended for all. */
static void end_members(const struct corr_turn *turn,
                        struct corr_incident *incident)
{
    for (uint32_t i = 0; i < incident->members_count; i++) {
        struct cw_member *record = &incident->members[i].record;
        if (!record->firing)
            continue;
        record->firing = false;
        record->ended_at = turn->now_at;
    }
    struct corr_held *held = turn->domain->lists[CORR_COUNTED].first;
    while (held != NULL) {
        struct corr_held *next = held->next;
        if (held->incident == incident)
            corr_domain_forget(turn->domain, held);
        held = next;
    }
    memset(incident->firing, 0, sizeof(incident->firing));
}

enum cw_status corr_life_resolve(const struct corr_turn *turn,
                                 struct corr_incident *incident,
                                 struct cw_text by, struct cw_text why,
                                 struct cw_error *err)
{
    if (!corr_incident_live(incident))
        return CW_OK;
    end_members(turn, incident);
    corr_incident_shrink(incident);
    incident->status = CW_INCIDENT_STATUS_RESOLVED;
    incident->resolved_at = turn->now_at;
    incident->calm_at = 0;
    corr_person_set(incident->resolved_by, by);
    enum cw_status status = corr_domain_yield(turn->domain, incident, err);
    if (status == CW_OK)
        status =
            corr_report_call(turn, incident, CW_TRANSITION_RESOLVED, why, err);
    return status == CW_OK ? arm(turn, incident, err) : status;
}

static enum cw_status recover(const struct corr_turn *turn,
                              struct corr_incident *incident,
                              struct cw_error *err)
{
    const struct cw_text quiet =
        corr_title_span(turn->now_at - incident->calm_at, turn->arena);
    const struct cw_text why =
        cw_arena_print(turn->arena,
                       "%s recovered and it stayed quiet for "
                       "%.*s",
                       turn->config->resolve[0] == 'a'   ? "all members"
                       : turn->config->resolve[0] == 'f' ? "the first member"
                                                         : "the newest member",
                       CW_TEXT_ARG(quiet));
    return corr_life_resolve(turn, incident, CW_TEXT("recovered"), why, err);
}

static enum cw_status go_stale(const struct corr_turn *turn,
                               struct corr_incident *incident,
                               struct cw_error *err)
{
    if (turn->config->resolve[0] == 'n') {
        incident->heard_at = turn->now_at;
        return CW_OK;
    }
    const struct cw_text span =
        corr_title_span(turn->config->stale_us, turn->arena);
    const struct cw_text why = cw_arena_print(
        turn->arena, "nobody spoke of a member for %.*s", CW_TEXT_ARG(span));
    return corr_life_resolve(turn, incident, CW_TEXT("recovered"), why, err);
}

enum cw_status corr_life_timer(const struct corr_turn *turn,
                               struct corr_incident *incident,
                               struct cw_error *err)
{
    enum cw_status status = CW_OK;
    incident->armed_at = CW_NEVER;
    if (due_of(turn, incident) > turn->now_at)
        return arm(turn, incident, err);
    if (incident->status == CW_INCIDENT_STATUS_RESOLVED) {
        incident->status = CW_INCIDENT_STATUS_CLOSED;
        incident->closed_at = turn->now_at;
        incident->dirty = true; /* written and freed at the slice's end */
        return CW_OK;
    }
    if (incident->calm_at != 0)
        status = recover(turn, incident, err);
    else
        status = go_stale(turn, incident, err);
    return status == CW_OK ? arm(turn, incident, err) : status;
}
