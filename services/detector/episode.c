#include "episode.h"

#include <math.h> /* fabs: exact */

#include "base/fixmath.h"

#define CALM_COUNT    3
#define CALM_US       DETECTOR_MINUTE
#define SAY_US        DETECTOR_MINUTE
#define GROWTH        1.33
#define ACCEPT_COUNT  30   /* samples an accepted level has held */
#define OPINION_SHARE 10.0 /* times what was learnt before it */
#define ONSET_US      (6 * DETECTOR_HOUR) /* walk back no further */
#define RECENT_WINDOW 7u                  /* the last three samples */
#define AWAY          1.5                 /* standard deviations */
#define AGAIN         6                   /* times as long, and as often */
#define FULL_SHARE    0.9                 /* clocks of producers quiver */

static unsigned bits_set(unsigned bits)
{
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

static uint8_t push_bit(uint8_t recent, bool bit)
{
    const unsigned pushed = (unsigned)recent << 1 | (unsigned)bit;
    return (uint8_t)(pushed & RECENT_WINDOW);
}

static bool by_point(unsigned top)
{
    return top == VIEW_LEVEL || top == VIEW_RESIDUAL || top == VIEW_DAY;
}

static bool in_band(const struct judgement *judged)
{
    return judged->value >= judged->lower && judged->value <= judged->upper;
}

/* After a burst means remember it, and the next points are small beside it:
 * what is in its band then is no second sign. */
static bool is_odd(const struct detector_config *config,
                   const struct family_trait *trait,
                   const struct judgement *judged)
{
    const bool up = judged->deviations[judged->top] > 0.0;
    const bool echo = trait->bursts && in_band(judged) &&
                      (up || by_point((unsigned)judged->top));

    return judged->warm && judged->deviates && !echo &&
           judged->surprise >= config->confirm_surprise;
}

static bool opens(struct episode *episode, const struct detector_config *config,
                  const struct family_trait *trait,
                  const struct judgement *judged)
{
    const bool burst = trait->bursts && judged->deviations[judged->top] > 0.0;
    const bool odd = is_odd(config, trait, judged);

    episode->recent = push_bit(episode->recent, odd);
    if (!odd)
        return false;
    return (judged->surprise >= config->open_surprise && !burst) ||
           bits_set(episode->recent) >= 2;
}

static enum episode_event open_episode(struct episode *episode,
                                       const struct judgement *judged,
                                       int64_t onset)
{
    const int64_t after = episode->calm_at; /* the last one is over by then */
    int64_t started = onset < episode->pending_at ? onset : episode->pending_at;
    if (started < judged->at - ONSET_US)
        started = judged->at - ONSET_US;
    if (episode->opened_at != 0 && started <= after)
        started = after + 1 < judged->at ? after + 1 : judged->at;
    episode->started_at = started;
    episode->evident_at =
        episode->pending_at > started ? episode->pending_at : started;
    episode->opened_at = judged->at;
    episode->said_at = judged->at;
    episode->pending_at = 0;
    episode->said_peak = episode->peak;
    episode->calm_count = 0;
    episode->recent = RECENT_WINDOW;
    episode->top = (uint8_t)judged->top;
    episode->open = true;
    return EPISODE_OPENED;
}

/* ---- what has to last --------------------------------------------------- */

/* Is the sample itself off, or do means of a dozen only remember a burst?
 * Those of minutes hardly notice one. */
static bool is_away(const struct judgement *judged)
{
    switch (judged->top) {
    case VIEW_MINUTES5:
    case VIEW_MINUTES15:
    case VIEW_MINUTES60:
        return true;
    case VIEW_VARIANCE:
        return fabs(judged->z) >= AWAY;
    case VIEW_RESIDUAL:
    case VIEW_LEVEL:
    case VIEW_SHIFT:
    case VIEW_DAY:
    case VIEW_COUNT:
        break;
    }
    return judged->deviations[judged->top] >= 0.0 ? judged->z >= AWAY
                                                  : judged->z <= -AWAY;
}

static void begin_pending(struct episode *episode,
                          const struct judgement *judged)
{
    episode->pending_at = judged->at;
    episode->score = (float)judged->score;
    episode->peak = (float)judged->surprise;
    episode->length = 1;
    episode->off = 1;
    episode->away = 1;
}

static enum episode_event drop(struct episode *episode)
{
    episode->pending_at = 0;
    episode->recent = 0;
    return EPISODE_NONE;
}

/* Long enough, and still at it; or it comes back again and again. */
static bool has_lasted(const struct episode *episode,
                       const struct detector_config *config,
                       const struct judgement *judged)
{
    const int64_t waited_us = judged->at - episode->pending_at;
    const bool mostly = 3 * episode->off >= 2 * episode->length;

    return (waited_us >= AGAIN * config->persist_us && episode->off >= AGAIN) ||
           (waited_us >= config->persist_us && mostly &&
            bits_set(episode->away) >= 2 && bits_set(episode->recent) >= 2);
}

static enum episode_event wait_on(struct episode *episode,
                                  const struct detector_config *config,
                                  const struct family_trait *trait,
                                  const struct judgement *judged, int64_t onset)
{
    const bool odd = is_odd(config, trait, judged);

    episode->recent = push_bit(episode->recent, odd);
    episode->away = push_bit(episode->away, is_away(judged));
    if (episode->recent == 0 || episode->away == 0)
        return drop(episode);
    episode->length++;
    episode->off += episode->away & 1u;
    if (judged->surprise > (double)episode->peak) {
        episode->peak = (float)judged->surprise;
        episode->score = (float)judged->score;
    }
    return has_lasted(episode, config, judged)
               ? open_episode(episode, judged, onset)
               : EPISODE_NONE;
}

/* A sample stands for the time to the next: one of a minute says enough, one
 * of a second does not. */
static enum episode_event begin(struct episode *episode,
                                const struct detector_config *config,
                                const struct judgement *judged, int64_t onset)
{
    begin_pending(episode, judged);
    return 1e6 * judged->interval_s >= FULL_SHARE * (double)config->persist_us
               ? open_episode(episode, judged, onset)
               : EPISODE_NONE;
}

bool episode_holds(const struct episode *episode)
{
    return episode->open || episode->pending_at != 0;
}

/* ---- its end ------------------------------------------------------------ */

/* A point in its band is calm; where means or steps opened the episode they
 * have to come down as well. */
static bool is_calm(const struct episode *episode,
                    const struct detector_config *config,
                    const struct judgement *judged)
{
    return in_band(judged) && (by_point(episode->top) ||
                               judged->surprise < config->close_surprise);
}

/* What this sample alone says; means remember the trouble for minutes. */
static bool shouts(const struct detector_config *config,
                   const struct judgement *judged)
{
    return judged->surprises[VIEW_LEVEL] >= config->open_surprise ||
           judged->surprises[VIEW_DAY] >= config->open_surprise;
}

/* It closes as it opens: one stray sample in three is not the trouble come
 * back, unless it alone would open it. */
static bool recovered(struct episode *episode,
                      const struct detector_config *config,
                      const struct judgement *judged)
{
    const int64_t at = judged->at;
    const bool calm = is_calm(episode, config, judged);
    episode->recent = push_bit(episode->recent, !calm);
    if (!calm) {
        if (bits_set(episode->recent) >= 2 || shouts(config, judged))
            episode->calm_count = 0;
        return false;
    }
    if (episode->calm_count == 0)
        episode->calm_at = at;
    if (episode->calm_count < CALM_COUNT)
        episode->calm_count++;
    return episode->calm_count >= CALM_COUNT &&
           at - episode->calm_at >= CALM_US;
}

static enum episode_event close_episode(struct episode *episode, int64_t at,
                                        enum episode_event why)
{
    episode->open = false;
    episode->recent = 0;
    episode->calm_at = at; /* the next onset lies behind it */
    return why;
}

/* An opinion formed in a minute is not held against the world for hours. */
static int64_t patience_of(const struct detector_config *config,
                           const struct family_trait *trait,
                           const struct judgement *judged)
{
    const int64_t most = config->accept_after_us * trait->accept_factor;
    const double own = OPINION_SHARE * 1e6 * judged->learnt_s;
    return own < (double)most ? (int64_t)own : most;
}

enum episode_event episode_step(struct episode *episode,
                                const struct detector_config *config,
                                const struct family_trait *trait,
                                const struct judgement *judged, int64_t onset)
{
    if (episode->pending_at != 0)
        return wait_on(episode, config, trait, judged, onset);
    if (!episode->open)
        return opens(episode, config, trait, judged)
                   ? begin(episode, config, judged, onset)
                   : EPISODE_NONE;
    if (episode->length < UINT32_MAX)
        episode->length++;
    const int64_t at = judged->at;
    if (recovered(episode, config, judged))
        return close_episode(episode, at, EPISODE_CLOSED);
    const int64_t patience = patience_of(config, trait, judged);
    if (at - episode->opened_at >= patience && episode->length >= ACCEPT_COUNT)
        return close_episode(episode, at, EPISODE_ACCEPTED);
    if (judged->surprise > (double)episode->peak)
        episode->peak = (float)judged->surprise;
    const bool grown =
        (double)episode->peak > GROWTH * (double)episode->said_peak;
    if (!grown && at - episode->said_at < SAY_US)
        return EPISODE_NONE;
    episode->said_at = at;
    episode->said_peak = episode->peak;
    return EPISODE_UPDATED;
}

#define EPISODE_FIELDS(X)                                                      \
    X(i64, started_at)                                                         \
    X(i64, evident_at)                                                         \
    X(i64, opened_at)                                                          \
    X(i64, said_at)                                                            \
    X(i64, calm_at)                                                            \
    X(i64, pending_at)                                                         \
    X(i64, decided_at)                                                         \
    X(f32, score)                                                              \
    X(f32, peak)                                                               \
    X(f32, said_peak)                                                          \
    X(u32, length)                                                             \
    X(u32, off)                                                                \
    X(u8, calm_count)                                                          \
    X(u8, recent)                                                              \
    X(u8, away)                                                                \
    X(u8, top)                                                                 \
    X(bool, open)

void episode_save(const struct episode *episode, struct cw_pack *out)
{
#define SAVE(type, field) cw_pack_##type(out, episode->field);
    EPISODE_FIELDS(SAVE)
#undef SAVE
}

void episode_load(struct episode *episode, struct cw_unpack *in)
{
#define LOAD(type, field) episode->field = cw_unpack_##type(in);
    EPISODE_FIELDS(LOAD)
#undef LOAD
}
