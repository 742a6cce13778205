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

#include "record/codec.h"
#include "record/random_avro.h"
#include "record/record_json.h"

#define SEED_COUNT 12u
#define BODY_SIZE  ((size_t)256 * 1024)
#define ARENA_SIZE ((size_t)8 * 1024 * 1024)

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
    random_fill(&sample->value, &seed);
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
        for (uint64_t flips = 1 + random_next(&seed) % 3; flips > 0; flips--)
            bytes[random_next(&seed) % sample->size] = (char)random_next(&seed);
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
