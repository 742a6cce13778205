/* base64: RFC 4648's own vectors, and what is refused. */
#include "base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const vectors[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void the_vectors_of_the_rfc_hold(void **state)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    (void)state;
    assert_int_equal(cw_arena_create(&arena, 1 << 16, &err), CW_OK);
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct cw_text bytes;
        const struct cw_text text =
            base64_encode(cw_text_of(vectors[i][0]), arena);
        assert_true(cw_text_is(text, vectors[i][1]));
        assert_true(base64_decode(text, arena, &bytes));
        assert_true(cw_text_is(bytes, vectors[i][0]));
    }
    cw_arena_destroy(&arena);
}

static void padding_may_be_left_out(void **state)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    struct cw_text bytes;
    (void)state;
    assert_int_equal(cw_arena_create(&arena, 1 << 16, &err), CW_OK);
    assert_true(base64_decode(CW_TEXT("Zm9vYg"), arena, &bytes));
    assert_true(cw_text_is(bytes, "foob"));
    cw_arena_destroy(&arena);
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const refused[] = {"Z",     "Zg=",  "Zm9v=",    "Zm9!",
                                          "Z g==", "====", "Zm9vYg==x"};
    struct cw_arena *arena = NULL;
    struct cw_error err;
    struct cw_text bytes;
    (void)state;
    assert_int_equal(cw_arena_create(&arena, 1 << 16, &err), CW_OK);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(base64_decode(cw_text_of(refused[i]), arena, &bytes));
    cw_arena_destroy(&arena);
}

static void any_bytes_come_back(void **state)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    char every[256];
    (void)state;
    for (int i = 0; i < 256; i++)
        every[i] = (char)i;
    assert_int_equal(cw_arena_create(&arena, 1 << 16, &err), CW_OK);
    for (size_t size = 0; size <= sizeof(every); size++) {
        struct cw_text bytes;
        const struct cw_text some = {every, size};
        assert_true(base64_decode(base64_encode(some, arena), arena, &bytes));
        assert_true(cw_text_equal(bytes, some));
        cw_arena_reset(arena);
    }
    cw_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_hold),
        cmocka_unit_test(padding_may_be_left_out),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(any_bytes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
