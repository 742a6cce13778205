#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include "base/quantity.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct pair {
    const char *text;
    int64_t value;
};

static void durations_are_read_and_written_back(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"0", 0},
        {"1us", 1},
        {"250ms", 250000},
        {"30s", 30000000},
        {"5m", 300000000},
        {"90m", INT64_C(5400000000)},
        {"2h", INT64_C(7200000000)},
        {"7d", INT64_C(604800000000)},
        {"9223372036854775807us", INT64_MAX},
        {"106751991d", INT64_C(9223372022400000000)},
    };
    char text[CW_QUANTITY_TEXT_SIZE];
    for (size_t i = 0; i < COUNT(pairs); i++) {
        int64_t value = -1;
        assert_true(cw_duration_parse(cw_text_of(pairs[i].text), &value));
        assert_true(value == pairs[i].value);
        assert_int_equal(cw_duration_format(value, text),
                         strlen(pairs[i].text));
        assert_string_equal(text, pairs[i].text);
    }
    int64_t value = -1;
    assert_true(cw_duration_parse(CW_TEXT("60s"), &value));
    (void)cw_duration_format(value, text);
    assert_string_equal(text, "1m");
    assert_true(cw_duration_parse(CW_TEXT("0h"), &value) && value == 0);
}

static void sizes_are_read_and_written_back(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"0", 0},
        {"512B", 512},
        {"64KiB", 65536},
        {"1MiB", 1048576},
        {"2GiB", INT64_C(2147483648)},
        {"3TiB", INT64_C(3298534883328)},
        {"8388607TiB", INT64_C(9223370937343148032)},
    };
    char text[CW_QUANTITY_TEXT_SIZE];
    for (size_t i = 0; i < COUNT(pairs); i++) {
        int64_t value = -1;
        assert_true(cw_size_parse(cw_text_of(pairs[i].text), &value));
        assert_true(value == pairs[i].value);
        (void)cw_size_format(value, text);
        assert_string_equal(text, pairs[i].text);
    }
    int64_t value = -1;
    assert_true(cw_size_parse(CW_TEXT("512"), &value) && value == 512);
}

static void what_is_no_quantity_is_refused(void **state)
{
    (void)state;
    static const char *const durations[] = {
        "",           "s",
        "5",          "5 s",
        " 5s",        "-5s",
        "+5s",        "1.5h",
        "5S",         "5x",
        "5min",       "1h5m",
        "5ss",        "5s ",
        "0x5s",       "9223372036854775808us",
        "106751992d", "99999999999999999999s",
    };
    static const char *const sizes[] = {
        "",       "KiB",        "1KB",
        "1kib",   "1 KiB",      "-1",
        "1.5MiB", "8388608TiB", "9223372036854775808",
        "5s",
    };
    int64_t value = 7;
    for (size_t i = 0; i < COUNT(durations); i++)
        if (cw_duration_parse(cw_text_of(durations[i]), &value))
            fail_msg("taken: %s", durations[i]);
    for (size_t i = 0; i < COUNT(sizes); i++)
        if (cw_size_parse(cw_text_of(sizes[i]), &value))
            fail_msg("taken: %s", sizes[i]);
    assert_int_equal(value, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_and_written_back),
        cmocka_unit_test(sizes_are_read_and_written_back),
        cmocka_unit_test(what_is_no_quantity_is_refused),
    };
    return cmocka_run_group_tests_name("quantity", tests, NULL, NULL);
}
