/*
 * rate - what a sample of each metric kind says per second.
 *
 * Place    intake: raw sample -> [rate] -> series
 * Input    samples of one series in order of arrival
 * Output   CUMULATIVE and DELTA: events per second over the distance to the
 *          sample before, and the events themselves; GAUGE and RATE: the value
 * Limits   a cumulative value that falls, or whose start moved, began anew: it
 *          counts from 0. The first sample of a counter says nothing
 * Threads  one owner thread
 */
#ifndef DETECTOR_RATE_H
#define DETECTOR_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "record/records.h"

struct rate {
    int64_t at; /* of the last sample taken, 0 = none yet */
    int64_t start_at;
    double value;
    uint32_t resets;
};

struct rate_sample {
    double value;  /* gauge, or per second */
    double events; /* counted since the sample before; 0 for a gauge */
    double gap_s;  /* distance to the sample before; 0 = unknown */
    bool counted;  /* events mean something */
};

enum rate_fate {
    RATE_TAKEN,
    RATE_FIRST,
    RATE_DUPLICATE,
    RATE_BACKWARD,
    RATE_BAD
};

/* *out is set when the sample was taken. start_at and interval_us: 0 =
 * unknown. */
enum rate_fate rate_take(struct rate *rate,
                         const struct cw_series_definition *definition,
                         int64_t at, double value, int64_t start_at,
                         struct rate_sample *out);

void rate_save(const struct rate *rate, struct cw_pack *out);
void rate_load(struct rate *rate, struct cw_unpack *in);

#endif
