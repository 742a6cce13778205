#include "quantile.h"

#include <math.h>
#include <stdio.h>

#include "base/fixmath.h"

#define LN_2 0.69314718055994530942

static double bound_at(const struct quantile_buckets *buckets, size_t index)
{
    const uint64_t bits = wire_fixed64(&buckets->bounds, index);
    double bound;
    memcpy(&bound, &bits, sizeof(bound));
    return bound;
}

static bool bounds_rise(const struct quantile_buckets *buckets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(bound_at(buckets, i)) ||
            (i > 0 && !(bound_at(buckets, i - 1) < bound_at(buckets, i))))
            return false;
    return true;
}

/* rank counts from the left, inside bucket index. */
static double inside(const struct quantile_buckets *buckets, size_t index,
                     double rank, double count, const double *max)
{
    const size_t bounds = wire_fixed64_count(&buckets->bounds);
    const double low = index > 0 ? bound_at(buckets, index - 1)
                       : bound_at(buckets, 0) > 0.0 ? 0.0
                                                    : bound_at(buckets, 0);
    if (index == bounds)
        return max != NULL && *max > low ? *max : low;
    return low + (bound_at(buckets, index) - low) * (rank / count);
}

static bool explicit_quantile(const struct quantile_buckets *buckets,
                              double share, const double *max, double *value)
{
    const size_t count = wire_fixed64_count(&buckets->counts);
    const size_t bounds = wire_fixed64_count(&buckets->bounds);
    if (bounds == 0 || bounds > BUCKETS_MAX || count != bounds + 1 ||
        !bounds_rise(buckets, bounds))
        return false;
    double total = 0.0;
    for (size_t i = 0; i < count; i++)
        total += (double)wire_fixed64(&buckets->counts, i);
    double rank = share * total;
    for (size_t i = 0; i < count && total > 0.0; i++) {
        const double here = (double)wire_fixed64(&buckets->counts, i);
        if (here > 0.0 && rank <= here) {
            *value = inside(buckets, i, rank, here, max);
            return isfinite(*value);
        }
        rank -= here;
    }
    return false;
}

struct exponential {
    int32_t offset;
    uint64_t counts[BUCKETS_MAX];
    size_t count;
};

static bool add_count(struct exponential *made, uint64_t count)
{
    if (made->count == BUCKETS_MAX)
        return false;
    made->counts[made->count++] = count;
    return true;
}

/* Packed varints are read as the tagless fields they are. */
static bool read_packed(struct exponential *made, struct cw_text bytes)
{
    uint64_t sum = 0;
    unsigned shift = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        const unsigned char byte = (unsigned char)bytes.bytes[i];
        if (shift > 63)
            return false;
        sum |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (byte >= 0x80)
            continue;
        if (!add_count(made, sum))
            return false;
        sum = 0;
        shift = 0;
    }
    return shift == 0;
}

static bool read_exponential(struct exponential *made, struct cw_text message)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    made->offset = 0;
    made->count = 0;
    while (wire_next(&wire, &field)) {
        bool room = true;
        if (field.number == 1 && field.type == WIRE_VARINT)
            made->offset = (int32_t)((uint32_t)field.bits >> 1 ^
                                     (0 - ((uint32_t)field.bits & 1)));
        else if (field.number == 2 && field.type == WIRE_LEN)
            room = read_packed(made, field.bytes);
        else if (field.number == 2 && field.type == WIRE_VARINT)
            room = add_count(made, field.bits);
        if (!room)
            return false;
    }
    return !wire.bad;
}

static double total_of(const struct exponential *side)
{
    double total = 0.0;
    for (size_t i = 0; i < side->count; i++)
        total += (double)side->counts[i];
    return total;
}

/* base^exponent, base = 2^(2^-scale). */
static double power_of(int32_t scale, double exponent)
{
    return cw_exp(exponent * LN_2 * ldexp(1.0, -scale));
}

/* Negative values never decide a p95 worth having: they count as below 0. */
static bool exponential_quantile(const struct quantile_buckets *buckets,
                                 double share, double *value)
{
    struct exponential side;
    if (buckets->scale < -10 || buckets->scale > 20 ||
        !read_exponential(&side, buckets->negative))
        return false;
    const double below = total_of(&side) + (double)buckets->zero_count;
    if (!read_exponential(&side, buckets->positive))
        return false;
    const double total = below + total_of(&side);
    double rank = share * total;
    if (!(total > 0.0))
        return false;
    if (rank <= below) {
        *value = 0.0;
        return true;
    }
    rank -= below;
    for (size_t i = 0; i < side.count; i++) {
        if (rank <= (double)side.counts[i]) {
            *value =
                power_of(buckets->scale, (double)side.offset + (double)i + 1.0);
            return isfinite(*value);
        }
        rank -= (double)side.counts[i];
    }
    return false;
}

bool quantile_of(const struct quantile_buckets *buckets, double share,
                 const double *max, double *value)
{
    double made;
    const bool found =
        wire_fixed64_count(&buckets->bounds) > 0
            ? explicit_quantile(buckets, share, max, &made)
            : buckets->positive.size + buckets->negative.size > 0 &&
                  exponential_quantile(buckets, share, &made);
    if (!found)
        return false;
    /* A bucket reaches beyond the largest value that fell into it. */
    *value = cw_round6(max != NULL && made > *max ? *max : made);
    return isfinite(*value);
}

bool quantile_suffix(double quantile, char *suffix, size_t room)
{
    const int size = snprintf(suffix, room, "p%.6g", quantile * 100.0);
    if (size < 0 || (size_t)size >= room)
        return false;
    for (char *c = suffix; *c != '\0'; c++)
        if (*c == '.' || *c == '-' || *c == '+')
            *c = '_';
    return true;
}
