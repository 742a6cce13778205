#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include "base/nearest.h"

/* kitten -> sitten -> sittin -> sitting: three, by hand. */
static void distances_by_hand(void **state)
{
    (void)state;
    assert_int_equal(cw_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(cw_edit_distance("", "abc"), 3);
    assert_int_equal(cw_edit_distance("abc", ""), 3);
    assert_int_equal(cw_edit_distance("abc", "abc"), 0);
    assert_int_equal(cw_edit_distance("abc", "acb"), 2);
    assert_int_equal(cw_edit_distance("window", "windw"), 1);
}

static void a_word_too_long_is_near_to_nothing(void **state)
{
    (void)state;
    char word[98];
    for (int i = 0; i < 97; i++)
        word[i] = 'x';
    word[97] = '\0';
    assert_int_equal(cw_edit_distance(word, word), (unsigned)-1);
    word[96] = '\0';
    assert_int_equal(cw_edit_distance(word, word), 0);
}

static void the_nearest_within_two_is_offered(void **state)
{
    (void)state;
    const char *const words[] = {"windows", "window", "winter", "wind"};
    const char *best = NULL;
    for (int i = 0; i < 4; i++)
        best = cw_nearer("windw", best, words[i]);
    assert_string_equal(best, "window"); /* wind is as near, but later */
    assert_null(cw_nearer("zebra", NULL, "window"));
    assert_string_equal(cw_nearer("windowss", NULL, "window"), "window");
    assert_null(cw_nearer("windowsss", NULL, "window"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_by_hand),
        cmocka_unit_test(a_word_too_long_is_near_to_nothing),
        cmocka_unit_test(the_nearest_within_two_is_offered),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
