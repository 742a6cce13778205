#include "intake.h"

#include <stdlib.h>

#include "base/hash.h"
#include "minute.h"

#define HOLE_US     (30 * DETECTOR_SECOND) /* all silent: they resumed */
#define PREFETCH    3                      /* samples ahead */
#define RATIO_LEAST 0.01 /* one per cent of errors is the noise of ratios */

static enum cw_status push_known(const struct scope *scope,
                                 const struct waiting *sample,
                                 struct cw_error *err)
{
    struct roster *roster = scope->roster;
    if (roster->pending_count == ROSTER_PENDING_MAX) {
        const enum cw_status status = intake_finish(scope, err);
        if (status != CW_OK)
            return status;
    }
    struct waiting placed = *sample;
    placed.order = roster->pending_count;
    return roster_push(roster, false, &placed, err);
}

/* What was parked for the series defined just now goes on its way. */
static enum cw_status release(const struct scope *scope, int64_t id,
                              uint32_t index, struct cw_error *err)
{
    struct roster *roster = scope->roster;
    uint32_t kept = 0;
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < roster->parked_count; i++) {
        struct waiting sample = roster->parked[i];
        if (sample.id != id || status != CW_OK) {
            roster->parked[kept++] = sample;
            continue;
        }
        sample.member = index;
        status = push_known(scope, &sample, err);
    }
    roster->parked_count = kept;
    return status;
}

static enum cw_status define(const struct scope *scope,
                             const struct cw_series_definition *definition,
                             int64_t stream_at, struct cw_error *err)
{
    uint32_t index;
    bool added;
    enum cw_status status =
        roster_define(scope->roster, definition, &index, &added, err);
    if (status == CW_FULL || status == CW_TOO_LARGE) {
        scope->counts->refused_series++;
        return status == CW_FULL ? report_refused(scope, definition, err)
                                 : CW_OK;
    }
    if (status != CW_OK || !added)
        return status;
    struct member *member = scope->roster->members[index];
    member->first_seen_at = stream_at;
    member->seen_at = stream_at;
    status = report_series(scope, member, 0, err);
    return status != CW_OK ? status
                           : release(scope, definition->id, index, err);
}

static enum cw_status park(const struct scope *scope,
                           const struct waiting *sample, struct cw_error *err)
{
    const enum cw_status status = roster_push(scope->roster, true, sample, err);
    if (status == CW_FULL) {
        scope->counts->unknown++;
        return CW_OK;
    }
    scope->counts->parked++;
    return status;
}

static bool any_place(const struct roster *roster,
                      const struct cw_metric_run *run)
{
    if (run->definitions_count > 0 || run->series_count == 0 ||
        roster->parked_count < ROSTER_PARKED_MAX)
        return true;
    for (size_t i = 0; i < run->series_count; i++)
        if (roster_find(roster, run->series[i]) != ROSTER_NONE)
            return true;
    return false;
}

static enum cw_status check(const struct scope *scope,
                            const struct cw_metric_run *run,
                            struct cw_error *err)
{
    const size_t count = run->series_count;
    if (run->sampled_at_count != count || run->values_count != count ||
        (run->start_at_count != count && run->start_at_count != 0))
        return cw_fail(err, CW_BAD_RECORD,
                       "columns of %zu series, %zu times, %zu values, %zu "
                       "starts",
                       count, run->sampled_at_count, run->values_count,
                       run->start_at_count);
    if (!any_place(scope->roster, run))
        return cw_fail(err, CW_BAD_RECORD,
                       "no definition of any of %zu series, and %d samples "
                       "wait for theirs already",
                       count, ROSTER_PARKED_MAX);
    return CW_OK;
}

static void note_time(struct roster *roster, int64_t stream_at)
{
    if (roster->seen_at == 0 || stream_at - roster->seen_at > HOLE_US)
        roster->resumed_at = stream_at;
    if (stream_at > roster->seen_at)
        roster->seen_at = stream_at;
}

