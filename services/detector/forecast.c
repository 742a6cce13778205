#include "forecast.h"

#include <math.h> /* fabs, isfinite, floor: exact */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fixmath.h"
#include "config.h"
#include "smooth.h"

#define METHODS_MAX  20
#define BEST         5
#define ORIGINS_MAX  8
#define SEASON_LEAST 0.3 /* autocorrelation of a day that is one */
#define POOL_LEAST   40  /* errors a quantile is taken from */
#define WIDEN        1.1 /* the best were chosen on these very errors */

struct work {
    double *values; /* even, oldest first */
    size_t count;
    int64_t last_at;
    int64_t interval_us;
    size_t horizon;
    size_t day; /* periods in values; 0 = not seen */
    size_t week;
    struct smooth_method methods[METHODS_MAX];
    size_t method_count;
    size_t best[BEST];
    size_t best_count;
    double *season; /* scratch: the longest period */
    double *next;   /* scratch: METHODS_MAX + 1 rows of horizon */
    double *errors; /* ORIGINS_MAX rows of horizon */
    size_t origins;
    size_t stride;
    double *pool;
};

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static enum cw_status check(const struct forecast_sample *samples, size_t count,
                            size_t horizon, struct cw_error *err)
{
    if (horizon == 0 || horizon > FORECAST_STEPS)
        return cw_fail(err, CW_BAD_RECORD, "horizon %zu not in 1..%d", horizon,
                       FORECAST_STEPS);
    if (count < FORECAST_LEAST)
        return cw_fail(err, CW_BAD_RECORD, "%zu samples, at least %d needed",
                       count, FORECAST_LEAST);
    for (size_t i = 0; i < count; i++)
        if (!(fabs(samples[i].value) <= 1e150))
            return cw_fail(err, CW_BAD_RECORD, "sample %zu is no number", i);
    return CW_OK;
}

/* The usual distance: the median, so that holes do not stretch it. */
static int64_t usual_distance(const struct forecast_sample *samples,
                              size_t count, double *room)
{
    size_t found = 0;
    for (size_t i = 1; i < count; i++)
        if (samples[i].at > samples[i - 1].at)
            room[found++] = (double)(samples[i].at - samples[i - 1].at);
    if (found == 0)
        return 0;
    qsort(room, found, sizeof(*room), by_value);
    return (int64_t)room[found / 2];
}

static size_t slot_of(int64_t at, int64_t first_at, int64_t interval_us)
{
    return (size_t)((at - first_at + interval_us / 2) / interval_us);
}

/* Samples in rising time only; what does not fit into FORECAST_MOST even rows
 * is left out at the old end. */
static size_t keep_rising(const struct forecast_sample *samples, size_t count,
                          struct forecast_sample *kept)
{
    size_t rising = 0;
    for (size_t i = 0; i < count; i++)
        if (rising == 0 || samples[i].at > kept[rising - 1].at)
            kept[rising++] = samples[i];
    return rising;
}

static size_t first_used(const struct forecast_sample *kept, size_t count,
                         int64_t interval_us)
{
    size_t from = count - 1;
    while (from > 0 && (kept[count - 1].at - kept[from - 1].at) / interval_us <
                           FORECAST_MOST - 2)
        from--;
    return from;
}

/* Holes are bridged by a straight line. */
static void make_even(struct work *work, const struct forecast_sample *samples,
                      size_t count)
{
    const int64_t first_at = samples[0].at;
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t slot = slot_of(samples[i].at, first_at, work->interval_us);
        if (filled > 0 && slot < filled)
            continue;
        const double from = filled > 0 ? work->values[filled - 1] : 0.0;
        const size_t hole = slot - filled;
        for (size_t h = 0; h < hole; h++)
            work->values[filled + h] = from + (samples[i].value - from) *
                                                  (double)(h + 1) /
                                                  (double)(hole + 1);
        filled = slot;
        work->values[filled++] = samples[i].value;
    }
    work->count = filled;
    work->last_at = samples[count - 1].at;
}

static size_t period_of(const struct work *work, int64_t length_us)
{
    if (work->interval_us * 2 > length_us ||
        length_us % work->interval_us > work->interval_us / 100)
        return 0;
    const size_t period = (size_t)(length_us / work->interval_us);
    return work->count >= 2 * period + period / 4 ? period : 0;
}

static void find_seasons(struct work *work)
{
    const size_t day = period_of(work, DETECTOR_DAY);
    const size_t week = period_of(work, 7 * DETECTOR_DAY);
    const double by_day = smooth_correlation(work->values, work->count, day);
    const double by_week = smooth_correlation(work->values, work->count, week);
    if (day > 1 && by_day > SEASON_LEAST)
        work->day = day;
    if (week > 1 && by_week > SEASON_LEAST && by_week > by_day)
        work->week = week;
}

