/* Every message against libavro: it fills a value of the message's schema at
 * random and encodes it; we decode, and must encode the same bytes again and
 * print the same JSON. */
#include "record/records.h"

#include <avro.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "record/codec.h"
#include "record/record_json.h"

#define SEED_COUNT 12u
#define BODY_SIZE  (256u * 1024u)
#define ARENA_SIZE (8u * 1024u * 1024u)

static uint64_t next(uint64_t *seed)
{
    *seed = cw_hash_mix(*seed, 0x5eed);
    return *seed;
}

/* Any magnitude, either sign. */
static int64_t random_long(uint64_t *seed)
{
    const uint64_t shift = next(seed) % 64;
    return (int64_t)(next(seed) >> shift) * (next(seed) % 2 ? 1 : -1);
}

static double random_double(uint64_t *seed)
{
    static const double special[] = {0.0, 1.0, 1e-310, 1e308, -2.5, 1.0 / 3};
    const uint64_t pick = next(seed) % 12;
    return pick < 6 ? special[pick] : (double)random_long(seed) / 1e6;
}

static void fill_string(avro_value_t *value, uint64_t *seed)
{
    static const char *const words[] = {
        "", "cart", "db-7", "Überlauf \"x\"", "a\nb\tc", "\xe2\x82\xac 5"};
    avro_value_set_string(value, words[next(seed) % 6]);
}

/* No zero byte: libavro's JSON ends a bytes value there. */
static void fill_bytes(avro_value_t *value, uint64_t *seed)
{
    unsigned char bytes[40];
    const size_t size = (size_t)(next(seed) % sizeof(bytes));
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(1 + next(seed) % 255);
    avro_value_set_bytes(value, bytes, size);
}

static void fill(avro_value_t *value, uint64_t *seed);

static void fill_array(avro_value_t *value, uint64_t *seed)
{
    const uint64_t count = next(seed) % 4;
    for (uint64_t i = 0; i < count; i++) {
        avro_value_t item;
        size_t index;
        avro_value_append(value, &item, &index);
        fill(&item, seed);
    }
}

static void fill_record(avro_value_t *value, uint64_t *seed)
{
    size_t count;
    avro_value_get_size(value, &count);
    for (size_t i = 0; i < count; i++) {
        avro_value_t field;
        avro_value_get_by_index(value, i, &field, NULL);
        fill(&field, seed);
    }
}

static void fill_enum(avro_value_t *value, uint64_t *seed)
{
    avro_schema_t schema = avro_value_get_schema(value);
    const int count = avro_schema_enum_number_of_symbols(schema);
    avro_value_set_enum(value, (int)(next(seed) % (uint64_t)count));
}

static void fill(avro_value_t *value, uint64_t *seed)
{
    const avro_type_t kind = avro_value_get_type(value);
    if (kind == AVRO_RECORD)
        fill_record(value, seed);
    else if (kind == AVRO_ARRAY)
        fill_array(value, seed);
    else if (kind == AVRO_STRING)
        fill_string(value, seed);
    else if (kind == AVRO_BYTES)
        fill_bytes(value, seed);
    else if (kind == AVRO_ENUM)
        fill_enum(value, seed);
    else if (kind == AVRO_INT32)
        avro_value_set_int(value, (int32_t)random_long(seed));
    else if (kind == AVRO_INT64)
        avro_value_set_long(value, random_long(seed));
    else if (kind == AVRO_DOUBLE)
        avro_value_set_double(value, random_double(seed));
    else if (kind == AVRO_BOOLEAN)
        avro_value_set_boolean(value, (int)(next(seed) % 2));
    else
        fail_msg("libavro sees a type of kind %d", kind);
}

/* One message of a type, as libavro encodes it. */
struct sample {
    const struct cw_record_type *type;
    avro_schema_t schema;
    avro_value_iface_t *iface;
    avro_value_t value;
    char body[BODY_SIZE];
    size_t size;
};

static void make_sample(struct sample *sample, uint64_t seed)
{
    const char *schema = sample->type->schema_json;
    assert_int_equal(
        avro_schema_from_json_length(schema, strlen(schema), &sample->schema),
        0);
    sample->iface = avro_generic_class_from_schema(sample->schema);
    avro_generic_value_new(sample->iface, &sample->value);
    fill(&sample->value, &seed);
    avro_writer_t writer = avro_writer_memory(sample->body, BODY_SIZE);
    assert_int_equal(avro_value_write(writer, &sample->value), 0);
    sample->size = (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
}

static void drop_sample(struct sample *sample)
{
    avro_value_decref(&sample->value);
    avro_value_iface_decref(sample->iface);
    avro_schema_decref(sample->schema);
}

typedef void check(const struct sample *sample, struct cw_arena *arena);

/* Every message type, several times over. */
static void for_samples(check *run, uint64_t seed_count)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    struct sample *sample = malloc(sizeof(*sample));
    assert_non_null(sample);
    assert_int_equal(cw_arena_create(&arena, ARENA_SIZE, &err), CW_OK);
    for (size_t i = 0; i < cw_record_message_count; i++) {
        for (uint64_t seed = 1; seed <= seed_count; seed++) {
            sample->type = cw_record_messages[i];
            make_sample(sample, seed * 1000 + i);
            run(sample, arena);
            drop_sample(sample);
            cw_arena_reset(arena);
        }
    }
    cw_arena_destroy(&arena);
    free(sample);
}

