#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include "base/map64.h"
#include "base/rand.h"

#define MODEL_MAX 300

/* What a map is, without cleverness. */
struct model {
    uint64_t keys[MODEL_MAX];
    uint64_t values[MODEL_MAX];
    size_t count;
};

static size_t place_in(const struct model *model, uint64_t key)
{
    size_t i = 0;
    while (i < model->count && model->keys[i] != key)
        i++;
    return i;
}

static struct cw_map64 *make(size_t max_count)
{
    struct cw_map64 *map = NULL;
    struct cw_error err;
    assert_int_equal(cw_map64_create(&map, max_count, &err), CW_OK);
    return map;
}

static void put_both(struct cw_map64 *map, struct model *model, uint64_t key,
                     uint64_t value)
{
    struct cw_error err;
    const size_t at = place_in(model, key);
    const bool full = at == model->count && model->count == MODEL_MAX;
    assert_int_equal(cw_map64_put(map, key, value, &err),
                     full ? CW_FULL : CW_OK);
    if (full)
        return;
    model->keys[at] = key;
    model->values[at] = value;
    model->count += at == model->count;
}

static void remove_both(struct cw_map64 *map, struct model *model, uint64_t key)
{
    const size_t at = place_in(model, key);
    assert_int_equal(cw_map64_remove(map, key), at < model->count);
    if (at == model->count)
        return;
    model->count--;
    model->keys[at] = model->keys[model->count];
    model->values[at] = model->values[model->count];
}

static void check_all(const struct cw_map64 *map, const struct model *model)
{
    uint64_t value;
    assert_int_equal(cw_map64_count(map), model->count);
    for (size_t i = 0; i < model->count; i++) {
        assert_true(cw_map64_find(map, model->keys[i], &value));
        assert_true(value == model->values[i]);
    }
}

/* Keys of the worst kind as well: small numbers, multiples of the capacity,
 * and keys that agree in the low halves. */
static uint64_t draw_key(struct cw_rand *rand)
{
    const uint64_t small = cw_rand_below(rand, 400);
    switch (cw_rand_below(rand, 3)) {
    case 0:
        return small;
    case 1:
        return small << 32;
    default:
        return small * 4096;
    }
}

static void it_does_what_a_naive_list_does(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct cw_rand rand;
        struct model model = {.count = 0};
        struct cw_map64 *map = make(MODEL_MAX);
        cw_rand_seed(&rand, seed);
        for (int i = 0; i < 2000; i++) {
            const uint64_t key = draw_key(&rand);
            if (cw_rand_below(&rand, 5) < 3)
                put_both(map, &model, key, cw_rand_next(&rand));
            else
                remove_both(map, &model, key);
            if (i % 100 == 0)
                check_all(map, &model);
        }
        check_all(map, &model);
        cw_map64_destroy(&map);
        assert_null(map);
    }
}

static void key_zero_and_the_largest_are_keys(void **state)
{
    (void)state;
    struct cw_map64 *map = make(10);
    struct cw_error err;
    uint64_t value = 7;
    assert_false(cw_map64_find(map, 0, &value));
    assert_int_equal(value, 7);
    assert_int_equal(cw_map64_put(map, 0, 1, &err), CW_OK);
    assert_int_equal(cw_map64_put(map, UINT64_MAX, 2, &err), CW_OK);
    assert_true(cw_map64_find(map, 0, &value) && value == 1);
    assert_true(cw_map64_find(map, UINT64_MAX, &value) && value == 2);
    cw_map64_destroy(&map);
}

static void a_full_map_still_overwrites(void **state)
{
    (void)state;
    struct cw_map64 *map = make(2);
    struct cw_error err;
    uint64_t value = 0;
    assert_int_equal(cw_map64_put(map, 1, 1, &err), CW_OK);
    assert_int_equal(cw_map64_put(map, 2, 2, &err), CW_OK);
    assert_int_equal(cw_map64_put(map, 3, 3, &err), CW_FULL);
    assert_int_equal(cw_map64_put(map, 2, 9, &err), CW_OK);
    assert_true(cw_map64_find(map, 2, &value) && value == 9);
    assert_false(cw_map64_find(map, 3, &value));
    assert_true(cw_map64_remove(map, 1));
    assert_int_equal(cw_map64_put(map, 3, 3, &err), CW_OK);
    cw_map64_destroy(&map);
}

static void a_cleared_map_is_empty_and_usable(void **state)
{
    (void)state;
    struct cw_map64 *map = make(1000);
    struct cw_error err;
    uint64_t value;
    for (uint64_t i = 0; i < 500; i++)
        assert_int_equal(cw_map64_put(map, i, i, &err), CW_OK);
    cw_map64_clear(map);
    assert_int_equal(cw_map64_count(map), 0);
    assert_false(cw_map64_find(map, 3, &value));
    assert_int_equal(cw_map64_put(map, 3, 4, &err), CW_OK);
    assert_int_equal(cw_map64_count(map), 1);
    cw_map64_destroy(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_a_naive_list_does),
        cmocka_unit_test(key_zero_and_the_largest_are_keys),
        cmocka_unit_test(a_full_map_still_overwrites),
        cmocka_unit_test(a_cleared_map_is_empty_and_usable),
    };
    return cmocka_run_group_tests_name("map64", tests, NULL, NULL);
}
