#include "rate.h"

#include <math.h> /* isfinite */

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

/* Events since the last sample. After a reset only what was counted since the
 * start is known: the rest went down with the process. */
static double since_last(struct rate *rate, double value, int64_t start_at)
{
    const bool restarted = start_at != 0 && rate->start_at != 0 &&
                           start_at != rate->start_at && start_at > rate->at;
    if (value >= rate->value && !restarted)
        return value - rate->value;
    if (rate->resets < UINT32_MAX)
        rate->resets++;
    return value;
}

static enum rate_fate take_counter(struct rate *rate, int64_t at, double value,
                                   int64_t start_at, struct rate_sample *out)
{
    if (rate->at == 0) {
        *rate = (struct rate){at, start_at, value, 0};
        return RATE_FIRST;
    }
    const double gap_s = seconds(at - rate->at);
    const double events = since_last(rate, value, start_at);
    rate->at = at;
    rate->value = value;
    rate->start_at = start_at;
    *out = (struct rate_sample){events / gap_s, events, gap_s, true};
    return RATE_TAKEN;
}

static enum rate_fate take_delta(struct rate *rate, int64_t at, double value,
                                 int64_t interval_us, struct rate_sample *out)
{
    const bool first = rate->at == 0;
    const double gap_s = seconds(first ? interval_us : at - rate->at);
    rate->at = at;
    if (!(gap_s > 0.0))
        return RATE_FIRST;
    *out = (struct rate_sample){value / gap_s, value, gap_s, true};
    return RATE_TAKEN;
}

enum rate_fate rate_take(struct rate *rate,
                         const struct cw_series_definition *definition,
                         int64_t at, double value, int64_t start_at,
                         struct rate_sample *out)
{
    const bool counter = definition->kind == CW_METRIC_KIND_CUMULATIVE;
    const bool delta = definition->kind == CW_METRIC_KIND_DELTA;
    if (!isfinite(value) || at <= 0 || ((counter || delta) && value < 0.0))
        return RATE_BAD;
    if (rate->at != 0 && at <= rate->at)
        return at == rate->at ? RATE_DUPLICATE : RATE_BACKWARD;
    if (counter)
        return take_counter(rate, at, value, start_at, out);
    if (delta)
        return take_delta(rate, at, value, definition->interval_us, out);
    const double gap_s = rate->at == 0 ? 0.0 : seconds(at - rate->at);
    rate->at = at;
    *out = (struct rate_sample){value, 0.0, gap_s, false};
    return RATE_TAKEN;
}

void rate_save(const struct rate *rate, struct cw_pack *out)
{
    cw_pack_i64(out, rate->at);
    cw_pack_i64(out, rate->start_at);
    cw_pack_f64(out, rate->value);
    cw_pack_u32(out, rate->resets);
}

void rate_load(struct rate *rate, struct cw_unpack *in)
{
    rate->at = cw_unpack_i64(in);
    rate->start_at = cw_unpack_i64(in);
    rate->value = cw_unpack_f64(in);
    rate->resets = cw_unpack_u32(in);
}
