#include "tail.h"

#include "base/fixmath.h"

#define LOG10_E          0.43429448190325182765
#define SHAPE_MAX        0.3
#define SHAPE_PRIOR      50.0   /* exceedances worth of belief in shape 0 */
#define CLIP             5.0    /* mean excesses one value may count for */
#define THRESHOLD_MEMORY 1000.0 /* values */
#define EXCESS_MEMORY    250.0  /* exceedances */
#define EXCESS_PRIOR     10.0   /* exceedances the first guess is worth */

void tail_init(struct tail *tail, double threshold, double excess)
{
    tail->threshold = (float)threshold;
    tail->excess = (float)excess;
    tail->square = (float)(2.0 * excess * excess); /* exponential */
}

/* Shape of the generalized Pareto tail: 0 = exponential, > 0 = heavy. */
static double shape_of(const struct tail *tail, double exceedances)
{
    const double mean = (double)tail->excess;
    const double variance = (double)tail->square - mean * mean;
    if (!(variance > mean * mean))
        return 0.0;
    double shape = 0.5 * (1.0 - mean * mean / variance);
    if (shape > SHAPE_MAX)
        shape = SHAPE_MAX;
    return shape * exceedances / (exceedances + SHAPE_PRIOR);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

double tail_surprise(const struct tail *tail, const struct tail_floor *least,
                     double value, uint32_t seen)
{
    const double threshold = larger((double)tail->threshold, least->threshold);
    if (value <= threshold)
        return TAIL_SHARE_SURPRISE * value / threshold;
    const double excess = larger((double)tail->excess, least->excess);
    const double above = value - threshold;
    const double shape = shape_of(tail, TAIL_SHARE * (double)seen);
    if (shape < 0.01)
        return TAIL_SHARE_SURPRISE + LOG10_E * above / excess;
    const double scaled = shape * above / (excess * (1.0 - shape));
    return TAIL_SHARE_SURPRISE + cw_log10(1.0 + scaled) / shape;
}

/* The step grows with the excess, so a threshold that is far off is reached
 * in few values, and one that is right hardly moves. */
void tail_learn(struct tail *tail, double value, uint32_t seen)
{
    const double gain =
        larger(1.0 / THRESHOLD_MEMORY, 1.0 / (20.0 + (double)seen));
    const double threshold = (double)tail->threshold;
    const double step = gain * ((double)tail->excess + 0.02 * threshold);
    if (!(value > threshold)) {
        tail->threshold = (float)(threshold - step * TAIL_SHARE);
        return;
    }
    double above = value - threshold;
    const double most = CLIP * (double)tail->excess;
    if (above > most)
        above = most;
    const double share = larger(
        1.0 / EXCESS_MEMORY, 1.0 / (EXCESS_PRIOR + TAIL_SHARE * (double)seen));
    const double excess =
        (double)tail->excess + share * (above - (double)tail->excess);
    tail->excess = (float)larger(excess, 1e-6);
    tail->square = (float)((double)tail->square +
                           share * (above * above - (double)tail->square));
    tail->threshold = (float)(threshold + step * (1.0 - TAIL_SHARE));
}
