#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "base/status.h"

static void every_status_has_text_code_and_action(void **state)
{
    (void)state;
    for (int i = 0; i < CW_STATUS_COUNT; i++) {
        const enum cw_status status = (enum cw_status)i;
        assert_true(strlen(cw_status_text(status)) > 1);
        assert_true(strlen(cw_status_code(status)) > 1);
        assert_string_not_equal(cw_status_code(status), "unknown");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(cw_status_code(status),
                                    cw_status_code((enum cw_status)j));
    }
}

static void what_is_no_status_stops_the_stream(void **state)
{
    (void)state;
    const enum cw_status wrong[] = {CW_STATUS_COUNT, (enum cw_status) - 1,
                                    (enum cw_status)1000};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cw_status_action(wrong[i]), CW_STOP);
        assert_string_equal(cw_status_text(wrong[i]), "unknown status");
        assert_string_equal(cw_status_code(wrong[i]), "unknown");
    }
}

static void the_policy_is_the_table(void **state)
{
    (void)state;
    assert_int_equal(cw_status_action(CW_OK), CW_CONTINUE);
    assert_int_equal(cw_status_action(CW_BAD_RECORD), CW_DEAD_LETTER);
    assert_int_equal(cw_status_action(CW_UNAVAILABLE), CW_RETRY);
    assert_int_equal(cw_status_action(CW_FENCED), CW_STOP);
    assert_string_equal(cw_status_code(CW_BAD_RECORD), "bad_record");
}

static void a_failure_fills_the_error_and_returns_itself(void **state)
{
    (void)state;
    struct cw_error err;
    assert_int_equal(cw_fail(&err, CW_GAP, "from %d to %d", 3, 5), CW_GAP);
    assert_int_equal(err.status, CW_GAP);
    assert_string_equal(err.text, "from 3 to 5");
}

static void a_long_text_is_cut_and_terminated(void **state)
{
    (void)state;
    struct cw_error err;
    char text[400];
    memset(text, 'x', sizeof(text));
    text[399] = '\0';
    (void)cw_fail(&err, CW_GAP, "%s", text);
    assert_int_equal(strlen(err.text), 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_text_code_and_action),
        cmocka_unit_test(what_is_no_status_stops_the_stream),
        cmocka_unit_test(the_policy_is_the_table),
        cmocka_unit_test(a_failure_fills_the_error_and_returns_itself),
        cmocka_unit_test(a_long_text_is_cut_and_terminated),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
