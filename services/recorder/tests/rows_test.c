/* Topics become rows: whatever the order, however often, whatever is killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "world.h"

#define KILLS 20

static void apply(struct world *world, const struct recorder_row *rows,
                  size_t count)
{
    struct cw_error err = {0};
    const struct recorder_batch batch = {.rows = rows, .row_count = count};
    if (recorder_rows_apply(world->rows, &batch, &err) != CW_OK)
        fail_msg("%s", err.text);
}

static void order_and_repeats_do_not_change_the_rows(void **state)
{
    (void)state;
    struct world_history history;
    world_history_make(&history, 11);
    struct world world = world_make();
    apply(&world, history.rows, WORLD_ROWS);
    char *once = world_digest(&world);
    world_drop(&world);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        world = world_make();
        for (uint64_t round = 0; round < 2; round++) {
            world_shuffle(history.rows, WORLD_ROWS, seed * 7 + round);
            for (size_t at = 0; at < WORLD_ROWS; at += 60)
                apply(&world, history.rows + at, 60);
        }
        char *again = world_digest(&world);
        assert_string_equal(once, again);
        free(again);
        world_drop(&world);
    }
    world_history_free(&history);
    free(once);
}

static void an_input_moves_only_from_where_it_is_expected(void **state)
{
    (void)state;
    struct world world = world_make();
    struct world_history history;
    struct cw_error err = {0};
    int64_t next = 0;
    world_history_make(&history, 3);
    assert_int_equal(recorder_rows_claim(world.rows, "causeway.incidents", 4,
                                         100, &next, &err),
                     CW_OK);
    assert_int_equal(next, 100);
    const struct recorder_move move = {"causeway.incidents", 4, 100, 110};
    const struct recorder_batch batch = {history.rows, 50, &move, 1};
    assert_int_equal(recorder_rows_apply(world.rows, &batch, &err), CW_OK);
    /* A second recorder with the old position: nothing of it arrives. */
    char *before = world_digest(&world);
    const struct recorder_batch stale = {history.rows + 50, 50, &move, 1};
    assert_int_equal(recorder_rows_apply(world.rows, &stale, &err), CW_FENCED);
    char *after = world_digest(&world);
    assert_string_equal(before, after);
    assert_int_equal(recorder_rows_claim(world.rows, "causeway.incidents", 4, 0,
                                         &next, &err),
                     CW_OK);
    assert_int_equal(next, 110);
    free(before);
    free(after);
    world_history_free(&history);
    world_drop(&world);
}

