#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "derive.h"

#define S INT64_C(1000000)

static void names_tell_the_role(void **state)
{
    (void)state;
    struct cw_text stem;
    assert_int_equal(derive_role_of(CW_TEXT("http.duration.sum"), &stem),
                     ROLE_SUM);
    assert_true(cw_text_is(stem, "http.duration"));
    assert_int_equal(derive_role_of(CW_TEXT("http_duration_count"), &stem),
                     ROLE_COUNT);
    assert_int_equal(derive_role_of(CW_TEXT("calls.errors"), &stem),
                     ROLE_ERRORS);
    assert_int_equal(derive_role_of(CW_TEXT("discount"), &stem), ROLE_NONE);
    assert_int_equal(derive_role_of(CW_TEXT(".sum"), &stem), ROLE_NONE);
    assert_int_equal(derive_role_of(CW_TEXT(""), &stem), ROLE_NONE);
}

static void members_of_a_pair_share_a_key(void **state)
{
    (void)state;
    const struct cw_key_value label = {CW_TEXT("route"), CW_TEXT("/pay")};
    struct cw_series_definition a = {
        .tenant = CW_TEXT("t"),
        .entity = {CW_TEXT("service"), CW_TEXT("shop")},
        .labels = &label,
        .labels_count = 1};
    const struct cw_series_definition same = a;
    assert_true(derive_key(&a, CW_TEXT("x")) ==
                derive_key(&same, CW_TEXT("x")));
    assert_true(derive_key(&a, CW_TEXT("x")) != derive_key(&a, CW_TEXT("y")));
    a.labels_count = 0;
    assert_true(derive_key(&a, CW_TEXT("x")) !=
                derive_key(&same, CW_TEXT("x")));
}

/* 2 calls are too few; 2 + 4 make 6, with 90 ms together: 15. */
static void few_events_are_collected(void **state)
{
    (void)state;
    struct quotient quotient = {0};
    double value = -1.0;
    quotient_add_top(&quotient, 10 * S, 30.0);
    quotient_add_bottom(&quotient, 10 * S, 2.0);
    assert_false(quotient_at(&quotient, 10 * S, false, &value));
    quotient_add_top(&quotient, 20 * S, 60.0);
    quotient_add_bottom(&quotient, 20 * S, 4.0);
    assert_true(quotient_at(&quotient, 20 * S, false, &value));
    assert_true(value == 15.0);
}

static void too_few_in_a_minute_are_let_go(void **state)
{
    (void)state;
    struct quotient quotient = {0};
    double value;
    for (int i = 0; i < 20; i++) {
        const int64_t at = (10 + 30 * i) * S;
        quotient_add_top(&quotient, at, 1.0);
        quotient_add_bottom(&quotient, at, 1.0);
        assert_false(quotient_at(&quotient, at, false, &value));
    }
}

static void both_must_be_of_the_same_time(void **state)
{
    (void)state;
    struct quotient quotient = {0};
    double value;
    quotient_add_top(&quotient, 10 * S, 50.0);
    quotient_add_bottom(&quotient, 20 * S, 10.0);
    assert_false(quotient_at(&quotient, 20 * S, false, &value));
    quotient_add_top(&quotient, 20 * S, 50.0); /* comes in a later slice */
    assert_true(quotient_at(&quotient, 20 * S, false, &value));
    assert_true(value == 10.0);
    /* No errors told of at all: none happened. */
    quotient_add_bottom(&quotient, 30 * S, 10.0);
    assert_true(quotient_at(&quotient, 30 * S, true, &value));
    assert_true(value == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_the_role),
        cmocka_unit_test(members_of_a_pair_share_a_key),
        cmocka_unit_test(few_events_are_collected),
        cmocka_unit_test(too_few_in_a_minute_are_let_go),
        cmocka_unit_test(both_must_be_of_the_same_time),
    };
    return cmocka_run_group_tests_name("derive", tests, NULL, NULL);
}
