#include "base/rand.h"

#include <assert.h>

#include "base/fixmath.h"

void cw_rand_seed(struct cw_rand *rand, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        rand->state[i] = z ^ (z >> 31);
    }
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t cw_rand_next(struct cw_rand *rand)
{
    uint64_t *s = rand->state;
    const uint64_t result = rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t cw_rand_below(struct cw_rand *rand, uint64_t below)
{
    return cw_rand_next(rand) % below;
}

double cw_rand_unit(struct cw_rand *rand)
{
    return (double)(cw_rand_next(rand) >> 11) * 0x1p-53;
}

double cw_rand_normal(struct cw_rand *rand)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += cw_rand_unit(rand);
    return sum;
}

int64_t cw_rand_between(struct cw_rand *rand, int64_t from, int64_t to)
{
    assert(from <= to);
    const uint64_t span = (uint64_t)to - (uint64_t)from;
    const uint64_t step =
        span == UINT64_MAX ? cw_rand_next(rand) : cw_rand_below(rand, span + 1);
    return (int64_t)((uint64_t)from + step);
}

double cw_rand_exponential(struct cw_rand *rand)
{
    return -cw_log(1.0 - cw_rand_unit(rand));
}
