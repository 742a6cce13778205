/*
 * day - what a time of day looks like: level and spread of a series per bin.
 *
 * Place    model: expected value of a seasonal series, view "day"
 * Input    samples in time order; a bin takes in one mean per visit, so a
 *          visit is never part of what it is compared with
 * Output   the profile around its own mean, linear between bin centres
 * Limits   96, 48 or 24 bins by the distance of samples, none above one hour;
 *          useful only after three days; UTC days
 * Threads  one owner thread
 */
#ifndef DETECTOR_DAY_H
#define DETECTOR_DAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"

#define DAY_BINS 96

struct day {
    double anchor;     /* bins are kept relative to it */
    double level;      /* slow level of value - season, as model.level */
    float mean;        /* of the visited bins */
    float spread_mean; /* of the visited bins */
    float error;       /* running |value - bin|: what the profile leaves */
    float raw_error;   /* running |value - mean|: without the profile */
    float visit_sum;   /* of the bin being visited, relative to anchor */
    float visit_spread;
    uint16_t visit_count;
    uint8_t bin; /* being visited */
    uint8_t bin_count;
    bool in_use;              /* explains enough to be the expected value */
    uint8_t visits[DAY_BINS]; /* days seen, stops at 255 */
    float bins[DAY_BINS];
    uint16_t spreads[DAY_BINS]; /* upper halves of floats: 1/256 is enough */
};

/* What the profile says of an instant. */
struct day_view {
    double season; /* to add to the level: bin - mean */
    double value;  /* level of the bin itself, unit of the series */
    double factor; /* spread of the bin over the usual, 0.3 to 3 */
};

/* 0 when samples that far apart have no daily profile. */
unsigned day_bins_of(double interval_s);

void day_init(struct day *day, double anchor, unsigned bin_count, int64_t at);

/* False: this time of day was never seen. */
bool day_find(const struct day *day, int64_t at, struct day_view *view);

/* Takes one sample in, with the gain of the errors; view is what day_find said
 * of it, NULL = nothing. calm = false leaves the sample out of the profile but
 * not out of time. */
void day_learn(struct day *day, int64_t at, double value,
               const struct day_view *view, double gain, bool calm);

/* Three days seen since first_at and most bins twice. */
bool day_ready(const struct day *day, int64_t first_at, int64_t at);

/* Looks whether the profile earns its place; with some slack, so that it does
 * not come and go. True when that changed. */
bool day_weigh(struct day *day, int64_t first_at, int64_t at);

void day_save(const struct day *day, struct cw_pack *out);
void day_load(struct day *day, struct cw_unpack *in);

#endif
