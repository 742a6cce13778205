/* Which action usually helps: one table, read from the top. */
#include "words.h"

#include <math.h>

struct remedy {
    const char *kind;   /* of the entity; NULL = any */
    const char *metric; /* part of a clear metric's name; NULL = any */
    int family;         /* enum cw_family; -1 = any */
    const char *action;
};

#define ANY     (-1)
#define TELLING 0.5 /* of the strongest of its family */

static const struct remedy remedies[] = {
    {"volume", NULL, ANY, "free_disk"},
    {"disk", NULL, ANY, "free_disk"},
    {NULL, "disk", CW_FAMILY_SATURATION, "free_disk"},
    {NULL, "filesystem", CW_FAMILY_SATURATION, "free_disk"},
    {"database", "lock", ANY, "kill_lock_holder"},
    {"database", "connection", ANY, "kill_idle_connections"},
    {"database", NULL, ANY, "inspect_database"},
    {"queue", NULL, ANY, "scale_consumers"},
    {"cache", NULL, ANY, "flush_cache"},
    {"host", NULL, CW_FAMILY_AVAILABILITY, "reboot_host"},
    {"host", NULL, ANY, "drain_host"},
    {NULL, "lock", ANY, "kill_lock_holder"},
    {NULL, "mem", CW_FAMILY_SATURATION, "restart_service"},
    {NULL, "heap", CW_FAMILY_SATURATION, "restart_service"},
    {NULL, NULL, CW_FAMILY_SATURATION, "scale_out"},
    {NULL, NULL, CW_FAMILY_TRAFFIC, "scale_out"},
    {NULL, NULL, CW_FAMILY_AVAILABILITY, "restart_service"},
    {NULL, NULL, CW_FAMILY_ERRORS, "restart_service"},
    {NULL, NULL, CW_FAMILY_LATENCY, "restart_service"},
    {NULL, NULL, CW_FAMILY_LOGS, "restart_service"},
    {NULL, NULL, CW_FAMILY_OCCUPANCY, "restart_service"},
    {NULL, NULL, CW_FAMILY_OTHER, "restart_service"},
};

/* Severities compare within a family only. */
static double strongest_of(const struct ranker_trail *trail,
                           enum cw_family family, int64_t since_at)
{
    double strongest = 0.0;

    for (uint32_t i = 0; i < trail->track_count; i++)
        if (trail->tracks[i].family == family &&
            trail->tracks[i].peak_at >= since_at)
            strongest =
                fmax(strongest, ranker_track_severity(&trail->tracks[i]));
    return strongest;
}

/* What is told by name may stand behind louder consequences, the errors and
 * the waiting that locks make: it need only be clear in itself, and not small
 * beside others of its kind. */
static bool names(const struct remedy *remedy, const struct ranker_trail *trail,
                  const struct ranker_track *track, int64_t since_at)
{
    const double own = ranker_track_severity(track);

    return track->peak_at >= since_at && track->z > 0.0 &&
           own >= RANKER_CLEARLY_ILL &&
           own >= TELLING * strongest_of(trail, track->family, since_at) &&
           strstr(track->metric, remedy->metric) != NULL &&
           (remedy->family == ANY || remedy->family == (int)track->family);
}

static bool fits(const struct remedy *remedy,
                 const struct ranker_candidate *candidate, int family,
                 int64_t since_at)
{
    const struct ranker_trail *trail = candidate->entity->trail;

    if (remedy->kind != NULL &&
        strcmp(remedy->kind, candidate->entity->kind) != 0)
        return false;
    if (remedy->metric == NULL)
        return remedy->family == ANY || remedy->family == family;
    for (uint32_t i = 0; trail != NULL && i < trail->track_count; i++)
        if (names(remedy, trail, &trail->tracks[i], since_at))
            return true;
    return false;
}

/* Serves less than it does, or uses nothing at all: more of it would not help.
 * Less left (of memory, of a disk) is not idle. */
static bool is_idle(const struct ranker_candidate *candidate)
{
    const struct ranker_track *track = candidate->sign->track;
    if (track == NULL || !(track->z < 0.0))
        return false;
    return track->family == CW_FAMILY_TRAFFIC ||
           (track->family == CW_FAMILY_SATURATION && !(track->actual > 0.0) &&
            strcmp(candidate->entity->kind, "service") == 0);
}

const char *ranker_words_action(const struct ranker_candidate *candidate,
                                int64_t since_at)
{
    const struct ranker_sign *sign = candidate->sign;
    int family = CW_FAMILY_OTHER;

    if (candidate->kind == RANKER_KIND_CHANGE)
        return ranker_change_remedy(candidate->change);
    if (candidate->kind == RANKER_KIND_EDGE)
        return "check_network";
    if (sign->track != NULL)
        family = (int)sign->track->family;
    else if (sign->member != NULL)
        family = (int)sign->member->family;
    /* It is not there: what it did before matters no more. */
    const bool away = sign->gone || sign->missing >= 0.5 || is_idle(candidate);
    if (away)
        family = CW_FAMILY_AVAILABILITY;
    for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
        if (!(away && remedies[i].metric != NULL) &&
            fits(&remedies[i], candidate, family, since_at))
            return remedies[i].action;
    return "";
}
