/* Claims of score: worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "score.h"

/* Worked: scores 2, 1, unknown 0: e^2 + e + 1 = 11.107; .6652, .2447, .0900.
 */
static void probabilities_are_shares_beside_unknown(void **state)
{
    struct ranker_candidate list[2] = {{.score = 2}, {.score = 1}};

    (void)state;
    ranker_softmax(list, 2, 0.0, 1.0);
    assert_true(fabs(list[0].probability - 0.665241) < 1e-6);
    assert_true(fabs(list[1].probability - 0.244728) < 1e-6);
}

static void a_temperature_above_one_is_less_sure(void **state)
{
    struct ranker_candidate list[2] = {{.score = 2}, {.score = 1}};

    (void)state;
    ranker_softmax(list, 2, 0.0, 2.0);
    assert_true(list[0].probability < 0.665241);
    assert_true(list[0].probability > list[1].probability);
}

static void huge_scores_do_not_overflow(void **state)
{
    struct ranker_candidate list[2] = {{.score = 1e6}, {.score = -1e6}};

    (void)state;
    ranker_softmax(list, 2, 0.0, 1.0);
    assert_true(fabs(list[0].probability - 1.0) < 1e-9);
    assert_true(fabs(list[1].probability) < 1e-9);
}

/* Worked: without its change of 2 the first has the score 1 too, so with
 * unknown at 1 each has a third. */
static void a_counterfactual_takes_one_factor_away(void **state)
{
    struct ranker_config config = RANKER_CONFIG_DEFAULT;
    struct ranker_candidate list[2] = {{.score = 3}, {.score = 1}};
    const struct ranker_candidates all = {list, 2};

    (void)state;
    config.unknown_bias = 1.0;
    list[0].factor[RANKER_CHANGE] = 2.0;
    assert_true(fabs(ranker_without(&all, 0, RANKER_CHANGE, &config) -
                     0.333333) < 1e-6);
}

/* Worked: 20 min old, tau 20 min: e^-1 = .367879; a scale weighs .6. */
static void t17_a_change_fades_with_its_distance_in_time(void **state)
{
    const struct ranker_config config = RANKER_CONFIG_DEFAULT;
    const int64_t start = 1700000000LL * 1000000;
    struct ranker_scene scene = {
        .config = &config, .start_at = start, .evident_at = start};
    struct ranker_change change = {.kind = "deploy"};

    (void)state;
    change.at = start - 1200LL * 1000000;
    assert_true(fabs(ranker_change_weight(&change, &scene) - 0.367879) < 1e-6);
    (void)snprintf(change.kind, sizeof(change.kind), "scale");
    assert_true(fabs(ranker_change_weight(&change, &scene) - 0.220728) < 1e-6);
    change.at = start;
    assert_true(ranker_change_weight(&change, &scene) > 0.59);
    change.at = start + 1;
    assert_true(ranker_change_weight(&change, &scene) <= 0.0);
    change.at = start - config.change_us - 1;
    assert_true(ranker_change_weight(&change, &scene) <= 0.0);
    change.at = scene.evident_at = start + 1200LL * 1000000;
    assert_true(fabs(ranker_change_weight(&change, &scene) - 0.220728) < 1e-6);
}

static void a_state_change_makes_more_than_a_symptom(void **state)
{
    (void)state;
    const struct ranker_sign slow = {.severity = 4};
    const struct ranker_sign full = {.severity = 4, .own = 2};
    const struct ranker_sign quivering = {.severity = 4, .own = 1.99};
    const struct ranker_sign silent = {.severity = 4, .missing = 0.5};

    assert_true(ranker_sign_is_symptom(&slow));
    assert_true(ranker_sign_is_symptom(&quivering));
    assert_false(ranker_sign_is_symptom(&full));
    assert_false(ranker_sign_is_symptom(&silent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_shares_beside_unknown),
        cmocka_unit_test(a_temperature_above_one_is_less_sure),
        cmocka_unit_test(huge_scores_do_not_overflow),
        cmocka_unit_test(a_counterfactual_takes_one_factor_away),
        cmocka_unit_test(t17_a_change_fades_with_its_distance_in_time),
        cmocka_unit_test(a_state_change_makes_more_than_a_symptom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
