#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "base/json.h"

static const struct cw_json_limits limits = {100, 4};

static json_t *parse(const char *text)
{
    json_t *tree = NULL;
    struct cw_error err;
    if (cw_json_parse(&tree, cw_text_of(text), &limits, &err) != CW_OK)
        fail_msg("%s", err.text);
    return tree;
}

static void assert_refuses(struct cw_text text, enum cw_status status,
                           const char *part)
{
    json_t *tree = NULL;
    struct cw_error err;
    assert_int_equal(cw_json_parse(&tree, text, &limits, &err), status);
    assert_null(tree);
    if (strstr(err.text, part) == NULL)
        fail_msg("not said: %s in %s", part, err.text);
}

static void both_sides_of_the_limits(void **state)
{
    (void)state;
    char text[102];
    json_decref(parse("[[[[]]]]"));
    json_decref(parse("[{\"a\":[{}]}]"));
    json_decref(parse("[\"[[[[[[\\\"[[[[\"]"));
    assert_refuses(CW_TEXT("[[[[[]]]]]"), CW_TOO_LARGE, "deeper than 4");
    memset(text, ' ', sizeof(text));
    text[0] = '1';
    struct cw_text run = {text, 100};
    json_t *tree = NULL;
    struct cw_error err;
    assert_int_equal(cw_json_parse(&tree, run, &limits, &err), CW_OK);
    json_decref(tree);
    run.size = 101;
    assert_refuses(run, CW_TOO_LARGE, "101 bytes, allowed are 100");
}

static void what_is_no_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{\"a\":1,}", "{'a':1}",  "[1",      "]",
        "nul",        "\"\xFF\"", "1 2",     "[1] x",
        "[01]",       "+1",       "[NaN]",   "\"\\ud800\"",
        "{\"a\" 1}",  "[\"\n\"]", "[1e999]", "[9223372036854775808]",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_refuses(cw_text_of(refused[i]), CW_BAD_RECORD, "JSON 1:");
    assert_refuses((struct cw_text){NULL, 0}, CW_BAD_RECORD, "JSON 1:");
    assert_refuses(CW_TEXT("{\n \"a\": x}"), CW_BAD_RECORD, "JSON 2:");
}

static void members_come_with_their_type(void **state)
{
    (void)state;
    struct cw_error err;
    json_t *tree = parse("{\"t\":\"a\\u0000b\",\"i\":-5,\"r\":2.5,\"b\":true,"
                         "\"o\":{},\"a\":[1],\"n\":null}");
    struct cw_text text;
    int64_t whole;
    double real;
    bool truth;
    json_t *inner;
    assert_int_equal(cw_json_text(tree, "t", &text, &err), CW_OK);
    assert_int_equal(text.size, 3);
    assert_int_equal(cw_json_int(tree, "i", &whole, &err), CW_OK);
    assert_int_equal(whole, -5);
    assert_int_equal(cw_json_real(tree, "r", &real, &err), CW_OK);
    assert_true(real == 2.5);
    assert_int_equal(cw_json_real(tree, "i", &real, &err), CW_OK);
    assert_true(real == -5.0);
    assert_int_equal(cw_json_bool(tree, "b", &truth, &err), CW_OK);
    assert_true(truth);
    assert_int_equal(cw_json_object(tree, "o", &inner, &err), CW_OK);
    assert_int_equal(cw_json_array(tree, "a", &inner, &err), CW_OK);
    assert_int_equal(json_array_size(inner), 1);
    json_decref(tree);
}

static void absent_and_wrong_are_told_apart_and_named(void **state)
{
    (void)state;
    struct cw_error err;
    json_t *tree = parse("{\"t\":\"x\",\"r\":2.5,\"n\":null}");
    json_t *list = parse("[1]");
    int64_t whole = 77;
    struct cw_text text = CW_TEXT("before");
    assert_int_equal(cw_json_int(tree, "none", &whole, &err), CW_NOT_FOUND);
    assert_string_equal(err.text, "none is missing");
    assert_int_equal(cw_json_int(tree, "n", &whole, &err), CW_NOT_FOUND);
    assert_int_equal(cw_json_int(tree, "t", &whole, &err), CW_BAD_RECORD);
    assert_string_equal(err.text, "t is not a whole number");
    assert_int_equal(cw_json_int(tree, "r", &whole, &err), CW_BAD_RECORD);
    assert_int_equal(cw_json_text(tree, "r", &text, &err), CW_BAD_RECORD);
    assert_int_equal(cw_json_text(list, "r", &text, &err), CW_NOT_FOUND);
    assert_int_equal(cw_json_text(NULL, "r", &text, &err), CW_NOT_FOUND);
    assert_int_equal(whole, 77);
    assert_true(cw_text_is(text, "before"));
    json_decref(tree);
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_of_the_limits),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(members_come_with_their_type),
        cmocka_unit_test(absent_and_wrong_are_told_apart_and_named),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
