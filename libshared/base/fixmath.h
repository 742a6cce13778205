/*
 * fixmath - exp, log, pow and rounding, bit for bit the same everywhere.
 *
 * Place    any arithmetic that can reach a threshold or an output
 * Limits   doubles; exp within 1 ulp and log within 2 of libm's on the normal
 *          range, pow through them and the normal tail to 1e-12 (measured in
 *          fixmath_test.c)
 * Threads  pure
 * Source   exp and log: argument reduction and minimax series after Tang,
 *          ACM TOMS 15(2) 1989 and 16(4) 1990; no libm call, no FMA
 *          contraction (-ffp-contract=off)
 */
#ifndef CW_BASE_FIXMATH_H
#define CW_BASE_FIXMATH_H

double cw_exp(double x); /* 0 below -745, +inf above 709.78; NaN->NaN */
double cw_log(double x); /* -inf at 0, NaN below 0 */
double cw_log10(double x);
double cw_log1p(double x);         /* exact near 0 */
double cw_pow(double x, double y); /* x >= 0 */
double cw_sqrt(double x);          /* IEEE, correctly rounded */

/* Standard normal distribution function and its upper tail. */
double cw_normal_cdf(double z);
double cw_normal_tail(double z);

/* To six decimals, halves away from zero: before any threshold or output.
 * NaN and infinities pass through; |x| >= 2^52 is returned as it is. */
double cw_round6(double x);

#endif
