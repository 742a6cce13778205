#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include "stream/pace.h"

#define MS ((int64_t)1000)

static void
with_nothing_left_it_is_due_so_long_after_the_last_began(void **state)
{
    (void)state;
    struct cw_pace pace = {.every_us = 50 * MS};
    assert_true(cw_pace_is_due(&pace, 1000 * MS, false)); /* the first */
    /* 1000..1020: due at 1050 */
    cw_pace_committed(&pace, 1000 * MS, 1020 * MS);
    assert_false(cw_pace_is_due(&pace, 1050 * MS - 1, false));
    assert_true(cw_pace_is_due(&pace, 1050 * MS, false));
}

static void a_slow_commit_is_followed_at_once_when_nothing_is_left(void **state)
{
    (void)state;
    struct cw_pace pace = {.every_us = 50 * MS};
    cw_pace_committed(&pace, 1000 * MS, 1090 * MS);
    assert_true(cw_pace_is_due(&pace, 1090 * MS, false));
}

/* Found by the speed bench: 512 lines a commit of 90 ms, the core 12 % busy. */
static void a_backlog_gets_as_much_time_as_the_commit_took(void **state)
{
    (void)state;
    struct cw_pace pace = {.every_us = 50 * MS};
    cw_pace_committed(&pace, 1000 * MS, 1090 * MS); /* 90 ms: 1180 */
    assert_false(cw_pace_is_due(&pace, 1180 * MS - 1, true));
    assert_true(cw_pace_is_due(&pace, 1180 * MS, true));
    cw_pace_committed(&pace, 1180 * MS, 1190 * MS); /* 10 ms: still 1230 */
    assert_false(cw_pace_is_due(&pace, 1230 * MS - 1, true));
    assert_true(cw_pace_is_due(&pace, 1230 * MS, true));
}

static void no_commit_puts_off_the_next_by_more_than_a_second(void **state)
{
    (void)state;
    struct cw_pace pace = {.every_us = 50 * MS};
    cw_pace_committed(&pace, 0, 7000 * MS);
    assert_false(cw_pace_is_due(&pace, 8000 * MS - 1, true));
    assert_true(cw_pace_is_due(&pace, 8000 * MS, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            with_nothing_left_it_is_due_so_long_after_the_last_began),
        cmocka_unit_test(
            a_slow_commit_is_followed_at_once_when_nothing_is_left),
        cmocka_unit_test(a_backlog_gets_as_much_time_as_the_commit_took),
        cmocka_unit_test(no_commit_puts_off_the_next_by_more_than_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
