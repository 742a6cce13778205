#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include "base/hash.h"

/* From python-xxhash 3 and a Python transcription of mix: these values are in
 * every topic, so a change here is a change of every id. */
static void the_function_is_xxh3(void **state)
{
    (void)state;
    char many[1000];
    memset(many, 'x', sizeof(many));
    assert_true(cw_hash("", 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(cw_hash("a", 1) == UINT64_C(0xe6c632b61e964e1f));
    assert_true(cw_hash("causeway", 8) == UINT64_C(0x12b03bc2113c64e7));
    assert_true(cw_hash(many, 1000) == UINT64_C(0xc0a4877b962cba82));
    assert_true(cw_hash_text((struct cw_text){NULL, 0}) == cw_hash("", 0));
}

static void mixing_has_its_values_and_an_order(void **state)
{
    (void)state;
    assert_true(cw_hash_mix(0, 0) == UINT64_C(0xa7a5eeff5041598f));
    assert_true(cw_hash_mix(1, 2) == UINT64_C(0x1b52ccbc6854ae3e));
    assert_true(cw_hash_mix(2, 1) == UINT64_C(0xec23c8c0a2df9651));
}

static void routes_lead_where_they_led_yesterday(void **state)
{
    (void)state;
    const uint64_t entity = cw_route_entity(
        CW_TEXT("default"), CW_TEXT("service"), CW_TEXT("checkout"));
    assert_true(entity == UINT64_C(0xd2f2abdfdb72ccba));
    assert_int_equal(cw_partition_of(entity, 12), 3);
    assert_int_equal(cw_shard_of(entity, 64), 58);
    const uint64_t domain =
        cw_route_domain(CW_TEXT("default"), CW_TEXT("default"));
    assert_true(domain == UINT64_C(0x947606e6e11875c2));
    assert_int_equal(cw_partition_of(domain, 12), 10);
    assert_int_equal(cw_shard_of(domain, 64), 2);
}

static void names_that_touch_do_not_collide(void **state)
{
    (void)state;
    assert_true(cw_route_entity(CW_TEXT("t"), CW_TEXT("ab"), CW_TEXT("c")) !=
                cw_route_entity(CW_TEXT("t"), CW_TEXT("a"), CW_TEXT("bc")));
    assert_true(cw_route_domain(CW_TEXT("a"), CW_TEXT("b")) !=
                cw_route_domain(CW_TEXT("b"), CW_TEXT("a")));
}

/* 6400 names on 64 shards of 16 partitions: each of them within half and
 * twice its fair share; 5 deviations of sqrt(100) are 50. */
static void shards_and_partitions_fill_evenly(void **state)
{
    (void)state;
    unsigned shards[64] = {0};
    unsigned partitions[64] = {0};
    for (uint32_t i = 0; i < 6400; i++) {
        const uint64_t route =
            cw_route_entity(CW_TEXT("default"), CW_TEXT("host"),
                            (struct cw_text){(const char *)&i, sizeof(i)});
        shards[cw_shard_of(route, 64)]++;
        partitions[cw_partition_of(route, 64)]++;
    }
    for (int i = 0; i < 64; i++) {
        assert_in_range(shards[i], 50, 150);
        assert_in_range(partitions[i], 50, 150);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_function_is_xxh3),
        cmocka_unit_test(mixing_has_its_values_and_an_order),
        cmocka_unit_test(routes_lead_where_they_led_yesterday),
        cmocka_unit_test(names_that_touch_do_not_collide),
        cmocka_unit_test(shards_and_partitions_fill_evenly),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
