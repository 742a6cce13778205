#include "minute.h"

#include <math.h> /* fabs: exact */

#include "base/fixmath.h"

struct summary {
    const struct member *loudest[MINUTE_DEVIATIONS]; /* largest first */
    unsigned count;
    int32_t series_count;
    int32_t ready_count;
    double seen;
    double due;
    bool loud;
    bool live;
};

static bool is_louder(const struct member *a, const struct member *b)
{
    const double x = fabs((double)a->series.peak.z);
    const double y = fabs((double)b->series.peak.z);
    if (x != y)
        return x > y;
    return (uint64_t)a->id < (uint64_t)b->id;
}

static void place(struct summary *summary, const struct member *member)
{
    unsigned at = summary->count;
    while (at > 0 && is_louder(member, summary->loudest[at - 1]))
        at--;
    if (at >= MINUTE_DEVIATIONS)
        return;
    if (summary->count < MINUTE_DEVIATIONS)
        summary->count++;
    for (unsigned i = summary->count - 1; i > at; i--)
        summary->loudest[i] = summary->loudest[i - 1];
    summary->loudest[at] = member;
}

static void add(struct summary *summary, const struct member *member,
                double length_s)
{
    const struct model *model = &member->series.model;
    summary->series_count++;
    summary->live = summary->live || member->state != CW_SERIES_STATE_STALE;
    if (model->interval_s > 0.0F) {
        summary->seen += member->series.minute_count;
        summary->due += length_s / (double)model->interval_s;
    }
    if (model->seen < MODEL_WARM_COUNT)
        return;
    summary->ready_count++;
    if (member->series.minute_count == 0)
        return;
    if (fabs((double)member->series.peak.z) >= MINUTE_LOUD)
        summary->loud = true;
    place(summary, member);
}

static enum cw_status deviation_of(const struct scope *scope,
                                   const struct member *member,
                                   struct cw_deviation *out,
                                   struct cw_error *err)
{
    struct cw_series_definition definition;
    const enum cw_status status =
        roster_definition(member, cw_emit_arena(scope->emit), &definition, err);
    if (status != CW_OK)
        return status;
    const struct series_peak *peak = &member->series.peak;
    *out = (struct cw_deviation){
        .series_id = member->id,
        .metric = definition.name,
        .family = member->family,
        .z = cw_round6((double)peak->z),
        .actual = peak->actual,
        .expected = cw_round6(peak->expected),
        .onset_at = peak->onset_at,
        .p_value = cw_pow(10.0, -(double)peak->surprise),
    };
    return CW_OK;
}

static enum cw_status tell(const struct scope *scope,
                           const struct watched_entity *entity,
                           const struct summary *summary, int64_t now_at,
                           struct cw_error *err)
{
    struct cw_deviation deviations[MINUTE_DEVIATIONS];
    enum cw_status status = CW_OK;
    for (unsigned i = 0; i < summary->count && status == CW_OK; i++)
        status = deviation_of(scope, summary->loudest[i], &deviations[i], err);
    if (status != CW_OK)
        return status;
    const double coverage =
        summary->due > 0.0 ? summary->seen / summary->due : 0.0;
    const struct cw_evidence evidence = {
        .meta =
            cw_emit_meta(scope->emit, entity->tenant, entity->domain, now_at),
        .entity = {.kind = entity->kind, .name = entity->name},
        .from_at = entity->from_at,
        .to_at = now_at,
        .series_count = summary->series_count,
        .ready_count = summary->ready_count,
        .coverage = cw_round6(coverage > 1.0 ? 1.0 : coverage),
        .deviations = deviations,
        .deviations_count = summary->count,
    };
    return cw_emit_put(scope->emit, CW_TOPIC_EVIDENCE,
                       cw_route_domain(entity->tenant, entity->domain),
                       (struct cw_text){0}, &evidence, err);
}

static void begin_minute(const struct roster *roster,
                         struct watched_entity *entity, int64_t now_at)
{
    entity->from_at = now_at;
    for (uint32_t i = entity->first; i != ROSTER_NONE;) {
        series_clear_peak(&roster->members[i]->series);
        i = roster->members[i]->next;
    }
}

static struct summary sum_up(const struct roster *roster,
                             const struct watched_entity *entity,
                             int64_t now_at)
{
    const double length_s = (double)(now_at - entity->from_at) / 1e6;
    struct summary summary = {0};
    for (uint32_t i = entity->first; i != ROSTER_NONE;) {
        const struct member *member = roster->members[i];
        if (!roster_is_carrier(roster, member))
            add(&summary, member, length_s);
        i = member->next;
    }
    return summary;
}

static void begin_first_minute(struct watched_entity *entity, int64_t now_at)
{
    if (entity->from_at == 0)
        entity->from_at = now_at - 10 * DETECTOR_SECOND;
}

enum cw_status minute_tick(const struct scope *scope, int64_t now_at,
                           struct cw_error *err)
{
    const struct roster *roster = scope->roster;
    enum cw_status status = CW_OK;
    for (uint32_t e = 0; e < roster->entity_count && status == CW_OK; e++) {
        struct watched_entity *entity = &roster->entities[e];
        begin_first_minute(entity, now_at);
        const struct summary summary = sum_up(roster, entity, now_at);
        const bool whole = now_at - entity->from_at >= DETECTOR_MINUTE;
        if (summary.live && (whole || summary.loud))
            status = tell(scope, entity, &summary, now_at, err);
        if (whole)
            begin_minute(roster, entity, now_at);
    }
    return status;
}

void minute_alarm(struct roster *roster, uint32_t entity)
{
    for (uint32_t i = 0; i < roster->alarmed_count; i++)
        if (roster->alarmed[i] == entity)
            return;
    if (roster->alarmed_count < ROSTER_ALARMED_MAX)
        roster->alarmed[roster->alarmed_count++] = entity;
}

enum cw_status minute_alarmed(const struct scope *scope, struct cw_error *err)
{
    struct roster *roster = scope->roster;
    const int64_t now_at = cw_emit_now(scope->emit);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < roster->alarmed_count && status == CW_OK; i++) {
        struct watched_entity *entity = &roster->entities[roster->alarmed[i]];
        begin_first_minute(entity, now_at);
        const struct summary summary = sum_up(roster, entity, now_at);
        status = tell(scope, entity, &summary, now_at, err);
    }
    roster->alarmed_count = 0;
    return status;
}
