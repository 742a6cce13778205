#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <math.h>

#include "base/fixmath.h"
#include "base/hash.h"
#include "base/rand.h"

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

/* Distance in representable numbers, of two of the same sign. */
static uint64_t ulps(double a, double b)
{
    const uint64_t x = bits_of(a);
    const uint64_t y = bits_of(b);
    return x > y ? x - y : y - x;
}

static double draw(struct cw_rand *rand, double from, double to)
{
    return from + (to - from) * cw_rand_unit(rand);
}

static void assert_relative(double is, double want, double bound)
{
    if (!(fabs(is - want) <= bound * fabs(want)))
        fail_msg("%.17g is not %.17g within %g", is, want, bound);
}

/* libm is the reference: glibc documents exp and log below 1 ulp. */
static void exp_and_log_are_within_two_ulps_of_libm(void **state)
{
    (void)state;
    struct cw_rand rand;
    uint64_t worst_exp = 0;
    uint64_t worst_log = 0;
    cw_rand_seed(&rand, 1);
    for (int i = 0; i < 100000; i++) {
        const double x = draw(&rand, -700.0, 709.0);
        const uint64_t of_exp = ulps(cw_exp(x), exp(x));
        const double y = exp(x);
        const uint64_t of_log = ulps(cw_log(y), log(y));
        worst_exp = of_exp > worst_exp ? of_exp : worst_exp;
        worst_log = of_log > worst_log ? of_log : worst_log;
    }
    for (int i = 0; i < 20000; i++) { /* near 1, where digits cancel */
        const double y = draw(&rand, 0.5, 2.0);
        const uint64_t of_log = ulps(cw_log(y), log(y));
        worst_log = of_log > worst_log ? of_log : worst_log;
    }
    print_message("exp %d ulp, log %d ulp\n", (int)worst_exp, (int)worst_log);
    assert_true(worst_exp <= 2);
    assert_true(worst_log <= 2);
}

static void the_others_are_near_libm(void **state)
{
    (void)state;
    struct cw_rand rand;
    cw_rand_seed(&rand, 2);
    for (int i = 0; i < 20000; i++) {
        const double x = draw(&rand, 1e-6, 1e6);
        const double y = draw(&rand, -40.0, 40.0);
        assert_relative(cw_pow(x, y), pow(x, y), 1e-13);
        assert_relative(cw_log10(x), log10(x), 1e-13 + 1e-15 / fabs(log10(x)));
        const double small = exp(draw(&rand, -60.0, 10.0));
        assert_relative(cw_log1p(small), log1p(small), 1e-15);
        assert_relative(cw_log1p(-small / 3e4), log1p(-small / 3e4), 1e-15);
        assert_true(bits_of(cw_sqrt(x)) == bits_of(sqrt(x)));
    }
}

/* 0.5 erfc(z / sqrt 2), over the range a threshold can be in. */
static void the_normal_tail_is_that_of_erfc(void **state)
{
    (void)state;
    for (int i = 0; i < 3300; i++) {
        const double z = -8.0 + 0.0137 * i;
        const double want = 0.5 * erfc(z * 0.70710678118654752440);
        /* Beyond 10 the rounding of z*z in the exponent is what one sees. */
        const double bound = z <= 10.0 ? 5e-13 : 1e-12;
        assert_relative(cw_normal_tail(z), want, bound);
        assert_relative(cw_normal_cdf(-z), want, bound);
    }
    assert_true(cw_normal_tail(0.0) == 0.5);
    assert_true(isnan(cw_normal_tail((double)NAN)));
    assert_true(cw_normal_tail(39.0) == 0.0);
    assert_true(cw_normal_tail(-(double)INFINITY) == 1.0);
}

