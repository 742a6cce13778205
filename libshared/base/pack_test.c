#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <math.h>

#include "base/pack.h"
#include "base/rand.h"

/* One of each type, in an order that leaves nothing aligned. */
static void pack_all(struct cw_pack *pack)
{
    cw_pack_u8(pack, 0xAB);
    cw_pack_u32(pack, 0x01020304);
    cw_pack_bool(pack, true);
    cw_pack_u64(pack, UINT64_MAX);
    cw_pack_i64(pack, INT64_MIN);
    cw_pack_text(pack, CW_TEXT("text"));
    cw_pack_f64(pack, -0.0);
    cw_pack_f32(pack, 1.5f);
    cw_pack_text(pack, (struct cw_text){NULL, 0});
    cw_pack_bytes(pack, "xyz", 3);
}

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    struct cw_pack pack;
    struct cw_error err;
    cw_pack_init(&pack, 1000);
    pack_all(&pack);
    assert_false(pack.failed);
    struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
    assert_int_equal(cw_unpack_u8(&in), 0xAB);
    assert_int_equal(cw_unpack_u32(&in), 0x01020304);
    assert_true(cw_unpack_bool(&in));
    assert_true(cw_unpack_u64(&in) == UINT64_MAX);
    assert_true(cw_unpack_i64(&in) == INT64_MIN);
    assert_true(cw_text_is(cw_unpack_text(&in), "text"));
    assert_true(signbit(cw_unpack_f64(&in)));
    assert_true(cw_unpack_f32(&in) == 1.5f);
    assert_int_equal(cw_unpack_text(&in).size, 0);
    assert_memory_equal(cw_unpack_bytes(&in, 3), "xyz", 3);
    assert_int_equal(cw_unpack_end(&in, &err), CW_OK);
    cw_pack_fini(&pack);
    assert_null(pack.bytes);
}

static void bytes_are_little_endian(void **state)
{
    (void)state;
    struct cw_pack pack;
    cw_pack_init(&pack, 100);
    cw_pack_u32(&pack, 0x01020304);
    cw_pack_text(&pack, CW_TEXT("a"));
    assert_int_equal(pack.size, 9);
    assert_memory_equal(pack.bytes, "\4\3\2\1\1\0\0\0a", 9);
    cw_pack_fini(&pack);
}

static void read_all(struct cw_unpack *in)
{
    (void)cw_unpack_u8(in);
    (void)cw_unpack_u32(in);
    (void)cw_unpack_bool(in);
    (void)cw_unpack_u64(in);
    (void)cw_unpack_i64(in);
    (void)cw_unpack_text(in);
    (void)cw_unpack_f64(in);
    (void)cw_unpack_f32(in);
    (void)cw_unpack_text(in);
    (void)cw_unpack_bytes(in, 3);
}

static void every_truncation_is_noticed(void **state)
{
    (void)state;
    struct cw_pack pack;
    struct cw_error err;
    cw_pack_init(&pack, 1000);
    pack_all(&pack);
    for (size_t size = 0; size < pack.size; size++) {
        struct cw_unpack in = cw_unpack_of(pack.bytes, size);
        read_all(&in);
        assert_int_equal(cw_unpack_end(&in, &err), CW_BAD_STATE);
        assert_int_equal(cw_unpack_u64(&in), 0); /* zeros from then on */
    }
    struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
    (void)cw_unpack_u8(&in);
    assert_int_equal(cw_unpack_end(&in, &err), CW_BAD_STATE); /* left over */
    cw_pack_fini(&pack);
}

static void a_pack_at_its_limit_fails_and_stays_so(void **state)
{
    (void)state;
    struct cw_pack pack;
    cw_pack_init(&pack, 8);
    cw_pack_u64(&pack, 1);
    assert_false(pack.failed);
    cw_pack_u8(&pack, 1);
    assert_true(pack.failed);
    assert_int_equal(pack.size, 8);
    cw_pack_reset(&pack);
    cw_pack_u32(&pack, 1);
    assert_false(pack.failed);
    cw_pack_bytes(&pack, NULL, SIZE_MAX);
    assert_true(pack.failed);
    cw_pack_u8(&pack, 1);
    assert_int_equal(pack.size, 4);
    cw_pack_fini(&pack);
}

static void a_count_never_exceeds_what_can_follow(void **state)
{
    (void)state;
    const unsigned char ten[4 + 19] = {10};
    struct cw_unpack in = cw_unpack_of(ten, sizeof(ten));
    assert_int_equal(cw_unpack_count(&in, 1), 10);
    in = cw_unpack_of(ten, sizeof(ten));
    assert_int_equal(cw_unpack_count(&in, 2), 0); /* 20 bytes would follow */
    assert_true(in.failed);
    in = cw_unpack_of(ten, sizeof(ten) - 9);
    assert_int_equal(cw_unpack_count(&in, 1), 10);
}

static void a_bool_is_nothing_but_zero_or_one(void **state)
{
    (void)state;
    struct cw_unpack in = cw_unpack_of("\x02", 1);
    assert_false(cw_unpack_bool(&in));
    assert_true(in.failed);
}

static void random_numbers_come_back(void **state)
{
    (void)state;
    struct cw_rand rand;
    struct cw_pack pack;
    struct cw_error err;
    cw_pack_init(&pack, 1 << 20);
    cw_rand_seed(&rand, 1);
    for (int i = 0; i < 1000; i++)
        cw_pack_u64(&pack, cw_rand_next(&rand));
    cw_rand_seed(&rand, 1);
    struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
    for (int i = 0; i < 1000; i++)
        assert_true(cw_unpack_u64(&in) == cw_rand_next(&rand));
    assert_int_equal(cw_unpack_end(&in, &err), CW_OK);
    cw_pack_fini(&pack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(bytes_are_little_endian),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(a_pack_at_its_limit_fails_and_stays_so),
        cmocka_unit_test(a_count_never_exceeds_what_can_follow),
        cmocka_unit_test(a_bool_is_nothing_but_zero_or_one),
        cmocka_unit_test(random_numbers_come_back),
    };
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
