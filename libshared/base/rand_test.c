#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <math.h>
#include <stdbool.h>

#include "base/rand.h"

/* From a Python transcription of splitmix64 and xoshiro256**: simulators must
 * tell the same story on every machine. */
static void the_sequence_of_a_seed_is_fixed(void **state)
{
    (void)state;
    static const uint64_t want[] = {
        UINT64_C(0x15780b2e0c2ec716), UINT64_C(0x6104d9866d113a7e),
        UINT64_C(0xae17533239e499a1), UINT64_C(0xecb8ad4703b360a1)};
    struct cw_rand rand;
    cw_rand_seed(&rand, 42);
    for (int i = 0; i < 4; i++)
        assert_true(cw_rand_next(&rand) == want[i]);
}

/* Six faces, 60000 throws: 10000 each, deviation sqrt(60000 * 5/36) = 91. */
static void below_is_fair_and_below(void **state)
{
    (void)state;
    struct cw_rand rand;
    int faces[6] = {0};
    cw_rand_seed(&rand, 1);
    for (int i = 0; i < 60000; i++)
        faces[cw_rand_below(&rand, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_in_range(faces[i], 9500, 10500);
    for (int i = 0; i < 100; i++)
        assert_int_equal(cw_rand_below(&rand, 1), 0);
}

static void between_includes_both_ends(void **state)
{
    (void)state;
    struct cw_rand rand;
    bool seen[5] = {false};
    cw_rand_seed(&rand, 2);
    for (int i = 0; i < 200; i++) {
        const int64_t x = cw_rand_between(&rand, -2, 2);
        assert_true(x >= -2 && x <= 2);
        seen[x + 2] = true;
    }
    for (int i = 0; i < 5; i++)
        assert_true(seen[i]);
    assert_int_equal(cw_rand_between(&rand, 7, 7), 7);
    (void)cw_rand_between(&rand, INT64_MIN, INT64_MAX); /* all of them */
}

/* Means of 100000: within 5 deviations of the mean. */
static void means_and_spreads_are_what_they_say(void **state)
{
    (void)state;
    struct cw_rand rand;
    const int count = 100000;
    double unit = 0.0;
    double normal = 0.0;
    double square = 0.0;
    double exponential = 0.0;
    cw_rand_seed(&rand, 3);
    for (int i = 0; i < count; i++) {
        const double u = cw_rand_unit(&rand);
        const double n = cw_rand_normal(&rand);
        const double e = cw_rand_exponential(&rand);
        assert_true(u >= 0.0 && u < 1.0 && e >= 0.0 && isfinite(n));
        unit += u;
        normal += n;
        square += n * n;
        exponential += e;
    }
    assert_true(fabs(unit / count - 0.5) < 0.0046);
    assert_true(fabs(normal / count) < 0.016);
    assert_true(fabs(square / count - 1.0) < 0.023);
    assert_true(fabs(exponential / count - 1.0) < 0.016);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence_of_a_seed_is_fixed),
        cmocka_unit_test(below_is_fair_and_below),
        cmocka_unit_test(between_includes_both_ends),
        cmocka_unit_test(means_and_spreads_are_what_they_say),
    };
    return cmocka_run_group_tests_name("rand", tests, NULL, NULL);
}
