#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "instant.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define T0 INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */

static void texts_are_read_as_rfc_3339_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at;
        size_t used;
    } cases[] = {
        {"2023-11-14T22:13:20Z", T0, 20},
        {"2023-11-14 22:13:20", T0, 19},
        {"2023-11-15T00:13:20+02:00", T0, 25},
        {"2023-11-14T17:13:20-0500 x", T0, 24},
        {"2023-11-14T22:13:20.123456789Z", T0 + 123456, 30},
        {"2023-11-14T22:13:20,5Z", T0 + 500000, 22},
        {"1970-01-01T00:00:00Z", 0, 20},
        {"2016-12-31T23:59:60Z", INT64_C(1483228799000000), 20},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000000), 20},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t at = -1;
        size_t used = 0;
        assert_true(instant_parse(cw_text_of(cases[i].text), &at, &used));
        assert_int_equal(at, cases[i].at);
        assert_int_equal(used, cases[i].used);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {"",
                                          "2023",
                                          "2023-13-01T00:00:00Z",
                                          "2023-02-29T00:00:00Z",
                                          "2023-11-14T24:00:00Z",
                                          "2023-11-14T22:60:00Z",
                                          "2023-11-14",
                                          "2023-11-14T22:13:20+2",
                                          "2023-11-14T22:13:20+24:00",
                                          "yesterday"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        int64_t at = 7;
        size_t used = 0;
        assert_false(instant_parse(cw_text_of(refused[i]), &at, &used));
        assert_int_equal(at, 7);
    }
}

static void a_date_without_year_is_the_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *near;
        const char *want;
    } cases[] = {
        {"Nov 14 22:13:20 host", "2023-11-14T22:14:00Z",
         "2023-11-14T22:13:20Z"},
        {"Dec 31 23:59:59 host", "2024-01-01T00:00:10Z",
         "2023-12-31T23:59:59Z"},
        {"Jan  1 00:00:01 host", "2023-12-31T23:59:00Z",
         "2024-01-01T00:00:01Z"},
        {"Feb 29 12:00:00 host", "2024-03-01T00:00:00Z",
         "2024-02-29T12:00:00Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t near_at;
        int64_t want;
        int64_t at;
        size_t used;
        assert_true(instant_parse(cw_text_of(cases[i].near), &near_at, &used));
        assert_true(instant_parse(cw_text_of(cases[i].want), &want, &used));
        assert_true(
            instant_parse_bsd(cw_text_of(cases[i].text), near_at, &at, &used));
        assert_int_equal(at, want);
        assert_int_equal(used, 15);
    }
    int64_t at;
    size_t used;
    assert_false(
        instant_parse_bsd(CW_TEXT("Feb 30 12:00:00 h"), T0, &at, &used));
    assert_false(
        instant_parse_bsd(CW_TEXT("Nix 10 12:00:00 h"), T0, &at, &used));
}

static void numbers_go_by_unit_or_by_size(void **state)
{
    (void)state;
    int64_t at;
    assert_true(instant_of_integer(1700000000, INSTANT_AUTO, &at) && at == T0);
    assert_true(instant_of_integer(1700000000000, INSTANT_AUTO, &at) &&
                at == T0);
    assert_true(instant_of_integer(T0, INSTANT_AUTO, &at) && at == T0);
    assert_true(instant_of_integer(T0 * 1000, INSTANT_AUTO, &at) && at == T0);
    assert_true(instant_of_integer(5, INSTANT_MS, &at) && at == 5000);
    assert_true(instant_of_double(1700000000.25, INSTANT_S, &at) &&
                at == T0 + 250000);
    assert_true(instant_of_text(CW_TEXT("1700000000.5"), INSTANT_AUTO, &at) &&
                at == T0 + 500000);
    assert_false(instant_of_integer(-1, INSTANT_S, &at));
    assert_false(instant_of_integer(INT64_MAX, INSTANT_S, &at));
    assert_false(instant_of_double(-1.0, INSTANT_S, &at));
    assert_false(instant_of_double(1e300, INSTANT_AUTO, &at));
    assert_false(instant_of_text(CW_TEXT("1.2.3"), INSTANT_S, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_as_rfc_3339_says),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(a_date_without_year_is_the_nearest),
        cmocka_unit_test(numbers_go_by_unit_or_by_size),
    };
    return cmocka_run_group_tests_name("instant", tests, NULL, NULL);
}