enum cw_status intake_run(const struct scope *scope,
                          const struct cw_metric_run *run, struct cw_error *err)
{
    enum cw_status status = check(scope, run, err);
    if (status != CW_OK)
        return status;
    note_time(scope->roster, run->stream_at);
    for (size_t i = 0; i < run->definitions_count && status == CW_OK; i++)
        status = define(scope, &run->definitions[i], run->stream_at, err);
    for (size_t i = 0; i < run->series_count && status == CW_OK; i++) {
        const struct waiting sample = {
            .id = run->series[i],
            .at = run->sampled_at[i],
            .start_at = run->start_at_count > 0 ? run->start_at[i] : 0,
            .stream_at = run->stream_at,
            .value = run->values[i],
            .member = roster_find(scope->roster, run->series[i]),
        };
        status = sample.member == ROSTER_NONE ? park(scope, &sample, err)
                                              : push_known(scope, &sample, err);
    }
    return status;
}

/* ---- judging ----------------------------------------------------------- */

static enum cw_status tell_event(const struct scope *scope,
                                 struct member *member,
                                 const struct judgement *judged,
                                 enum episode_event event, struct cw_error *err)
{
    switch (event) {
    case EPISODE_NONE:
        break;
    case EPISODE_OPENED:
        scope->counts->opened++;
        member->series.episode.decided_at = cw_emit_now(scope->emit);
        minute_alarm(scope->roster, member->entity);
        return report_episode(scope, member, judged, CW_ANOMALY_STATUS_OPENED,
                              END_NONE, err);
    case EPISODE_UPDATED:
        return report_episode(scope, member, judged, CW_ANOMALY_STATUS_UPDATED,
                              END_NONE, err);
    case EPISODE_CLOSED:
    case EPISODE_ACCEPTED:
        scope->counts->closed++;
        return report_episode(
            scope, member, judged, CW_ANOMALY_STATUS_CLOSED,
            event == EPISODE_CLOSED ? END_RECOVERED : END_ACCEPTED, err);
    }
    return CW_OK;
}

static enum cw_status tell_state(const struct scope *scope,
                                 struct member *member,
                                 const struct judgement *judged,
                                 struct cw_error *err)
{
    const enum cw_series_state state =
        judged->warm ? CW_SERIES_STATE_READY : CW_SERIES_STATE_WARMING;
    if (state == member->state)
        return CW_OK;
    member->state = state;
    return report_series(scope, member, judged->ready, err);
}

static enum cw_status end_silence(const struct scope *scope,
                                  struct member *member, int64_t at,
                                  struct cw_error *err)
{
    if (!member->silence.open)
        return CW_OK;
    member->silence.open = false;
    scope->counts->closed++;
    const int64_t after = member->silence.started_at;
    return report_silence(scope, member, at > after ? at : after + 1, err);
}

static void count_fate(struct detector_counts *counts, enum sample_fate fate)
{
    counts->samples += fate == SAMPLE_TAKEN;
    counts->duplicates += fate == SAMPLE_DUPLICATE;
    counts->backward += fate == SAMPLE_BACKWARD;
    counts->bad += fate == SAMPLE_BAD;
}

static enum cw_status judge(const struct scope *scope, struct member *member,
                            int64_t at, double value, double quantum,
                            struct cw_error *err)
{
    const struct model_nature nature = {family_trait(member->family), quantum};
    struct series_verdict verdict;
    const enum sample_fate fate = series_sample(&member->series, scope->config,
                                                &nature, at, value, &verdict);
    count_fate(scope->counts, fate);
    if (fate != SAMPLE_TAKEN)
        return CW_OK;
    enum cw_status status = end_silence(scope, member, at, err);
    if (status == CW_OK)
        status = tell_event(scope, member, &verdict.judged, verdict.event, err);
    return status != CW_OK ? status
                           : tell_state(scope, member, &verdict.judged, err);
}

/* ---- quotients --------------------------------------------------------- */

struct increment {
    uint32_t pair;
    uint32_t member;
    enum derive_role role;
    int64_t at;
    int64_t stream_at;
    double events;
};

