/*
 * forecast - where a series will be: mean and a 90 % band for each step ahead.
 *
 * Place    cwctl forecast
 * Input    samples of one series in rising time; small holes are bridged,
 *          duplicates and backward times left out
 * Output   horizon steps, one usual distance of samples apart
 * Limits   at least FORECAST_LEAST samples; the last FORECAST_MOST count;
 *          horizon up to FORECAST_STEPS. Band from the errors made on the
 *          series' own past: too few of them (short series) and it grows as a
 *          random walk's
 * Threads  pure
 * Source   candidates: the ways of smooth.h with a day, with day and week, and
 *          the seasonal naive; season by autocorrelation; the five that did
 *          best from earlier origins are averaged (Bates and Granger, 1969)
 */
#ifndef DETECTOR_FORECAST_H
#define DETECTOR_FORECAST_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define FORECAST_LEAST 8
#define FORECAST_MOST  20000
#define FORECAST_STEPS 10000

struct forecast_sample {
    int64_t at; /* us */
    double value;
};

struct forecast_step {
    int64_t at;
    double mean;
    double lower;
    double upper;
};

/* Fills steps[0..horizon). CW_BAD_RECORD: too few samples, a value that is not
 * a number, or a horizon out of range; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status forecast_make(const struct forecast_sample *samples,
                                         size_t count, size_t horizon,
                                         struct forecast_step *steps,
                                         struct cw_error *err);

#endif
