#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "record/wire.h"
#include "stream/mirror.h"

#define ARENA_MAX ((size_t)1 << 20)

static void assert_header(const rd_kafka_headers_t *headers, const char *name,
                          const char *value)
{
    const void *found = NULL;
    size_t size = 0;
    if (rd_kafka_header_get_last(headers, name, &found, &size) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        fail_msg("no header %s", name);
    assert_int_equal(size, strlen(value));
    assert_memory_equal(found, value, size);
}

static void a_dead_letter_says_why_in_its_headers(void **state)
{
    const struct cw_dead_letter letter = {
        .code = CW_TEXT("bad_record"),
        .message = CW_TEXT("no JSON"),
        .service = CW_TEXT("normalizer"),
        .topic = CW_TEXT("syslog"),
        .partition = 3,
        .offset = 42,
        .index = -1,
    };
    struct cw_arena *arena = NULL;
    struct cw_error err;
    struct cw_pack value;
    (void)state;
    assert_int_equal(cw_arena_create(&arena, ARENA_MAX, &err), CW_OK);
    cw_pack_init(&value, ARENA_MAX);
    cw_wire_seal(&cw_dead_letter_type, &letter, &value);
    const struct cw_message message = {
        .topic = CW_TOPIC_DEADLETTER,
        .header = CW_TEXT("flight"),
        .value = {(const char *)value.bytes, value.size}};
    rd_kafka_headers_t *headers = cw_mirror_headers(&message, "test", arena);
    assert_non_null(headers);
    assert_int_equal(rd_kafka_header_cnt(headers), 8);
    assert_header(headers, "cw", "flight");
    assert_header(headers, "causeway.error.code", "bad_record");
    assert_header(headers, "causeway.error.message", "no JSON");
    assert_header(headers, "causeway.error.service", "normalizer");
    assert_header(headers, "causeway.error.topic", "syslog");
    assert_header(headers, "causeway.error.partition", "3");
    assert_header(headers, "causeway.error.offset", "42");
    assert_header(headers, "causeway.error.build", CW_VERSION);
    rd_kafka_headers_destroy(headers);
    cw_pack_fini(&value);
    cw_arena_destroy(&arena);
}

static void others_have_their_flight_or_nothing(void **state)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    struct cw_message message = {.topic = CW_TOPIC_EVENTS,
                                 .header = CW_TEXT("flight")};
    (void)state;
    assert_int_equal(cw_arena_create(&arena, ARENA_MAX, &err), CW_OK);
    rd_kafka_headers_t *headers = cw_mirror_headers(&message, "test", arena);
    assert_int_equal(rd_kafka_header_cnt(headers), 1);
    rd_kafka_headers_destroy(headers);
    message.header = CW_TEXT("");
    assert_null(cw_mirror_headers(&message, "test", arena));
    cw_arena_destroy(&arena);
}

static void what_people_consume_is_a_cloud_event(void **state)
{
    const struct cw_notice notice = {
        .meta = {.tenant = CW_TEXT("acme"),
                 .stream_at = INT64_C(1700000000000000),
                 .idempotency_key = CW_TEXT("INC-7Q4K2/1")},
        .notice_id = CW_TEXT("INC-7Q4K2/1")};
    struct cw_arena *arena = NULL;
    struct cw_error err;
    struct cw_pack value;
    (void)state;
    assert_int_equal(cw_arena_create(&arena, ARENA_MAX, &err), CW_OK);
    cw_pack_init(&value, ARENA_MAX);
    cw_wire_seal(&cw_notice_type, &notice, &value);
    const struct cw_message message = {
        .topic = CW_TOPIC_NOTICES,
        .value = {(const char *)value.bytes, value.size}};
    rd_kafka_headers_t *headers = cw_mirror_headers(&message, "test", arena);
    assert_int_equal(rd_kafka_header_cnt(headers), 6);
    assert_header(headers, "ce_specversion", "1.0");
    assert_header(headers, "ce_id", "INC-7Q4K2/1");
    assert_header(headers, "ce_source", "/causeway/test");
    assert_header(headers, "ce_type", "causeway.Notice");
    assert_header(headers, "ce_time", "2023-11-14T22:13:20.000000Z");
    assert_header(headers, "content-type", "application/avro");
    rd_kafka_headers_destroy(headers);
    cw_pack_fini(&value);
    cw_arena_destroy(&arena);
}

/* Which cannot be, but a letter that nobody can read still has to leave. */
static void bytes_that_are_no_letter_leave_without_a_mirror(void **state)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    const struct cw_message message = {.topic = CW_TOPIC_DEADLETTER,
                                       .value = CW_TEXT("x")};
    (void)state;
    assert_int_equal(cw_arena_create(&arena, ARENA_MAX, &err), CW_OK);
    rd_kafka_headers_t *headers = cw_mirror_headers(&message, "test", arena);
    assert_int_equal(rd_kafka_header_cnt(headers), 0);
    rd_kafka_headers_destroy(headers);
    cw_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_letter_says_why_in_its_headers),
        cmocka_unit_test(others_have_their_flight_or_nothing),
        cmocka_unit_test(what_people_consume_is_a_cloud_event),
        cmocka_unit_test(bytes_that_are_no_letter_leave_without_a_mirror),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
