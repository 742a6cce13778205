#include "model_inner.h"

#include <math.h> /* fabs, floor: exact */
#include <string.h>

#include "base/fixmath.h"

#define SLOW_S       21600.0 /* memory of the level: six hours ... */
#define SLOW_LEAST   120.0   /* ... but so many samples */
#define SLOW_MOST    21600.0
#define SHIFT_COUNT  12.0
#define STEP_COUNT   8.0
#define SURPRISE_CAP 12.0 /* one view's say */
#define DECADES_CAP  60.0
#define ALONE_COST   0.903 /* log10 of VIEW_COUNT: the best of so many */
#define RECORD_CAP   3.0
#define LOOSE_SCALE  0.1  /* of a count: its number changes by itself */
#define UNSCALED_Z   10.0 /* it never moved: that it did, not how far */

const double model_window_s[VIEW_WINDOWS] = {300.0, 900.0, 3600.0};

/* Never sharper than a normal's tail seen through 20 % of misjudged scale. */
static const struct tail_floor view_least = {1.0, 0.30};
static const struct tail_floor fused_least = {4.0, 1.0};

void model_init(struct model *model)
{
    memset(model, 0, sizeof(*model));
    model->whole = true;
    model->never_none = true;
    tail_init(&model->fused, 7.0, 1.6);
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        tail_init(&model->views[i].tail, 2.0, 0.4);
}

/* Samples the slow level remembers. */
double model_slow_count(const struct model *model)
{
    const double interval = larger((double)model->interval_s, 1e-3);
    return smaller(larger(SLOW_S / interval, SLOW_LEAST), SLOW_MOST);
}

/* To six decimals like cw_round6, for the small numbers judged here. */
static double rounded(double x)
{
    const double scaled = x * 1e6;
    return (double)(int64_t)(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5) * 1e-6;
}

bool model_is_whole(double value, double quantum)
{
    const double count = quantum > 0.0 ? value / quantum : value;
    return fabs(count - floor(count + 0.5)) < 1e-6;
}

static double quantum_of(const struct model *model,
                         const struct model_nature *nature, double value)
{
    const bool gone = model->never_none && value == 0.0;
    if (nature->quantum > 0.0)
        return nature->quantum;
    if (model->whole && !gone && model_is_whole(value, 0.0))
        return 1.0;
    const bool short_so_far = model->none || model->tick > 0.0f;
    return short_so_far ? (double)model->grain : 0.0;
}

/* What this series may move by without anybody calling it a move: a share of
 * its level, and one quantum of what is counted. One less of several is noise;
 * none left of what there always was is not. */
double model_noise_floor(const struct model *model,
                         const struct model_nature *nature, double value)
{
    const double share = model->moved ? 0.005 : 0.02;
    return larger(share * fabs(model->slow), quantum_of(model, nature, value) *
                                                 nature->trait->quantum_share);
}

/* Whether enough is left of what is counted, where its number changes by
 * itself: workers and backends come and go with the work. None left, or few, or
 * one less of what never changed, is a loss. */
static bool some_left(const struct model *model,
                      const struct model_nature *nature, double value)
{
    return nature->trait->parts && model->whole && model_is_whole(value, 0.0) &&
           (double)model->views[VIEW_LEVEL].scale >= LOOSE_SCALE &&
           value >= 1.0 && value >= 0.5 * model->slow;
}

double model_usual_deviation(const struct model *model, double least)
{
    return larger((double)model->views[VIEW_LEVEL].scale, least);
}

/* A view's scale, with what it can never be under: a mean of n samples that
 * moves by a hair is no news, however still it stood. */
static double scale_of(const struct model *model, enum view view, double least)
{
    const double own = (double)model->views[view].scale;
    const double sigma = model_usual_deviation(model, least);
    switch (view) {
    case VIEW_SHIFT:
        return larger(own, 0.25 * sigma);
    case VIEW_VARIANCE:
        return larger(own, 0.25);
    case VIEW_MINUTES5:
    case VIEW_MINUTES15:
    case VIEW_MINUTES60:
        return larger(own, 0.15 * sigma);
    case VIEW_RESIDUAL:
    case VIEW_LEVEL:
    case VIEW_DAY:
    case VIEW_COUNT:
        break;
    }
    return larger(own, least);
}

/* The 60 minutes' mean of a series of one sample a minute is ready after six
 * of its own lengths: it must have seen several of itself. */