static int by_pair_and_time(const void *a, const void *b)
{
    const struct increment *x = a;
    const struct increment *y = b;
    if (x->pair != y->pair)
        return x->pair < y->pair ? -1 : 1;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    return (x->member > y->member) - (x->member < y->member);
}

/* The series a quotient goes to, made at the first one; ROSTER_NONE: no room
 * for it. */
static enum cw_status quotient_member(const struct scope *scope,
                                      const struct member *bottom,
                                      const struct member *top, bool ratio,
                                      uint32_t *index, struct cw_error *err)
{
    struct cw_arena *arena = cw_emit_arena(scope->emit);
    struct cw_series_definition definition;
    struct cw_series_definition of_top;
    enum cw_status status = roster_definition(bottom, arena, &definition, err);
    if (status == CW_OK)
        status = roster_definition(top, arena, &of_top, err);
    if (status != CW_OK)
        return status;
    struct cw_text stem = definition.name;
    derive_role_of(definition.name, &stem);
    const char *end = ratio ? "error_ratio" : "mean";
    definition.id =
        (int64_t)cw_hash_mix_text((uint64_t)definition.id, cw_text_of(end));
    definition.name = cw_arena_print(arena, "%.*s.%s", CW_TEXT_ARG(stem), end);
    definition.unit = ratio ? CW_TEXT("1") : of_top.unit;
    definition.family = ratio ? CW_FAMILY_ERRORS : of_top.family;
    definition.kind = CW_METRIC_KIND_GAUGE;
    *index = roster_find(scope->roster, definition.id);
    if (*index == ROSTER_NONE)
        status = define(scope, &definition, cw_emit_now(scope->emit), err);
    if (status != CW_OK)
        return status;
    *index = roster_find(scope->roster, definition.id);
    if (*index != ROSTER_NONE) {
        scope->roster->members[*index]->derived = true;
        scope->roster->members[*index]->ratio = ratio;
    }
    return CW_OK;
}

static enum cw_status derive(const struct scope *scope, uint32_t index,
                             const struct increment *last, bool ratio,
                             struct cw_error *err)
{
    struct roster *roster = scope->roster;
    struct pair *pair = &roster->pairs[index];
    const uint32_t top = ratio ? pair->errors : pair->sum;
    if (top == ROSTER_NONE || pair->count == ROSTER_NONE)
        return CW_OK;
    const bool lenient =
        ratio && roster->members[top]->kind == CW_METRIC_KIND_DELTA;
    double value;
    if (!quotient_at(ratio ? &pair->ratio : &pair->mean, last->at, lenient,
                     &value))
        return CW_OK;
    uint32_t *place = ratio ? &pair->ratio_member : &pair->mean_member;
    if (*place == ROSTER_NONE) {
        const enum cw_status status =
            quotient_member(scope, roster->members[pair->count],
                            roster->members[top], ratio, place, err);
        if (status != CW_OK || *place == ROSTER_NONE)
            return status;
    }
    struct member *member = roster->members[*place];
    member->seen_at = last->stream_at;
    scope->counts->derived++;
    return judge(scope, member, last->at, value, ratio ? RATIO_LEAST : 0.0,
                 err);
}

static void add_increment(struct pair *pair, const struct increment *added)
{
    if (added->role == ROLE_SUM)
        quotient_add_top(&pair->mean, added->at, added->events);
    if (added->role == ROLE_ERRORS)
        quotient_add_top(&pair->ratio, added->at, added->events);
    if (added->role == ROLE_COUNT) {
        quotient_add_bottom(&pair->mean, added->at, added->events);
        quotient_add_bottom(&pair->ratio, added->at, added->events);
    }
}

static enum cw_status derive_all(const struct scope *scope,
                                 struct increment *list, size_t count,
                                 struct cw_error *err)
{
    if (count > 0)
        qsort(list, count, sizeof(*list), by_pair_and_time);
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < count && status == CW_OK; i++) {
        add_increment(&scope->roster->pairs[list[i].pair], &list[i]);
        if (i + 1 < count && list[i + 1].pair == list[i].pair &&
            list[i + 1].at == list[i].at)
            continue;
        status = derive(scope, list[i].pair, &list[i], false, err);
        if (status == CW_OK)
            status = derive(scope, list[i].pair, &list[i], true, err);
    }
    return status;
}

