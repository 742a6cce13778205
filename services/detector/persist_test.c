/* What has to last before it is told. */
#include "stream.h"

#include <stdlib.h>

static struct stream fine(int family, int64_t distance, uint64_t seed)
{
    struct stream stream = stream_of(family, seed);
    stream.distance = distance;
    (void)openings(&stream, 900, white, 0.0);
    return stream;
}

/* A burst of seconds is not told, nor what means remember of it - but where
 * chance carries on what a longer one began, in 2 of 200; what lasts is told,
 * and since when. */
static void a_burst_of_seconds_is_no_news_and_what_lasts_is(void **state)
{
    (void)state;
    unsigned told = 0;
    for (unsigned lasts = 1; lasts <= 8; lasts++) {
        for (uint64_t seed = 1; seed <= 25; seed++) {
            struct stream stream =
                fine(CW_FAMILY_LATENCY, DETECTOR_SECOND, seed);
            told += openings(&stream, lasts, white, 150.0);
            told += openings(&stream, 120, white, 0.0);
            series_fini(&stream.series);
        }
    }
    assert_true(told <= 2);
    struct stream stream = fine(CW_FAMILY_LATENCY, DETECTOR_SECOND, 5);
    const int64_t began_at = stream.at + DETECTOR_SECOND;
    assert_int_equal(openings(&stream, 10, white, 150.0), 0);
    assert_int_equal(openings(&stream, 1, white, 150.0), 1);
    assert_int_equal(stream.series.episode.started_at, began_at);
    assert_int_equal(stream.series.episode.evident_at, began_at);
    series_fini(&stream.series);
}

static struct series restored(const struct series *series)
{
    struct cw_pack pack;
    struct series made;

    cw_pack_init(&pack, (size_t)1 << 20);
    series_save(series, &pack);
    struct cw_unpack in = {.bytes = pack.bytes, .size = pack.size};
    series_load(&made, &in);
    assert_false(in.failed);
    cw_pack_fini(&pack);
    return made;
}

/* Nor is it learnt as usual, and a restart in its midst loses no second. */
static void what_is_pending_teaches_nothing_and_survives(void **state)
{
    (void)state;
    struct stream stream = fine(CW_FAMILY_LATENCY, DETECTOR_SECOND, 5);
    const double level = stream.series.model.level;
    assert_int_equal(openings(&stream, 6, white, 150.0), 0);
    assert_true(stream.series.model.level == level);
    struct series before = stream.series;
    stream.series = restored(&before);
    series_fini(&before);
    assert_int_equal(openings(&stream, 4, white, 150.0), 0);
    assert_int_equal(openings(&stream, 1, white, 150.0), 1);
    series_fini(&stream.series);
}

/* Of samples five seconds apart three; of ten, one as ever. */
static void a_sample_stands_for_the_time_to_the_next(void **state)
{
    (void)state;
    struct stream stream = fine(CW_FAMILY_LATENCY, 5 * DETECTOR_SECOND, 5);
    assert_int_equal(openings(&stream, 2, white, 150.0), 0);
    assert_int_equal(openings(&stream, 1, white, 150.0), 1);
    series_fini(&stream.series);
    stream = fine(CW_FAMILY_LATENCY, 10 * DETECTOR_SECOND, 5);
    assert_int_equal(openings(&stream, 1, white, 150.0), 1);
    series_fini(&stream.series);
}

/* One second in three, again and again: told within a minute. */
static void what_comes_back_again_and_again_is_told(void **state)
{
    (void)state;
    struct stream stream = fine(CW_FAMILY_LATENCY, DETECTOR_SECOND, 5);
    const int64_t began_at = stream.at + DETECTOR_SECOND;
    unsigned opened = 0;
    for (unsigned i = 0; i < 22; i++) {
        opened += openings(&stream, 1, white, 300.0);
        opened += openings(&stream, 2, white, 0.0);
    }
    assert_int_equal(opened, 1);
    assert_true(stream.series.episode.started_at <= began_at);
    series_fini(&stream.series);
}

/* One odd sample before a hole in the samples is none; one on each side lasted,
 * as where samples begin to come once a minute. */
static void a_hole_neither_makes_nor_hides_what_lasts(void **state)
{
    (void)state;
    struct stream stream = fine(CW_FAMILY_LATENCY, DETECTOR_SECOND, 5);
    (void)openings(&stream, 1, white, 150.0);
    stream.at += 2 * DETECTOR_MINUTE;
    assert_int_equal(openings(&stream, 120, white, 0.0), 0);
    series_fini(&stream.series);

    stream = fine(CW_FAMILY_LATENCY, DETECTOR_SECOND, 5);
    stream.distance = DETECTOR_MINUTE;
    assert_int_equal(openings(&stream, 1, white, 150.0), 0);
    assert_int_equal(openings(&stream, 1, white, 150.0), 1);
    series_fini(&stream.series);
}

/* A small lasting shift, inside the band of points, is still found, and dated
 * to where it began: before the first sample that was odd by itself. */
static void a_small_shift_of_fine_samples_is_found(void **state)
{
    (void)state;
    struct stream stream = fine(CW_FAMILY_LATENCY, DETECTOR_SECOND, 5);
    const int64_t began_at = stream.at + DETECTOR_SECOND;
    assert_int_equal(openings(&stream, 120, white, 25.0), 1);
    const struct episode *episode = &stream.series.episode;
    const int64_t off = episode->started_at - began_at;
    assert_true(llabs(off) <= 2 * DETECTOR_SECOND);
    assert_true(episode->evident_at > began_at);
    assert_true(episode->evident_at < episode->opened_at);
    series_fini(&stream.series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_of_seconds_is_no_news_and_what_lasts_is),
        cmocka_unit_test(what_is_pending_teaches_nothing_and_survives),
        cmocka_unit_test(a_sample_stands_for_the_time_to_the_next),
        cmocka_unit_test(what_comes_back_again_and_again_is_told),
        cmocka_unit_test(a_hole_neither_makes_nor_hides_what_lasts),
        cmocka_unit_test(a_small_shift_of_fine_samples_is_found),
    };
    return cmocka_run_group_tests_name("persist", tests, NULL, NULL);
}
