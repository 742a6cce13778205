#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include <math.h>

#include "tail.h"

static const struct tail_floor none = {0.0, 0.0};

/* By hand, threshold 2, mean excess 0.5, exponential: at 2 the share is 5 %,
 * -log10 0.05 = 1.30103; 0.5 above it e times rarer, + 0.434294. */
static void follows_the_worked_example(void **state)
{
    (void)state;
    struct tail tail;
    tail_init(&tail, 2.0, 0.5);
    assert_true(fabs(tail_surprise(&tail, &none, 1.0, 0) - 0.650515) < 1e-6);
    assert_true(fabs(tail_surprise(&tail, &none, 2.0, 0) - 1.30103) < 1e-6);
    assert_true(fabs(tail_surprise(&tail, &none, 2.5, 0) - 1.735324) < 1e-5);
}

static void a_floor_keeps_a_flat_series_calm(void **state)
{
    (void)state;
    const struct tail_floor least = {1.0, 0.5};
    struct tail tail;
    tail_init(&tail, 1e-6, 1e-6);
    assert_true(tail_surprise(&tail, &least, 1.0, 1000) <= 1.31);
    assert_true(tail_surprise(&tail, &none, 1.0, 1000) > 1000.0);
}

static double uniform(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*random >> 11) + 0.5) / 9007199254740992.0;
}

/* Exponential of mean 1: the 95 % quantile is 2.996, the excess 1. */
static void learns_quantile_and_excess(void **state)
{
    (void)state;
    uint64_t random = 11;
    struct tail tail;
    tail_init(&tail, 1.0, 0.4);
    for (uint32_t i = 0; i < 30000; i++)
        tail_learn(&tail, -log(uniform(&random)), i, true);
    assert_true(fabs((double)tail.threshold - 2.996) < 0.35);
    assert_true(fabs((double)tail.excess - 1.0) < 0.25);
    const double rare = tail_surprise(&tail, &none, 13.8155, 30000); /* 1e-6 */
    assert_true(rare > 4.0 && rare < 8.0);
}

static void an_excursion_is_learnt_when_it_is_over(void **state)
{
    (void)state;
    struct tail tail;
    tail_init(&tail, 2.0, 0.5);
    const float before = tail.excess;
    for (uint32_t i = 0; i < 5; i++)
        tail_learn(&tail, 9.0, 1000 + i, true);
    assert_true(tail.excess == before);
    for (uint32_t i = 0; i < TAIL_REST; i++)
        tail_learn(&tail, 0.5, 1005 + i, true);
    assert_true(tail.excess > before);
    assert_true(tail.records[0] == 9.0F);
}

static void the_fourth_of_a_kind_is_known(void **state)
{
    (void)state;
    struct tail tail;
    tail_init(&tail, 2.0, 0.5);
    for (unsigned n = 0; n < 3; n++) {
        assert_false(tail_knows(&tail, 9.0));
        tail_learn(&tail, 9.0, 1000, false);
        for (uint32_t i = 0; i < TAIL_REST; i++)
            tail_learn(&tail, 0.5, 1000, true);
    }
    assert_true(tail_knows(&tail, 9.0));
    assert_false(tail_knows(&tail, 12.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_worked_example),
        cmocka_unit_test(a_floor_keeps_a_flat_series_calm),
        cmocka_unit_test(learns_quantile_and_excess),
        cmocka_unit_test(an_excursion_is_learnt_when_it_is_over),
        cmocka_unit_test(the_fourth_of_a_kind_is_known),
    };
    return cmocka_run_group_tests_name("tail", tests, NULL, NULL);
}
