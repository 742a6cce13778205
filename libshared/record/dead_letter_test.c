#include "record/dead_letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARENA_SIZE ((size_t)64 * 1024)

static const struct cw_error reason = {CW_BAD_RECORD, "line 3: no timestamp"};
static const struct cw_header_bytes traced = {CW_TEXT("trace"), CW_TEXT("abc")};

/* Key 3, value 10, header 5 + 3 + 2 bytes: 23 in all. */
static const struct cw_refusal refusal = {
    .meta = {.tenant = CW_TEXT("default")},
    .service = CW_TEXT("normalizer"),
    .topic = CW_TEXT("causeway.raw"),
    .partition = 2,
    .offset = 77,
    .index = -1,
    .timestamp_at = 5,
    .headers = &traced,
    .header_count = 1,
    .has_key = true,
    .key = CW_TEXT("key"),
    .value = CW_TEXT("0123456789"),
};

static int set_up(void **state)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    assert_int_equal(cw_arena_create(&arena, ARENA_SIZE, &err), CW_OK);
    *state = arena;
    return 0;
}

static int tear_down(void **state)
{
    struct cw_arena *arena = *state;
    cw_arena_destroy(&arena);
    return 0;
}

static void a_letter_has_all_it_takes_to_put_it_in_again(void **state)
{
    const struct cw_dead_letter letter =
        cw_dead_letter_of(&refusal, &reason, 23, *state);
    assert_true(cw_text_is(letter.code, "bad_record"));
    assert_true(cw_text_is(letter.message, "line 3: no timestamp"));
    assert_true(cw_text_is(letter.topic, "causeway.raw"));
    assert_int_equal(letter.partition, 2);
    assert_int_equal(letter.offset, 77);
    assert_int_equal(letter.timestamp_at, 5);
    assert_true(letter.has_key);
    assert_true(cw_text_is(letter.key, "key"));
    assert_true(cw_text_is(letter.value, "0123456789"));
    assert_int_equal(letter.headers_count, 1);
    assert_true(cw_dead_letter_is_whole(&letter));
}

static void over_the_limit_headers_go_first(void **state)
{
    const struct cw_dead_letter letter =
        cw_dead_letter_of(&refusal, &reason, 22, *state);
    assert_int_equal(letter.headers_count, 0);
    assert_int_equal(letter.value.size, 10);
    assert_false(cw_dead_letter_is_whole(&letter));
    assert_true(cw_text_is(letter.message,
                           "line 3: no timestamp [cut: key 3 of 3 bytes, "
                           "value 10 of 10, headers 0 of 1]"));
}

static void then_the_value_is_cut(void **state)
{
    const struct cw_dead_letter letter =
        cw_dead_letter_of(&refusal, &reason, 7, *state);
    assert_true(cw_text_is(letter.key, "key"));
    assert_true(cw_text_is(letter.value, "0123"));
    assert_false(cw_dead_letter_is_whole(&letter));
}

static void without_memory_a_letter_is_still_made(void **state)
{
    struct cw_error err;
    struct cw_arena *none = NULL;
    (void)state;
    assert_int_equal(cw_arena_create(&none, 0, &err), CW_OK);
    struct cw_dead_letter letter =
        cw_dead_letter_of(&refusal, &reason, 23, none);
    assert_true(cw_text_is(letter.message, "bad record"));
    assert_true(cw_dead_letter_is_whole(&letter));
    letter = cw_dead_letter_of(&refusal, &reason, 3, none);
    assert_false(cw_dead_letter_is_whole(&letter));
    struct cw_header_bytes headers[CW_DEAD_LETTER_HEADER_COUNT];
    assert_int_equal(
        cw_dead_letter_headers(&letter, CW_TEXT("1"), none, headers, &err),
        CW_NO_MEMORY);
    cw_arena_destroy(&none);
}

static void headers_say_why_without_avro(void **state)
{
    static const char *const expected[][2] = {
        {"causeway.error.code", "bad_record"},
        {"causeway.error.message", "line 3: no timestamp"},
        {"causeway.error.service", "normalizer"},
        {"causeway.error.topic", "causeway.raw"},
        {"causeway.error.partition", "2"},
        {"causeway.error.offset", "77"},
        {"causeway.error.build", "0.1.0"},
    };
    struct cw_error err;
    struct cw_header_bytes headers[CW_DEAD_LETTER_HEADER_COUNT];
    const struct cw_dead_letter letter =
        cw_dead_letter_of(&refusal, &reason, 100, *state);
    assert_int_equal(cw_dead_letter_headers(&letter, CW_TEXT("0.1.0"), *state,
                                            headers, &err),
                     CW_OK);
    for (size_t i = 0; i < CW_DEAD_LETTER_HEADER_COUNT; i++) {
        assert_true(cw_text_is(headers[i].key, expected[i][0]));
        assert_true(cw_text_is(headers[i].value, expected[i][1]));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_letter_has_all_it_takes_to_put_it_in_again),
        TEST(over_the_limit_headers_go_first),
        TEST(then_the_value_is_cut),
        TEST(without_memory_a_letter_is_still_made),
        TEST(headers_say_why_without_avro),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
