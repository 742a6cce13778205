/* Claims of window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <math.h>

#include "window.h"

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define T0     (1700000000 * SECOND)
#define ROUTE  77

static int begin(void **state)
{
    struct ranker_window *window = NULL;
    struct cw_error err;
    const enum cw_status status = ranker_window_create(&window, &err);

    *state = window;
    return status != CW_OK;
}

static int end(void **state)
{
    struct ranker_window *window = *state;

    ranker_window_destroy(&window);
    return 0;
}

static const struct ranker_trail *minute(struct ranker_window *window,
                                         int64_t series, double z, int64_t at,
                                         int64_t onset_at)
{
    const struct cw_deviation deviation = {.series_id = series,
                                           .z = z,
                                           .metric = CW_TEXT("cpu"),
                                           .onset_at = onset_at};
    const struct cw_evidence evidence = {
        .entity = {CW_TEXT("service"), CW_TEXT("cart")},
        .from_at = at - MINUTE,
        .to_at = at,
        .series_count = 1,
        .coverage = 1,
        .deviations = &deviation,
        .deviations_count = 1};
    struct cw_error err;

    assert_int_equal(ranker_window_evidence(window, ROUTE, &evidence, at, &err),
                     CW_OK);
    return ranker_window_at(window, 0)->trail;
}

static void the_peak_of_the_window_stands_until_it_is_too_old(void **state)
{
    struct ranker_window *window = *state;
    const struct ranker_trail *trail = minute(window, 1, -9, T0, T0 - 5);

    (void)minute(window, 1, 4, T0 + MINUTE, T0 - 3);
    assert_int_equal(trail->track_count, 1);
    assert_true(fabs(trail->tracks[0].z + 9) < 1e-9);
    assert_int_equal(trail->tracks[0].onset_at, T0 - 5);
    (void)minute(window, 1, 3, T0 + RANKER_WINDOW_US, 0);
    assert_true(fabs(trail->tracks[0].z - 3) < 1e-9);
    assert_int_equal(trail->tracks[0].onset_at, 0);
}

/* It was back in its band between: the louder trouble before is over. */
static void a_deviation_that_begins_anew_stands_for_itself(void **state)
{
    struct ranker_window *window = *state;
    const struct ranker_trail *trail = minute(window, 1, 900, T0, T0 - 5);

    (void)minute(window, 1, 2, T0 + MINUTE, 0);
    (void)minute(window, 1, 8, T0 + 5 * MINUTE, T0 + 4 * MINUTE);
    assert_int_equal(trail->track_count, 1);
    assert_true(fabs(trail->tracks[0].z - 8) < 1e-9);
    assert_int_equal(trail->tracks[0].onset_at, T0 + 4 * MINUTE);
    assert_int_equal(trail->tracks[0].peak_at, T0 + 5 * MINUTE);
}

static void a_deviation_that_is_no_number_leaves_no_trace(void **state)
{
    const struct ranker_trail *trail =
        minute(*state, 1, (double)NAN, T0, T0 - 5);

    assert_int_equal(trail->track_count, 0);
}

static void tracks_are_bounded_and_the_longest_quiet_goes(void **state)
{
    struct ranker_window *window = *state;
    const struct ranker_trail *trail = NULL;

    for (int i = 0; i <= (int)RANKER_TRACK_MAX; i++)
        trail = minute(window, i, 5, T0 + i, 0);
    assert_int_equal(trail->track_count, RANKER_TRACK_MAX);
    for (uint32_t i = 0; i < RANKER_TRACK_MAX; i++)
        assert_int_not_equal(trail->tracks[i].series_id, 0);
}

static void entities_are_bounded_and_the_longest_unseen_goes(void **state)
{
    struct ranker_window *window = *state;
    struct cw_error err;
    uint32_t place = 0;
    char name[16];

    for (uint32_t i = 0; i <= RANKER_ENTITY_MAX; i++) {
        (void)snprintf(name, sizeof(name), "s%u", i);
        const struct cw_entity entity = {CW_TEXT("service"), cw_text_of(name)};
        assert_int_equal(ranker_window_enter(window, ROUTE, &entity,
                                             T0 + (int64_t)i, &place, &err),
                         CW_OK);
    }
    const struct cw_entity first = {CW_TEXT("service"), CW_TEXT("s0")};
    const struct cw_entity second = {CW_TEXT("service"), CW_TEXT("s1")};
    assert_int_equal(ranker_window_size(window), RANKER_ENTITY_MAX);
    assert_int_equal(
        ranker_window_find(window, ranker_entity_id(ROUTE, &first)),
        RANKER_NONE);
    assert_int_not_equal(
        ranker_window_find(window, ranker_entity_id(ROUTE, &second)),
        RANKER_NONE);
}

