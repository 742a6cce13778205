#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include <math.h>

#include "config.h"
#include "score.h"

#define START (INT64_C(1700006400) * DETECTOR_SECOND)

struct walk {
    struct detector_score *scorer;
    uint64_t random;
    int64_t at;
    int64_t interval;
};

static struct walk walk_of(int64_t interval)
{
    struct walk walk = {.random = 3, .at = START, .interval = interval};
    struct cw_error err = {0};
    assert_int_equal(detector_score_create(&walk.scorer, NULL, &err), CW_OK);
    return walk;
}

static double noise(struct walk *walk)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        walk->random =
            walk->random * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(walk->random >> 11) / 9007199254740992.0;
    }
    return sum;
}

static struct detector_score_result feed(struct walk *walk, double value)
{
    walk->at += walk->interval;
    return detector_score_feed(walk->scorer, walk->at, value);
}

static void warming_rows_have_no_score_and_no_band(void **state)
{
    (void)state;
    struct walk walk = walk_of(10 * DETECTOR_SECOND);
    for (int i = 0; i < 60; i++) {
        const struct detector_score_result result =
            feed(&walk, i == 40 ? 900.0 : 100.0 + noise(&walk));
        assert_false(result.has_band);
        assert_false(result.anomalous);
        assert_true(result.score == 0.0);
    }
    assert_true(feed(&walk, 100.0).has_band);
    detector_score_destroy(&walk.scorer);
}

/* The same samples at any distance from a second to a day are found. */
static void any_distance_of_samples_works(void **state)
{
    (void)state;
    const int64_t distances[] = {DETECTOR_SECOND, 10 * DETECTOR_SECOND,
                                 DETECTOR_MINUTE, 5 * DETECTOR_MINUTE,
                                 DETECTOR_HOUR,   DETECTOR_DAY};
    for (size_t d = 0; d < sizeof(distances) / sizeof(distances[0]); d++) {
        struct walk walk = walk_of(distances[d]);
        for (int i = 0; i < 500; i++)
            assert_false(feed(&walk, 100.0 + 3.0 * noise(&walk)).anomalous);
        int found = 0;
        double best = 0.0;
        const int rows = distances[d] < 10 * DETECTOR_SECOND ? 14 : 4;
        for (int i = 0; i < rows; i++) {
            const struct detector_score_result result =
                feed(&walk, 130.0 + 3.0 * noise(&walk));
            found += result.anomalous;
            best = fmax(best, result.score);
        }
        assert_true(found >= 2);
        assert_true(best >= 0.5 && best < 1.0);
        detector_score_destroy(&walk.scorer);
    }
}

static void repeated_and_backward_rows_change_nothing(void **state)
{
    (void)state;
    struct walk plain = walk_of(DETECTOR_MINUTE);
    struct walk noisy = walk_of(DETECTOR_MINUTE);
    for (int i = 0; i < 300; i++) {
        const double value = 50.0 + noise(&plain);
        const struct detector_score_result want = feed(&plain, value);
        const struct detector_score_result got = feed(&noisy, value);
        assert_true(want.score == got.score && want.upper == got.upper);
        const struct detector_score_result again =
            detector_score_feed(noisy.scorer, noisy.at, 1e6);
        assert_true(again.score == 0.0 && again.upper == got.upper);
        assert_int_equal(again.anomalous, got.anomalous);
        detector_score_feed(noisy.scorer, noisy.at - 1, -1e6);
        detector_score_feed(noisy.scorer, noisy.at + 1, (double)NAN);
    }
    detector_score_destroy(&plain.scorer);
    detector_score_destroy(&noisy.scorer);
}

/* 100 by day, 20 by night: 100 at night is odd, and only then. */
static void a_busy_hour_at_night_is_an_anomaly(void **state)
{
    (void)state;
    struct walk walk = walk_of(5 * DETECTOR_MINUTE);
    for (int i = 0; i < 288 * 10; i++) {
        const bool day = walk.at % DETECTOR_DAY >= 8 * DETECTOR_HOUR &&
                         walk.at % DETECTOR_DAY < 20 * DETECTOR_HOUR;
        const double value = (day ? 100.0 : 20.0) + 2.0 * noise(&walk);
        const struct detector_score_result result = feed(&walk, value);
        if (i > 288 * 8)
            assert_false(result.anomalous);
    }
    assert_int_equal(walk.at % DETECTOR_DAY, 0);
    int found = 0;
    for (int i = 0; i < 3; i++)
        found += feed(&walk, 100.0 + 2.0 * noise(&walk)).anomalous;
    assert_true(found > 0);
    detector_score_destroy(&walk.scorer);
}

static void a_stayed_shift_becomes_normal(void **state)
{
    (void)state;
    struct walk walk = walk_of(DETECTOR_MINUTE);
    for (int i = 0; i < 500; i++)
        feed(&walk, 100.0 + 2.0 * noise(&walk));
    int open = 0;
    for (int i = 0; i < 600; i++)
        open += feed(&walk, 160.0 + 2.0 * noise(&walk)).anomalous;
    assert_true(open >= 115 && open <= 130); /* two hours */
    const struct detector_score_result last = feed(&walk, 160.0);
    assert_false(last.anomalous);
    assert_true(fabs(last.expected - 160.0) < 3.0);
    detector_score_destroy(&walk.scorer);
}

/* Constant for its whole life: one step of 100 is noise, ten in a hundred
 * that stay are not. */
static void a_constant_may_take_the_smallest_step(void **state)
{
    (void)state;
    struct walk walk = walk_of(DETECTOR_MINUTE);
    for (int i = 0; i < 300; i++)
        assert_false(feed(&walk, 100.0).anomalous);
    for (int i = 0; i < 20; i++)
        assert_false(feed(&walk, 101.0).anomalous);
    detector_score_destroy(&walk.scorer);
    walk = walk_of(DETECTOR_MINUTE);
    for (int i = 0; i < 300; i++)
        feed(&walk, 100.0);
    bool found = false;
    for (int i = 0; i < 5; i++)
        found = feed(&walk, 120.0).anomalous || found;
    assert_true(found);
    detector_score_destroy(&walk.scorer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warming_rows_have_no_score_and_no_band),
        cmocka_unit_test(any_distance_of_samples_works),
        cmocka_unit_test(repeated_and_backward_rows_change_nothing),
        cmocka_unit_test(a_busy_hour_at_night_is_an_anomaly),
        cmocka_unit_test(a_stayed_shift_becomes_normal),
        cmocka_unit_test(a_constant_may_take_the_smallest_step),
    };
    return cmocka_run_group_tests_name("detector score", tests, NULL, NULL);
}