static unsigned ready_views(const struct model *model,
                            const struct judgement *j)
{
    if (model->seen < MODEL_WARM_COUNT)
        return 0;
    unsigned ready = 1u << VIEW_RESIDUAL | 1u << VIEW_LEVEL | 1u << VIEW_SHIFT |
                     1u << VIEW_VARIANCE;
    const double interval = (double)model->interval_s;
    for (unsigned i = 0; i < VIEW_WINDOWS; i++) {
        const bool several = model_window_s[i] >= 4.0 * interval;
        const bool short_enough =
            model_window_s[i] * 4.0 <= model_slow_count(model) * interval;
        const bool lived =
            (double)model->settled * interval >= 6.0 * model_window_s[i];
        if (several && short_enough && lived)
            ready |= 1u << (VIEW_MINUTES5 + i);
    }
    if (j->timed && model->day->in_use)
        ready |= 1u << VIEW_DAY;
    return ready;
}

static void place_in_day(const struct model *model, struct judgement *j)
{
    const struct day_view *view = &j->day;
    j->factor = 1.0;
    j->season = 0.0;
    j->timed = model->day != NULL && day_find(model->day, j->at, &j->day);
    j->deviations[VIEW_DAY] = 0.0;
    if (!j->timed)
        return;
    j->deviations[VIEW_DAY] = (j->value - view->value) / view->factor;
    if (!model->day->in_use)
        return;
    j->season = view->season;
    j->factor = view->factor;
}

/* +: a burst, -: a flat line; 0 where both steps are alike. */
static double step_ratio(double fast, double slow)
{
    if (!(slow > 0.0))
        return 0.0;
    const double ratio = (fast + 0.02 * slow) / (1.02 * slow);
    return ratio >= 1.0 ? ratio - 1.0 : 1.0 - 1.0 / ratio;
}

/* Every view's signed deviation, this sample included. */
static void deviate(const struct model *model, struct judgement *j,
                    double least)
{
    place_in_day(model, j);
    const double u = (j->value - j->season - model->level) / j->factor;
    const bool trusted = model->seen >= MODEL_TRUST_COUNT;
    const double sigma = model_usual_deviation(model, least);
    const double kept =
        trusted ? clipped(u, larger(8.0 * sigma, 0.02 * fabs(u))) : u;
    j->unit_deviation = u;
    j->deviations[VIEW_LEVEL] = u;
    j->deviations[VIEW_SHIFT] =
        (double)model->shift + (kept - (double)model->shift) / SHIFT_COUNT;
    for (unsigned i = 0; i < VIEW_WINDOWS; i++) {
        const double old = (double)model->windows[i];
        const double gap = smaller(j->gap_s, 10.0 * (double)model->interval_s);
        j->deviations[VIEW_MINUTES5 + i] =
            old + (kept - old) * gap / (gap + model_window_s[i]);
    }
    /* After a hole the last samples say nothing about this one. */
    const bool fresh = j->gap_s <= 20.0 * (double)model->interval_s;
    j->deviations[VIEW_RESIDUAL] =
        fresh ? (j->value - j->season - model->fast) / j->factor : 0.0;
    const double slow = (double)model->step_slow;
    const double step =
        fabs(j->value - j->season - model->previous) / j->factor;
    const double step_kept =
        trusted ? smaller(step, larger(8.0 * slow, 0.05 * step)) : step;
    j->step_fast = (double)model->step_fast +
                   (step_kept - (double)model->step_fast) / STEP_COUNT;
    j->deviations[VIEW_VARIANCE] =
        step_ratio(larger(j->step_fast, 0.0), larger(slow, 0.25 * least));
}

/* The sign of the variance view tells a burst (+) from a flat line. */
static bool minded(enum direction direction, enum view view, double d)
{
    if (direction == DIRECTION_BOTH)
        return true;
    if (direction == DIRECTION_UP || view == VIEW_VARIANCE)
        return d >= 0.0;
    return d <= 0.0;
}

/* What counts as loud: the wrong direction does not, nor does a jump back to
 * where the series belongs (a recovery is no anomaly). */
static double loudness_of(const struct judgement *j, enum view view,
                          const struct family_trait *trait, double scale)
{
    const double d = j->deviations[view];
    if (!minded(trait->direction, view, d))
        return 0.0;
    if (view == VIEW_RESIDUAL && d * j->unit_deviation < 0.0)
        return 0.0;
    return scale > 0.0 ? smaller(fabs(d) / scale, 1e6) : d == 0.0 ? 0.0 : 1e6;
}

