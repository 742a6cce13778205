/*
 * smooth - ways to go on with an even row of values.
 *
 * Place    forecast
 * Input    values at even distances, oldest first
 * Output   the next steps
 * Limits   O(count + steps); a season needs two of its periods
 * Threads  pure
 * Source   two seasons and a carried error: Taylor, J. of the Operational
 *          Research Society 54, 2003; damped trend: Gardner and McKenzie 1985
 */
#ifndef DETECTOR_SMOOTH_H
#define DETECTOR_SMOOTH_H

#include <stddef.h>

struct smooth_method {
    double level;  /* share of a surprise the level takes; 0 = repeat the last
                      period as it was */
    double season; /* share its places in day and week take */
    double trend;  /* share the slope takes */
    double carry;  /* what is left of a deviation one step later */
    size_t day;    /* values; 0 = no such season */
    size_t week;   /* needs day */
};

/* season: room for method->day + method->week values. */
void smooth_run(const struct smooth_method *method, const double *values,
                size_t count, double *season, double *next, size_t steps);

/* Correlation of the values with themselves lag later, slow drift removed:
 * -1 to 1, 0 when too short or constant. */
double smooth_correlation(const double *values, size_t count, size_t lag);

#endif