/* ---- the end of a slice ------------------------------------------------ */

static int by_series_and_time(const void *a, const void *b)
{
    const struct waiting *x = a;
    const struct waiting *y = b;
    if (x->member != y->member)
        return x->member < y->member ? -1 : 1;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static struct cw_series_definition kind_of(const struct member *member)
{
    return (struct cw_series_definition){.kind = member->kind,
                                         .interval_us = member->interval_us};
}

/* One sample of a slice; what it counted goes to *added when its series is in
 * a pair. */
static enum cw_status work_off(const struct scope *scope,
                               const struct waiting *sample,
                               struct increment *added, struct cw_error *err)
{
    struct member *member = scope->roster->members[sample->member];
    if (sample->stream_at > member->seen_at)
        member->seen_at = sample->stream_at;
    const struct cw_series_definition kind = kind_of(member);
    const uint32_t resets = member->rate.resets;
    struct rate_sample rated;
    const enum rate_fate fate =
        rate_take(&member->rate, &kind, sample->at, sample->value,
                  sample->start_at, &rated);
    scope->counts->duplicates += fate == RATE_DUPLICATE;
    scope->counts->backward += fate == RATE_BACKWARD;
    scope->counts->bad += fate == RATE_BAD;
    scope->counts->resets += member->rate.resets != resets;
    if (fate != RATE_TAKEN)
        return CW_OK;
    if (rated.counted && member->pair != ROSTER_NONE)
        *added =
            (struct increment){member->pair, sample->member,    member->role,
                               sample->at,   sample->stream_at, rated.events};
    if (roster_is_carrier(scope->roster, member))
        return end_silence(scope, member, sample->at, err);
    /* Of a percentage that stood at 0 for an hour, the first point is no
     * thousand standard deviations. */
    const double quantum = rated.counted     ? 1.0 / rated.gap_s
                           : member->percent ? 1.0
                                             : 0.0;
    return judge(scope, member, sample->at, rated.value, quantum, err);
}

/* DELTAs of one instant from several writers are parts of one count. */
static void sum_parts(const struct roster *roster, struct waiting *list,
                      uint32_t *count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count; i++) {
        struct waiting *last = kept > 0 ? &list[kept - 1] : NULL;
        const bool delta =
            roster->members[list[i].member]->kind == CW_METRIC_KIND_DELTA;
        if (last != NULL && delta && last->member == list[i].member &&
            last->at == list[i].at)
            last->value += list[i].value;
        else
            list[kept++] = list[i];
    }
    *count = kept;
}

/* A visit of a series is a handful of cache misses: ask for them early. */
static void prefetch(const struct member *member)
{
    const char *bytes = (const char *)member;
    for (size_t line = 0; line < sizeof(*member); line += 64)
        __builtin_prefetch(bytes + line, 1);
}

enum cw_status intake_finish(const struct scope *scope, struct cw_error *err)
{
    struct roster *roster = scope->roster;
    if (roster->pending_count == 0)
        return CW_OK;
    uint32_t count = roster->pending_count;
    struct increment *increments = cw_arena_take(
        cw_emit_arena(scope->emit), (size_t)count * sizeof(*increments));
    if (increments == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%u samples of a slice", count);
    struct waiting *list = roster->pending;
    qsort(list, count, sizeof(*list), by_series_and_time);
    sum_parts(roster, list, &count);
    enum cw_status status = CW_OK;
    size_t increment_count = 0;
    for (uint32_t i = 0; i < count && status == CW_OK; i++) {
        if (i + PREFETCH < count)
            prefetch(roster->members[list[i + PREFETCH].member]);
        struct increment *added = &increments[increment_count];
        added->role = ROLE_NONE;
        status = work_off(scope, &list[i], added, err);
        increment_count += added->role != ROLE_NONE;
    }
    roster->pending_count = 0;
    return status != CW_OK
               ? status
               : derive_all(scope, increments, increment_count, err);
}
