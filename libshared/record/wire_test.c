#include "record/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "record/records.h"

#define ARENA_SIZE ((size_t)1024 * 1024)

static const struct cw_mark mark = {
    .meta = {.tenant = CW_TEXT("default"), .stream_at = 1, .revision = 2}};

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

static struct cw_text message(const struct fixture *fixture)
{
    return (struct cw_text){(const char *)fixture->pack.bytes,
                            fixture->pack.size};
}

static enum cw_status open(struct fixture *fixture, struct cw_text bytes)
{
    return cw_wire_open(bytes, fixture->arena, &fixture->type, &fixture->record,
                        &fixture->err);
}

static void assert_is_mark(const struct fixture *fixture)
{
    const struct cw_mark *read = fixture->record;
    assert_ptr_equal(fixture->type, &cw_mark_type);
    assert_true(cw_text_is(read->meta.tenant, "default"));
    assert_int_equal(read->meta.stream_at, 1);
    assert_int_equal(read->meta.revision, 2);
}

static void a_message_names_its_schema(void **state)
{
    struct fixture *fixture = *state;
    uint64_t fingerprint;
    cw_wire_seal(&cw_mark_type, &mark, &fixture->pack);
    assert_int_equal(fixture->pack.bytes[0], 0xc3);
    assert_int_equal(fixture->pack.bytes[1], 0x01);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(fixture->pack.bytes[2 + i],
                         (cw_mark_type.fingerprint >> (8 * i)) & 0xff);
    assert_true(cw_wire_fingerprint(message(fixture), &fingerprint));
    assert_int_equal(fingerprint, cw_mark_type.fingerprint);
}

static void a_sealed_record_opens_again(void **state)
{
    struct fixture *fixture = *state;
    cw_wire_seal(&cw_mark_type, &mark, &fixture->pack);
    assert_int_equal(open(fixture, message(fixture)), CW_OK);
    assert_is_mark(fixture);
}

static void bytes_without_a_header_are_an_unknown_format(void **state)
{
    struct fixture *fixture = *state;
    cw_wire_seal(&cw_mark_type, &mark, &fixture->pack);
    struct cw_text bytes = message(fixture);
    for (size_t size = 0; size < CW_WIRE_HEADER_SIZE; size++) {
        bytes.size = size;
        assert_int_equal(open(fixture, bytes), CW_UNKNOWN_FORMAT);
    }
    assert_int_equal(open(fixture, CW_TEXT("{\"not\":\"avro\"}")),
                     CW_UNKNOWN_FORMAT);
    assert_null(fixture->type);
    assert_null(fixture->record);
}

static void an_unknown_fingerprint_is_a_bad_schema(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        open(fixture, CW_TEXT("\xc3\x01\x08\x07\x06\x05\x04\x03\x02\x01rest")),
        CW_BAD_SCHEMA);
    assert_string_equal(fixture->err.text,
                        "schema 0102030405060708 is not in this build");
}

static void bytes_after_the_record_are_refused(void **state)
{
    struct fixture *fixture = *state;
    cw_wire_seal(&cw_mark_type, &mark, &fixture->pack);
    cw_pack_u8(&fixture->pack, 0);
    assert_int_equal(open(fixture, message(fixture)), CW_BAD_RECORD);
    assert_string_equal(fixture->err.text, "Mark: 1 bytes after the record");
}

static void an_arena_too_small_is_too_large(void **state)
{
    struct fixture *fixture = *state;
    struct cw_arena *small = NULL;
    cw_wire_seal(&cw_mark_type, &mark, &fixture->pack);
    assert_int_equal(cw_arena_create(&small, 32, &fixture->err), CW_OK);
    assert_int_equal(cw_wire_open(message(fixture), small, &fixture->type,
                                  &fixture->record, &fixture->err),
                     CW_TOO_LARGE);
    cw_arena_destroy(&small);
}

static void a_registered_id_stands_for_a_schema(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_wire_id table[] = {
        {7, cw_action_type.fingerprint},
        {0x01020304, cw_mark_type.fingerprint},
    };
    const struct cw_wire_ids ids = {table, 2, NULL};
    assert_int_equal(cw_wire_seal_registered(&ids, &cw_mark_type, &mark,
                                             &fixture->pack, &fixture->err),
                     CW_OK);
    assert_memory_equal(fixture->pack.bytes, "\x00\x01\x02\x03\x04", 5);
    assert_int_equal(cw_wire_open_registered(&ids, message(fixture),
                                             fixture->arena, &fixture->type,
                                             &fixture->record, &fixture->err),
                     CW_OK);
    assert_is_mark(fixture);
}

static void an_id_the_registry_lacks_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_wire_ids none = {NULL, 0, NULL};
    assert_int_equal(cw_wire_seal_registered(&none, &cw_mark_type, &mark,
                                             &fixture->pack, &fixture->err),
                     CW_NOT_FOUND);
    assert_int_equal(fixture->pack.size, 0);
    assert_int_equal(
        cw_wire_open_registered(&none, CW_TEXT("\x00\x00\x00\x00\x01rest"),
                                fixture->arena, &fixture->type,
                                &fixture->record, &fixture->err),
        CW_BAD_SCHEMA);
    assert_int_equal(
        cw_wire_open_registered(&none, CW_TEXT("\x01\x00\x00\x00\x01rest"),
                                fixture->arena, &fixture->type,
                                &fixture->record, &fixture->err),
        CW_UNKNOWN_FORMAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_names_its_schema),
        TEST(a_sealed_record_opens_again),
        TEST(bytes_without_a_header_are_an_unknown_format),
        TEST(an_unknown_fingerprint_is_a_bad_schema),
        TEST(bytes_after_the_record_are_refused),
        TEST(an_arena_too_small_is_too_large),
        TEST(a_registered_id_stands_for_a_schema),
        TEST(an_id_the_registry_lacks_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
