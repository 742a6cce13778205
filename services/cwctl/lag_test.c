/* lag: what is left to read, and when that cannot be said. */
#include "lag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NONE (-1001) /* as librdkafka says of a group without a commit */

static void it_is_what_lies_between_commit_and_end(void **state)
{
    const char *why = NULL;
    (void)state;
    assert_int_equal(lag_left(&(struct lag_place){7, 0, 10}, &why), 3);
    assert_int_equal(lag_left(&(struct lag_place){10, 0, 10}, &why), 0);
    assert_int_equal(lag_left(&(struct lag_place){0, 0, 0}, &why), 0);
    assert_null(why);
}

/* What retention took is not left: offsets 4 to 9 are there. */
static void it_begins_at_what_is_there(void **state)
{
    const char *why = NULL;
    (void)state;
    assert_int_equal(lag_left(&(struct lag_place){NONE, 4, 10}, &why), 6);
    assert_int_equal(lag_left(&(struct lag_place){2, 4, 10}, &why), 6);
    assert_null(why);
}

static void it_is_never_negative(void **state)
{
    const char *why = NULL;
    (void)state;
    assert_int_equal(lag_left(&(struct lag_place){50, 0, 10}, &why),
                     LAG_UNKNOWN);
    assert_non_null(why);
    why = NULL;
    assert_int_equal(lag_left(&(struct lag_place){5, 0, -1}, &why),
                     LAG_UNKNOWN);
    assert_non_null(why);
    why = NULL;
    assert_int_equal(lag_left(&(struct lag_place){5, -1, 10}, &why),
                     LAG_UNKNOWN);
    assert_non_null(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_lies_between_commit_and_end),
        cmocka_unit_test(it_begins_at_what_is_there),
        cmocka_unit_test(it_is_never_negative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
