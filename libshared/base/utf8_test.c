#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include "base/rand.h"
#include "base/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BAD          "\xEF\xBF\xBD"

static struct cw_arena *make(size_t max_size)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    assert_int_equal(cw_arena_create(&arena, max_size, &err), CW_OK);
    return arena;
}

static void first_and_last_of_each_length_are_valid(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        uint32_t point;
    } accepted[] = {
        {"\x01", 1, 0x01},
        {"\x7F", 1, 0x7F},
        {"\xC2\x80", 2, 0x80},
        {"\xDF\xBF", 2, 0x7FF},
        {"\xE0\xA0\x80", 3, 0x800},
        {"\xEF\xBF\xBF", 3, 0xFFFF},
        {"\xED\x9F\xBF", 3, 0xD7FF},
        {"\xEE\x80\x80", 3, 0xE000},
        {"\xF0\x90\x80\x80", 4, 0x10000},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
    };
    for (size_t i = 0; i < COUNT(accepted); i++) {
        uint32_t point = 0;
        const struct cw_text text = cw_text_of(accepted[i].text);
        assert_int_equal(cw_utf8_next(text, &point), accepted[i].size);
        assert_int_equal(point, accepted[i].point);
        assert_true(cw_utf8_valid(text));
    }
    assert_true(cw_utf8_valid((struct cw_text){"a\0b", 3}));
    assert_true(cw_utf8_valid((struct cw_text){NULL, 0}));
}

static void what_unicode_forbids_is_invalid(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "\x80",             /* continues nothing */
        "\xC0\x80",         /* overlong NUL */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* surrogate */
        "\xED\xBF\xBF",     /* surrogate */
        "\xF4\x90\x80\x80", /* over U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFE",
        "\xFF",
        "\xC2",         /* cut */
        "\xE2\x82",     /* cut */
        "\xF0\x9F\x92", /* cut */
        "\xC2\x61",     /* second byte is none */
        "long enough for eights \xFF",
    };
    for (size_t i = 0; i < COUNT(refused); i++)
        if (cw_utf8_valid(cw_text_of(refused[i])))
            fail_msg("taken: number %d", (int)i);
}

static void valid_text_is_itself(void **state)
{
    (void)state;
    struct cw_arena *arena = make(1000);
    struct cw_text clean;
    const struct cw_text text = CW_TEXT("plain, \xC3\xA9 and \xE2\x82\xAC");
    assert_true(cw_utf8_clean(arena, text, &clean));
    assert_ptr_equal(clean.bytes, text.bytes);
    assert_int_equal(cw_arena_size(arena), 0);
    assert_true(cw_utf8_clean(arena, (struct cw_text){NULL, 0}, &clean));
    assert_int_equal(clean.size, 0);
    cw_arena_destroy(&arena);
}

static void each_bad_byte_is_replaced_and_nul_dropped(void **state)
{
    (void)state;
    struct cw_arena *arena = make(10000);
    struct cw_text clean;
    static const char dirty[] = "a\0b\xFF"
                                "c\xE2\x82"
                                "d\xC3\xA9\xF0";
    assert_true(cw_utf8_clean(arena, (struct cw_text){dirty, sizeof(dirty) - 1},
                              &clean));
    assert_true(cw_text_is(clean, "ab" BAD "c" BAD BAD "d\xC3\xA9" BAD));
    cw_arena_destroy(&arena);
}

static void only_nuls_are_nothing(void **state)
{
    (void)state;
    assert_true(cw_utf8_is_empty((struct cw_text){"", 0}));
    assert_true(cw_utf8_is_empty((struct cw_text){"\0\0", 2}));
    assert_false(cw_utf8_is_empty((struct cw_text){"\0a", 2}));
    assert_false(cw_utf8_is_empty((struct cw_text){"\xFF", 1}));
}

static void a_full_arena_gives_nothing(void **state)
{
    (void)state;
    struct cw_arena *arena = make(8);
    struct cw_text clean = CW_TEXT("before");
    assert_false(cw_utf8_clean(arena, CW_TEXT("abc\xFF"), &clean));
    assert_int_equal(clean.size, 0);
    cw_arena_destroy(&arena);
}

static void any_bytes_become_valid_and_stay_so(void **state)
{
    (void)state;
    struct cw_rand rand;
    struct cw_arena *arena = make(1 << 20);
    cw_rand_seed(&rand, 1);
    for (int i = 0; i < 5000; i++) {
        char bytes[40];
        struct cw_text clean;
        struct cw_text again;
        const size_t size = (size_t)cw_rand_below(&rand, sizeof(bytes));
        for (size_t j = 0; j < size; j++) /* few ASCII: the hard part */
            bytes[j] = (char)(cw_rand_below(&rand, 4)
                                  ? 0x80 + cw_rand_below(&rand, 0x80)
                                  : cw_rand_below(&rand, 0x80));
        assert_true(
            cw_utf8_clean(arena, (struct cw_text){bytes, size}, &clean));
        assert_true(cw_utf8_valid(clean));
        assert_true(clean.size == 0 ||
                    memchr(clean.bytes, '\0', clean.size) == NULL);
        assert_true(cw_utf8_clean(arena, clean, &again));
        assert_true(cw_text_equal(clean, again));
        cw_arena_reset(arena);
    }
    cw_arena_destroy(&arena);
}

static void a_prefix_cuts_no_character(void **state)
{
    (void)state;
    const struct cw_text text = CW_TEXT("a\xE2\x82\xAC"
                                        "b");
    const size_t want[] = {0, 1, 1, 1, 4, 5, 5};
    for (size_t max = 0; max < COUNT(want); max++)
        assert_int_equal(cw_utf8_prefix(text, max).size, want[max]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_and_last_of_each_length_are_valid),
        cmocka_unit_test(what_unicode_forbids_is_invalid),
        cmocka_unit_test(valid_text_is_itself),
        cmocka_unit_test(each_bad_byte_is_replaced_and_nul_dropped),
        cmocka_unit_test(only_nuls_are_nothing),
        cmocka_unit_test(a_full_arena_gives_nothing),
        cmocka_unit_test(any_bytes_become_valid_and_stay_so),
        cmocka_unit_test(a_prefix_cuts_no_character),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
