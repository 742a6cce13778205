/*
 * quantile - a quantile out of the buckets of one histogram point.
 *
 * Place    otlp_metrics: histograms of delta temporality
 * Input    explicit buckets (counts n+1, bounds n rising) or exponential ones
 *          (base 2^(2^-scale), bucket i = (base^i, base^(i+1)]), as the wire
 *          has them
 * Output   the value below which that share of the counts lies, linear inside
 *          its bucket; the last bucket of explicit bounds, which has no upper
 *          end, gives the maximum where it is said, else its lower bound
 * Limits   false: no buckets, counts that do not add up to anything, bounds
 *          that do not rise, more than BUCKETS_MAX buckets, scale outside
 *          -10 to 20. An exponential bucket counts with its upper bound: at
 *          scale 4 that is off by at most 4.4 %
 * Threads  pure
 * Source   Prometheus histogram_quantile; OpenTelemetry metrics data model
 */
#ifndef NORMALIZER_FORMATS_QUANTILE_H
#define NORMALIZER_FORMATS_QUANTILE_H

#include <stddef.h>

#include "../wire.h"

#define BUCKETS_MAX 1024

struct quantile_buckets {
    struct wire_field counts; /* explicit: packed fixed64 */
    struct wire_field bounds; /* packed double */
    int32_t scale;            /* exponential */
    uint64_t zero_count;
    struct cw_text positive; /* Buckets messages */
    struct cw_text negative;
};

bool quantile_of(const struct quantile_buckets *buckets, double share,
                 const double *max, double *value);

/* 0.95 -> "p95", 0.999 -> "p99_9"; false: no room. */
bool quantile_suffix(double quantile, char *suffix, size_t room);

#endif
