#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <math.h>
#include <string.h>

#include "config.h"
#include "forecast.h"
#include "smooth.h"

#define HOUR  DETECTOR_HOUR
#define START (INT64_C(1700006400) * DETECTOR_SECOND)

enum { FORTNIGHT = 14 * 24, FOUR_WEEKS = 28 * 24 }; /* in hours */

static double noise(uint64_t *random)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        *random = *random * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*random >> 11) / 9007199254740992.0;
    }
    return sum;
}

static double shape(int hour)
{
    return 100.0 + 40.0 * sin(6.283185307 * hour / 24.0);
}

static void a_daily_shape_goes_on(void **state)
{
    (void)state;
    struct forecast_sample samples[FORTNIGHT];
    struct forecast_step steps[24];
    struct cw_error err = {0};
    for (int i = 0; i < FORTNIGHT; i++)
        samples[i] = (struct forecast_sample){START + i * HOUR, shape(i)};
    assert_int_equal(forecast_make(samples, FORTNIGHT, 24, steps, &err), CW_OK);
    for (int i = 0; i < 24; i++) {
        assert_int_equal(steps[i].at, START + (FORTNIGHT + i) * HOUR);
        assert_true(fabs(steps[i].mean - shape(FORTNIGHT + i)) < 0.5);
        assert_true(steps[i].lower <= steps[i].mean);
        assert_true(steps[i].upper >= steps[i].mean);
    }
}

static void nine_of_ten_truths_lie_in_the_band(void **state)
{
    (void)state;
    uint64_t random = 5;
    struct forecast_sample samples[FOUR_WEEKS];
    struct forecast_step steps[48];
    struct cw_error err = {0};
    int inside = 0;
    for (int run = 0; run < 20; run++) {
        double walk = 0.0;
        double truth[48];
        for (int i = 0; i < FOUR_WEEKS + 48; i++) {
            walk = 0.95 * walk + noise(&random);
            const double value = shape(i) + 2.0 * walk + 3.0 * noise(&random);
            if (i < FOUR_WEEKS)
                samples[i] = (struct forecast_sample){START + i * HOUR, value};
            else
                truth[i - FOUR_WEEKS] = value;
        }
        assert_int_equal(forecast_make(samples, FOUR_WEEKS, 48, steps, &err),
                         CW_OK);
        for (int i = 0; i < 48; i++)
            inside += truth[i] >= steps[i].lower && truth[i] <= steps[i].upper;
    }
    assert_true(inside > 20 * 48 * 0.84);
    assert_true(inside < 20 * 48 * 0.97);
}

static void a_trend_without_season_is_followed(void **state)
{
    (void)state;
    struct forecast_sample samples[100];
    struct forecast_step steps[10];
    struct cw_error err = {0};
    for (int i = 0; i < 100; i++)
        samples[i] = (struct forecast_sample){START + i * DETECTOR_MINUTE,
                                              10.0 + 0.5 * i};
    assert_int_equal(forecast_make(samples, 100, 10, steps, &err), CW_OK);
    assert_true(steps[9].mean > 61.0 && steps[9].mean < 65.5); /* 64.5 */
}

static void holes_and_repeats_do_no_harm(void **state)
{
    (void)state;
    struct forecast_sample samples[FORTNIGHT + 1];
    struct forecast_step steps[24];
    struct cw_error err = {0};
    size_t count = 0;
    for (int i = 0; i < FORTNIGHT; i++)
        if (i % 37 != 5)
            samples[count++] =
                (struct forecast_sample){START + i * HOUR, shape(i)};
    samples[count] = samples[count - 1]; /* once more, and another value */
    samples[count++].value = 1e6;
    assert_int_equal(forecast_make(samples, count, 24, steps, &err), CW_OK);
    for (int i = 0; i < 24; i++)
        assert_true(fabs(steps[i].mean - shape(FORTNIGHT + i)) < 8.0);
}

static void refuses_what_it_cannot_continue(void **state)
{
    (void)state;
    struct forecast_sample samples[8];
    struct forecast_step steps[1];
    struct cw_error err = {0};
    for (int i = 0; i < 8; i++)
        samples[i] = (struct forecast_sample){START + i * HOUR, 1.0};
    assert_int_equal(forecast_make(samples, 7, 1, steps, &err), CW_BAD_RECORD);
    assert_int_equal(forecast_make(samples, 8, 0, steps, &err), CW_BAD_RECORD);
    assert_int_equal(forecast_make(samples, 8, FORECAST_STEPS + 1, steps, &err),
                     CW_BAD_RECORD);
    assert_int_equal(forecast_make(samples, 8, 1, steps, &err), CW_OK);
    assert_true(steps[0].mean == 1.0 && steps[0].upper == 1.0);
    samples[3].value = (double)NAN;
    assert_int_equal(forecast_make(samples, 8, 1, steps, &err), CW_BAD_RECORD);
    for (int i = 0; i < 8; i++)
        samples[i] = (struct forecast_sample){START, 1.0};
    assert_int_equal(forecast_make(samples, 8, 1, steps, &err), CW_BAD_RECORD);
}

/* 1 -1 1 -1 ...: one apart -1, two apart 1 (of the pairs there are). */
static void correlation_of_an_alternation(void **state)
{
    (void)state;
    double values[40];
    for (int i = 0; i < 40; i++)
        values[i] = i % 2 == 0 ? 1.0 : -1.0;
    assert_true(fabs(smooth_correlation(values, 40, 1) + 1.0) < 1e-9);
    assert_true(fabs(smooth_correlation(values, 40, 2) - 1.0) < 1e-9);
    assert_true(smooth_correlation(values, 40, 21) == 0.0);
    memset(values, 0, sizeof(values));
    assert_true(smooth_correlation(values, 40, 1) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daily_shape_goes_on),
        cmocka_unit_test(nine_of_ten_truths_lie_in_the_band),
        cmocka_unit_test(a_trend_without_season_is_followed),
        cmocka_unit_test(holes_and_repeats_do_no_harm),
        cmocka_unit_test(refuses_what_it_cannot_continue),
        cmocka_unit_test(correlation_of_an_alternation),
    };
    return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
