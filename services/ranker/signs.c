#include "signs.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fixmath.h"
#include "view.h"

#define ONSET_Z       4.0 /* a smaller deviation does not date anything */
#define DATING        0.5 /* nor does one of less credit, or a stale one */
#define ONSET_BACK_US ((int64_t)30 * 60 * 1000000)
#define STALE_US      ((int64_t)2 * 60 * 1000000)
#define OVER_SHARE    0.5 /* what counts of a member that is over */
#define LOUD_LOG      17  /* OpenTelemetry: ERROR and above */
#define SPARSE        0.5 /* less of the samples: telemetry is going missing */
#define SURPRISING    5.0 /* -log10 p that counts in full: one sample opens */

static double family_weight(enum cw_family family)
{
    switch (family) {
    case CW_FAMILY_SATURATION:
    case CW_FAMILY_AVAILABILITY:
        return 1.0;
    case CW_FAMILY_LATENCY:
    case CW_FAMILY_ERRORS:
    case CW_FAMILY_OTHER:
    case CW_FAMILY_OCCUPANCY:
        return 0.9;
    case CW_FAMILY_LOGS:
        return 0.7;
    case CW_FAMILY_TRAFFIC: /* follows callers and users more than itself */
        return 0.5;
    case CW_FAMILY_COUNT:
        break;
    }
    return 0.0;
}

/* Share of a deviation that counts, by its probability. */
static double credit(double p)
{
    return p > 0.0 ? fmin(fmax(-cw_log10(p), 0.0) / SURPRISING, 1.0) : 1.0;
}

double ranker_track_severity(const struct ranker_track *track)
{
    return cw_log1p(fabs(track->z)) * family_weight(track->family) *
           credit(track->p);
}

/* A callee can make its caller slow, failing, or idle; not fuller. More
 * processes, threads or connections than usual are those that wait for it. */
static bool is_state(enum cw_family family, bool rises)
{
    return family == CW_FAMILY_SATURATION || family == CW_FAMILY_OTHER ||
           (family == CW_FAMILY_AVAILABILITY && !rises);
}

static void raise(struct ranker_sign *sign, double severity,
                  enum cw_family family, bool rises)
{
    if (severity > RANKER_SEVERITY_MAX)
        severity = RANKER_SEVERITY_MAX;
    if (severity > sign->severity)
        sign->severity = severity;
    if (is_state(family, rises) && severity > sign->own)
        sign->own = severity;
}

/* It serves worse, or has more of something than usual. Less traffic, fewer
 * keys, a drop in what it counts: that is what its callers did to it. */
static bool hurts_callers(enum cw_family family, double z)
{
    switch (family) {
    case CW_FAMILY_LATENCY:
    case CW_FAMILY_ERRORS:
    case CW_FAMILY_SATURATION:
    case CW_FAMILY_OTHER:
        return z > 0.0;
    case CW_FAMILY_AVAILABILITY:
        return z < 0.0;
    case CW_FAMILY_TRAFFIC:
    case CW_FAMILY_LOGS:
    case CW_FAMILY_OCCUPANCY:
    case CW_FAMILY_COUNT:
        break;
    }
    return false;
}

static void date(struct ranker_sign *sign, int64_t onset_at, int64_t start_at)
{
    if (onset_at == 0 || onset_at < start_at - ONSET_BACK_US)
        return;
    if (sign->onset_at == 0 || onset_at < sign->onset_at)
        sign->onset_at = onset_at;
}

/* What every row of one making looks at. */
struct reading {
    int64_t start_at;
    int64_t from_at; /* evidence counts from here */
    int64_t now_at;
    bool live; /* some member of the incident is not over */
    const struct cw_incident *incident;
    const uint32_t *places; /* of each member's entity */
};

int64_t ranker_start_of(const struct cw_incident *incident)
{
    int64_t start_at = incident->started_at;

    if (incident->members_count == 0)
        return start_at;
    const int64_t opener_at = incident->members[0].started_at;
    start_at = opener_at;
    for (size_t i = 1; i < incident->members_count; i++) {
        const int64_t at = incident->members[i].started_at;
        if (at < start_at && at >= opener_at - RANKER_SLACK_US)
            start_at = at;
    }
    return start_at;
}

