#include "day.h"

#include <math.h> /* fabs: exact */
#include <string.h>

#include "config.h"

#define BIN_GAIN_LEAST 0.15 /* a bin forgets half in four days */
#define ENTER_SHARE    0.8  /* of the raw error: below it the profile counts */
#define LEAVE_SHARE    0.95
#define FACTOR_LEAST   0.3
#define FACTOR_MOST    3.0

unsigned day_bins_of(double interval_s)
{
    if (interval_s <= 900.0)
        return 96;
    if (interval_s <= 1800.0)
        return 48;
    return interval_s <= 3600.0 ? 24 : 0;
}

static int64_t time_of_day(int64_t at)
{
    const int64_t rest = at % DETECTOR_DAY;
    return rest < 0 ? rest + DETECTOR_DAY : rest;
}

static uint8_t bin_of(const struct day *day, int64_t at)
{
    return (uint8_t)(time_of_day(at) * day->bin_count / DETECTOR_DAY);
}

static double spread_of(const struct day *day, unsigned bin)
{
    const uint32_t bits = (uint32_t)day->spreads[bin] << 16;
    float spread;
    memcpy(&spread, &bits, sizeof(spread));
    return (double)spread;
}

static void set_spread(struct day *day, unsigned bin, double value)
{
    const float spread = (float)value;
    uint32_t bits;
    memcpy(&bits, &spread, sizeof(bits));
    day->spreads[bin] = (uint16_t)((bits + 0x8000u) >> 16);
}

void day_init(struct day *day, double anchor, unsigned bin_count, int64_t at)
{
    memset(day, 0, sizeof(*day));
    day->anchor = anchor;
    day->level = anchor;
    day->bin_count = (uint8_t)bin_count;
    day->bin = bin_of(day, at);
}

static double clipped(double x, double most)
{
    return x > most ? most : x < -most ? -most : x;
}

bool day_find(const struct day *day, int64_t at, struct day_view *view)
{
    const uint8_t bin = bin_of(day, at);
    if (day->visits[bin] == 0)
        return false;
    const double width = (double)DETECTOR_DAY / day->bin_count;
    const double place = (double)time_of_day(at) / width - bin - 0.5;
    const unsigned count = day->bin_count;
    const unsigned other =
        (place < 0.0 ? bin + count - 1 : (unsigned)bin + 1) % count;
    const double share = day->visits[other] > 0 ? fabs(place) : 0.0;
    const double level = (1.0 - share) * (double)day->bins[bin] +
                         share * (double)day->bins[other];
    const double spread =
        (1.0 - share) * spread_of(day, bin) + share * spread_of(day, other);
    view->value = day->anchor + level;
    view->season = level - (double)day->mean;
    /* A bin of few visits knows its own spread badly: lean on the usual. */
    const double seen = day->visits[bin];
    const double usual = (double)day->spread_mean;
    const double leaned = (seen * spread + 3.0 * usual) / (seen + 3.0);
    const double factor = usual > 0.0 ? leaned / usual : 1.0;
    view->factor = factor < FACTOR_LEAST  ? FACTOR_LEAST
                   : factor > FACTOR_MOST ? FACTOR_MOST
                                          : factor;
    return true;
}

static void take_means(struct day *day)
{
    double sum = 0.0;
    double spread = 0.0;
    unsigned seen = 0;
    for (unsigned i = 0; i < day->bin_count; i++) {
        if (day->visits[i] == 0)
            continue;
        sum += (double)day->bins[i];
        spread += spread_of(day, i);
        seen++;
    }
    if (seen == 0)
        return;
    day->mean = (float)(sum / seen);
    day->spread_mean = (float)(spread / seen);
}

