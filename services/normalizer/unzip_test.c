#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#define ZLIB_CONST /* what it reads is const */
#include <zlib.h>
#include <zstd.h>

#include "unzip.h"

#define PLAIN_SIZE 100000u

static size_t gzip_of(unsigned char *out, size_t room, const void *bytes,
                      size_t size)
{
    z_stream stream = {0};
    assert_int_equal(
        deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    stream.next_in = bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    const size_t made = stream.total_out;
    (void)deflateEnd(&stream);
    return made;
}

struct packed {
    unsigned char plain[PLAIN_SIZE];
    unsigned char bytes[PLAIN_SIZE];
    size_t size;
    struct cw_arena *arena;
};

static void pack(struct packed *packed, int zstd)
{
    struct cw_error err = {0};
    memset(packed->plain, 'x', sizeof(packed->plain));
    packed->size = zstd ? ZSTD_compress(packed->bytes, sizeof(packed->bytes),
                                        packed->plain, sizeof(packed->plain), 3)
                        : gzip_of(packed->bytes, sizeof(packed->bytes),
                                  packed->plain, sizeof(packed->plain));
    assert_int_equal(cw_arena_create(&packed->arena, 1 << 20, &err), CW_OK);
}

static enum cw_status open_up(const struct packed *packed, size_t size,
                              size_t max_size, struct cw_text *plain)
{
    struct cw_error err = {0};
    return unzip(plain, (struct cw_text){(const char *)packed->bytes, size},
                 max_size, packed->arena, &err);
}

static void both_packings_are_opened(void **state)
{
    (void)state;
    static struct packed packed;
    for (int zstd = 0; zstd < 2; zstd++) {
        struct cw_text plain;
        pack(&packed, zstd);
        assert_int_equal(open_up(&packed, packed.size, 1 << 20, &plain), CW_OK);
        assert_int_equal(plain.size, PLAIN_SIZE);
        assert_memory_equal(plain.bytes, packed.plain, PLAIN_SIZE);
        cw_arena_destroy(&packed.arena);
    }
}

static void a_bomb_is_refused_at_the_limit(void **state)
{
    (void)state;
    static struct packed packed;
    for (int zstd = 0; zstd < 2; zstd++) {
        struct cw_text plain;
        pack(&packed, zstd);
        assert_int_equal(open_up(&packed, packed.size, PLAIN_SIZE, &plain),
                         CW_OK);
        assert_int_equal(open_up(&packed, packed.size, PLAIN_SIZE - 1, &plain),
                         CW_TOO_LARGE);
        cw_arena_destroy(&packed.arena);
    }
}

static void what_is_cut_short_is_refused_at_every_length(void **state)
{
    (void)state;
    static struct packed packed;
    for (int zstd = 0; zstd < 2; zstd++) {
        struct cw_text plain;
        pack(&packed, zstd);
        for (size_t size = 4; size < packed.size; size++) {
            cw_arena_reset(packed.arena);
            assert_int_equal(open_up(&packed, size, 1 << 20, &plain),
                             CW_BAD_RECORD);
        }
        cw_arena_destroy(&packed.arena);
    }
}

static void plain_bytes_pass_untouched(void **state)
{
    (void)state;
    struct cw_error err = {0};
    struct cw_text plain;
    const struct cw_text text = CW_TEXT("{\"a\":1}");
    assert_int_equal(unzip(&plain, text, 10, NULL, &err), CW_OK);
    assert_ptr_equal(plain.bytes, text.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_packings_are_opened),
        cmocka_unit_test(a_bomb_is_refused_at_the_limit),
        cmocka_unit_test(what_is_cut_short_is_refused_at_every_length),
        cmocka_unit_test(plain_bytes_pass_untouched),
    };
    return cmocka_run_group_tests_name("unzip", tests, NULL, NULL);
}