static void change(struct ranker_window *window, const char *key, int64_t at,
                   int64_t now_at)
{
    const struct cw_event event = {.dedup_key = cw_text_of(key),
                                   .starts_at = at};

    ranker_window_change(window, ROUTE, &event, now_at, 120 * MINUTE);
}

static void a_change_is_kept_once_and_for_its_time(void **state)
{
    struct ranker_window *window = *state;

    change(window, "a", T0, T0);
    change(window, "a", T0 + MINUTE, T0 + MINUTE); /* its end: start stands */
    assert_int_equal(ranker_window_change_count(window), 1);
    assert_int_equal(ranker_window_change_at(window, 0)->at, T0);
    change(window, "b", T0 + 135 * MINUTE, T0 + 135 * MINUTE);
    assert_int_equal(ranker_window_change_count(window), 2);
    change(window, "c", T0 + 135 * MINUTE + 1, T0 + 135 * MINUTE + 1);
    assert_int_equal(ranker_window_change_count(window), 2); /* a is gone */
}

static void changes_are_bounded_and_the_oldest_goes(void **state)
{
    struct ranker_window *window = *state;
    char key[16];

    for (uint32_t i = 0; i <= RANKER_CHANGE_MAX; i++) {
        (void)snprintf(key, sizeof(key), "c%u", i);
        change(window, key, T0 + (int64_t)i, T0 + (int64_t)i);
    }
    assert_int_equal(ranker_window_change_count(window), RANKER_CHANGE_MAX);
    assert_int_equal(ranker_window_change_at(window, 0)->at, T0 + 1);
}

static void a_text_is_cut_between_two_characters(void **state)
{
    char room[5];

    (void)state;
    ranker_cut(room, sizeof(room), CW_TEXT("abc\xc3\xa9"));
    assert_string_equal(room, "abc");
    ranker_cut(room, sizeof(room), CW_TEXT("ab\xc3\xa9"));
    assert_string_equal(room, "ab\xc3\xa9");
    ranker_cut(room, sizeof(room), CW_TEXT("\x80\x80\x80\x80\x80"));
    assert_string_equal(room, "");
}

static void a_saved_window_loads_and_a_cut_one_does_not(void **state)
{
    struct ranker_window *window = *state;
    struct ranker_window *loaded = NULL;
    struct cw_pack pack, again;
    struct cw_error err;

    (void)minute(window, 1, 9, T0, T0 - 5);
    change(window, "a", T0, T0);
    cw_pack_init(&pack, 1 << 20);
    cw_pack_init(&again, 1 << 20);
    ranker_window_save(window, &pack);
    for (size_t cut = 0; cut <= pack.size; cut++) {
        struct cw_unpack in = cw_unpack_of(pack.bytes, cut);
        assert_int_equal(ranker_window_create(&loaded, &err), CW_OK);
        assert_int_equal(ranker_window_load(loaded, &in, &err) == CW_OK,
                         cut == pack.size);
        if (cut == pack.size)
            ranker_window_save(loaded, &again);
        ranker_window_destroy(&loaded);
    }
    assert_int_equal(again.size, pack.size);
    assert_memory_equal(again.bytes, pack.bytes, pack.size);
    cw_pack_fini(&pack);
    cw_pack_fini(&again);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CLAIM(the_peak_of_the_window_stands_until_it_is_too_old),
        CLAIM(a_deviation_that_begins_anew_stands_for_itself),
        CLAIM(a_deviation_that_is_no_number_leaves_no_trace),
        CLAIM(tracks_are_bounded_and_the_longest_quiet_goes),
        CLAIM(entities_are_bounded_and_the_longest_unseen_goes),
        CLAIM(a_change_is_kept_once_and_for_its_time),
        CLAIM(changes_are_bounded_and_the_oldest_goes),
        CLAIM(a_text_is_cut_between_two_characters),
        CLAIM(a_saved_window_loads_and_a_cut_one_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
