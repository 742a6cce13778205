#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>

#include "base/time.h"
#include "core/emit.h"
#include "core/merge.h"
#include "core/rawtask.h"

#define NOON INT64_C(1772366400000000)

/* A core that keeps the stream time it was given, and what it would cover. */
struct cw_core {
    int64_t last_at;
    struct cw_meta meta;
};

static const enum cw_topic inputs[] = {CW_TOPIC_RAW, CW_TOPIC_COUNT};
static const enum cw_topic outputs[] = {CW_TOPIC_EVENTS, CW_TOPIC_COUNT};

static enum cw_status make(struct cw_core **made, const void *config,
                           struct cw_error *err)
{
    (void)config;
    (void)err;
    *made = calloc(1, sizeof(**made));
    assert_non_null(*made);
    return CW_OK;
}

static void unmake(struct cw_core **core)
{
    free(*core);
    *core = NULL;
}

static enum cw_status step(struct cw_core *core, uint32_t shard,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    (void)shard;
    (void)err;
    core->last_at = item->stream_at;
    core->meta = cw_emit_meta(emit, CW_TEXT(""), CW_TEXT(""), item->event_at);
    return CW_OK;
}

static const struct cw_core_type type = {.name = "echo",
                                         .shard_count = 1,
                                         .inputs = inputs,
                                         .outputs = outputs,
                                         .create = make,
                                         .destroy = unmake,
                                         .step = step};

struct fixture {
    struct cw_outbox *outbox;
    struct cw_rawtask *task;
};

static int set_up(void **state)
{
    static const struct cw_outbox_config config = {
        .partitions = 1, .message_size = 1 << 20, .max_size = 1 << 20};
    static struct fixture f;
    const struct cw_rawtask_setup setup = {.type = &type,
                                           .topic = CW_TEXT("app"),
                                           .stream_at = INT64_MIN,
                                           .marks = outputs};
    struct cw_error err;
    assert_int_equal(cw_outbox_create(&f.outbox, &config, &err), CW_OK);
    assert_int_equal(cw_rawtask_create(&f.task, &setup, f.outbox, &err), CW_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_rawtask_destroy(&f->task);
    cw_outbox_destroy(&f->outbox);
    return 0;
}

/* Stream time at which a record of this Kafka time enters. */
static int64_t enters_at(struct fixture *f, int64_t offset,
                         int64_t timestamp_at)
{
    const struct cw_raw raw = {.topic = CW_TEXT("app"),
                               .offset = offset,
                               .timestamp_at = timestamp_at};
    struct cw_error err;
    assert_int_equal(cw_rawtask_take(f->task, &raw, 0, &err), CW_OK);
    return cw_rawtask_core(f->task)->last_at;
}

static void stream_time_is_the_running_maximum(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(enters_at(f, 0, NOON), NOON);
    assert_int_equal(enters_at(f, 1, NOON - 7), NOON);
    assert_int_equal(enters_at(f, 2, NOON + 7), NOON + 7);
}

static void a_record_without_a_time_enters_at_the_time_so_far(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(enters_at(f, 0, -1), 0); /* not behind every mark */
    assert_int_equal(enters_at(f, 1, NOON), NOON);
    assert_int_equal(enters_at(f, 2, -1), NOON);
}

static void a_time_beyond_every_calendar_carries_nobody_along(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(enters_at(f, 0, NOON), NOON);
    assert_int_equal(enters_at(f, 1, CW_TIME_MAX), NOON);
    assert_int_equal(enters_at(f, 2, INT64_MAX), NOON);
    assert_int_equal(enters_at(f, 3, CW_TIME_MAX - 1), CW_TIME_MAX - 1);
}

/* Not its offsets: those say where it lies, and a record says the same
 * wherever it does. */
static void a_record_covers_the_slice_it_enters_in(void **state)
{
    struct fixture *f = *state;
    (void)enters_at(f, 41, NOON);
    const struct cw_core *core = cw_rawtask_core(f->task);
    assert_int_equal(core->meta.covers_from, NOON - CW_SLICE_US);
    assert_int_equal(core->meta.covers_to, NOON);
    (void)enters_at(f, 42, NOON + 1);
    assert_int_equal(core->meta.covers_from, NOON);
    assert_int_equal(core->meta.covers_to, NOON + CW_SLICE_US);
}

static void an_offset_seen_before_is_a_gap(void **state)
{
    struct fixture *f = *state;
    const struct cw_raw again = {.topic = CW_TEXT("app"), .offset = 3};
    struct cw_error err;
    (void)enters_at(f, 3, NOON);
    assert_int_equal(cw_rawtask_take(f->task, &again, 0, &err), CW_GAP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stream_time_is_the_running_maximum),
        TEST(a_record_without_a_time_enters_at_the_time_so_far),
        TEST(a_time_beyond_every_calendar_carries_nobody_along),
        TEST(a_record_covers_the_slice_it_enters_in),
        TEST(an_offset_seen_before_is_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
