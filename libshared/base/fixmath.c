#include "base/fixmath.h"

#include <float.h>
#include <math.h> /* isnan, isinf, sqrt, floor: exact by IEEE 754 */
#include <stdint.h>
#include <string.h>

static const double ln2_high = 6.93147180369123816490e-01;
static const double ln2_low = 1.90821492927058770002e-10;

static double scale_by_power_of_two(double x, int power)
{
    while (power > 1000) {
        x *= 0x1p1000;
        power -= 1000;
    }
    while (power < -1000) {
        x *= 0x1p-1000;
        power += 1000;
    }
    const uint64_t bits = (uint64_t)(power + 1023) << 52;
    double factor;
    memcpy(&factor, &bits, sizeof(factor));
    return x * factor;
}

/* exp(x) = 2^k exp(r), |r| <= ln2/2; exp(r) by its Taylor series: the 14th
 * term is below 2^-60 there. */
double cw_exp(double x)
{
    static const double inverse_factorials[] = {1.0 / 87178291200.0,
                                                1.0 / 6227020800.0,
                                                1.0 / 479001600.0,
                                                1.0 / 39916800.0,
                                                1.0 / 3628800.0,
                                                1.0 / 362880.0,
                                                1.0 / 40320.0,
                                                1.0 / 5040.0,
                                                1.0 / 720.0,
                                                1.0 / 120.0,
                                                1.0 / 24.0,
                                                1.0 / 6.0,
                                                1.0 / 2.0,
                                                1.0,
                                                1.0};
    if (isnan(x))
        return x;
    if (x > 709.782712893384)
        return (double)INFINITY;
    if (x < -745.2)
        return 0.0;
    const double k = floor(x * 1.44269504088896338700 + 0.5);
    const double r = (x - k * ln2_high) - k * ln2_low;
    double sum = inverse_factorials[0];
    for (int n = 1; n < 15; n++)
        sum = inverse_factorials[n] + r * sum;
    return scale_by_power_of_two(sum, (int)k);
}

/* log(m 2^k) = k ln2 + 2 atanh(s), s = (m-1)/(m+1), m in [sqrt(1/2), sqrt 2):
 * |s| <= 0.1716, so s^2n falls by 34 a term; 12 terms reach 2^-64. */
double cw_log(double x)
{
    if (isnan(x) || x < 0.0)
        return (double)NAN;
    if (x == 0.0)
        return -(double)INFINITY;
    if (isinf(x))
        return x;
    int power = 0;
    if (x < DBL_MIN) {
        x *= 0x1p54;
        power = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    power += (int)(bits >> 52) - 1023;
    bits = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof(m));
    if (m > 1.41421356237309504880) {
        m *= 0.5;
        power++;
    }
    const double s = (m - 1.0) / (m + 1.0);
    const double s2 = s * s;
    double sum = 0.0;
    for (int n = 25; n >= 3; n -= 2)
        sum = s2 * (1.0 / (double)n + sum);
    const double k = (double)power;
    return k * ln2_high + (2.0 * s + (2.0 * s * sum + k * ln2_low));
}

double cw_log10(double x)
{
    return cw_log(x) * 0.43429448190325182765;
}

/* Kahan's correction: the rounding of 1+x is divided out again. */
double cw_log1p(double x)
{
    const double u = 1.0 + x;
    if (u == 1.0)
        return x;
    if (isinf(u))
        return u;
    return cw_log(u) * (x / (u - 1.0));
}

double cw_pow(double x, double y)
{
    if (y == 0.0 || x == 1.0)
        return 1.0;
    if (x == 0.0)
        return y > 0.0 ? 0.0 : (double)INFINITY;
    return cw_exp(y * cw_log(x));
}

double cw_sqrt(double x)
{
    return sqrt(x);
}

/* Upper tail by Mills' ratio: the continued fraction beyond 3, the series of
 * the distribution function below; where they meet both are right to 1e-13.
 * Abramowitz and Stegun 26.2.10, 26.2.14. */
double cw_normal_tail(double z)
{
    if (isnan(z))
        return z;
    if (z < 0.0)
        return 1.0 - cw_normal_tail(-z);
    if (z > 38.0)
        return 0.0;
    const double density = 0.39894228040143267794 * cw_exp(-0.5 * z * z);
    if (z > 3.0) {
        double fraction = z;
        for (int n = 40; n >= 1; n--)
            fraction = z + (double)n / fraction;
        return density / fraction;
    }
    double term = z;
    double sum = z;
    for (int n = 1; n <= 32; n++) {
        term *= z * z / (double)(2 * n + 1);
        sum += term;
    }
    return 0.5 - density * sum;
}

double cw_normal_cdf(double z)
{
    return cw_normal_tail(-z);
}

double cw_round6(double x)
{
    if (!(fabs(x) < 4503599627.0)) /* 2^52 / 1e6: already coarser */
        return x;
    const double scaled = fabs(x) * 1e6;
    const double rounded = floor(scaled + 0.5) / 1e6;
    if (rounded == 0.0)
        return 0.0;
    return x < 0.0 ? -rounded : rounded;
}
