#include "smooth.h"

#include <string.h>

#define DAMPING 0.97 /* of the trend, a step */

static double mean_of(const double *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / (double)count : 0.0;
}

static void repeat(const double *values, size_t count, size_t period,
                   double *next, size_t steps)
{
    const size_t back = period > 0 && period <= count ? period : 1;
    for (size_t i = 0; i < steps; i++)
        next[i] = values[count - back + i % back];
}

struct state {
    double level;
    double slope;
    double left; /* deviation of the last value from level and seasons */
    double *day;
    double *week;
};

/* The first two periods tell the season to begin with; what they differ by,
 * the slope. */
static struct state begin(const struct smooth_method *method,
                          const double *values, double *season)
{
    struct state state = {
        .level = values[0], .day = season, .week = season + method->day};
    const size_t day = method->day;
    const size_t longest = method->week > 0 ? method->week : day;
    if (longest == 0)
        return state;
    const double first = mean_of(values, longest);
    const double second = mean_of(values + longest, longest);
    const size_t days = 2 * longest / day;
    memset(season, 0, (day + method->week) * sizeof(*season));
    for (size_t i = 0; i < 2 * longest; i++)
        state.day[i % day] +=
            (values[i] - (i < longest ? first : second)) / (double)days;
    for (size_t i = 0; i < 2 * method->week; i++)
        state.week[i % method->week] +=
            0.5 *
            (values[i] - (i < longest ? first : second) - state.day[i % day]);
    state.level = 0.5 * (first + second);
    return state;
}

static double season_at(const struct smooth_method *method,
                        const struct state *state, size_t i)
{
    double season = 0.0;
    if (method->day > 0)
        season += state->day[i % method->day];
    if (method->week > 0)
        season += state->week[i % method->week];
    return season;
}

static void take(const struct smooth_method *method, struct state *state,
                 size_t i, double value)
{
    const double before = state->level + DAMPING * state->slope;
    const double surprise = value - before - season_at(method, state, i) -
                            method->carry * state->left;
    state->level = before + method->level * surprise;
    state->slope = DAMPING * state->slope + method->trend * surprise;
    if (method->day > 0)
        state->day[i % method->day] += method->season * surprise;
    if (method->week > 0)
        state->week[i % method->week] += method->season * surprise;
    state->left = value - state->level - season_at(method, state, i);
}

void smooth_run(const struct smooth_method *method, const double *values,
                size_t count, double *season, double *next, size_t steps)
{
    if (!(method->level > 0.0)) {
        repeat(values, count, method->week > 0 ? method->week : method->day,
               next, steps);
        return;
    }
    struct state state = begin(method, values, season);
    for (size_t i = 0; i < count; i++)
        take(method, &state, i, values[i]);
    double ahead = 0.0;
    double damped = 1.0;
    double carried = state.left;
    for (size_t i = 0; i < steps; i++) {
        damped *= DAMPING;
        ahead += damped * state.slope;
        carried *= method->carry;
        next[i] = state.level + ahead + carried +
                  season_at(method, &state, count + i);
    }
}

double smooth_correlation(const double *values, size_t count, size_t lag)
{
    if (lag == 0 || count < 2 * lag)
        return 0.0;
    /* Drift: the line through the means of both halves. */
    const size_t half = count / 2;
    const double first = mean_of(values, half);
    const double second = mean_of(values + count - half, half);
    const double slope = (second - first) / (double)(count - half);
    const double middle = 0.5 * (double)(half - 1);
    double product = 0.0;
    double left = 0.0;
    double right = 0.0;
    for (size_t i = lag; i < count; i++) {
        const double x = values[i] - first - slope * ((double)i - middle);
        const double y =
            values[i - lag] - first - slope * ((double)(i - lag) - middle);
        product += x * y;
        left += x * x;
        right += y * y;
    }
    const double size = left > right ? left : right;
    return size > 0.0 ? product / size : 0.0;
}
