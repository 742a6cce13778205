/*
 * tail - how improbable a value is, learnt from the values before it.
 *
 * Place    one a view, one over the sum of all views
 * Input    a value >= 0 per call
 * Output   surprise: -log10 of the probability of a value this large, >= 0
 * Limits   O(1), 40 bytes; the shape is taken from data only as far as
 *          exceedances were seen, and kept in [0, 0.3]
 * Threads  one owner thread
 * Source   peaks over threshold: Siffer et al., Anomaly Detection in Streams
 *          with Extreme Value Theory, KDD 2017; threshold by Robbins-Monro,
 *          excess by its first two moments (Hosking and Wallis,
 *          Technometrics 29(3), 1987) instead of Grimshaw's search
 */
#ifndef DETECTOR_TAIL_H
#define DETECTOR_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"

#define TAIL_SHARE          0.05    /* of values above the threshold */
#define TAIL_SHARE_SURPRISE 1.30103 /* -log10 of it */

#define TAIL_RECORDS 3
#define TAIL_REST    10

/* An excursion is a run of values above the threshold with less than
 * TAIL_REST values below it in between. What it holds is learnt when it is
 * over, so it never widens what it is measured with. */
struct tail {
    float threshold;             /* running (1 - TAIL_SHARE) quantile */
    float excess;                /* mean of what lies above it */
    float square;                /* mean of the squares of that */
    float records[TAIL_RECORDS]; /* largest peaks, slowly forgotten */
    float peak;                  /* of the present excursion */
    float held_excess;           /* sums over the present excursion */
    float held_square;
    uint16_t held_count;
    uint16_t rest; /* values below the threshold until it is over */
};

/* What a tail is at least: a series that never moved has no tail of its own
 * and must not call the first small move a wonder. */
struct tail_floor {
    double threshold;
    double excess;
};

void tail_init(struct tail *tail, double threshold, double excess);

/* seen = values learnt so far. Never NaN for a finite value. */
double tail_surprise(const struct tail *tail, const struct tail_floor *least,
                     double value, uint32_t seen);

/* Three excursions went about as far: whatever the tail extrapolates, it was
 * seen. */
bool tail_knows(const struct tail *tail, double value);

/* held = false: the value is part of an episode that is told already; only the
 * records will remember it. */
void tail_learn(struct tail *tail, double value, uint32_t seen, bool held);

void tail_save(const struct tail *tail, struct cw_pack *out);
void tail_load(struct tail *tail, struct cw_unpack *in);

#endif
