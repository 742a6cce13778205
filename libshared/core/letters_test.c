#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>

#include "core/letters.h"
#include "record/dead_letter.h"
#include "record/wire.h"

#define NOON INT64_C(1772366400000000)

/* What the emit was given, kept in its wire form. */
struct fixture {
    struct cw_arena *arena;
    struct cw_pack sent;
    uint64_t route;
    size_t count;
    struct cw_letter_counts counts;
};

static enum cw_status keep(void *to, const struct cw_output *out,
                           struct cw_error *err)
{
    struct fixture *f = to;
    (void)err;
    assert_int_equal(out->topic, CW_TOPIC_DEADLETTER);
    assert_int_equal(out->key.size, 0);
    cw_pack_reset(&f->sent);
    cw_wire_seal(out->type, out->record, &f->sent);
    cw_letters_count(&f->counts, out);
    f->route = out->route;
    f->count++;
    return CW_OK;
}

static int set_up(void **state)
{
    struct cw_error err;
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    assert_int_equal(cw_arena_create(&f->arena, (size_t)16 << 20, &err), CW_OK);
    cw_pack_init(&f->sent, (size_t)16 << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_arena_destroy(&f->arena);
    cw_pack_fini(&f->sent);
    free(f);
    return 0;
}

/* Puts the letter of the item, refused at noon in the slice that ends there. */
static const struct cw_dead_letter *letter_of(struct fixture *f, bool silent,
                                              const struct cw_item *item)
{
    const struct cw_error why = {CW_BAD_RECORD, "columns of unequal length"};
    struct cw_error err = {0};
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    struct cw_emit emit = {
        .sink = silent ? NULL : keep,
        .to = f,
        .arena = f->arena,
        .now_at = NOON,
        .covers_from = NOON - 50000,
        .covers_to = NOON,
        .origin_partition = -1,
        .origin_offset = -1,
    };
    assert_int_equal(cw_letters_put("detector", 3, item, &why, &emit, &err),
                     CW_OK);
    if (silent)
        return NULL;
    const struct cw_text bytes = {(const char *)f->sent.bytes, f->sent.size};
    assert_int_equal(cw_wire_open(bytes, f->arena, &type, &record, &err),
                     CW_OK);
    assert_ptr_equal(type, &cw_dead_letter_type);
    return record;
}

static const void *item_in(struct fixture *f,
                           const struct cw_dead_letter *letter,
                           const struct cw_record_type *wanted)
{
    struct cw_error err = {0};
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    assert_int_equal(
        cw_wire_open(letter->value, f->arena, &type, &record, &err), CW_OK);
    assert_ptr_equal(type, wanted);
    return record;
}

static void a_refused_sample_is_a_batch_of_one(void **state)
{
    struct fixture *f = *state;
    const int64_t series[] = {7, 8};
    const double value = 1.5;
    const struct cw_metric_run run = {.stream_at = NOON - 1000,
                                      .event_at = NOON - 5000,
                                      .offset = 42,
                                      .series = series,
                                      .series_count = 2,
                                      .values = &value,
                                      .values_count = 1};
    const struct cw_item item = {.topic = CW_TOPIC_METRICS,
                                 .stream_at = NOON - 1000,
                                 .event_at = NOON - 5000,
                                 .record = &run};
    const struct cw_dead_letter *letter = letter_of(f, false, &item);
    assert_true(cw_text_is(letter->code, "bad_record"));
    assert_true(cw_text_is(letter->message, "columns of unequal length"));
    assert_true(cw_text_is(letter->service, "detector"));
    assert_true(cw_text_is(letter->topic, "metrics"));
    assert_int_equal(letter->partition, 3);
    assert_int_equal(letter->offset, -1);
    assert_int_equal(letter->meta.stream_at, NOON);
    assert_int_equal(letter->meta.event_at, NOON - 5000);
    assert_int_equal(letter->meta.covers_to, NOON);
    assert_int_equal(letter->meta.origin_offset, 42);
    const struct cw_metric_run_batch *batch =
        item_in(f, letter, &cw_metric_run_batch_type);
    assert_int_equal(batch->items_count, 1);
    assert_int_equal(batch->items[0].series_count, 2);
    assert_int_equal(batch->items[0].series[1], 8);
    assert_true(batch->items[0].values[0] == 1.5);
}

static void a_refused_record_keeps_whose_it_is(void **state)
{
    struct fixture *f = *state;
    const struct cw_said said = {.meta = {.tenant = CW_TEXT("acme"),
                                          .domain = CW_TEXT("shop"),
                                          .origin_topic = CW_TEXT("raw.x"),
                                          .origin_partition = 1,
                                          .origin_offset = 9},
                                 .said_id = CW_TEXT("s1")};
    const struct cw_item item = {.topic = CW_TOPIC_SAID, .record = &said};
    const struct cw_dead_letter *letter = letter_of(f, false, &item);
    assert_true(cw_text_is(letter->meta.tenant, "acme"));
    assert_true(cw_text_is(letter->meta.domain, "shop"));
    assert_true(cw_text_is(letter->meta.origin_topic, "raw.x"));
    assert_int_equal(letter->meta.origin_partition, 1);
    assert_int_equal(letter->meta.origin_offset, 9);
    assert_int_equal(f->route,
                     cw_route_domain(CW_TEXT("acme"), CW_TEXT("shop")));
    const struct cw_said *again = item_in(f, letter, &cw_said_type);
    assert_true(cw_text_is(again->said_id, "s1"));
}

static void every_batch_item_says_whose_it_is(void **state)
{
    struct fixture *f = *state;
    const struct cw_log log = {.tenant = CW_TEXT("a"), .domain = CW_TEXT("b")};
    const struct cw_span span = {.tenant = CW_TEXT("a"),
                                 .domain = CW_TEXT("b")};
    const struct cw_event event = {.tenant = CW_TEXT("a"),
                                   .domain = CW_TEXT("b")};
    const struct cw_item items[] = {
        {.topic = CW_TOPIC_LOGS, .record = &log},
        {.topic = CW_TOPIC_SPANS, .record = &span},
        {.topic = CW_TOPIC_EVENTS, .record = &event},
    };
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        const struct cw_dead_letter *letter = letter_of(f, false, &items[i]);
        assert_true(cw_text_is(letter->meta.tenant, "a"));
        assert_true(cw_text_is(letter->meta.domain, "b"));
        (void)item_in(f, letter, cw_topic_message_type(items[i].topic));
    }
}

