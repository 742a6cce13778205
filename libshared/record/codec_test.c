/* Bytes written by hand: what Avro says of each value, and what is refused. */
#include "record/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "record/records.h"

#define ARENA_SIZE ((size_t)1024 * 1024)

struct fixture {
    struct cw_arena *arena;
    struct cw_error err;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    assert_int_equal(
        cw_arena_create(&fixture->arena, ARENA_SIZE, &fixture->err), CW_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    cw_arena_destroy(&fixture->arena);
    free(fixture);
    return 0;
}

static struct cw_reader reader(struct fixture *fixture, const char *bytes,
                               size_t size)
{
    const struct cw_unpack in = cw_unpack_of(bytes, size);
    return cw_reader_of(&in, fixture->arena);
}
#define READER(fixture, literal) reader(fixture, literal, sizeof(literal) - 1)

/* Zigzag: 0 -> 0, -1 -> 1, 1 -> 2, -64 -> 127 = 7f, 64 -> 128 = 80 01. */
static void numbers_are_zigzag_base_128(void **state)
{
    static const struct {
        int64_t value;
        struct cw_text bytes;
    } cases[] = {
        {0, CW_TEXT("\x00")},
        {-1, CW_TEXT("\x01")},
        {1, CW_TEXT("\x02")},
        {-64, CW_TEXT("\x7f")},
        {64, CW_TEXT("\x80\x01")},
        {INT32_MAX, CW_TEXT("\xfe\xff\xff\xff\x0f")},
        {INT64_MAX, CW_TEXT("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
        {INT64_MIN, CW_TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct cw_text bytes = cases[i].bytes;
        struct cw_pack pack;
        cw_pack_init(&pack, 64);
        cw_write_long(&pack, cases[i].value);
        assert_int_equal(pack.size, bytes.size);
        assert_memory_equal(pack.bytes, bytes.bytes, bytes.size);
        struct cw_reader in = reader(*state, bytes.bytes, bytes.size);
        assert_int_equal(cw_read_long(&in), cases[i].value);
        assert_int_equal(in.status, CW_OK);
        assert_ptr_equal(in.at, in.end);
        cw_pack_fini(&pack);
    }
}

static void numbers_over_their_width_are_refused(void **state)
{
    /* 2^31 = zigzag 2^32 = 80 80 80 80 10 */
    struct cw_reader in = READER(*state, "\x80\x80\x80\x80\x10");
    (void)cw_read_int(&in);
    assert_int_equal(in.status, CW_BAD_RECORD);
    in = READER(*state, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
    (void)cw_read_long(&in);
    assert_int_equal(in.status, CW_BAD_RECORD);
    in = READER(*state, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00");
    (void)cw_read_long(&in);
    assert_int_equal(in.status, CW_BAD_RECORD);
}

/* "service" has 7 bytes: zigzag 14 = 0e; "cart" 4: 08. */
static void an_entity_is_two_counted_strings(void **state)
{
    static const char bytes[] = "\x0eservice\x08"
                                "cart";
    const struct cw_entity entity = {CW_TEXT("service"), CW_TEXT("cart")};
    struct fixture *fixture = *state;
    struct cw_pack pack;
    cw_pack_init(&pack, 64);
    cw_entity_encode(&entity, &pack);
    assert_int_equal(pack.size, sizeof(bytes) - 1);
    assert_memory_equal(pack.bytes, bytes, sizeof(bytes) - 1);
    struct cw_unpack in = cw_unpack_of(bytes, sizeof(bytes) - 1);
    struct cw_entity read;
    assert_int_equal(
        cw_entity_decode(&read, &in, fixture->arena, &fixture->err), CW_OK);
    assert_true(cw_text_is(read.kind, "service"));
    assert_true(cw_text_is(read.name, "cart"));
    assert_ptr_equal(read.kind.bytes, bytes + 1); /* lent, not copied */
    cw_pack_fini(&pack);
}

static void texts_longer_than_what_is_left_are_refused(void **state)
{
    struct cw_reader in = READER(*state, "\x06"
                                         "ab");
    (void)cw_read_text(&in);
    assert_int_equal(in.status, CW_BAD_RECORD);
    in = READER(*state, "\x01"
                        "ab"); /* -1 */
    (void)cw_read_text(&in);
    assert_int_equal(in.status, CW_BAD_RECORD);
}

static void a_boolean_is_0_or_1(void **state)
{
    struct cw_reader in = READER(*state, "\x01\x00\x02");
    assert_true(cw_read_bool(&in));
    assert_false(cw_read_bool(&in));
    assert_int_equal(in.status, CW_OK);
    (void)cw_read_bool(&in);
    assert_int_equal(in.status, CW_BAD_RECORD);
}

static void an_unknown_symbol_becomes_the_default(void **state)
{
    struct cw_reader in = READER(*state, "\x0c"); /* 6 */
    assert_int_equal(cw_read_enum(&in, 5, 0), 0);
    assert_int_equal(in.status, CW_OK);
    in = READER(*state, "\x0c");
    (void)cw_read_enum(&in, 5, -1);
    assert_int_equal(in.status, CW_BAD_RECORD);
    in = READER(*state, "\x01"); /* -1 is no later release's symbol */
    (void)cw_read_enum(&in, 5, 0);
    assert_int_equal(in.status, CW_BAD_RECORD);
}

/* 2 items, then 1 in a block of stated size (-1, 1 byte), then the end. */
static void blocks_are_joined(void **state)
{
    struct cw_reader in = READER(*state, "\x04\x02\x04\x01\x02\x06\x00");
    size_t count;
    const int64_t *values = cw_read_long_array(&in, &count);
    assert_int_equal(in.status, CW_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(values[i], i + 1);
}

static void many_small_blocks_keep_their_order(void **state)
{
    char bytes[2 * 1000 + 1];
    for (size_t i = 0; i < 1000; i++) {
        bytes[2 * i] = 2; /* one item */
        bytes[2 * i + 1] = (char)(2 * (i % 60));
    }
    bytes[2000] = 0;
    struct cw_reader in = reader(*state, bytes, sizeof(bytes));
    size_t count;
    const int64_t *values = cw_read_long_array(&in, &count);
    assert_int_equal(in.status, CW_OK);
    assert_int_equal(count, 1000);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(values[i], i % 60);
}

static void an_empty_array_takes_no_memory(void **state)
{
    struct fixture *fixture = *state;
    struct cw_reader in = READER(fixture, "\x00");
    size_t count = 7;
    const size_t before = cw_arena_size(fixture->arena);
    assert_null(cw_read_long_array(&in, &count));
    assert_int_equal(count, 0);
    assert_int_equal(in.status, CW_OK);
    assert_int_equal(cw_arena_size(fixture->arena), before);
}

static void hostile_counts_take_no_memory(void **state)
{
    static const struct cw_text cases[] = {
        CW_TEXT("\x06\x02\x04"), /* 3 items, 2 bytes */
        CW_TEXT("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02"), /* 2^63-1 */
        CW_TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x02"), /* -2^63 */
        CW_TEXT("\x01\x08\x02\x00"),     /* block of 4 bytes, 2 left */
        CW_TEXT("\x01\x01\x02\x00"),     /* block of -1 bytes */
        CW_TEXT("\x05\x04\x02\x04\x00"), /* 3 items in a block of 2 bytes */
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cw_reader in = reader(fixture, cases[i].bytes, cases[i].size);
        size_t count = 7;
        assert_null(cw_read_long_array(&in, &count));
        assert_int_equal(count, 0);
        assert_int_equal(in.status, CW_BAD_RECORD);
        assert_int_equal(cw_arena_size(fixture->arena), 0);
    }
}

/* One item of one byte in a block that says two. */
static void a_block_must_have_its_stated_size(void **state)
{
    struct cw_reader in = READER(*state, "\x01\x04\x02\x00\x00");
    size_t count;
    assert_null(cw_read_long_array(&in, &count));
    assert_int_equal(in.status, CW_BAD_RECORD);
}

static void doubles_take_eight_bytes_each(void **state)
{
    char bytes[1 + 16 + 1] = {4}; /* 2 items */
    const double values[2] = {1.5, -0.25};
    memcpy(bytes + 1, values, sizeof(values));
    struct cw_reader in = reader(*state, bytes, sizeof(bytes));
    size_t count;
    const double *read = cw_read_double_array(&in, &count);
    assert_int_equal(count, 2);
    assert_memory_equal(read, values, sizeof(values));
    in = reader(*state, bytes, sizeof(bytes) - 2);
    assert_null(cw_read_double_array(&in, &count));
    assert_int_equal(in.status, CW_BAD_RECORD);
}

static void an_array_over_the_arena_is_too_large(void **state)
{
    struct fixture *fixture = *state;
    struct cw_arena *small = NULL;
    assert_int_equal(cw_arena_create(&small, 64, &fixture->err), CW_OK);
    char bytes[64] = {40}; /* 20 items of one byte: 160 bytes of int64_t */
    const struct cw_unpack unpack = cw_unpack_of(bytes, sizeof(bytes));
    struct cw_reader in = cw_reader_of(&unpack, small);
    size_t count;
    assert_null(cw_read_long_array(&in, &count));
    assert_int_equal(in.status, CW_TOO_LARGE);
    cw_arena_destroy(&small);
}

static void a_refusal_says_where(void **state)
{
    struct fixture *fixture = *state;
    struct cw_unpack in = cw_unpack_of("\x0eservice\x08"
                                       "ca",
                                       11);
    struct cw_entity entity;
    assert_int_equal(
        cw_entity_decode(&entity, &in, fixture->arena, &fixture->err),
        CW_BAD_RECORD);
    assert_string_equal(
        fixture->err.text,
        "Entity: text longer than what is left at byte 9 of 11");
    assert_true(in.failed);
}

static void a_full_pack_fails_and_stays_so(void **state)
{
    (void)state;
    struct cw_pack pack;
    cw_pack_init(&pack, 2);
    cw_write_long(&pack, 1);
    cw_write_long(&pack, 64); /* two bytes, one left */
    assert_true(pack.failed);
    assert_int_equal(pack.size, 1);
    cw_write_bool(&pack, true);
    assert_int_equal(pack.size, 1);
    cw_pack_fini(&pack);
}

static void a_content_id_ignores_what_is_volatile(void **state)
{
    (void)state;
    struct cw_mark mark = {.meta = {.tenant = CW_TEXT("default")}};
    const uint64_t id = cw_mark_content_id(&mark);
    mark.meta.ingest_at = 7;
    mark.meta.origin_offset = 8;
    mark.meta.revision = 9;
    assert_int_equal(cw_mark_content_id(&mark), id);
    mark.meta.stream_at = 1;
    assert_int_not_equal(cw_mark_content_id(&mark), id);
}

/* a|bc is not ab|c, and [x] [] is not [] [x]. */
static void a_content_id_tells_fields_apart(void **state)
{
    (void)state;
    const struct cw_entity one = {CW_TEXT("a"), CW_TEXT("bc")};
    const struct cw_entity other = {CW_TEXT("ab"), CW_TEXT("c")};
    const int64_t column[] = {5};
    const struct cw_metric_run first = {.series = column, .series_count = 1};
    const struct cw_metric_run second = {.sampled_at = column,
                                         .sampled_at_count = 1};
    assert_int_not_equal(cw_entity_content_id(&one),
                         cw_entity_content_id(&other));
    assert_int_not_equal(cw_metric_run_content_id(&first),
                         cw_metric_run_content_id(&second));
}

static void zeros_and_nans_have_one_content(void **state)
{
    (void)state;
    const uint64_t odd_nan_bits = UINT64_C(0xfff8000000000123);
    double odd_nan;
    memcpy(&odd_nan, &odd_nan_bits, sizeof(odd_nan));
    assert_int_equal(cw_mix_double(1, -0.0), cw_mix_double(1, 0.0));
    assert_int_equal(cw_mix_double(1, odd_nan),
                     cw_mix_double(1, __builtin_nan("")));
    assert_int_not_equal(cw_mix_double(1, 1.0), cw_mix_double(1, -1.0));
}

static void symbols_have_names(void **state)
{
    (void)state;
    assert_string_equal(cw_severity_name(CW_SEVERITY_CRITICAL), "CRITICAL");
    assert_string_equal(cw_severity_name((enum cw_severity)99), "");
    assert_int_equal(cw_severity_find(CW_TEXT("ERROR")), CW_SEVERITY_ERROR);
    assert_int_equal(cw_severity_find(CW_TEXT("error")), CW_SEVERITY_COUNT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_zigzag_base_128),
        TEST(numbers_over_their_width_are_refused),
        TEST(an_entity_is_two_counted_strings),
        TEST(texts_longer_than_what_is_left_are_refused),
        TEST(a_boolean_is_0_or_1),
        TEST(an_unknown_symbol_becomes_the_default),
        TEST(blocks_are_joined),
        TEST(many_small_blocks_keep_their_order),
        TEST(an_empty_array_takes_no_memory),
        TEST(hostile_counts_take_no_memory),
        TEST(a_block_must_have_its_stated_size),
        TEST(doubles_take_eight_bytes_each),
        TEST(an_array_over_the_arena_is_too_large),
        TEST(a_refusal_says_where),
        TEST(a_full_pack_fails_and_stays_so),
        TEST(a_content_id_ignores_what_is_volatile),
        TEST(a_content_id_tells_fields_apart),
        TEST(zeros_and_nans_have_one_content),
        TEST(symbols_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