/* The visit is over: its mean moves the bin, by at most three usual errors. */
static void end_visit(struct day *day)
{
    if (day->visit_count == 0)
        return;
    const uint8_t bin = day->bin;
    const double mean = (double)day->visit_sum / day->visit_count;
    const double spread = (double)day->visit_spread / day->visit_count;
    if (day->visits[bin] == 0) {
        day->bins[bin] = (float)mean;
        set_spread(day, bin, spread);
    } else {
        const double own = 1.0 / (day->visits[bin] + 1.0);
        const double gain = own > BIN_GAIN_LEAST ? own : BIN_GAIN_LEAST;
        double move = mean - (double)day->bins[bin];
        if (day->visits[bin] >= 3)
            move = clipped(move, 3.0 * (double)day->error + 0.05 * fabs(move));
        day->bins[bin] += (float)(gain * move);
        const double old = spread_of(day, bin);
        set_spread(day, bin, old + gain * (spread - old));
    }
    if (day->visits[bin] < UINT8_MAX)
        day->visits[bin]++;
    day->visit_sum = 0.0F;
    day->visit_spread = 0.0F;
    day->visit_count = 0;
    take_means(day);
}

void day_learn(struct day *day, int64_t at, double value,
               const struct day_view *view, double gain, bool calm)
{
    const uint8_t bin = bin_of(day, at);
    if (bin != day->bin) {
        end_visit(day);
        day->bin = bin;
    }
    const double relative = value - day->anchor;
    const double left = fabs(view != NULL ? value - view->value : relative);
    if (!calm || day->visit_count == UINT16_MAX)
        return;
    day->visit_sum += (float)relative;
    day->visit_spread += (float)left;
    day->visit_count++;
    if (view == NULL)
        return;
    const double raw = fabs(relative - (double)day->mean);
    day->error += (float)(gain * (left - (double)day->error));
    day->raw_error += (float)(gain * (raw - (double)day->raw_error));
}

bool day_ready(const struct day *day, int64_t first_at, int64_t at)
{
    if (at - first_at < 3 * DETECTOR_DAY)
        return false;
    unsigned seen = 0;
    for (unsigned i = 0; i < day->bin_count; i++)
        seen += day->visits[i] >= 2;
    return seen * 10u >= day->bin_count * 8u;
}

bool day_weigh(struct day *day, int64_t first_at, int64_t at)
{
    const double share = day->in_use ? LEAVE_SHARE : ENTER_SHARE;
    const bool earns = (double)day->error < share * (double)day->raw_error;
    const bool wanted = earns && (day->in_use || day_ready(day, first_at, at));
    const bool changed = wanted != day->in_use;
    day->in_use = wanted;
    return changed;
}

void day_save(const struct day *day, struct cw_pack *out)
{
    cw_pack_f64(out, day->anchor);
    cw_pack_f64(out, day->level);
    cw_pack_f32(out, day->mean);
    cw_pack_f32(out, day->spread_mean);
    cw_pack_f32(out, day->error);
    cw_pack_f32(out, day->raw_error);
    cw_pack_f32(out, day->visit_sum);
    cw_pack_f32(out, day->visit_spread);
    cw_pack_u32(out, day->visit_count);
    cw_pack_u8(out, day->bin);
    cw_pack_u8(out, day->bin_count);
    cw_pack_bool(out, day->in_use);
    for (unsigned i = 0; i < day->bin_count; i++) {
        cw_pack_u8(out, day->visits[i]);
        cw_pack_f32(out, day->bins[i]);
        cw_pack_u32(out, day->spreads[i]);
    }
}

void day_load(struct day *day, struct cw_unpack *in)
{
    memset(day, 0, sizeof(*day));
    day->anchor = cw_unpack_f64(in);
    day->level = cw_unpack_f64(in);
    day->mean = cw_unpack_f32(in);
    day->spread_mean = cw_unpack_f32(in);
    day->error = cw_unpack_f32(in);
    day->raw_error = cw_unpack_f32(in);
    day->visit_sum = cw_unpack_f32(in);
    day->visit_spread = cw_unpack_f32(in);
    day->visit_count = (uint16_t)cw_unpack_u32(in);
    day->bin = cw_unpack_u8(in);
    day->bin_count = cw_unpack_u8(in);
    day->in_use = cw_unpack_bool(in);
    if (day->bin_count == 0 || day->bin_count > DAY_BINS ||
        day->bin >= day->bin_count) {
        in->failed = true; /* not bytes day_save wrote */
        day->bin_count = 1;
        day->bin = 0;
        return;
    }
    for (unsigned i = 0; i < day->bin_count; i++) {
        day->visits[i] = cw_unpack_u8(in);
        day->bins[i] = cw_unpack_f32(in);
        day->spreads[i] = (uint16_t)cw_unpack_u32(in);
    }
}