/* 100,000 bytes of body, and a name of 300: the letter stays below the least
 * message.size, 64 KiB, and says that it is cut. */
static void a_letter_is_bounded(void **state)
{
    struct fixture *f = *state;
    char body[100000];
    memset(body, 'x', sizeof(body));
    const struct cw_log log = {.tenant = {body, 300},
                               .domain = CW_TEXT("shop"),
                               .body = {body, sizeof(body)}};
    const struct cw_item item = {.topic = CW_TOPIC_LOGS, .record = &log};
    const struct cw_dead_letter *letter = letter_of(f, false, &item);
    assert_int_equal(letter->value.size, LETTERS_VALUE_MAX);
    assert_false(cw_dead_letter_is_whole(letter));
    assert_int_equal(letter->meta.tenant.size, 0);
    assert_true(f->sent.size < 65536 - 4096);
}

static void silent_replay_puts_none(void **state)
{
    struct fixture *f = *state;
    const struct cw_log log = {.tenant = CW_TEXT("a")};
    const struct cw_item item = {.topic = CW_TOPIC_LOGS, .record = &log};
    (void)letter_of(f, true, &item);
    assert_int_equal(f->count, 0);
}

static void letters_are_counted_by_reason(void **state)
{
    struct fixture *f = *state;
    const struct cw_log log = {.tenant = CW_TEXT("a")};
    const struct cw_item item = {.topic = CW_TOPIC_LOGS, .record = &log};
    struct cw_letter_counts sum = {0};
    (void)letter_of(f, false, &item);
    (void)letter_of(f, false, &item);
    cw_letters_add(&sum, &f->counts);
    cw_letters_add(&sum, &f->counts);
    assert_int_equal(f->counts.by[CW_BAD_RECORD], 2);
    assert_int_equal(sum.by[CW_BAD_RECORD], 4);
    assert_int_equal(sum.by[CW_FULL], 0);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(a_refused_sample_is_a_batch_of_one),
        CLAIM(a_refused_record_keeps_whose_it_is),
        CLAIM(every_batch_item_says_whose_it_is),
        CLAIM(a_letter_is_bounded),
        CLAIM(silent_replay_puts_none),
        CLAIM(letters_are_counted_by_reason),
    };
    return cmocka_run_group_tests_name("letters", tests, NULL, NULL);
}
