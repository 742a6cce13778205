#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include <math.h>

#include "rate.h"

#define S INT64_C(1000000)

static struct cw_series_definition of(enum cw_metric_kind kind)
{
    return (struct cw_series_definition){.kind = kind};
}

/* 10 s apart: 100, 150, then a restart and 20 since: 5/s, 2/s. */
static void a_fall_is_a_reset(void **state)
{
    (void)state;
    const struct cw_series_definition kind = of(CW_METRIC_KIND_CUMULATIVE);
    struct rate rate = {0};
    struct rate_sample out;
    assert_int_equal(rate_take(&rate, &kind, 10 * S, 100.0, 0, &out),
                     RATE_FIRST);
    assert_int_equal(rate_take(&rate, &kind, 20 * S, 150.0, 0, &out),
                     RATE_TAKEN);
    assert_true(out.value == 5.0 && out.events == 50.0 && out.gap_s == 10.0);
    assert_int_equal(rate_take(&rate, &kind, 30 * S, 20.0, 0, &out),
                     RATE_TAKEN);
    assert_true(out.value == 2.0);
    assert_int_equal(rate.resets, 1);
}

/* 100 counted, then 120 with a start after the first sample: all 120 new. */
static void a_moved_start_is_a_reset_without_a_fall(void **state)
{
    (void)state;
    const struct cw_series_definition kind = of(CW_METRIC_KIND_CUMULATIVE);
    struct rate rate = {0};
    struct rate_sample out;
    assert_int_equal(rate_take(&rate, &kind, 10 * S, 100.0, 5 * S, &out),
                     RATE_FIRST);
    assert_int_equal(rate_take(&rate, &kind, 20 * S, 120.0, 15 * S, &out),
                     RATE_TAKEN);
    assert_true(out.events == 120.0);
    assert_int_equal(rate_take(&rate, &kind, 30 * S, 130.0, 15 * S, &out),
                     RATE_TAKEN);
    assert_true(out.events == 10.0);
}

static void a_delta_counts_over_its_distance(void **state)
{
    (void)state;
    struct cw_series_definition kind = of(CW_METRIC_KIND_DELTA);
    struct rate rate = {0};
    struct rate_sample out;
    assert_int_equal(rate_take(&rate, &kind, 10 * S, 6.0, 0, &out), RATE_FIRST);
    assert_int_equal(rate_take(&rate, &kind, 40 * S, 6.0, 0, &out), RATE_TAKEN);
    assert_true(out.value == 0.2);
    kind.interval_us = 3 * S;
    rate = (struct rate){0};
    assert_int_equal(rate_take(&rate, &kind, 10 * S, 6.0, 0, &out), RATE_TAKEN);
    assert_true(out.value == 2.0);
}

static void refused_samples_leave_no_trace(void **state)
{
    (void)state;
    const struct cw_series_definition kind = of(CW_METRIC_KIND_CUMULATIVE);
    struct rate rate = {0};
    struct rate_sample out;
    assert_int_equal(rate_take(&rate, &kind, 10 * S, 100.0, 0, &out),
                     RATE_FIRST);
    assert_int_equal(rate_take(&rate, &kind, 10 * S, 900.0, 0, &out),
                     RATE_DUPLICATE);
    assert_int_equal(rate_take(&rate, &kind, 9 * S, 900.0, 0, &out),
                     RATE_BACKWARD);
    assert_int_equal(rate_take(&rate, &kind, 20 * S, (double)NAN, 0, &out),
                     RATE_BAD);
    assert_int_equal(rate_take(&rate, &kind, 20 * S, -1.0, 0, &out), RATE_BAD);
    assert_int_equal(rate_take(&rate, &kind, 20 * S, 110.0, 0, &out),
                     RATE_TAKEN);
    assert_true(out.value == 1.0);
}

static void a_gauge_is_what_it_is(void **state)
{
    (void)state;
    const struct cw_series_definition kind = of(CW_METRIC_KIND_GAUGE);
    struct rate rate = {0};
    struct rate_sample out;
    assert_int_equal(rate_take(&rate, &kind, S, -3.5, 0, &out), RATE_TAKEN);
    assert_true(out.value == -3.5 && !out.counted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fall_is_a_reset),
        cmocka_unit_test(a_moved_start_is_a_reset_without_a_fall),
        cmocka_unit_test(a_delta_counts_over_its_distance),
        cmocka_unit_test(refused_samples_leave_no_trace),
        cmocka_unit_test(a_gauge_is_what_it_is),
    };
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
