#include "correlate/report.h"

#include "correlate/title.h"

/* What both records say of an incident. */
struct view {
    struct cw_text title;
    const struct cw_entity *entities;
    size_t entities_count;
};

static struct cw_text shared_kind(const struct corr_incident *incident)
{
    const struct cw_text kind = incident->places[0].entity.kind;
    for (uint32_t i = 1; i < incident->places_count; i++)
        if (!cw_text_equal(kind, incident->places[i].entity.kind))
            return (struct cw_text){"", 0};
    return kind;
}

static enum cw_status view_of(const struct corr_turn *turn,
                              const struct corr_incident *incident,
                              struct view *view, struct cw_error *err)
{
    struct cw_entity *entities =
        cw_arena_take(turn->arena, incident->places_count * sizeof(*entities));
    if (entities == NULL)
        return cw_fail(err, CW_NO_MEMORY, "incident %s", incident->id);
    for (uint32_t i = 0; i < incident->places_count; i++)
        entities[i] = incident->places[i].entity;
    const struct corr_title_facts facts = {
        .entity = incident->members[0].record.entity.name,
        .first = incident->members[0].record.title,
        .member_count = incident->member_count,
        .entity_count = incident->places_count,
        .thing = shared_kind(incident),
    };
    view->title = corr_title_incident(&facts, turn->arena);
    view->entities = entities;
    view->entities_count = incident->places_count;
    return CW_OK;
}

static enum cw_status put_incident(const struct corr_turn *turn,
                                   struct corr_incident *incident,
                                   const struct view *view,
                                   struct cw_error *err)
{
    const struct corr_domain *domain = turn->domain;
    struct cw_member *members =
        cw_arena_take(turn->arena, incident->members_count * sizeof(*members));
    if (members == NULL)
        return cw_fail(err, CW_NO_MEMORY, "incident %s", incident->id);
    for (uint32_t i = 0; i < incident->members_count; i++)
        members[i] = incident->members[i].record;
    struct cw_incident record = {
        .meta = cw_emit_meta(turn->emit, domain->tenant, domain->name,
                             incident->started_at),
        .incident_id = cw_text_of(incident->id),
        .status = incident->status,
        .severity = incident->severity,
        .title = view->title,
        .started_at = incident->started_at,
        .opened_at = incident->opened_at,
        .acknowledged_at = incident->acknowledged_at,
        .acknowledged_by = cw_text_of(incident->acknowledged_by),
        .resolved_at = incident->resolved_at,
        .resolved_by = cw_text_of(incident->resolved_by),
        .closed_at = incident->closed_at,
        .reopened = incident->reopened,
        .drill = incident->drill,
        .entities = view->entities,
        .entities_count = view->entities_count,
        .member_count = incident->member_count,
        .members = members,
        .members_count = incident->members_count,
    };
    record.meta.revision = ++incident->revision;
    record.meta.idempotency_key = record.incident_id;
    return cw_emit_put(turn->emit, CW_TOPIC_INCIDENTS, domain->route,
                       record.incident_id, &record, err);
}

static enum cw_status put_notice(const struct corr_turn *turn,
                                 struct corr_incident *incident,
                                 const struct corr_call *call,
                                 const struct view *view, struct cw_error *err)
{
    const struct corr_domain *domain = turn->domain;
    const int32_t number = ++incident->notices[call->transition];
    const struct cw_text id =
        cw_arena_print(turn->arena, "%s/%s/%d", incident->id,
                       cw_transition_name(call->transition), number);
    struct cw_notice record = {
        .meta = cw_emit_meta(turn->emit, domain->tenant, domain->name,
                             incident->started_at),
        .notice_id = id,
        .incident_id = cw_text_of(incident->id),
        .transition = call->transition,
        .number = number,
        .severity = incident->severity,
        .title = view->title,
        .started_at = incident->started_at,
        .decided_at = call->decided_at,
        .entities = view->entities,
        .entities_count = view->entities_count,
        .member_count = incident->member_count,
        .why = cw_text_of(call->why),
        .drill = incident->drill,
    };
    record.meta.idempotency_key = id;
    if (id.size == 0)
        return cw_fail(err, CW_NO_MEMORY, "notice of %s", incident->id);
    return cw_emit_put(turn->emit, CW_TOPIC_NOTICES, domain->route, id, &record,
                       err);
}

enum cw_status corr_report(const struct corr_turn *turn,
                           struct corr_incident *incident, struct cw_error *err)
{
    struct view view = {0};
    enum cw_status status = view_of(turn, incident, &view, err);
    if (status == CW_OK)
        status = put_incident(turn, incident, &view, err);
    for (uint32_t i = 0; i < incident->calls_count && status == CW_OK; i++)
        status = put_notice(turn, incident, &incident->calls[i], &view, err);
    incident->calls_count = 0;
    incident->dirty = false;
    incident->told_at = turn->now_at;
    return status;
}

enum cw_status corr_report_call(const struct corr_turn *turn,
                                struct corr_incident *incident,
                                enum cw_transition transition,
                                struct cw_text why, struct cw_error *err)
{
    incident->dirty = true;
    if (corr_incident_call(incident, transition, turn->now_at, why))
        return CW_OK;
    const enum cw_status status = corr_report(turn, incident, err);
    if (status != CW_OK)
        return status;
    incident->dirty = true;
    (void)corr_incident_call(incident, transition, turn->now_at, why);
    return CW_OK;
}
