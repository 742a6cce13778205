#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <math.h>

#include "base/rand.h"
#include "base/time.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void instants_that_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at;
    } accepted[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-08-06T10:30:05Z", INT64_C(1786012205000000)},
        {"2026-08-06t10:30:05.123456z", INT64_C(1786012205123456)},
        {"2026-08-06 10:30:05,5Z", INT64_C(1786012205500000)},
        {"2026-08-06T12:30:05.123456789+02:00", INT64_C(1786012205123456)},
        {"2026-08-06T05:00:05.1-0530", INT64_C(1786012205100000)},
        {"2024-02-29T23:59:59Z", INT64_C(1709251199000000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228799999999)},
        {"2261-12-31T23:59:59.999999Z", CW_TIME_MAX - 1},
        {"1970-01-01T01:00:00+01:00", 0},
    };
    for (size_t i = 0; i < COUNT(accepted); i++) {
        int64_t at = -1;
        if (!cw_time_parse(cw_text_of(accepted[i].text), &at) ||
            at != accepted[i].at)
            fail_msg("%s is %lld", accepted[i].text, (long long)at);
    }
}

static void texts_that_are_no_instant(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "2026-08-06",
        "2026-08-06T10:30:05",
        "2026-08-06T10:30:05.Z",
        "2026-08-06T10:30:05.1234567890Z",
        "2026-08-06T10:30:05Z ",
        " 2026-08-06T10:30:05Z",
        "2026-13-06T10:30:05Z",
        "2026-00-06T10:30:05Z",
        "2026-02-29T10:30:05Z",
        "2100-02-29T10:30:05Z",
        "2026-08-32T10:30:05Z",
        "2026-08-06T24:00:00Z",
        "2026-08-06T10:60:00Z",
        "2026-08-06T10:30:61Z",
        "2026-08-06T10:30:05+24:00",
        "2026-08-06T10:30:05+02:60",
        "2026-08-06T10:30:05+02",
        "2026/08/06T10:30:05Z",
        "2026-08-06X10:30:05Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2262-01-01T00:00:00Z",
        "20a6-08-06T10:30:05Z",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        int64_t at = 7;
        if (cw_time_parse(cw_text_of(refused[i]), &at) || at != 7)
            fail_msg("taken: %s", refused[i]);
    }
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct cw_rand rand;
    cw_rand_seed(&rand, 1);
    for (int i = 0; i < 20000; i++) {
        const int64_t want =
            (int64_t)cw_rand_below(&rand, (uint64_t)CW_TIME_MAX);
        int64_t at = -1;
        char text[CW_TIME_TEXT_SIZE];
        assert_int_equal(cw_time_format(want, text), 27);
        assert_true(cw_time_parse(cw_text_of(text), &at));
        assert_true(at == want);
    }
}

static void written_by_hand(void **state)
{
    (void)state;
    char text[CW_TIME_TEXT_SIZE];
    assert_int_equal(cw_time_format(INT64_C(1786012205123456), text), 27);
    assert_string_equal(text, "2026-08-06T10:30:05.123456Z");
    assert_int_equal(cw_time_format_ms(INT64_C(1786012205123999), text), 24);
    assert_string_equal(text, "2026-08-06T10:30:05.123Z");
    (void)cw_time_format_ms(-1, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    (void)cw_time_format(INT64_MAX, text);
    assert_string_equal(text, "2261-12-31T23:59:59.999999Z");
}

static void the_unit_of_an_epoch_follows_from_its_size(void **state)
{
    (void)state;
    int64_t at = -1;
    assert_true(cw_time_epoch(INT64_C(1786012205), &at));
    assert_true(at == INT64_C(1786012205000000));
    assert_true(cw_time_epoch(INT64_C(1786012205123), &at));
    assert_true(at == INT64_C(1786012205123000));
    assert_true(cw_time_epoch(INT64_C(1786012205123456), &at));
    assert_true(at == INT64_C(1786012205123456));
    assert_true(cw_time_epoch(INT64_C(1786012205123456789), &at));
    assert_true(at == INT64_C(1786012205123456));
    assert_true(cw_time_epoch(0, &at) && at == 0);
    /* Each bound from both sides: 1e11 s is the year 5138, out of range. */
    assert_false(cw_time_epoch(INT64_C(99999999999), &at));
    assert_true(cw_time_epoch(INT64_C(100000000000), &at));
    assert_true(at == INT64_C(100000000000000));
    assert_false(cw_time_epoch(INT64_C(99999999999999), &at));
    assert_true(cw_time_epoch(INT64_C(100000000000000), &at));
    assert_true(at == INT64_C(100000000000000));
    assert_true(cw_time_epoch(INT64_C(100000000000000000), &at));
    assert_true(at == INT64_C(100000000000000));
    assert_false(cw_time_epoch(-1, &at));
    assert_false(cw_time_epoch(INT64_MAX, &at));
}

static void a_real_epoch_is_to_the_nearest_microsecond(void **state)
{
    (void)state;
    int64_t at = -1;
    assert_true(cw_time_epoch_real(1786012205.123456, &at));
    assert_true(at == INT64_C(1786012205123456));
    assert_true(cw_time_epoch_real(1786012205123.0, &at));
    assert_true(at == INT64_C(1786012205123000));
    const double refused[] = {-0.5, (double)NAN, (double)INFINITY, 9.9e18};
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_false(cw_time_epoch_real(refused[i], &at));
}

static void the_system_has_its_clocks(void **state)
{
    (void)state;
    const struct cw_clocks clock = cw_clock_system();
    const int64_t first = cw_clock_monotonic_us(&clock);
    assert_true(cw_clock_monotonic_us(&clock) >= first);
    assert_true(cw_clock_wall_us(&clock) > INT64_C(1700000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_that_are_read),
        cmocka_unit_test(texts_that_are_no_instant),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(written_by_hand),
        cmocka_unit_test(the_unit_of_an_epoch_follows_from_its_size),
        cmocka_unit_test(a_real_epoch_is_to_the_nearest_microsecond),
        cmocka_unit_test(the_system_has_its_clocks),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
