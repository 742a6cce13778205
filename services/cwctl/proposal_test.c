/* proposal: what is approved stands there, whatever is in it. */
#include "proposal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *action(const char *state)
{
    return json_pack(
        "{s:s, s:s, s:s, s:[s,s], s:[s], s:{s:s}, s:s, s:I, s:I, s:s}",
        "action_id", "9f3c", "state", state, "policy", "roll", "argv",
        "/bin/undo", "a b\033[2J\u0430", "rollback_argv", "/bin/redo", "target",
        "name", "cart", "action_hash", "ab12", "expires_at",
        (json_int_t)2000000, "timeout_us", (json_int_t)120000000, "incident_id",
        "INC-1");
}

static void every_word_is_shown_and_none_moves_the_cursor(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    json_t *one = action("PROPOSED");
    (void)state;
    proposal_print(one, out);
    (void)fclose(out);
    assert_non_null(strstr(text, "[\"/bin/undo\", \"a b\\u001B[2J\\u0430\"]"));
    assert_non_null(strstr(text, "[\"/bin/redo\"]"));
    assert_non_null(strstr(text, "\"cart\""));
    assert_non_null(strstr(text, "ab12"));
    assert_non_null(strstr(text, "INC-1"));
    assert_non_null(strstr(text, "120 s"));
    assert_non_null(strstr(text, "1970-01-01T00:00:02"));
    assert_null(strchr(text, '\033'));
    free(text);
    json_decref(one);
}

static void only_what_waits_can_be_approved(void **state)
{
    struct cw_error err;
    json_t *open = action("PROPOSED");
    json_t *done = action("SUCCEEDED");
    (void)state;
    assert_int_equal(proposal_check(open, 1999999, &err), CW_OK);
    assert_int_equal(proposal_check(open, 2000000, &err), CW_BROKEN);
    assert_non_null(strstr(err.text, "expired"));
    assert_int_equal(proposal_check(done, 1, &err), CW_BROKEN);
    assert_non_null(strstr(err.text, "SUCCEEDED"));
    json_decref(open);
    json_decref(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_shown_and_none_moves_the_cursor),
        cmocka_unit_test(only_what_waits_can_be_approved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
