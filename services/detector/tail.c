#include "tail.h"

#include <string.h>

#include "base/fixmath.h"

#define LOG10_E          0.43429448190325182765
#define SHAPE_MAX        0.3
#define SHAPE_PRIOR      50.0
#define CLIP             10.0   /* mean excesses one value may count for */
#define THRESHOLD_MEMORY 1000.0 /* values */
#define EXCESS_MEMORY    250.0  /* exceedances */
#define HELD_MOST        60     /* values an excursion may hold back */
#define RECORD_SLACK     1.15
#define RECORD_KEEP      0.9999F /* a new peak: the old ones fade so much */
#define EXCESS_PRIOR     10.0    /* exceedances the first guess is worth */

void tail_init(struct tail *tail, double threshold, double excess)
{
    memset(tail, 0, sizeof(*tail));
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

bool tail_knows(const struct tail *tail, double value)
{
    return value <= RECORD_SLACK * (double)tail->records[TAIL_RECORDS - 1];
}

static double gain_of(uint32_t seen)
{
    return larger(1.0 / THRESHOLD_MEMORY, 1.0 / (20.0 + (double)seen));
}

/* The step grows with the excess, so a threshold that is far off is reached
 * in few values, and one that is right hardly moves. */
static double step_of(const struct tail *tail, uint32_t seen)
{
    return gain_of(seen) *
           ((double)tail->excess + 0.02 * (double)tail->threshold);
}

static void learn_held(struct tail *tail, uint32_t seen)
{
    const double count = tail->held_count;
    if (count < 1.0)
        return;
    const double step = step_of(tail, seen) * (1.0 - TAIL_SHARE) * count;
    const double each = larger(
        1.0 / EXCESS_MEMORY, 1.0 / (EXCESS_PRIOR + TAIL_SHARE * (double)seen));
    const double share = each * count / (1.0 + each * count);
    const double excess = (double)tail->held_excess / count;
    const double square = (double)tail->held_square / count;
    tail->excess += (float)(share * (excess - (double)tail->excess));
    tail->excess = (float)larger((double)tail->excess, 1e-6);
    tail->square += (float)(share * (square - (double)tail->square));
    tail->threshold += (float)step;
    tail->held_excess = 0.0F;
    tail->held_square = 0.0F;
    tail->held_count = 0;
}

static void enter_record(struct tail *tail)
{
    float entering = tail->peak;
    tail->peak = 0.0F;
    for (unsigned i = 0; i < TAIL_RECORDS; i++) {
        const float kept = tail->records[i] * RECORD_KEEP;
        tail->records[i] = entering > kept ? entering : kept;
        entering = entering > kept ? kept : entering;
    }
}

static void hold(struct tail *tail, double value)
{
    double above = value - (double)tail->threshold;
    const double most = CLIP * (double)tail->excess;
    if (above > most)
        above = most;
    tail->held_excess += (float)above;
    tail->held_square += (float)(above * above);
    tail->held_count++;
}

void tail_learn(struct tail *tail, double value, uint32_t seen, bool held)
{
    if (value > (double)tail->threshold) {
        if (value > (double)tail->peak)
            tail->peak = (float)value;
        tail->rest = TAIL_REST;
        if (held)
            hold(tail, value);
        if (tail->held_count >= HELD_MOST)
            learn_held(tail, seen); /* not an excursion but its nature */
        return;
    }
    tail->threshold -= (float)(step_of(tail, seen) * TAIL_SHARE);
    if (tail->rest == 0 || --tail->rest > 0)
        return;
    learn_held(tail, seen);
    enter_record(tail);
}

#define TAIL_FIELDS(X)                                                         \
    X(f32, threshold)                                                          \
    X(f32, excess)                                                             \
    X(f32, square)                                                             \
    X(f32, records[0])                                                         \
    X(f32, records[1])                                                         \
    X(f32, records[2])                                                         \
    X(f32, peak)                                                               \
    X(f32, held_excess)                                                        \
    X(f32, held_square)

void tail_save(const struct tail *tail, struct cw_pack *out)
{
#define SAVE(type, field) cw_pack_##type(out, tail->field);
    TAIL_FIELDS(SAVE)
#undef SAVE
    cw_pack_u32(out, (uint32_t)tail->held_count << 16 | tail->rest);
}

void tail_load(struct tail *tail, struct cw_unpack *in)
{
#define LOAD(type, field) tail->field = cw_unpack_##type(in);
    TAIL_FIELDS(LOAD)
#undef LOAD
    const uint32_t both = cw_unpack_u32(in);
    tail->held_count = (uint16_t)(both >> 16);
    tail->rest = (uint16_t)(both & 0xffffu);
}
