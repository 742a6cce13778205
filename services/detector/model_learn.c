/* How a model learns from the sample it judged. */
#include "model_inner.h"

#include <math.h> /* fabs: exact */

#define FAST_SHARE    0.3
#define SIGMA_OF_MEAN 1.2533141 /* sd / mean |x| of a normal */
#define CUSUM_SLACK   0.5

/* What stands at 0 and leaves it for a sample or two now and then, as the
 * processor time of an idle program by ticks of its clock, moves by quanta too.
 * What stays away from 0 for longer is no tick, whatever its size. */
static void learn_grain(struct model *model, double value)
{
    if (value == 0.0 && model->tick > 0.0f &&
        (model->grain == 0.0f || model->tick < model->grain))
        model->grain = model->tick;
    model->tick = model->none && value > 0.0 ? (float)value : 0.0f;
    model->none = value == 0.0;
}

static void learn_time(struct model *model, const struct judgement *j)
{
    if (model->seen == 0) {
        model->first_at = j->at;
        return;
    }
    if (model->seen == 1)
        model->interval_s = (float)j->gap_s;
    const double interval = (double)model->interval_s;
    const double off = j->gap_s - interval;
    const double gain = larger(0.02, 1.0 / (1.0 + (double)model->seen));
    model->interval_s += (float)(gain * clipped(off, 0.5 * interval));
    model->jitter_s += (float)(gain * (smaller(fabs(off), 2.0 * interval) -
                                       (double)model->jitter_s));
}

/* Where the present deviation began: cumulated sums restart at 0. */
static void learn_onset(struct model *model, const struct judgement *j)
{
    const double z = clipped(j->z, 20.0);
    const double up = (double)model->up + z - CUSUM_SLACK;
    const double down = (double)model->down - z - CUSUM_SLACK;
    if (model->up <= 0.0F)
        model->up_at = j->at;
    if (model->down <= 0.0F)
        model->down_at = j->at;
    model->up = (float)smaller(larger(up, 0.0), 1e6);
    model->down = (float)smaller(larger(down, 0.0), 1e6);
    if (fabs(j->z) < MODEL_OUT_SIGMAS)
        model->out_at = 0;
    else if (model->out_at == 0)
        model->out_at = j->at;
}

static void learn_scale(struct view_state *view, double deviation, double gain,
                        bool trusted)
{
    const double old = (double)view->scale;
    double size = SIGMA_OF_MEAN * fabs(deviation);
    if (trusted)
        size = smaller(size, larger(6.0 * old, 0.05 * size));
    view->scale = (float)(old + gain * (size - old));
}

static void learn_levels(struct model *model, const struct judgement *j,
                         double gain, double least)
{
    const bool trusted = model->settled >= MODEL_TRUST_COUNT;
    const double most = 3.0 * model_usual_deviation(model, least) * j->factor;
    const double away = j->value - j->season - model->level;
    const double away_slow = j->value - model->slow;
    model->level +=
        gain *
        (trusted ? clipped(away, larger(most, 0.05 * fabs(away))) : away);
    model->slow +=
        gain * (trusted
                    ? clipped(away_slow, larger(most, 0.2 * fabs(away_slow)))
                    : away_slow);
    if (model->day == NULL || !model->day->in_use)
        model->level = model->slow;
}

static void learn_scales(struct model *model, const struct judgement *j,
                         double gain)
{
    const bool trusted = model->settled >= MODEL_TRUST_COUNT;
    for (unsigned i = 0; i < VIEW_COUNT; i++) {
        double own = gain;
        if (i >= VIEW_MINUTES5 && i <= VIEW_MINUTES60)
            own = smaller(gain,
                          larger((double)model->interval_s /
                                     (10.0 * model_window_s[i - VIEW_MINUTES5]),
                                 1.0 / ((double)model->settled + 1.0)));
        learn_scale(&model->views[i], j->deviations[i], own, trusted);
    }
    const double step =
        fabs(j->value - j->season - model->previous) / j->factor;
    const double slow = (double)model->step_slow;
    const double kept =
        trusted ? smaller(step, larger(8.0 * slow, 0.05 * step)) : step;
    model->step_slow += (float)(gain * (kept - slow));
}

/* The profile begins when samples prove close enough to have one. */
static void learn_day(struct model *model, const struct judgement *j,
                      double gain, bool calm)
{
    struct day *day = model->day;
    if (day == NULL)
        return;
    if (j->timed && calm) {
        const double away = j->value - j->day.season - day->level;
        const double most = 3.0 * larger((double)day->error, 1e-30);
        day->level += gain * clipped(away, larger(most, 0.05 * fabs(away)));
    }
    day_learn(day, j->at, j->value, j->timed ? &j->day : NULL,
              larger(gain, 1e-4), calm);
    if (!day_weigh(day, model->first_at, j->at))
        return;
    model->level = day->in_use ? day->level : model->slow;
    model->views[VIEW_LEVEL].scale =
        (float)(SIGMA_OF_MEAN *
                (double)(day->in_use ? day->error : day->raw_error));
    model->fast = model->level;
    model->previous = model->level;
    model_settle(model);
}

/* untold = false: part of an episode that is told already, see tail_learn. */
static void learn_tails(struct model *model, const struct judgement *j,
                        bool untold)
{
    if (!j->warm)
        return;
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        if (j->ready & (1u << i))
            tail_learn(&model->views[i].tail, j->loudness[i], model->seen,
                       untold);
    tail_learn(&model->fused, j->fused, model->seen, untold);
}

void model_learn(struct model *model, const struct model_nature *nature,
                 const struct judgement *judged, bool calm, bool first)
{
    learn_time(model, judged);
    const double least = model_noise_floor(model, nature, judged->value);
    model->whole =
        model->whole && model_is_whole(judged->value, nature->quantum);
    learn_grain(model, judged->value);
    if (calm && judged->value == 0.0)
        model->never_none = false;
    if (model->seen == 0) {
        model->level = model->slow = judged->value;
        model->fast = model->previous = judged->value;
    }
    const double bare = judged->value - judged->season;
    if (bare != model->previous)
        model->moved = true;
    const double gain = larger(1.0 / model_slow_count(model),
                               1.0 / ((double)model->settled + 1.0));
    if (model->seen > 0) {
        learn_onset(model, judged);
        model->shift = (float)judged->deviations[VIEW_SHIFT];
        for (unsigned i = 0; i < VIEW_WINDOWS; i++)
            model->windows[i] = (float)judged->deviations[VIEW_MINUTES5 + i];
        model->step_fast = (float)judged->step_fast;
    }
    learn_tails(model, judged, calm || first);
    if (calm) {
        learn_levels(model, judged, gain, least);
        learn_scales(model, judged, gain);
    }
    model->fast += FAST_SHARE * (bare - model->fast);
    if (judged->gap_s > 20.0 * (double)model->interval_s)
        model->fast = bare;
    model->previous = bare;
    learn_day(model, judged, gain, calm);
    model->last_at = judged->at;
    if (model->seen < UINT32_MAX)
        model->seen++;
    if (calm && model->settled < UINT32_MAX)
        model->settled++;
}
