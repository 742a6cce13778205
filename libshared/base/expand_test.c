#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>

#include "base/expand.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void variables_are_put_in(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"plain $X ${X} {env:X}", "plain $X ${X} {env:X}"},
        {"${env:CW_A}", "one"},
        {"x${env:CW_A}y${env:CW_A}z", "xoneyonez"},
        {"${env:CW_NONE:-two}", "two"},
        {"${env:CW_NONE:-}", ""},
        {"${env:CW_A:-two}", "one"},
        {"${env:CW_EMPTY:-two}", ""},
        {"${env:CW_NONE:-a:-b}", "a:-b"},
        {"$${env:CW_A}", "${env:CW_A}"},
        {"$$${env:CW_A}", "$${env:CW_A}"},
        {"${env:CW_NEST}", "${env:CW_A}"},
    };
    struct cw_arena *arena = NULL;
    struct cw_error err;
    assert_int_equal(cw_arena_create(&arena, 1 << 16, &err), CW_OK);
    (void)setenv("CW_A", "one", 1);
    (void)setenv("CW_EMPTY", "", 1);
    (void)setenv("CW_NEST", "${env:CW_A}", 1);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        const char *is = NULL;
        assert_int_equal(cw_expand(pairs[i][0], arena, &is, &err), CW_OK);
        assert_string_equal(is, pairs[i][1]);
    }
    cw_arena_destroy(&arena);
}

static void what_cannot_be_put_in_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {"${env:", "a${env:CW_NONE", "${env:}",
                                          "${env::-x}", "${env:CW_NONE}"};
    struct cw_arena *arena = NULL;
    struct cw_error err;
    assert_int_equal(cw_arena_create(&arena, 1 << 16, &err), CW_OK);
    for (size_t i = 0; i < COUNT(refused); i++) {
        const char *is = NULL;
        assert_int_equal(cw_expand(refused[i], arena, &is, &err),
                         CW_BAD_CONFIG);
        assert_null(is);
    }
    cw_arena_destroy(&arena);
}

static void a_full_arena_is_no_half_text(void **state)
{
    (void)state;
    struct cw_arena *arena = NULL;
    struct cw_error err;
    const char *is = NULL;
    assert_int_equal(cw_arena_create(&arena, 4, &err), CW_OK);
    assert_int_equal(cw_expand("${env:CW_NONE:-12345}", arena, &is, &err),
                     CW_NO_MEMORY);
    assert_null(is);
    cw_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_put_in),
        cmocka_unit_test(what_cannot_be_put_in_is_refused),
        cmocka_unit_test(a_full_arena_is_no_half_text),
    };
    return cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}
