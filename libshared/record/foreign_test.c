#include "record/foreign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "record/avro_walk.h"
#include "record/fingerprint.h"
#include "record/random_avro.h"
#include "record/records.h"
#include "record/wire.h"

#define ARENA_SIZE ((size_t)4 * 1024 * 1024)
#define BODY_SIZE  ((size_t)64 * 1024)

struct fixture {
    struct cw_arena *arena;
    struct cw_foreign *foreign;
    struct cw_error err;
    uint64_t fingerprint;
    const struct cw_record_type *type;
    const void *record;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    assert_int_equal(
        cw_arena_create(&fixture->arena, ARENA_SIZE, &fixture->err), CW_OK);
    assert_int_equal(cw_foreign_create(&fixture->foreign, 32, &fixture->err),
                     CW_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    cw_foreign_destroy(&fixture->foreign);
    cw_arena_destroy(&fixture->arena);
    free(fixture);
    return 0;
}

static enum cw_status add(struct fixture *fixture, const char *schema)
{
    return cw_foreign_add(fixture->foreign, cw_text_of(schema),
                          &fixture->fingerprint, &fixture->err);
}

static enum cw_status open(struct fixture *fixture, const char *body,
                           size_t size)
{
    fixture->type = cw_foreign_type(fixture->foreign, fixture->fingerprint);
    return cw_foreign_open(fixture->foreign, fixture->fingerprint,
                           (struct cw_text){body, size}, fixture->arena,
                           &fixture->record, &fixture->err);
}

static uint64_t fingerprint_of(const char *schema)
{
    struct cw_error err;
    uint64_t fingerprint = 0;
    json_t *json = json_loads(schema, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    assert_int_equal(cw_schema_fingerprint(json, &fingerprint, &err), CW_OK);
    json_decref(json);
    return fingerprint;
}

/* "int" is the example of Avro's own tests. */
static void fingerprints_are_those_of_avro(void **state)
{
    (void)state;
    assert_int_equal(fingerprint_of("\"int\""), UINT64_C(0x7275d51a3f395c8f));
    assert_int_equal(fingerprint_of("{\"type\":\"int\"}"),
                     UINT64_C(0x7275d51a3f395c8f));
    for (size_t i = 0; i < cw_record_message_count; i++)
        assert_int_equal(fingerprint_of(cw_record_messages[i]->schema_json),
                         cw_record_messages[i]->fingerprint);
}

/* Today's schema with a nullable field before all others and one after. */
static char *later_schema(const struct cw_record_type *type)
{
    json_t *schema = json_loads(type->schema_json, 0, NULL);
    json_t *fields = json_object_get(schema, "fields");
    json_t *first = json_pack("{s:s,s:[s,s],s:n}", "name", "later", "type",
                              "null", "string", "default");
    json_t *last =
        json_pack("{s:s,s:{s:s,s:s,s:[s,s]}}", "name", "last", "type", "type",
                  "enum", "name", "LastOfAll", "symbols", "A", "B");
    assert_int_equal(json_array_insert_new(fields, 0, first), 0);
    assert_int_equal(json_array_append_new(fields, last), 0);
    char *text = json_dumps(schema, 0);
    json_decref(schema);
    return text;
}

static size_t random_body(const char *text, uint64_t seed, char *body,
                          json_t **json)
{
    avro_schema_t schema;
    avro_value_t value;
    avro_value_t field;
    char *printed = NULL;
    assert_int_equal(avro_schema_from_json_length(text, strlen(text), &schema),
                     0);
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    avro_generic_value_new(iface, &value);
    random_fill(&value, &seed);
    avro_value_get_by_index(&value, 0, &field, NULL);
    avro_value_set_branch(&field, 0, NULL);
    avro_writer_t writer = avro_writer_memory(body, BODY_SIZE);
    assert_int_equal(avro_value_write(writer, &value), 0);
    const size_t size = (size_t)avro_writer_tell(writer);
    avro_value_to_json(&value, 1, &printed);
    *json = json_loads(printed, 0, NULL);
    free(printed);
    avro_writer_free(writer);
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    return size;
}

static void every_message_of_a_later_release_is_read(void **state)
{
    struct fixture *fixture = *state;
    char *body = malloc(BODY_SIZE);
    assert_non_null(body);
    for (size_t i = 0; i < cw_record_message_count; i++) {
        const struct cw_record_type *type = cw_record_messages[i];
        char *schema = later_schema(type);
        json_t *theirs;
        const size_t size = random_body(schema, i + 1, body, &theirs);
        json_object_del(theirs, "later");
        json_object_del(theirs, "last");
        assert_int_equal(add(fixture, schema), CW_OK);
        assert_int_equal(open(fixture, body, size), CW_OK);
        assert_ptr_equal(fixture->type, type);
        json_t *ours = type->json(fixture->record, false);
        assert_true(json_equal(ours, theirs));
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(open(fixture, body, cut), CW_BAD_RECORD);
        json_decref(ours);
        json_decref(theirs);
        free(schema);
        cw_arena_reset(fixture->arena);
    }
    free(body);
}

/* A Mark of a release that dropped what has a default, reordered the rest,
 * narrowed a long, and may leave the tenant out. */
static const char odd_mark[] =
    "{\"type\":\"record\",\"name\":\"causeway.Mark\",\"fields\":[{\"name\":"
    "\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"fields\":["
    "{\"name\":\"ingest_at\",\"type\":\"int\"},"
    "{\"name\":\"stream_at\",\"type\":\"long\"},"
    "{\"name\":\"event_at\",\"type\":\"long\"},"
    "{\"name\":\"domain\",\"type\":\"bytes\"},"
    "{\"name\":\"tenant\",\"type\":[\"null\",\"string\"]}]}}]}";

/* ingest 1, stream 2, event 3, domain "d", tenant "t" */
static void fields_not_written_get_todays_default(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(add(fixture, odd_mark), CW_OK);
    assert_int_equal(open(fixture, "\x02\x04\x06\x02\x64\x02\x02t", 8), CW_OK);
    const struct cw_mark *mark = fixture->record;
    assert_int_equal(mark->meta.ingest_at, 1);
    assert_int_equal(mark->meta.stream_at, 2);
    assert_int_equal(mark->meta.event_at, 3);
    assert_true(cw_text_is(mark->meta.domain, "d"));
    assert_true(cw_text_is(mark->meta.tenant, "t"));
    assert_int_equal(mark->meta.origin_partition, -1);
    assert_int_equal(mark->meta.origin_topic.size, 0);
}

static void a_union_must_hold_what_the_field_can(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(add(fixture, odd_mark), CW_OK);
    assert_int_equal(open(fixture, "\x02\x04\x06\x02\x64\x00", 6),
                     CW_BAD_RECORD);
    assert_string_equal(fixture->err.text,
                        "foreign record: a union holds what the field cannot");
}

static void a_symbol_not_known_here_becomes_the_default(void **state)
{
    struct fixture *fixture = *state;
    json_t *schema = json_loads(cw_verdict_type.schema_json, 0, NULL);
    json_t *fields = json_object_get(schema, "fields");
    json_t *ruling = json_array_get(fields, json_array_size(fields) - 1);
    json_t *symbols =
        json_object_get(json_object_get(ruling, "type"), "symbols");
    json_array_append_new(symbols, json_string("DOUBTED"));
    char *text = json_dumps(schema, 0);
    const struct cw_verdict verdict = {.partition = 4};
    struct cw_pack pack;
    cw_pack_init(&pack, BODY_SIZE);
    cw_verdict_encode(&verdict, &pack);
    pack.bytes[pack.size - 1] = 2 * CW_RULING_COUNT; /* the symbol added */
    assert_int_equal(add(fixture, text), CW_OK);
    assert_int_equal(open(fixture, (const char *)pack.bytes, pack.size), CW_OK);
    const struct cw_verdict *read = fixture->record;
    assert_int_equal(read->partition, 4);
    assert_int_equal(read->ruling, CW_RULING_PRESENT);
    cw_pack_fini(&pack);
    free(text);
    json_decref(schema);
}

static void schemas_that_cannot_be_read_are_refused(void **state)
{
    static const char *const schemas[] = {
        "",
        "{",
        "\"string\"",
        "[]",
        "{\"type\":\"record\",\"name\":\"Nothing\",\"fields\":[]}",
        "{\"type\":\"enum\",\"name\":\"Mark\",\"symbols\":[\"A\"]}",
        /* meta is missing and has no default */
        "{\"type\":\"record\",\"name\":\"Mark\",\"fields\":["
        "{\"name\":\"x\",\"type\":\"int\"}]}",
        /* meta is no record */
        "{\"type\":\"record\",\"name\":\"Mark\",\"fields\":["
        "{\"name\":\"meta\",\"type\":\"string\"}]}",
        /* a name nobody defined */
        "{\"type\":\"record\",\"name\":\"Mark\",\"fields\":["
        "{\"name\":\"meta\",\"type\":\"Meta\"}]}",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
        assert_int_equal(add(fixture, schemas[i]), CW_BAD_SCHEMA);
}

static void a_full_table_takes_only_what_it_has(void **state)
{
    struct fixture *fixture = *state;
    struct cw_foreign *small = NULL;
    uint64_t fingerprint;
    assert_int_equal(cw_foreign_create(&small, 1, &fixture->err), CW_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(cw_foreign_add(small, CW_TEXT(odd_mark), &fingerprint,
                                        &fixture->err),
                         CW_OK);
    assert_int_equal(cw_foreign_add(small,
                                    cw_text_of(cw_clock_type.schema_json),
                                    &fingerprint, &fixture->err),
                     CW_FULL);
    cw_foreign_destroy(&small);
}

/* domain of 2^62 bytes, and of -1 */
static void hostile_lengths_never_reach_libavro(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(add(fixture, odd_mark), CW_OK);
    assert_int_equal(
        open(fixture, "\x02\x04\x06\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
             13),
        CW_BAD_RECORD);
    assert_int_equal(open(fixture, "\x02\x04\x06\x01", 4), CW_BAD_RECORD);
}

/* Lists in lists, and nulls, which take no bytes: bounded all the same. */
static void depth_and_number_of_values_are_bounded(void **state)
{
    static const char list[] =
        "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"next\","
        "\"type\":[\"null\",\"L\"]},{\"name\":\"nulls\",\"type\":{\"type\":"
        "\"array\",\"items\":\"null\"}}]}";
    struct fixture *fixture = *state;
    avro_schema_t schema;
    assert_int_equal(
        avro_schema_from_json_length(list, sizeof(list) - 1, &schema), 0);
    char deep[80];
    memset(deep, 2, 40); /* 40 lists, then as many empty arrays */
    memset(deep + 40, 0, 40);
    assert_int_equal(cw_avro_walk(schema, (struct cw_text){deep, 80}, 32, 1000,
                                  &fixture->err),
                     CW_TOO_LARGE);
    /* 3 nulls: 3 values over the record, its fields and the union's null */
    static const struct cw_text nulls = CW_TEXT("\x00\x01\x00\x00");
    assert_int_equal(cw_avro_walk(schema, nulls, 32, 1000, &fixture->err),
                     CW_BAD_RECORD);
    static const struct cw_text many = CW_TEXT("\x00\x04\x00");
    assert_int_equal(cw_avro_walk(schema, many, 32, 1000, &fixture->err),
                     CW_BAD_RECORD);
    assert_int_equal(
        cw_avro_walk(schema, CW_TEXT("\x00\x00"), 32, 3, &fixture->err),
        CW_TOO_LARGE);
    assert_int_equal(
        cw_avro_walk(schema, CW_TEXT("\x00\x00"), 32, 4, &fixture->err), CW_OK);
    avro_schema_decref(schema);
}

static void a_message_with_a_learned_schema_opens(void **state)
{
    struct fixture *fixture = *state;
    struct cw_pack pack;
    assert_int_equal(add(fixture, odd_mark), CW_OK);
    cw_pack_init(&pack, 64);
    cw_pack_bytes(&pack, "\xc3\x01", 2);
    cw_pack_u64(&pack, fixture->fingerprint);
    cw_pack_bytes(&pack, "\x02\x04\x06\x02\x64\x02\x02t", 8);
    const struct cw_text message = {(const char *)pack.bytes, pack.size};
    assert_int_equal(cw_wire_open_any(NULL, message, fixture->arena,
                                      &fixture->type, &fixture->record,
                                      &fixture->err),
                     CW_BAD_SCHEMA);
    assert_int_equal(cw_wire_open_any(fixture->foreign, message, fixture->arena,
                                      &fixture->type, &fixture->record,
                                      &fixture->err),
                     CW_OK);
    assert_ptr_equal(fixture->type, &cw_mark_type);
    cw_pack_fini(&pack);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fingerprints_are_those_of_avro),
        TEST(every_message_of_a_later_release_is_read),
        TEST(fields_not_written_get_todays_default),
        TEST(a_union_must_hold_what_the_field_can),
        TEST(a_symbol_not_known_here_becomes_the_default),
        TEST(schemas_that_cannot_be_read_are_refused),
        TEST(a_full_table_takes_only_what_it_has),
        TEST(hostile_lengths_never_reach_libavro),
        TEST(depth_and_number_of_values_are_bounded),
        TEST(a_message_with_a_learned_schema_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