static void a_record_that_does_not_fit_is_put_aside(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    char *long_title = malloc(RECORDER_DOCUMENT_MAX + 1);
    char *long_name = malloc(100000);
    assert_non_null(long_title);
    assert_non_null(long_name);
    memset(long_title, 'x', RECORDER_DOCUMENT_MAX + 1);
    for (size_t i = 0; i < 100000; i++) /* does not compress under 2 KiB */
        long_name[i] = (char)('!' + cw_hash_mix(5, i) % 90);
    const struct cw_ledger_entry good = {
        .meta = world_meta(0, WORLD_NOON),
        .alert_id = {long_name, 100000},
        .title = CW_TEXT("a\0b \xff\xc3 \xed\xa0\x80 \\u0000 end")};
    const struct cw_ledger_entry bad = {
        .meta = world_meta(0, WORLD_NOON),
        .title = {long_title, RECORDER_DOCUMENT_MAX + 1}};
    const struct recorder_row rows[] = {
        {.topic = CW_TOPIC_LEDGER,
         .partition = 2,
         .offset = 40,
         .record = &bad},
        {.topic = CW_TOPIC_METRICS, .partition = 2},
        {.topic = CW_TOPIC_LEDGER,
         .partition = 2,
         .offset = 41,
         .record = &good}};
    const struct recorder_batch batch = {.rows = rows, .row_count = 3};
    for (int repeat = 0; repeat < 2; repeat++)
        if (recorder_rows_apply(world.rows, &batch, &err) != CW_OK)
            fail_msg("%s", err.text);
    char *title = world_value(&world, "SELECT title FROM causeway.ledger");
    assert_string_equal(title,
                        "a\xef\xbf\xbd"
                        "b \xef\xbf\xbd\xef\xbf\xbd "
                        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \\u0000 end");
    char *aside = world_value(&world, "SELECT record_offset || ' ' || sqlstate "
                                      "|| ' ' || count(*) OVER () FROM "
                                      "causeway.refused_rows");
    assert_string_equal(aside, "40 54000 1");
    assert_int_equal(recorder_rows_counts(world.rows).refused, 2);
    free(title);
    free(aside);
    free(long_title);
    free(long_name);
    world_drop(&world);
}

/* Bytes of a schema nobody here knows: kept whole, in either way a batch is
 * applied; given again they are one row. */
static void bytes_nobody_can_read_are_kept(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    world_run(&world, "ALTER TABLE causeway.ledger ADD CHECK (kind <> 'bad')");
    const struct cw_ledger_entry good = {.meta = world_meta(0, WORLD_NOON),
                                         .kind = CW_TEXT("good")};
    const struct cw_ledger_entry bad = {.meta = world_meta(0, WORLD_NOON),
                                        .kind = CW_TEXT("bad")};
    const struct recorder_row rows[] = {
        {.topic = CW_TOPIC_LEDGER,
         .offset = 7,
         .bytes = CW_TEXT("\xc3\x01\0\xff later"),
         .code = "bad_schema",
         .reason = "schema ff00 not known"},
        {.topic = CW_TOPIC_LEDGER, .offset = 8, .record = &good},
        {.topic = CW_TOPIC_LEDGER, .offset = 9, .record = &bad}};
    for (size_t count = 2; count <= 3; count++) { /* piped, then carefully */
        const struct recorder_batch batch = {.rows = rows, .row_count = count};
        if (recorder_rows_apply(world.rows, &batch, &err) != CW_OK)
            fail_msg("%s", err.text);
    }
    char *aside = world_value(
        &world, "SELECT string_agg(record_offset || ' ' || sqlstate, ', ' "
                "ORDER BY record_offset) FROM causeway.refused_rows");
    assert_string_equal(aside, "7 bad_schema, 9 23514");
    char *bytes = world_value(
        &world, "SELECT encode(decode(document, 'base64'), 'hex') || ' ' || "
                "message FROM causeway.refused_rows WHERE record_offset = 7");
    assert_string_equal(bytes, "c30100ff206c61746572 schema ff00 not known");
    char *kinds = world_value(
        &world, "SELECT string_agg(kind, ' ') FROM causeway.ledger");
    assert_string_equal(kinds, "good");
    assert_int_equal(recorder_rows_counts(world.rows).refused, 3);
    free(aside);
    free(bytes);
    free(kinds);
    world_drop(&world);
}

/* Nothing looks into what could not be read, not to see what replaces it
 * either. */
static void unreadable_revisions_lie_between_readable_ones(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    struct cw_incident incident = {.meta = world_meta(0, WORLD_NOON),
                                   .incident_id = CW_TEXT("one"),
                                   .title = CW_TEXT("cart is slow"),
                                   .started_at = WORLD_NOON,
                                   .opened_at = WORLD_NOON};
    const struct recorder_row unreadable = {.topic = CW_TOPIC_INCIDENTS,
                                            .offset = 2,
                                            .bytes = CW_TEXT("\xc3\x01"),
                                            .code = "bad_schema",
                                            .reason = "not known"};
    const struct recorder_row readable = {
        .topic = CW_TOPIC_INCIDENTS, .offset = 1, .record = &incident};
    struct recorder_row rows[] = {readable, unreadable, unreadable, readable};
    rows[2].offset = 3;
    rows[3].offset = 4;
    const struct recorder_batch batch = {.rows = rows, .row_count = 4};
    if (recorder_rows_apply(world.rows, &batch, &err) != CW_OK)
        fail_msg("%s", err.text);
    char *found = world_value(
        &world, "SELECT (SELECT count(*) FROM causeway.incidents) || ' ' || "
                "string_agg(record_offset::text, ' ' ORDER BY record_offset) "
                "FROM causeway.refused_rows");
    assert_string_equal(found, "1 2 3");
    free(found);
    world_drop(&world);
}

/* What the server refuses by itself, not what we refuse to send. */
static void a_row_the_server_refuses_spoils_no_other(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    world_run(&world, "ALTER TABLE causeway.ledger ADD CHECK (kind <> 'bad')");
    const struct cw_ledger_entry records[] = {
        {.meta = world_meta(0, WORLD_NOON), .kind = CW_TEXT("good")},
        {.meta = world_meta(0, WORLD_NOON), .kind = CW_TEXT("bad")},
        {.meta = world_meta(0, WORLD_NOON), .kind = CW_TEXT("fine")}};
    struct recorder_row rows[200];
    for (size_t i = 0; i < 200; i++)
        rows[i] =
            (struct recorder_row){.topic = CW_TOPIC_LEDGER,
                                  .offset = (int64_t)i,
                                  .record = &records[i == 150 ? 1 : i % 2 * 2]};
    const struct recorder_batch batch = {.rows = rows, .row_count = 200};
    if (recorder_rows_apply(world.rows, &batch, &err) != CW_OK)
        fail_msg("%s", err.text);
    char *kinds =
        world_value(&world, "SELECT string_agg(kind, ' ' ORDER BY kind)"
                            " FROM causeway.ledger");
    assert_string_equal(kinds, "fine good");
    char *aside =
        world_value(&world, "SELECT string_agg(record_offset || ' ' || "
                            "sqlstate, ', ') FROM causeway.refused_rows");
    assert_string_equal(aside, "150 23514");
    free(kinds);
    free(aside);
    world_drop(&world);
}

/* ---- kill -9 ---- */

struct assassin {
    pthread_t thread;
    pid_t victim;
    long delay_us;
};

static void *strike(void *context)
{
    const struct assassin *assassin = context;
    const struct timespec delay = {0, assassin->delay_us * 1000};
    (void)nanosleep(&delay, NULL);
    (void)kill(assassin->victim, SIGKILL);
    return NULL;
}

/* The recorder's own loop in small: ready, apply, on failure settle and again.
 * Without a batch: until the server answers. */
static void apply_whatever_happens(struct world *world,
                                   const struct recorder_batch *batch)
{
    struct cw_error err = {0};
    int64_t now_us = 0;
    for (int tries = 0; tries < 400; tries++) {
        enum cw_status status =
            recorder_store_ready(world->store, now_us, &err);
        if (status == CW_OK)
            status = batch != NULL
                         ? recorder_rows_apply(world->rows, batch, &err)
                         : recorder_store_run(world->store, "SELECT 1", &err);
        if (status == CW_OK)
            return;
        assert_int_equal(status, CW_UNAVAILABLE);
        recorder_store_settle(world->store, now_us);
        const struct timespec pause = {0, 50000000};
        (void)nanosleep(&pause, NULL);
        now_us += 60 * SECOND_US; /* the back-off is not under test */
    }
    fail_msg("the server did not come back: %s", err.text);
}

static void a_killed_backend_loses_and_doubles_nothing(void **state)
{
    (void)state;
    struct world_history history;
    struct cw_error err = {0};
    int64_t next = 0;
    world_history_make(&history, 23);
    struct world world = world_make();
    apply(&world, history.rows, WORLD_ROWS);
    char *want = world_digest(&world);
    world_drop(&world);

    world = world_make();
    assert_int_equal(recorder_rows_claim(world.rows, "t", 0, 0, &next, &err),
                     CW_OK);
    const size_t step = WORLD_ROWS / KILLS;
    for (size_t i = 0; i < KILLS; i++) {
        struct assassin assassin = {
            .victim = PQbackendPID(recorder_store_connection(world.store)),
            .delay_us = (long)(i * 700)};
        const struct recorder_move move = {"t", 0, (int64_t)(i * step),
                                           (int64_t)((i + 1) * step)};
        const struct recorder_batch batch = {history.rows + i * step, step,
                                             &move, 1};
        assert_int_equal(
            pthread_create(&assassin.thread, NULL, strike, &assassin), 0);
        apply_whatever_happens(&world, &batch);
        (void)pthread_join(assassin.thread, NULL);
        apply_whatever_happens(&world, NULL);
    }
    char *got = world_digest(&world);
    assert_string_equal(want, got);
    char *offset =
        world_value(&world, "SELECT next_offset FROM causeway.offsets");
    assert_string_equal(offset, "240");
    assert_true(recorder_store_state(world.store).connects > KILLS / 2);
    free(offset);
    free(want);
    free(got);
    world_history_free(&history);
    world_drop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_repeats_do_not_change_the_rows),
        cmocka_unit_test(an_input_moves_only_from_where_it_is_expected),
        cmocka_unit_test(a_record_that_does_not_fit_is_put_aside),
        cmocka_unit_test(bytes_nobody_can_read_are_kept),
        cmocka_unit_test(unreadable_revisions_lie_between_readable_ones),
        cmocka_unit_test(a_row_the_server_refuses_spoils_no_other),
        cmocka_unit_test(a_killed_backend_loses_and_doubles_nothing),
    };
    return cmocka_run_group_tests_name("recorder.rows", tests, NULL, NULL);
}
