/*
 * rand - numbers from a seed, the same everywhere.
 *
 * Place    tests, simulators, generators, jitter; never a decision
 * Limits   not for secrets
 * Threads  one owner thread
 * Source   xoshiro256**, Blackman and Vigna 2018; seeded by splitmix64
 */
#ifndef CW_BASE_RAND_H
#define CW_BASE_RAND_H

#include <stdint.h>

struct cw_rand {
    uint64_t state[4];
};

void cw_rand_seed(struct cw_rand *rand, uint64_t seed);
uint64_t cw_rand_next(struct cw_rand *rand);
/* In [0, below); below >= 1. The bias is below 2^-32 for below < 2^32. */
uint64_t cw_rand_below(struct cw_rand *rand, uint64_t below);
/* In [0, 1). */
double cw_rand_unit(struct cw_rand *rand);
/* In [from, to], both included. */
int64_t cw_rand_between(struct cw_rand *rand, int64_t from, int64_t to);
/* Exponential with mean 1: gaps between events that come at random. */
double cw_rand_exponential(struct cw_rand *rand);
/* Standard normal, by twelve uniforms: light tails, no libm. */
double cw_rand_normal(struct cw_rand *rand);

#endif
