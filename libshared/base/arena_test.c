#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include "base/arena.h"

static struct cw_arena *make(size_t max_size)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    assert_int_equal(cw_arena_create(&arena, max_size, &err), CW_OK);
    return arena;
}

static void what_is_lent_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct cw_arena *arena = make(1 << 20);
    unsigned char *last = NULL;
    for (size_t size = 0; size < 200; size++) {
        unsigned char *taken = cw_arena_take(arena, size);
        assert_non_null(taken);
        assert_int_equal((uintptr_t)taken % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(taken[i], 0);
        memset(taken, 0xAB, size);
        assert_true(last == NULL || size == 0 || taken != last);
        if (size > 0)
            last = taken;
    }
    cw_arena_destroy(&arena);
    assert_null(arena);
    cw_arena_destroy(&arena);
}

static void zeroed_again_after_a_reset(void **state)
{
    (void)state;
    struct cw_arena *arena = make(1 << 20);
    memset(cw_arena_take(arena, 1000), 0xFF, 1000);
    cw_arena_reset(arena);
    assert_int_equal(cw_arena_size(arena), 0);
    const unsigned char *taken = cw_arena_take(arena, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(taken[i], 0);
    cw_arena_destroy(&arena);
}

static void the_maximum_is_both_sides_of_a_line(void **state)
{
    (void)state;
    struct cw_arena *arena = make(100);
    assert_null(cw_arena_take(arena, 101));
    assert_non_null(cw_arena_take(arena, 100));
    assert_null(cw_arena_take(arena, 1));
    assert_non_null(cw_arena_take(arena, 0));
    cw_arena_reset(arena);
    assert_non_null(cw_arena_take(arena, 50));
    assert_non_null(cw_arena_take(arena, 36)); /* 50 took 64 */
    assert_null(cw_arena_take(arena, 1));
    cw_arena_destroy(&arena);
}

static void a_size_near_the_end_of_numbers_is_refused(void **state)
{
    (void)state;
    struct cw_arena *arena = make(SIZE_MAX);
    for (size_t less = 0; less < 64; less++)
        assert_null(cw_arena_take(arena, SIZE_MAX - less));
    cw_arena_destroy(&arena);
}

static void large_pieces_have_blocks_of_their_own(void **state)
{
    (void)state;
    struct cw_arena *arena = make(10u << 20);
    char *small = cw_arena_take(arena, 10);
    char *large = cw_arena_take(arena, 200000);
    assert_non_null(large);
    memset(small, 'a', 10);
    memset(large, 'b', 200000);
    assert_int_equal(small[9], 'a');
    cw_arena_reset(arena);
    for (int i = 0; i < 50; i++)
        assert_non_null(cw_arena_take(arena, 60000));
    cw_arena_destroy(&arena);
}

static void copies_and_prints_are_ours(void **state)
{
    (void)state;
    struct cw_arena *arena = make(64);
    char bytes[] = "hello";
    const struct cw_text copy =
        cw_arena_text(arena, (struct cw_text){bytes, 5});
    bytes[0] = 'j';
    assert_true(cw_text_is(copy, "hello"));
    const struct cw_text printed = cw_arena_print(arena, "%d-%s", 7, "x");
    assert_true(cw_text_is(printed, "7-x"));
    assert_int_equal(printed.bytes[3], '\0');
    assert_int_equal(cw_arena_text(arena, (struct cw_text){NULL, 0}).size, 0);
    const struct cw_text long_text = {"0123456789012345678901234567890123", 34};
    assert_null(cw_arena_text(arena, long_text).bytes);
    assert_int_equal(cw_arena_print(arena, "%s", long_text.bytes).size, 0);
    cw_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lent_is_zeroed_aligned_and_apart),
        cmocka_unit_test(zeroed_again_after_a_reset),
        cmocka_unit_test(the_maximum_is_both_sides_of_a_line),
        cmocka_unit_test(a_size_near_the_end_of_numbers_is_refused),
        cmocka_unit_test(large_pieces_have_blocks_of_their_own),
        cmocka_unit_test(copies_and_prints_are_ours),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
