/* confirm: what counts as a yes. */
#include "confirm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void yes_is_y_or_yes_alone(void **state)
{
    (void)state;
    assert_true(confirm_is_yes("y\n"));
    assert_true(confirm_is_yes("YES \r\n"));
    assert_true(confirm_is_yes("yes"));
}

static void everything_else_is_no(void **state)
{
    static const char *const lines[] = {"",      "\n",    "n\n",         "ye\n",
                                        "yy",    "y n\n", "yesyesyes\n", " y\n",
                                        "true\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_false(confirm_is_yes(lines[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yes_is_y_or_yes_alone),
        cmocka_unit_test(everything_else_is_no),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
