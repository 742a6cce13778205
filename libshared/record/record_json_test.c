#include "record/record_json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "record/records.h"

/* Takes json. */
static void assert_json(json_t *json, const char *expected)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void doubles_that_are_not_finite_are_strings(void **state)
{
    (void)state;
    assert_json(cw_json_double((double)NAN), "\"NaN\"");
    assert_json(cw_json_double((double)INFINITY), "\"Infinity\"");
    assert_json(cw_json_double((double)-INFINITY), "\"-Infinity\"");
    assert_json(cw_json_double(-0.0), "0.0");
    assert_json(cw_json_double(0.5), "0.5");
}

static void bytes_of_no_character_become_the_replacement(void **state)
{
    static const struct {
        struct cw_text bytes;
        const char *json;
    } cases[] = {
        {CW_TEXT("caf\xc3\xa9"), "\"café\""},
        {CW_TEXT("a\xff"
                 "b"),
         "\"a\xef\xbf\xbd"
         "b\""},
        {CW_TEXT("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* overlong */
        {CW_TEXT("\xe0\x80\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {CW_TEXT("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* cut */
        {CW_TEXT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {CW_TEXT("\xf4\x8f\xbf\xbf"), "\"\xf4\x8f\xbf\xbf\""}, /* U+10FFFF */
        {CW_TEXT("\xf4\x90\x80\x80"),
         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {CW_TEXT("a\0b"), "\"a\\u0000b\""},
        {CW_TEXT(""), "\"\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_json(cw_json_text(cases[i].bytes), cases[i].json);
}

static void every_byte_has_its_code_point(void **state)
{
    (void)state;
    assert_json(cw_json_bytes(CW_TEXT("A\xff\x80\0")), "\"Aÿ\xc2\x80\\u0000\"");
    assert_json(cw_json_bytes((struct cw_text){NULL, 0}), "\"\"");
}

static void only_the_full_form_has_volatile_fields(void **state)
{
    (void)state;
    const int64_t column[] = {1, 2};
    const struct cw_metric_run run = {.offset = 9,
                                      .series = column,
                                      .series_count = 2,
                                      .sampled_at = column,
                                      .sampled_at_count = 1};
    assert_json(cw_metric_run_json(&run, true),
                "{\"stream_at\":0,\"event_at\":0,\"route\":0,"
                "\"series\":[1,2],\"sampled_at\":[1],\"values\":[],"
                "\"start_at\":[]}");
    json_t *full = cw_metric_run_json(&run, false);
    assert_int_equal(json_integer_value(json_object_get(full, "offset")), 9);
    assert_true(json_is_array(json_object_get(full, "definitions")));
    json_decref(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_that_are_not_finite_are_strings),
        cmocka_unit_test(bytes_of_no_character_become_the_replacement),
        cmocka_unit_test(every_byte_has_its_code_point),
        cmocka_unit_test(only_the_full_form_has_volatile_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