static void special_values(void **state)
{
    (void)state;
    const double inf = (double)INFINITY;
    const double nan = (double)NAN;
    assert_true(cw_exp(0.0) == 1.0 && cw_log(1.0) == 0.0);
    assert_true(cw_exp(710.0) == inf && cw_exp(inf) == inf);
    assert_true(cw_exp(-746.0) == 0.0 && cw_exp(-inf) == 0.0);
    assert_true(cw_exp(-745.0) > 0.0); /* the smallest there is */
    assert_true(isfinite(cw_exp(709.78)));
    assert_true(isnan(cw_exp(nan)) && isnan(cw_log(nan)));
    assert_true(cw_log(0.0) == -inf && cw_log(inf) == inf);
    assert_true(isnan(cw_log(-1.0)));
    assert_relative(cw_log(0x1p-1074), -744.44007192138126, 1e-15);
    assert_true(cw_log1p(-1.0) == -inf && isnan(cw_log1p(-2.0)));
    assert_true(cw_log1p(0.0) == 0.0 && cw_log1p(inf) == inf);
    assert_true(cw_pow(0.0, 2.0) == 0.0 && cw_pow(0.0, -1.0) == inf);
    assert_true(cw_pow(nan, 0.0) == 1.0 && cw_pow(1.0, nan) == 1.0);
    assert_true(isnan(cw_pow(-2.0, 0.5)));
    assert_true(cw_pow(2.0, 10.0) > 1023.9999999 &&
                cw_pow(2.0, 10.0) < 1024.0000001);
}

static void exp_and_log_never_fall(void **state)
{
    (void)state;
    struct cw_rand rand;
    cw_rand_seed(&rand, 3);
    for (int i = 0; i < 20000; i++) {
        const double x = draw(&rand, -30.0, 30.0);
        const double next = nextafter(x, 100.0);
        const double near = x + 1e-9;
        assert_true(cw_exp(next) >= cw_exp(x) * (1.0 - 3e-16));
        assert_true(cw_exp(near) > cw_exp(x));
        const double y = exp(x);
        assert_true(cw_log(y * (1.0 + 1e-9)) > cw_log(y));
    }
    double before = 1.0;
    for (int i = 0; i < 46000; i++) {
        const double tail = cw_normal_tail(-8.0 + 0.001 * i);
        assert_true(tail <= before);
        before = tail;
    }
}

static void round6_keeps_six_decimals(void **state)
{
    (void)state;
    assert_true(cw_round6(0.1234565) == 0.123457);
    assert_true(cw_round6(-0.1234565) == -0.123457);
    assert_true(cw_round6(0.0000004) == 0.0);
    assert_true(!signbit(cw_round6(-0.0000004))); /* one zero only */
    assert_true(cw_round6(2.5) == 2.5);
    assert_true(cw_round6(1e300) == 1e300);
    assert_true(isnan(cw_round6((double)NAN)));
    assert_true(cw_round6(-(double)INFINITY) == -(double)INFINITY);
    struct cw_rand rand;
    cw_rand_seed(&rand, 4);
    for (int i = 0; i < 20000; i++) {
        const double x = draw(&rand, -1e6, 1e6);
        const double rounded = cw_round6(x);
        assert_true(fabs(rounded - x) <= 0.5000001e-6);
        assert_true(cw_round6(rounded) == rounded);
    }
}

/* Bit for bit: the hash of ten thousand results of each. Another compiler,
 * another level of optimisation or another machine must give these. */
static void results_are_the_same_everywhere(void **state)
{
    (void)state;
    struct cw_rand rand;
    uint64_t hash = 0;
    cw_rand_seed(&rand, 5);
    for (int i = 0; i < 10000; i++) {
        const double x = draw(&rand, -50.0, 50.0);
        const double y = cw_exp(x);
        hash = cw_hash_mix(hash, bits_of(y));
        hash = cw_hash_mix(hash, bits_of(cw_log(fabs(x))));
        hash = cw_hash_mix(hash, bits_of(cw_log1p(y)));
        hash = cw_hash_mix(hash, bits_of(cw_pow(fabs(x), x / 10.0)));
        hash = cw_hash_mix(hash, bits_of(cw_normal_tail(x / 5.0)));
        hash = cw_hash_mix(hash, bits_of(cw_round6(x)));
    }
    if (hash != UINT64_C(0x99a33c6b6b179f48))
        fail_msg("hash is 0x%llx", (unsigned long long)hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_and_log_are_within_two_ulps_of_libm),
        cmocka_unit_test(the_others_are_near_libm),
        cmocka_unit_test(the_normal_tail_is_that_of_erfc),
        cmocka_unit_test(special_values),
        cmocka_unit_test(exp_and_log_never_fall),
        cmocka_unit_test(round6_keeps_six_decimals),
        cmocka_unit_test(results_are_the_same_everywhere),
    };
    return cmocka_run_group_tests_name("fixmath", tests, NULL, NULL);
}
