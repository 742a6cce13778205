#include "watch.h"

#include "base/fixmath.h"
#include "base/hash.h"

#define MISSED_COUNT    5  /* samples in a row that did not come */
#define REGULAR_COUNT   20 /* samples that show a rhythm */
#define REGULAR_JITTER  0.35
#define STALE_COUNT     10
#define STALE_US        (5 * DETECTOR_MINUTE)
#define EPISODE_IDLE_US (30 * DETECTOR_MINUTE)
#define PARKED_US       (10 * DETECTOR_MINUTE)

static int64_t interval_of(const struct member *member)
{
    return (int64_t)((double)member->series.model.interval_s * 1e6);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Came at even distances, so that a hole says something. A carrier has no
 * model, and its count speaks for it; a quotient waits for traffic. */
static bool is_regular(const struct roster *roster, const struct member *member)
{
    const struct model *model = &member->series.model;
    return !member->derived && !roster_is_carrier(roster, member) &&
           model->seen >= REGULAR_COUNT && model->interval_s > 0.0F &&
           (double)model->jitter_s < REGULAR_JITTER * (double)model->interval_s;
}

static bool is_silent(const struct scope *scope, const struct member *member,
                      int64_t now_at)
{
    const int64_t patience = larger(MISSED_COUNT * interval_of(member),
                                    scope->config->missing_floor_us);
    const int64_t since = larger(member->seen_at, scope->roster->resumed_at);
    if (now_at - since < patience)
        return false;
    if (scope->roster->seen_at - since >= patience / 2)
        return true; /* others went on */
    /* The silence of everything here: producers restart within minutes. */
    const int64_t alone_us = scope->config->missing_alone_us;
    return alone_us > 0 && now_at - since >= larger(alone_us, 2 * patience);
}

static bool is_short_lived(struct cw_text kind)
{
    static const char *const kinds[] = {"pod", "container", "process", "job",
                                        "task"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (cw_text_is(kind, kinds[i]))
            return true;
    return false;
}

static enum cw_status open_silence(const struct scope *scope,
                                   struct member *member, int64_t now_at,
                                   struct cw_error *err)
{
    const double interval = (double)interval_of(member);
    const double missed = (double)(now_at - member->seen_at) / interval;
    const double surprise =
        scope->config->confirm_surprise + (missed < 30.0 ? missed / 10.0 : 3.0);
    member->silence = (struct silence){
        .started_at = member->series.model.last_at + interval_of(member),
        .opened_at = now_at,
        .score =
            cw_round6(surprise / (surprise + scope->config->confirm_surprise)),
        .open = true,
    };
    scope->counts->opened++;
    return report_silence(scope, member, 0, err);
}

struct silent_count {
    uint32_t regular;
    uint32_t silent;
    uint32_t first; /* regular member */
    bool open;      /* one speaks already */
};

static struct silent_count count_silent(const struct scope *scope,
                                        const struct watched_entity *entity,
                                        int64_t now_at)
{
    struct silent_count count = {.first = ROSTER_NONE};
    for (uint32_t i = entity->first; i != ROSTER_NONE;) {
        const struct member *member = scope->roster->members[i];
        if (is_regular(scope->roster, member)) {
            if (count.first == ROSTER_NONE)
                count.first = i;
            count.regular++;
            count.silent += is_silent(scope, member, now_at);
            count.open = count.open || member->silence.open;
        }
        i = member->next;
    }
    return count;
}

static enum cw_status watch_entity(const struct scope *scope,
                                   const struct watched_entity *entity,
                                   int64_t now_at, struct cw_error *err)
{
    const struct silent_count count = count_silent(scope, entity, now_at);
    if (count.silent == 0)
        return CW_OK;
    if (count.silent == count.regular) {
        if (count.open || is_short_lived(entity->kind))
            return CW_OK;
        return open_silence(scope, scope->roster->members[count.first], now_at,
                            err);
    }
    enum cw_status status = CW_OK;
    for (uint32_t i = entity->first; i != ROSTER_NONE && status == CW_OK;) {
        struct member *member = scope->roster->members[i];
        if (!member->silence.open && is_regular(scope->roster, member) &&
            is_silent(scope, member, now_at))
            status = open_silence(scope, member, now_at, err);
        i = member->next;
    }
    return status;
}

/* What can be said of a series that is not there to be judged. */
static struct judgement absent(const struct member *member)
{
    const struct model *model = &member->series.model;
    return (struct judgement){
        .at = model->last_at,
        .value = cw_round6(model->fast),
        .expected = cw_round6(model->slow),
        .lower = cw_round6(model->slow),
        .upper = cw_round6(model->slow),
        .top = (enum view)member->series.episode.top,
    };
}

static enum cw_status watch_member(const struct scope *scope,
                                   struct member *member, int64_t now_at,
                                   struct cw_error *err)
{
    const int64_t idle = now_at - member->seen_at;
    const int64_t interval = interval_of(member);
    enum cw_status status = CW_OK;
    if (member->state != CW_SERIES_STATE_STALE &&
        !roster_is_carrier(scope->roster, member) &&
        idle >= larger(STALE_COUNT * interval, STALE_US)) {
        member->state = CW_SERIES_STATE_STALE;
        status = report_series(scope, member, 0, err);
    }
    struct episode *episode = &member->series.episode;
    if (status == CW_OK && episode->open &&
        idle >= larger(STALE_COUNT * interval, EPISODE_IDLE_US)) {
        const struct judgement judged = absent(member);
        episode->open = false;
        episode->calm_at = judged.at;
        scope->counts->closed++;
        status = report_episode(scope, member, &judged,
                                CW_ANOMALY_STATUS_CLOSED, END_SILENT, err);
    }
    if (status == CW_OK && member->silence.open &&
        idle >= scope->config->forget_after_us) {
        member->silence.open = false;
        scope->counts->closed++;
        status = report_silence(scope, member, now_at, err);
    }
    return status;
}

static void drop_parked(const struct scope *scope, int64_t now_at)
{
    struct roster *roster = scope->roster;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < roster->parked_count; i++)
        if (now_at - roster->parked[i].stream_at < PARKED_US)
            roster->parked[kept++] = roster->parked[i];
    scope->counts->unknown += roster->parked_count - kept;
    roster->parked_count = kept;
}

enum cw_status watch_tick(const struct scope *scope, int64_t now_at,
                          struct cw_error *err)
{
    struct roster *roster = scope->roster;
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < roster->entity_count && status == CW_OK; i++)
        if (scope->config->missing)
            status = watch_entity(scope, &roster->entities[i], now_at, err);
    for (uint32_t i = 0; i < roster->member_count && status == CW_OK; i++)
        status = watch_member(scope, roster->members[i], now_at, err);
    drop_parked(scope, now_at);
    if (status != CW_OK)
        return status;
    const uint32_t before = roster->member_count;
    status =
        roster_forget(roster, now_at - scope->config->forget_after_us, err);
    scope->counts->forgotten += before - roster->member_count;
    return status;
}
