#include "series.h"

#include <math.h> /* fabs: exact */
#include <stdlib.h>
#include <string.h>

#include "base/fixmath.h"

#define FIRST_SAMPLES 3     /* of an episode that tails learn from */
#define NEWS          1.3   /* a peak so much higher is news */
#define RECENT_KEEP   0.985 /* of the last peak, a sample: half in 46 */

void series_init(struct series *series)
{
    memset(series, 0, sizeof(*series));
    model_init(&series->model);
}

void series_fini(struct series *series)
{
    free(series->model.day);
    series->model.day = NULL;
}

static struct day *make_day(void)
{
    return calloc(1, sizeof(struct day));
}

/* The score speaks of what is new: evidence not clearly above what the last
 * dozens of samples have shown already counts half. Episodes do not read it. */
static void habituate(struct series *series,
                      const struct detector_config *config,
                      struct judgement *judged)
{
    const double recent = (double)series->recent * RECENT_KEEP;
    const bool news = judged->surprise >= NEWS * recent;
    series->recent =
        (float)(judged->surprise > recent ? judged->surprise : recent);
    if (news)
        return;
    const double left = 0.5 * judged->surprise;
    judged->score = cw_round6(left / (left + config->confirm_surprise));
}

/* Once the series is warm its distance of samples is known. Without memory it
 * goes on without a season, and tries again at its next warm-up. */
static void begin_day(struct series *series)
{
    struct model *model = &series->model;
    if (model->seen != MODEL_WARM_COUNT || model->day != NULL)
        return;
    const unsigned bins = day_bins_of((double)model->interval_s);
    if (bins == 0)
        return;
    model->day = make_day();
    if (model->day != NULL)
        day_init(model->day, model->slow, bins, model->last_at);
}

static void keep_peak(struct series *series, const struct judgement *judged)
{
    if (series->minute_count < UINT32_MAX)
        series->minute_count++;
    if (!judged->warm)
        return;
    if (!(fabs(judged->z) > fabs((double)series->peak.z)))
        return;
    series->peak = (struct series_peak){
        .onset_at =
            fabs(judged->z) >= 3.0 ? model_onset(&series->model, judged) : 0,
        .z = (float)judged->z,
        .surprise = (float)judged->surprise,
        .actual = judged->value,
        .expected = judged->expected,
    };
}

static enum sample_fate fate_of(const struct series *series, int64_t at,
                                double value)
{
    if (!(fabs(value) <= MODEL_SAMPLE_MAX))
        return SAMPLE_BAD;
    if (series->model.seen == 0 || at > series->model.last_at)
        return SAMPLE_TAKEN;
    return at == series->model.last_at ? SAMPLE_DUPLICATE : SAMPLE_BACKWARD;
}

enum sample_fate series_sample(struct series *series,
                               const struct detector_config *config,
                               const struct model_nature *nature, int64_t at,
                               double value, struct series_verdict *verdict)
{
    struct judgement *judged = &verdict->judged;
    struct model *model = &series->model;
    const enum sample_fate fate = fate_of(series, at, value);
    if (fate != SAMPLE_TAKEN) {
        if (series->refused < UINT32_MAX)
            series->refused++;
        return fate;
    }
    model_judge(model, config, nature, at, value, judged);
    verdict->event = episode_step(&series->episode, config, nature->trait,
                                  judged, model_onset(model, judged));
    habituate(series, config, judged);
    keep_peak(series, judged);
    const bool held = episode_holds(&series->episode);
    model_learn(model, nature, judged, !held,
                held && series->episode.length <= FIRST_SAMPLES);
    if (verdict->event == EPISODE_ACCEPTED)
        model_accept(model);
    else if (verdict->event == EPISODE_CLOSED)
        model_settle(model);
    begin_day(series);
    return SAMPLE_TAKEN;
}

void series_clear_peak(struct series *series)
{
    series->peak = (struct series_peak){0};
    series->minute_count = 0;
}

void series_save(const struct series *series, struct cw_pack *out)
{
    model_save(&series->model, out);
    episode_save(&series->episode, out);
    cw_pack_i64(out, series->peak.onset_at);
    cw_pack_f32(out, series->peak.z);
    cw_pack_f32(out, series->peak.surprise);
    cw_pack_f64(out, series->peak.actual);
    cw_pack_f64(out, series->peak.expected);
    cw_pack_f32(out, series->recent);
    cw_pack_u32(out, series->refused);
    cw_pack_u32(out, series->minute_count);
}

void series_load(struct series *series, struct cw_unpack *in)
{
    series_init(series);
    model_load(&series->model, make_day, in);
    episode_load(&series->episode, in);
    series->peak.onset_at = cw_unpack_i64(in);
    series->peak.z = cw_unpack_f32(in);
    series->peak.surprise = cw_unpack_f32(in);
    series->peak.actual = cw_unpack_f64(in);
    series->peak.expected = cw_unpack_f64(in);
    series->recent = cw_unpack_f32(in);
    series->refused = cw_unpack_u32(in);
    series->minute_count = cw_unpack_u32(in);
}