/* Does the view's deviation matter in the unit of the series? */
static bool matters(const struct judgement *j, enum view view, double sigma,
                    double least)
{
    const double u = j->deviations[view] * j->factor;
    switch (view) {
    case VIEW_VARIANCE:
        return j->step_fast >= least && j->step_fast >= sigma;
    case VIEW_SHIFT:
    case VIEW_MINUTES5:
    case VIEW_MINUTES15:
    case VIEW_MINUTES60:
        return fabs(u) >= least && fabs(u) >= 0.5 * sigma;
    case VIEW_RESIDUAL:
    case VIEW_LEVEL:
    case VIEW_DAY:
    case VIEW_COUNT:
        break;
    }
    /* Two of the level's own too: a jump back to normal is loud, not far. */
    const double away = fabs(j->value - j->expected);
    return away >= least && away >= 2.0 * sigma * j->factor &&
           j->loudness[view] >= 3.0;
}

/* A tail is a guess beyond what was seen; three excursions as large as this
 * one are a fact. It can still be odd together with other views. */
static double known_cap(const struct view_state *view, double loudness)
{
    return tail_knows(&view->tail, loudness) ? RECORD_CAP : SURPRISE_CAP;
}

static void judge_views(const struct model *model, struct judgement *j,
                        const struct model_nature *nature, double least)
{
    j->fused = 0.0;
    for (unsigned i = 0; i < VIEW_COUNT; i++) {
        const double scale = scale_of(model, (enum view)i, least);
        j->loudness[i] = loudness_of(j, (enum view)i, nature->trait, scale);
        j->surprises[i] = 0.0;
        if (!(j->ready & (1u << i)))
            continue;
        j->surprises[i] =
            rounded(smaller(tail_surprise(&model->views[i].tail, &view_least,
                                          j->loudness[i], model->seen),
                            known_cap(&model->views[i], j->loudness[i])));
        j->fused += j->surprises[i];
        if (j->surprises[i] > j->surprises[j->top])
            j->top = (enum view)i;
    }
}

/* A deviation too small for anybody to act on stays below the threshold, and
 * its score below one half. */
static void judge_size(const struct detector_config *config,
                       const struct model_nature *nature, struct judgement *j,
                       double sigma)
{
    const double least = config->min_relative * nature->trait->relative_share *
                         fabs(j->expected);
    j->deviates = false;
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        if (j->surprises[i] >= 2.0 && matters(j, (enum view)i, sigma, least))
            j->deviates = true;
    if (!j->deviates)
        j->surprise = smaller(j->surprise, 0.9 * config->confirm_surprise);
}

/* What is left serves: no view's word counts, and the band reaches down to it,
 * so that an episode of none left ends here. */
static void forgive(struct judgement *j)
{
    j->surprise = 0.0;
    j->z = 0.0;
    j->deviates = false;
    j->lower = smaller(j->lower, j->value);
}

void model_judge(const struct model *model,
                 const struct detector_config *config,
                 const struct model_nature *nature, int64_t at, double value,
                 struct judgement *out)
{
    memset(out, 0, sizeof(*out));
    out->at = at;
    out->value = value;
    if (model->seen == 0) {
        out->expected = value;
        out->factor = 1.0;
        return;
    }
    out->gap_s = (double)(at - model->last_at) / 1e6;
    out->learnt_s = (double)model->settled * (double)model->interval_s;
    out->interval_s = (double)model->interval_s;
    const double least = model_noise_floor(model, nature, value);
    const double sigma = model_usual_deviation(model, least);
    deviate(model, out, least);
    out->ready = ready_views(model, out);
    out->expected = model->level + out->season;
    const double unit = sigma * out->factor;
    out->z = unit > 0.0 ? (value - model->level - out->season) / unit
                        : clipped((value - model->level) * 1e30, UNSCALED_Z);
    out->z = rounded(clipped(out->z, 1000.0));
    judge_views(model, out, nature, least);
    out->warm = model->seen >= MODEL_WARM_COUNT;
    if (!out->warm)
        return;
    const struct tail *tail = &model->views[VIEW_LEVEL].tail;
    const double reach = smaller(
        larger(3.0, (double)tail->threshold + 3.0 * (double)tail->excess), 8.0);
    out->lower = out->expected - reach * unit;
    out->upper = out->expected + reach * unit;
    /* Of few samples one knows a tail badly: surprise counts for less. */
    const double known =
        1.0 + (double)MODEL_WARM_COUNT / (double)model->settled;
    const double surprise =
        tail_surprise(&model->fused, &fused_least, out->fused, model->seen);
    const double alone = out->surprises[out->top] - ALONE_COST;
    out->surprise = smaller(larger(surprise, alone) / known, DECADES_CAP);
    judge_size(config, nature, out, sigma);
    out->surprise = rounded(out->surprise);
    if (some_left(model, nature, value))
        forgive(out);
    out->score =
        cw_round6(out->surprise / (out->surprise + config->confirm_surprise));
}
