#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "mask.h"
#include "tokens.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct tokens_run run_of(const char *text)
{
    return tokens_run(text, 0, strlen(text));
}

static void a_run_ends_at_a_delimiter(void **state)
{
    (void)state;
    assert_int_equal(run_of("blk_38 of").size, 6);
    assert_int_equal(run_of("a:b").size, 1);
    assert_int_equal(run_of("a-b_c/d.e@f").size, 11);
    assert_int_equal(run_of("x\xc3\xa9y z").size, 4);
}

static void a_run_tells_the_classes_of_its_bytes(void **state)
{
    (void)state;
    assert_true(run_of("node7").classes & TOKENS_DIGIT);
    assert_false(run_of("node").classes & TOKENS_DIGIT);
    assert_true(run_of("Node").classes & TOKENS_UPPER);
    assert_false(run_of("deadbeef").classes & TOKENS_NOT_HEX);
    assert_true(run_of("deadbeeg").classes & TOKENS_NOT_HEX);
}

static void a_run_stops_inside_its_end(void **state)
{
    (void)state;
    assert_int_equal(tokens_run("abcdef", 1, 3).size, 2);
    assert_int_equal(tokens_gap("    ", 1, 3).size, 2);
}

static void dots_that_lead_belong_to_the_gap(void **state)
{
    (void)state;
    const char *text = "space.....3";
    const struct tokens_run run = run_of(text);
    assert_int_equal(run.size, 5);
    assert_false(run.classes & TOKENS_DOT);
    assert_int_equal(tokens_gap(text, 5, strlen(text)).size, 5);
    assert_int_equal(run_of("../up").size, 5);
}

static void a_gap_tells_its_delimiters_and_brackets(void **state)
{
    (void)state;
    const struct tokens_gap open = tokens_gap(": (x", 0, 4);
    assert_int_equal(open.kinds, TOKENS_COLON | TOKENS_SPACE | TOKENS_OPEN);
    assert_true(open.opens_round && !open.closes_round);
    const struct tokens_gap both = tokens_gap(") (x", 0, 4);
    assert_true(both.opens_round && both.closes_round);
    const struct tokens_gap empty = tokens_gap("() x", 0, 4);
    assert_true(!empty.opens_round && !empty.closes_round);
}

static bool is_value(const char *token)
{
    return mask_is_value(cw_text_of(token), run_of(token).classes);
}

static void values_are_known_by_their_looks(void **state)
{
    (void)state;
    const char *const values[] = {
        "7",     "-340",      "blk_1",   "0x1f",    "/etc/motd",
        "a/b/c", "\\Windows", "Jun",     "Sat",     "true",
        "NULL",  "deadbeef",  "me@host", "a.b.com", "10.0.0.1"};
    const char *const words[] = {"block",
                                 "june",
                                 "/",
                                 "and/or",
                                 "facade",
                                 "worker.log",
                                 "-",
                                 "***",
                                 "Sunday",
                                 "truth",
                                 "java.io.IOException",
                                 "@",
                                 "...",
                                 "(null"};
    for (size_t i = 0; i < COUNT(values); i++)
        if (!is_value(values[i]))
            fail_msg("%s is a value", values[i]);
    for (size_t i = 0; i < COUNT(words); i++)
        if (is_value(words[i]))
            fail_msg("%s is a word", words[i]);
}

static void state_words_are_found_in_any_case(void **state)
{
    (void)state;
    const char *const words[] = {"abort", "Write",   "POST",       "succeeded",
                                 "up",    "down",    "opened",     "successful",
                                 "close", "timeout", "unreachable"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (!mask_is_state(cw_text_of(words[i])))
            fail_msg("%s is a state word", words[i]);
    assert_false(mask_is_state(cw_text_of("upper")));
    assert_false(mask_is_state(cw_text_of("u")));
    assert_false(mask_is_state(cw_text_of("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_ends_at_a_delimiter),
        cmocka_unit_test(a_run_tells_the_classes_of_its_bytes),
        cmocka_unit_test(a_run_stops_inside_its_end),
        cmocka_unit_test(dots_that_lead_belong_to_the_gap),
        cmocka_unit_test(a_gap_tells_its_delimiters_and_brackets),
        cmocka_unit_test(values_are_known_by_their_looks),
        cmocka_unit_test(state_words_are_found_in_any_case),
    };
    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