static void add_method(struct work *work, const struct smooth_method *method)
{
    if (work->method_count < METHODS_MAX)
        work->methods[work->method_count++] = *method;
}

/* A slow level, and a deviation that fades in an hour, a few, or a day. */
static void add_seasonal(struct work *work, size_t day, size_t week)
{
    static const double levels[] = {0.01, 0.05, 0.2};
    static const double carries[] = {0.0, 0.7, 0.95};
    add_method(work, &(struct smooth_method){.day = day, .week = week});
    for (size_t i = 0; i < 3; i++)
        for (size_t c = 0; c < 3; c++)
            add_method(work,
                       &(struct smooth_method){levels[i], week > 0 ? 0.1 : 0.2,
                                               0.0, carries[c], day, week});
}

static void list_methods(struct work *work)
{
    if (work->day > 0)
        add_seasonal(work, work->day, 0);
    if (work->day > 0 && work->week > 0)
        add_seasonal(work, work->day, work->week);
    if (work->method_count > 0)
        return;
    add_method(work, &(struct smooth_method){0});
    add_method(work, &(struct smooth_method){.level = 0.1, .trend = 0.01});
    add_method(work, &(struct smooth_method){.level = 0.4, .trend = 0.05});
    add_method(work, &(struct smooth_method){.level = 0.8, .trend = 0.2});
}

/* Earlier moments to forecast from, as if one stood there. */
static void place_origins(struct work *work)
{
    size_t longest = work->week > 0 ? work->week : work->day;
    if (longest < FORECAST_LEAST / 2)
        longest = FORECAST_LEAST / 2;
    const size_t need = 2 * longest + work->horizon;
    if (work->count <= need)
        return;
    const size_t room = work->count - need;
    work->stride = work->horizon / 2 + 1;
    work->origins = room / work->stride + 1;
    if (work->origins > ORIGINS_MAX)
        work->origins = ORIGINS_MAX;
}

static size_t origin_at(const struct work *work, size_t origin)
{
    return work->count - work->horizon - origin * work->stride;
}

static double *row(const struct work *work, double *rows, size_t index)
{
    return rows + index * work->horizon;
}

static double error_of(struct work *work, size_t method)
{
    double sum = 0.0;
    double *next = row(work, work->next, method);
    for (size_t o = 0; o < work->origins; o++) {
        const size_t at = origin_at(work, o);
        smooth_run(&work->methods[method], work->values, at, work->season, next,
                   work->horizon);
        for (size_t i = 0; i < work->horizon; i++)
            sum += fabs(work->values[at + i] - next[i]);
    }
    return sum;
}

/* Without a past to try them on, all take part. */
static void choose(struct work *work)
{
    double errors[METHODS_MAX];
    for (size_t i = 0; i < work->method_count; i++)
        errors[i] = error_of(work, i);
    work->best_count = work->method_count < BEST ? work->method_count : BEST;
    bool used[METHODS_MAX] = {false};
    for (size_t b = 0; b < work->best_count; b++) {
        size_t best = METHODS_MAX;
        for (size_t i = 0; i < work->method_count; i++)
            if (!used[i] && (best == METHODS_MAX || errors[i] < errors[best]))
                best = i;
        used[best] = true;
        work->best[b] = best;
    }
}

static void combine(struct work *work, size_t at, double *out)
{
    memset(out, 0, work->horizon * sizeof(*out));
    for (size_t b = 0; b < work->best_count; b++) {
        double *next = row(work, work->next, work->best[b]);
        smooth_run(&work->methods[work->best[b]], work->values, at,
                   work->season, next, work->horizon);
        for (size_t i = 0; i < work->horizon; i++)
            out[i] += next[i] / (double)work->best_count;
    }
}

static void take_errors(struct work *work)
{
    for (size_t o = 0; o < work->origins; o++) {
        double *errors = row(work, work->errors, o);
        const size_t at = origin_at(work, o);
        combine(work, at, errors);
        for (size_t i = 0; i < work->horizon; i++)
            errors[i] = work->values[at + i] - errors[i];
    }
}

static double quantile(const double *sorted, size_t count, double share)
{
    const double place = share * (double)(count - 1);
    const size_t below = (size_t)floor(place);
    const size_t above = below + 1 < count ? below + 1 : below;
    const double part = place - (double)below;
    return sorted[below] + part * (sorted[above] - sorted[below]);
}

