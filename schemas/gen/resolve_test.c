/* A message of fixture/old.avsc, written by hand, as fixture/now.avsc reads
 * it: fields reordered, dropped, added, renamed and widened. */
#include "record/records.h" /* of the fixture */
#include "record/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARENA_SIZE ((size_t)1 << 20)

/*  length 5     0a
 *  parts  1     02
 *    color GREY 02   weight 3  06   gone ["x"]  02 02 78 00
 *    at   {-1, 1.5}  01, 8 bytes    name "ab"   04 61 62
 *         end     00
 *  dropped {1, [2.0]}  02 02, 8 bytes, 00
 *  id -2        03                                                    */
#define ONE_AND_A_HALF "\0\0\0\0\0\0\xf8\x3f"
#define TWO            "\0\0\0\0\0\0\0\x40"
static const char old_thing[] = "\x0a\x02"
                                "\x02\x06\x02\x02x\x00"
                                "\x01" ONE_AND_A_HALF "\x04"
                                "ab"
                                "\x00"
                                "\x02\x02" TWO "\x00"
                                "\x03";
#define OLD_SIZE (sizeof(old_thing) - 1)

struct fixture {
    struct cw_arena *arena;
    struct cw_pack pack;
    struct cw_error err;
    const struct cw_record_type *type;
    const void *record;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    assert_int_equal(
        cw_arena_create(&fixture->arena, ARENA_SIZE, &fixture->err), CW_OK);
    cw_pack_init(&fixture->pack, 1 << 16);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    cw_arena_destroy(&fixture->arena);
    cw_pack_fini(&fixture->pack);
    free(fixture);
    return 0;
}

static enum cw_status open_old(struct fixture *fixture, const char *body,
                               size_t size)
{
    cw_pack_reset(&fixture->pack);
    cw_pack_bytes(&fixture->pack, "\xc3\x01", 2);
    cw_pack_u64(&fixture->pack, cw_record_histories[0].fingerprint);
    cw_pack_bytes(&fixture->pack, body, size);
    const struct cw_text message = {(const char *)fixture->pack.bytes,
                                    fixture->pack.size};
    return cw_wire_open(message, fixture->arena, &fixture->type,
                        &fixture->record, &fixture->err);
}

static void an_old_message_is_read_as_todays(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(cw_record_history_count, 1);
    assert_int_equal(open_old(fixture, old_thing, OLD_SIZE), CW_OK);
    assert_ptr_equal(fixture->type, &cw_thing_type);
    const struct cw_thing *thing = fixture->record;
    assert_int_equal(thing->id, -2);
    assert_int_equal(thing->tags_count, 0);
    assert_int_equal(thing->count, -70); /* its default */
    assert_true(thing->size == 5.0);     /* length, a long, then */
    assert_int_equal(thing->parts_count, 1);
    const struct cw_part *part = &thing->parts[0];
    assert_true(cw_text_is(part->name, "ab")); /* bytes then */
    assert_true(part->weight == 3.0);          /* an int then */
    assert_true(cw_text_is(part->note, "n/a"));
    assert_true(part->share == 0.5);
    assert_int_equal(part->tint, CW_COLOR_BLUE);
    assert_true(part->known);
    assert_int_equal(part->at.x, -1);
    assert_true(part->at.y == 1.5);
    assert_int_equal(part->color, CW_COLOR_RED); /* GREY is gone */
}

static void symbols_are_matched_by_name(void **state)
{
    struct fixture *fixture = *state;
    static const enum cw_color expected[] = {CW_COLOR_GREEN, CW_COLOR_RED,
                                             CW_COLOR_RED};
    for (size_t i = 0; i < 3; i++) {
        char body[OLD_SIZE];
        memcpy(body, old_thing, OLD_SIZE);
        body[2] = (char)(2 * i);
        assert_int_equal(open_old(fixture, body, OLD_SIZE), CW_OK);
        const struct cw_thing *thing = fixture->record;
        assert_int_equal(thing->parts[0].color, expected[i]);
    }
}

static void an_old_message_cut_at_any_byte_is_refused(void **state)
{
    struct fixture *fixture = *state;
    for (size_t size = 0; size < OLD_SIZE; size++)
        assert_int_equal(open_old(fixture, old_thing, size), CW_BAD_RECORD);
}

static void bytes_after_an_old_message_are_refused(void **state)
{
    char longer[OLD_SIZE + 1] = {0};
    memcpy(longer, old_thing, OLD_SIZE);
    assert_int_equal(open_old(*state, longer, sizeof(longer)), CW_BAD_RECORD);
}

/* Two parts: the first in a block that states its size (20 bytes). */
static void blocks_of_stated_size_are_read_too(void **state)
{
    struct fixture *fixture = *state;
    struct cw_pack body;
    cw_pack_init(&body, 1 << 12);
    cw_pack_bytes(&body, "\x0a\x01\x24", 3);
    cw_pack_bytes(&body, old_thing + 2, 18);
    cw_pack_bytes(&body, "\x02", 1);
    cw_pack_bytes(&body, old_thing + 2, OLD_SIZE - 2);
    assert_int_equal(open_old(fixture, (const char *)body.bytes, body.size),
                     CW_OK);
    const struct cw_thing *thing = fixture->record;
    assert_int_equal(thing->parts_count, 2);
    assert_true(cw_text_is(thing->parts[0].name, "ab"));
    assert_true(cw_text_is(thing->parts[1].name, "ab"));
    body.bytes[2] = 0x22; /* a byte short of its items */
    assert_int_equal(open_old(fixture, (const char *)body.bytes, body.size),
                     CW_BAD_RECORD);
    cw_pack_fini(&body);
}

/* One part and a stray zero in a block of 19 bytes: taken for the end of the
 * array, the second part would be lost without a word. */
static void a_block_with_a_byte_too_many_is_refused(void **state)
{
    struct cw_pack body;
    cw_pack_init(&body, 1 << 12);
    cw_pack_bytes(&body, "\x0a\x01\x26", 3);
    cw_pack_bytes(&body, old_thing + 2, 18);
    cw_pack_bytes(&body, "\x00\x02", 2);
    cw_pack_bytes(&body, old_thing + 2, OLD_SIZE - 2);
    assert_int_equal(open_old(*state, (const char *)body.bytes, body.size),
                     CW_BAD_RECORD);
    cw_pack_fini(&body);
}

static void hostile_counts_are_refused(void **state)
{
    static const char many[] = "\x0a\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    static const char least[] = "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                                "\x00";
    struct fixture *fixture = *state;
    assert_int_equal(open_old(fixture, many, sizeof(many) - 1), CW_BAD_RECORD);
    assert_int_equal(open_old(fixture, least, sizeof(least) - 1),
                     CW_BAD_RECORD);
    assert_int_equal(cw_arena_size(fixture->arena), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_old_message_is_read_as_todays),
        TEST(symbols_are_matched_by_name),
        TEST(an_old_message_cut_at_any_byte_is_refused),
        TEST(bytes_after_an_old_message_are_refused),
        TEST(blocks_of_stated_size_are_read_too),
        TEST(a_block_with_a_byte_too_many_is_refused),
        TEST(hostile_counts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