int64_t ranker_evident_of(const struct cw_incident *incident, int64_t start_at)
{
    int64_t evident_at = INT64_MAX;

    for (size_t i = 0; i < incident->members_count; i++) {
        const struct cw_member *member = &incident->members[i];
        const int64_t at = member->evident_at > member->started_at
                               ? member->evident_at
                               : member->started_at;
        if (member->started_at >= start_at && at < evident_at)
            evident_at = at;
    }
    return evident_at != INT64_MAX ? evident_at : start_at;
}

/* A member of the incident began as this deviation did, on the same entity. */
static bool is_of_incident(const struct ranker_track *track, uint32_t place,
                           const struct reading *reading)
{
    for (size_t i = 0; i < reading->incident->members_count; i++)
        if (reading->places[i] == place &&
            llabs(reading->incident->members[i].started_at - track->onset_at) <=
                RANKER_SLACK_US)
            return true;
    return false;
}

static double faded(int64_t late_us)
{
    return late_us <= 0 ? 1.0 : cw_exp(-(double)late_us / (double)STALE_US);
}

/* What was as odd before the symptoms explains them the less, the longer it
 * was; members of the incident were found to belong together. What is over
 * explains what still fires the less, the longer it is. */
static double freshness(const struct ranker_sign *sign,
                        const struct ranker_track *track, uint32_t place,
                        const struct reading *reading)
{
    const int64_t late_us =
        reading->start_at - RANKER_SLACK_US - track->onset_at;
    double share = 1.0;

    if (track->onset_at != 0 && late_us > 0 &&
        !(sign->alarmed && is_of_incident(track, place, reading)))
        share = faded(late_us);
    if (reading->live && !sign->firing)
        share *= faded(reading->now_at - RANKER_SLACK_US - track->peak_at);
    return share;
}

static void read_track(struct ranker_sign *sign,
                       const struct ranker_track *track, uint32_t place,
                       const struct reading *reading)
{
    const double fresh = freshness(sign, track, place, reading);
    const double severity = cw_round6(ranker_track_severity(track) * fresh);

    if (sign->track == NULL || severity > sign->severity)
        sign->track = track;
    raise(sign, severity, track->family, track->z > 0.0);
    if (hurts_callers(track->family, track->z))
        sign->ill = fmax(sign->ill, severity);
    if (track->family == CW_FAMILY_SATURATION && track->z > 0.0 &&
        severity > sign->busy) {
        sign->busy = severity;
        sign->busy_at = track->onset_at;
    }
    if (track->family == CW_FAMILY_AVAILABILITY && track->z < -ONSET_Z &&
        !(track->actual > 0.0) && fresh >= OVER_SHARE)
        sign->gone = true;
    if (fabs(track->z) >= ONSET_Z && credit(track->p) * fresh >= DATING)
        date(sign, track->onset_at, reading->start_at);
}

static void read_pattern(struct ranker_sign *sign,
                         const struct ranker_pattern *pattern, double *surprise)
{
    const double weight = pattern->severity >= LOUD_LOG ? 1.0 : 0.3;

    if (sign->pattern == NULL || pattern->surprise > sign->pattern->surprise)
        sign->pattern = pattern;
    if (pattern->surprise > 0)
        *surprise += weight * pattern->surprise;
}

static void read_trail(struct ranker_sign *sign,
                       const struct ranker_trail *trail, uint32_t place,
                       const struct reading *reading)
{
    const int64_t from_at = reading->from_at;
    double surprise = 0.0;

    for (uint32_t i = 0; i < trail->track_count; i++)
        if (trail->tracks[i].peak_at >= from_at)
            read_track(sign, &trail->tracks[i], place, reading);
    for (uint32_t i = 0; i < trail->pattern_count; i++)
        if (trail->patterns[i].last_at >= from_at)
            read_pattern(sign, &trail->patterns[i], &surprise);
    sign->novelty = cw_round6(fmin(cw_log1p(surprise), 3.0));
    if (trail->last_at >= reading->start_at && trail->coverage < SPARSE)
        sign->missing = cw_round6(0.5 * (1.0 - trail->coverage));
}