/* size bytes of a heap block of that size, so ASan sees an overread. */
static enum cw_status decode(const struct cw_record_type *type,
                             const char *bytes, size_t size, void *record,
                             struct cw_arena *arena)
{
    struct cw_error err;
    struct cw_unpack in = cw_unpack_of(bytes, size);
    const enum cw_status status = type->decode(record, &in, arena, &err);
    return status == CW_OK && in.at != in.size ? CW_BROKEN : status;
}

static void check_same_bytes(const struct sample *sample,
                             struct cw_arena *arena)
{
    void *record = cw_arena_take(arena, sample->type->size);
    struct cw_pack pack;
    cw_pack_init(&pack, BODY_SIZE);
    assert_int_equal(
        decode(sample->type, sample->body, sample->size, record, arena), CW_OK);
    sample->type->encode(record, &pack);
    assert_false(pack.failed);
    assert_int_equal(pack.size, sample->size);
    assert_memory_equal(pack.bytes, sample->body, pack.size);
    cw_pack_fini(&pack);
}

static void every_message_encodes_as_libavro_does(void **state)
{
    (void)state;
    for_samples(check_same_bytes, SEED_COUNT);
}

static void check_same_json(const struct sample *sample, struct cw_arena *arena)
{
    void *record = cw_arena_take(arena, sample->type->size);
    char *expected = NULL;
    assert_int_equal(
        decode(sample->type, sample->body, sample->size, record, arena), CW_OK);
    assert_int_equal(avro_value_to_json(&sample->value, 1, &expected), 0);
    json_t *theirs = json_loads(expected, JSON_ALLOW_NUL, NULL);
    json_t *ours = sample->type->json(record, false);
    assert_non_null(theirs);
    assert_non_null(ours);
    if (!json_equal(theirs, ours))
        fail_msg("%s\n%s", json_dumps(theirs, 0), json_dumps(ours, 0));
    json_decref(theirs);
    json_decref(ours);
    free(expected);
}

static void every_message_prints_as_libavro_does(void **state)
{
    (void)state;
    for_samples(check_same_json, SEED_COUNT);
}

static void check_truncations(const struct sample *sample,
                              struct cw_arena *arena)
{
    void *record = cw_arena_take(arena, sample->type->size);
    for (size_t size = 0; size < sample->size; size++) {
        char *exact = malloc(size ? size : 1);
        assert_non_null(exact);
        memcpy(exact, sample->body, size);
        assert_int_equal(decode(sample->type, exact, size, record, arena),
                         CW_BAD_RECORD);
        free(exact);
    }
}

static void a_message_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    for_samples(check_truncations, 1);
}

static void check_mutations(const struct sample *sample, struct cw_arena *arena)
{
    uint64_t seed = sample->size;
    for (int i = 0; i < 60; i++) {
        char *bytes = malloc(sample->size);
        assert_non_null(bytes);
        memcpy(bytes, sample->body, sample->size);
        for (uint64_t flips = 1 + next(&seed) % 3; flips > 0; flips--)
            bytes[next(&seed) % sample->size] = (char)next(&seed);
        void *record = cw_arena_take(arena, sample->type->size);
        if (decode(sample->type, bytes, sample->size, record, arena) == CW_OK) {
            json_decref(sample->type->json(record, true));
            (void)sample->type->content_id(record);
        }
        free(bytes);
        cw_arena_reset(arena);
    }
}

static void mutated_bytes_are_read_or_refused(void **state)
{
    (void)state;
    for_samples(check_mutations, 2);
}

static void check_refusal_leaves_zeros(const struct sample *sample,
                                       struct cw_arena *arena)
{
    const size_t size = sample->type->size;
    unsigned char *record = cw_arena_take(arena, size);
    memset(record, 0xa5, size);
    assert_int_not_equal(
        decode(sample->type, sample->body, sample->size - 1, record, arena),
        CW_OK);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(record[i], 0);
}

static void a_refused_record_is_left_zeroed(void **state)
{
    (void)state;
    for_samples(check_refusal_leaves_zeros, 1);
}

static void check_meta_first(const struct sample *sample,
                             struct cw_arena *arena)
{
    avro_schema_t meta =
        avro_schema_record_field_get_by_index(sample->schema, 0);
    (void)arena;
    assert_string_equal(avro_schema_record_field_name(sample->schema, 0),
                        "meta");
    assert_string_equal(avro_schema_name(meta), "Meta");
}

static void every_message_begins_with_its_meta(void **state)
{
    (void)state;
    for_samples(check_meta_first, 1);
}

static void messages_are_found_by_fingerprint_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < cw_record_message_count; i++) {
        const struct cw_record_type *type = cw_record_messages[i];
        assert_ptr_equal(cw_record_type_by_fingerprint(type->fingerprint),
                         type);
        assert_ptr_equal(cw_record_type_by_name(cw_text_of(type->name)), type);
    }
    assert_null(cw_record_type_by_fingerprint(0));
    assert_null(cw_record_type_by_name(CW_TEXT("Nothing")));
    assert_null(cw_record_type_by_name(CW_TEXT("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_encodes_as_libavro_does),
        cmocka_unit_test(every_message_prints_as_libavro_does),
        cmocka_unit_test(a_message_cut_at_any_byte_is_refused),
        cmocka_unit_test(mutated_bytes_are_read_or_refused),
        cmocka_unit_test(a_refused_record_is_left_zeroed),
        cmocka_unit_test(every_message_begins_with_its_meta),
        cmocka_unit_test(messages_are_found_by_fingerprint_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
