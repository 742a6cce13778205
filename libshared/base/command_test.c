#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "base/command.h"

static void an_unknown_argument_is_refused(void **state)
{
    char *good[] = {"test", "--config", "f.yaml", "--check-config"};
    char *bad[] = {"test", "--confg", "f.yaml"};
    char *cut[] = {"test", "--config"};
    struct cw_command command = {0};
    (void)state;
    assert_true(cw_command_read(&command, 4, good));
    assert_string_equal(command.config, "f.yaml");
    assert_true(command.check);
    assert_false(cw_command_read(&command, 3, bad));
    assert_false(cw_command_read(&command, 2, cut));
}

/* As docs/operations.md tells them to whoever supervises us. */
static void the_exit_tells_what_to_do(void **state)
{
    (void)state;
    assert_int_equal(cw_exit_code(CW_OK), 0);
    assert_int_equal(cw_exit_code(CW_UNAVAILABLE), 69);
    assert_int_equal(cw_exit_code(CW_NOT_AUTHORISED), 77);
    assert_int_equal(cw_exit_code(CW_BAD_CONFIG), 78);
    assert_int_equal(cw_exit_code(CW_NOT_FOUND), 78);
    assert_int_equal(cw_exit_code(CW_GAP), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_argument_is_refused),
        cmocka_unit_test(the_exit_tells_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