/* What an alarm alone says of severity, when no deviation was measured. */
static double member_severity(const struct cw_member *member)
{
    static const double by_severity[CW_SEVERITY_COUNT] = {
        [CW_SEVERITY_UNKNOWN] = 1.5,  [CW_SEVERITY_INFO] = 1.0,
        [CW_SEVERITY_WARNING] = 2.0,  [CW_SEVERITY_ERROR] = 2.5,
        [CW_SEVERITY_CRITICAL] = 3.0,
    };

    if (cw_text_is(member->kind, "missing"))
        return 4.0;
    if (cw_text_is(member->kind, "alert"))
        return (unsigned)member->severity < CW_SEVERITY_COUNT
                   ? by_severity[member->severity]
                   : 1.5;
    const double score = member->score > 0.0 ? fmin(member->score, 1.0) : 0.0;
    return (1.5 + 2.5 * score) * family_weight(member->family);
}

static void read_member(struct ranker_sign *sign,
                        const struct cw_member *member,
                        const struct reading *reading)
{
    const bool over = reading->live && !sign->firing;
    const double severity =
        cw_round6((over ? OVER_SHARE : 1.0) * member_severity(member));

    sign->alarmed = true;
    sign->member_count++;
    if (sign->member == NULL ||
        severity > cw_round6(member_severity(sign->member)))
        sign->member = member;
    const bool rises =
        cw_text_is(member->kind, "metric") && member->actual > member->expected;
    raise(sign, severity, member->family, rises);
    if (cw_text_is(member->kind, "missing") &&
        (member->firing || !reading->live)) {
        sign->missing = 1.0;
        sign->gone = true;
        sign->ill = fmax(sign->ill, severity);
        raise(sign, severity, CW_FAMILY_AVAILABILITY, false);
    }
    if (cw_text_is(member->kind, "new_pattern") && sign->novelty < 1.0)
        sign->novelty = 1.0;
    date(sign, member->started_at, reading->start_at);
}

static uint32_t place_of(const struct ranker_signs_of *of,
                         const struct cw_entity *entity)
{
    return ranker_window_find(of->window, ranker_entity_id(of->route, entity));
}

/* Who is in the incident, and who of it still fires. */
static void read_incident(struct ranker_sign *signs, uint32_t *places,
                          const struct ranker_signs_of *of,
                          struct reading *reading)
{
    const struct cw_incident *incident = of->incident;

    for (size_t i = 0; i < incident->entities_count; i++) {
        const uint32_t place = place_of(of, &incident->entities[i]);
        if (place != RANKER_NONE)
            signs[place].alarmed = true;
    }
    for (size_t i = 0; i < incident->members_count; i++) {
        places[i] = place_of(of, &incident->members[i].entity);
        reading->live |= incident->members[i].firing;
        if (places[i] != RANKER_NONE)
            signs[places[i]].firing |= incident->members[i].firing;
    }
}

enum cw_status ranker_signs_make(struct ranker_sign **made,
                                 const struct ranker_signs_of *of,
                                 struct cw_arena *arena, struct cw_error *err)
{
    const struct cw_incident *incident = of->incident;
    const uint32_t size = ranker_window_size(of->window);
    struct ranker_sign *signs =
        cw_arena_take(arena, (size + 1) * sizeof(*signs));
    uint32_t *places =
        cw_arena_take(arena, (incident->members_count + 1) * sizeof(*places));
    struct reading reading = {
        .start_at = of->start_at,
        .from_at = of->start_at - of->lookback_us,
        .now_at = of->now_at,
        .incident = incident,
        .places = places,
    };

    if (signs == NULL || places == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for signs");
    read_incident(signs, places, of, &reading);
    for (uint32_t p = 0; p < size; p++) {
        const struct ranker_entity *entity = ranker_window_at(of->window, p);
        if (entity != NULL && entity->route == of->route &&
            entity->trail != NULL)
            read_trail(&signs[p], entity->trail, p, &reading);
    }
    for (size_t i = 0; i < incident->members_count; i++)
        if (places[i] != RANKER_NONE)
            read_member(&signs[places[i]], &incident->members[i], &reading);
    *made = signs;
    return CW_OK;
}

bool ranker_sign_is_symptom(const struct ranker_sign *sign)
{
    /* Its state may quiver while it waits: count what clearly stands out. */
    return sign->missing < 0.5 && sign->own < 0.5 * sign->severity;
}