/* Errors of steps about as far ahead, of all origins. */
static size_t gather(struct work *work, size_t step)
{
    size_t from = step / 2;
    size_t to = step + step / 2 + 1;
    while (work->origins * (to - from) < POOL_LEAST &&
           (from > 0 || to < work->horizon)) {
        from -= from > 0;
        to += to < work->horizon;
    }
    if (to > work->horizon)
        to = work->horizon;
    size_t count = 0;
    for (size_t o = 0; o < work->origins; o++)
        for (size_t i = from; i < to; i++)
            work->pool[count++] = row(work, work->errors, o)[i];
    qsort(work->pool, count, sizeof(*work->pool), by_value);
    return count;
}

/* Mean absolute step between neighbours, a season apart where there is one. */
static double walk_scale(const struct work *work)
{
    const size_t lag = work->week > 0  ? work->week
                       : work->day > 0 ? work->day
                                       : 1;
    double sum = 0.0;
    for (size_t i = lag; i < work->count; i++)
        sum += fabs(work->values[i] - work->values[i - lag]);
    return 1.2533 * sum / (double)(work->count - lag);
}

static void band(struct work *work, const double *mean,
                 struct forecast_step *steps)
{
    const double scale = walk_scale(work);
    for (size_t i = 0; i < work->horizon; i++) {
        double below = -1.645 * scale * cw_sqrt((double)(i + 1));
        double above = -below;
        if (work->origins >= 2) {
            const size_t count = gather(work, i);
            below = WIDEN * quantile(work->pool, count, 0.05);
            above = WIDEN * quantile(work->pool, count, 0.95);
        }
        steps[i].at = work->last_at + (int64_t)(i + 1) * work->interval_us;
        steps[i].mean = cw_round6(mean[i]);
        steps[i].lower = cw_round6(mean[i] + (below < 0.0 ? below : 0.0));
        steps[i].upper = cw_round6(mean[i] + (above > 0.0 ? above : 0.0));
    }
}

/* A thing that was never negative is not forecast below zero. */
static void keep_sign(const struct work *work, struct forecast_step *steps)
{
    for (size_t i = 0; i < work->count; i++)
        if (work->values[i] < 0.0)
            return;
    for (size_t i = 0; i < work->horizon; i++) {
        steps[i].mean = steps[i].mean > 0.0 ? steps[i].mean : 0.0;
        steps[i].lower = steps[i].lower > 0.0 ? steps[i].lower : 0.0;
        steps[i].upper = steps[i].upper > 0.0 ? steps[i].upper : 0.0;
    }
}

static enum cw_status take_room(struct work *work, size_t count, double **room,
                                struct cw_error *err)
{
    const size_t h = work->horizon;
    const size_t rows = METHODS_MAX + 1 + 2 * ORIGINS_MAX;
    const size_t most = count > FORECAST_MOST ? count : FORECAST_MOST;
    *room = calloc(h * rows + most + FORECAST_MOST, sizeof(**room));
    if (*room == NULL)
        return cw_fail(err, CW_NO_MEMORY, "forecast of %zu steps", h);
    work->next = *room; /* the last row is the result's */
    work->errors = work->next + h * (METHODS_MAX + 1);
    work->pool = work->errors + h * ORIGINS_MAX;
    work->season = work->pool + h * ORIGINS_MAX;
    work->values = work->season + FORECAST_MOST;
    return CW_OK;
}

static enum cw_status make(struct work *work,
                           const struct forecast_sample *kept, size_t count,
                           struct forecast_step *steps, struct cw_error *err)
{
    work->interval_us = usual_distance(kept, count, work->values);
    if (work->interval_us <= 0)
        return cw_fail(err, CW_BAD_RECORD, "samples all of one instant");
    const size_t from = first_used(kept, count, work->interval_us);
    make_even(work, kept + from, count - from);
    if (work->count < FORECAST_LEAST)
        return cw_fail(err, CW_BAD_RECORD,
                       "%zu samples in a row, at least %d needed", work->count,
                       FORECAST_LEAST);
    find_seasons(work);
    list_methods(work);
    place_origins(work);
    choose(work);
    take_errors(work);
    double *mean = row(work, work->next, METHODS_MAX);
    combine(work, work->count, mean);
    band(work, mean, steps);
    keep_sign(work, steps);
    return CW_OK;
}

enum cw_status forecast_make(const struct forecast_sample *samples,
                             size_t count, size_t horizon,
                             struct forecast_step *steps, struct cw_error *err)
{
    enum cw_status status = check(samples, count, horizon, err);
    if (status != CW_OK)
        return status;
    struct work work = {.horizon = horizon};
    double *room = NULL;
    struct forecast_sample *kept = calloc(count, sizeof(*kept));
    if (kept == NULL)
        return cw_fail(err, CW_NO_MEMORY, "forecast of %zu samples", count);
    const size_t rising = keep_rising(samples, count, kept);
    status = take_room(&work, rising, &room, err);
    if (status == CW_OK)
        status = make(&work, kept, rising, steps, err);
    free(room);
    free(kept);
    return status;
}
