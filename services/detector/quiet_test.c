#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <math.h>

#include "record/records.h"
#include "series.h"

/* The quick part of tests/bench/detector_gen.c: 20 000 samples a kind, fixed
 * seeds. There: at most about one opening in 86 400 samples of each. */
#define SAMPLES 20000
#define START   (INT64_C(1700000000) * DETECTOR_SECOND)

struct stream {
    struct series series;
    struct detector_config config;
    struct model_nature nature;
    uint64_t random;
    double state;
    int64_t at;
    int64_t distance; /* of samples */
};

static double uniform(struct stream *stream)
{
    stream->random =
        stream->random * 6364136223846793005u + 1442695040888963407u;
    return ((double)(stream->random >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct stream *stream)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += uniform(stream);
    return sum;
}

static double white(struct stream *s)
{
    return 100.0 + 10.0 * normal(s);
}

static double drifting(struct stream *s)
{
    s->state = 0.9 * s->state + 0.43589 * normal(s);
    return 100.0 + 10.0 * s->state;
}

static double sparse(struct stream *s)
{
    return uniform(s) < 0.05 ? 1.0 : 0.0;
}

/* Processor time of an idle program: a tick of the clock now and then, by the
 * second, which is never quite a second. */
static double ticking(struct stream *s)
{
    return uniform(s) < 0.03 ? 10000.0 + 30.0 * normal(s) : 0.0;
}

static double silent(struct stream *s)
{
    (void)s;
    return 0.0;
}

static double seasonal(struct stream *s)
{
    const double day = (double)(s->at % DETECTOR_DAY) / (double)DETECTOR_DAY;
    return 100.0 + 50.0 * sin(6.283185307 * day) + 10.0 * normal(s);
}

static double whole(struct stream *s)
{
    return floor(40.5 + 0.6 * normal(s));
}

static struct stream stream_of(int family, uint64_t seed)
{
    struct stream stream = {.config = detector_config_default(),
                            .nature = {family_trait(family), 0.0},
                            .random = seed,
                            .at = START,
                            .distance = 10 * DETECTOR_SECOND};
    series_init(&stream.series);
    return stream;
}

static unsigned openings(struct stream *stream, unsigned count,
                         double (*next)(struct stream *), double more)
{
    unsigned opened = 0;
    for (unsigned i = 0; i < count; i++) {
        struct series_verdict verdict = {.event = EPISODE_NONE};
        stream->at += stream->distance;
        const double value = next(stream) + more;
        assert_int_equal(series_sample(&stream->series, &stream->config,
                                       &stream->nature, stream->at, value,
                                       &verdict),
                         SAMPLE_TAKEN);
        opened += verdict.event == EPISODE_OPENED;
    }
    return opened;
}

static void check(double (*next)(struct stream *), unsigned count, double more)
{
    struct stream stream = stream_of(CW_FAMILY_OTHER, 17);
    assert_true(openings(&stream, count, next, 0.0) <= 1);
    assert_int_equal(openings(&stream, 30, next, more), 1);
    series_fini(&stream.series);
}

static void white_noise_is_quiet_and_six_sigmas_are_found(void **state)
{
    (void)state;
    check(white, SAMPLES, 60.0);
}

static void slow_noise_is_quiet_and_a_shift_is_found(void **state)
{
    (void)state;
    check(drifting, SAMPLES, 70.0);
}

static void rare_counts_are_quiet_and_a_rise_is_found(void **state)
{
    (void)state;
    check(sparse, SAMPLES, 8.0);
}

/* The first 900 samples of two hundred idle programs; then they work. Of those
 * that did nothing at all in the first sixty - .97^60 of them, 32 - the first
 * move ever may be told, and of the rest one in five a run of ticks: by
 * themselves they would open 1138 times. */
static void ticks_of_a_clock_are_no_news(void **state)
{
    (void)state;
    unsigned opened = 0, found = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct stream stream = stream_of(CW_FAMILY_SATURATION, seed);
        opened += openings(&stream, 900, ticking, 0.0);
        found += openings(&stream, 10, ticking, 200000.0);
        series_fini(&stream.series);
    }
    assert_true(opened <= 72);
    assert_int_equal(found, 200);
}

/* The smallest tick is the quantum: a spike of before does not hide the next.
 */
static void a_spike_is_no_tick(void **state)
{
    (void)state;
    struct stream stream = stream_of(CW_FAMILY_SATURATION, 3);
    (void)openings(&stream, 100, ticking, 0.0);
    stream.series.model.grain = 0.0f; /* as if the spike were the first */
    (void)openings(&stream, 1, silent, 500000.0);
    (void)openings(&stream, 900, ticking, 0.0);
    assert_int_equal(openings(&stream, 1, silent, 400000.0), 1);
    series_fini(&stream.series);
}

static double working(struct stream *s)
{
    return 400.0 + 20.0 * normal(s);
}

/* Even when a larger spike was all it ever did. */
static void what_lasts_is_found_after_a_lone_spike(void **state)
{
    (void)state;
    struct stream stream = stream_of(CW_FAMILY_SATURATION, 3);
    (void)openings(&stream, 300, silent, 0.0);
    (void)openings(&stream, 1, silent, 500.5);
    (void)openings(&stream, 300, silent, 0.0);
    assert_int_equal(openings(&stream, 30, working, 0.0), 1);
    series_fini(&stream.series);
}

static void a_day_is_quiet_and_a_shift_in_it_is_found(void **state)
{
    (void)state;
    check(seasonal, 2 * SAMPLES, -80.0); /* its profile counts after 3 days */
}

static void whole_numbers_are_quiet_and_a_step_is_found(void **state)
{
    (void)state;
    check(whole, SAMPLES, 8.0);
}

/* From 1 to 0 and back: one episode, found at once though it never moved. */
static void a_thing_that_goes_down_is_found_at_once(void **state)
{
    (void)state;
    static const int families[] = {CW_FAMILY_AVAILABILITY, CW_FAMILY_OTHER};
    for (unsigned f = 0; f < 2; f++) {
        struct stream stream = stream_of(families[f], 1);
        struct series_verdict verdict;
        for (unsigned i = 0; i < 200; i++) {
            stream.at += 10 * DETECTOR_SECOND;
            series_sample(&stream.series, &stream.config, &stream.nature,
                          stream.at, 1.0, &verdict);
            assert_int_equal(verdict.event, EPISODE_NONE);
        }
        bool found = false;
        for (unsigned i = 0; i < 3; i++) {
            stream.at += 10 * DETECTOR_SECOND;
            series_sample(&stream.series, &stream.config, &stream.nature,
                          stream.at, 0.0, &verdict);
            found = found || verdict.event == EPISODE_OPENED;
        }
        assert_true(found);
        series_fini(&stream.series);
    }
}

/* One worker fewer, or more, of a pool that never changed: no news. */
static void one_of_several_fewer_is_quiet(void **state)
{
    (void)state;
    static const double others[] = {11.0, 13.0};
    for (unsigned o = 0; o < 2; o++) {
        struct stream stream = stream_of(CW_FAMILY_AVAILABILITY, 1);
        struct series_verdict verdict;
        for (unsigned i = 0; i < 260; i++) {
            stream.at += 10 * DETECTOR_SECOND;
            series_sample(&stream.series, &stream.config, &stream.nature,
                          stream.at, i < 200 ? 12.0 : others[o], &verdict);
            assert_int_equal(verdict.event, EPISODE_NONE);
        }
        series_fini(&stream.series);
    }
}

/* Of a series that never moved nobody knows how far a move is. */
static void a_first_move_ever_is_loud_but_not_the_loudest(void **state)
{
    (void)state;
    struct stream stream = stream_of(CW_FAMILY_ERRORS, 1);
    struct series_verdict verdict;
    for (unsigned i = 0; i < 200; i++) {
        stream.at += 10 * DETECTOR_SECOND;
        series_sample(&stream.series, &stream.config, &stream.nature, stream.at,
                      i < 199 ? 0.0 : 0.31, &verdict);
    }
    assert_int_equal(verdict.event, EPISODE_OPENED);
    assert_true(verdict.judged.z <= 10.0);
    series_fini(&stream.series);
}

static enum episode_event one(struct stream *stream, double value,
                              struct judgement *judged)
{
    struct series_verdict verdict = {.event = EPISODE_NONE};
    stream->at += stream->distance;
    assert_int_equal(series_sample(&stream->series, &stream->config,
                                   &stream->nature, stream->at, value,
                                   &verdict),
                     SAMPLE_TAKEN);
    *judged = verdict.judged;
    return verdict.event;
}

/* Closed after a minute in the band, although one sample strayed from it. */
static void one_stray_sample_keeps_nothing_open(void **state)
{
    (void)state;
    struct stream stream = stream_of(CW_FAMILY_OTHER, 5);
    struct judgement judged;
    (void)openings(&stream, 600, white, 0.0);
    assert_int_equal(openings(&stream, 20, white, 100.0), 1);
    unsigned closed_after = 0;
    for (unsigned i = 1; i <= 40 && closed_after == 0; i++) {
        const double value =
            i == 4 ? judged.upper + 1.0 : 100.0 + (double)(i % 3);
        if (one(&stream, value, &judged) == EPISODE_CLOSED)
            closed_after = i;
    }
    assert_true(closed_after > 0 && closed_after <= 8);
    series_fini(&stream.series);
}

/* Samples until a step that stays is taken for normal; 0: it never was. */
static unsigned accepted_after(unsigned learnt, unsigned most)
{
    struct stream stream = stream_of(CW_FAMILY_LATENCY, 9);
    struct judgement judged;
    (void)openings(&stream, learnt, white, 0.0);
    unsigned found = 0;
    for (unsigned i = 1; i <= most && found == 0; i++)
        if (one(&stream, white(&stream) + 100.0, &judged) == EPISODE_ACCEPTED)
            found = i;
    series_fini(&stream.series);
    return found;
}

static void an_opinion_is_held_in_proportion_to_what_was_learnt(void **state)
{
    (void)state;
    const unsigned young = accepted_after(70, 1000);
    assert_true(young >= 690 && young <= 750);
    assert_int_equal(accepted_after(500, 4000), 0);
    const unsigned old = accepted_after(2000, 5000); /* 12 h */
    assert_true(old >= 4310 && old <= 4330);
}

/* ---- what has to last --------------------------------------------------- */

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

static double replicas(struct stream *s)
{
    (void)s;
    return 12.0;
}

static double backends(struct stream *s)
{
    return 17.0 + (uniform(s) < 0.1 ? 1.0 : 0.0);
}

/* Fewer of what comes and goes with the work are no loss; few or none are, and
 * fewer of what never changed. */
static void what_is_left_of_a_number_that_changes_is_no_loss(void **state)
{
    static const struct {
        double (*usual)(struct stream *);
        double rest;
        unsigned opened;
    } cases[] = {{backends, 10.0, 0},
                 {backends, 9.0, 0},
                 {backends, 7.0, 1},
                 {backends, 0.0, 1},
                 {replicas, 9.0, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stream stream = stream_of(CW_FAMILY_AVAILABILITY, 5);
        assert_int_equal(openings(&stream, 600, cases[i].usual, 0.0), 0);
        assert_int_equal(openings(&stream, 30, silent, cases[i].rest),
                         cases[i].opened);
        (void)openings(&stream, 30, silent, 10.0); /* most are back */
        assert_int_equal(stream.series.episode.open,
                         cases[i].usual == replicas);
        series_fini(&stream.series);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_noise_is_quiet_and_six_sigmas_are_found),
        cmocka_unit_test(slow_noise_is_quiet_and_a_shift_is_found),
        cmocka_unit_test(rare_counts_are_quiet_and_a_rise_is_found),
        cmocka_unit_test(ticks_of_a_clock_are_no_news),
        cmocka_unit_test(a_spike_is_no_tick),
        cmocka_unit_test(what_lasts_is_found_after_a_lone_spike),
        cmocka_unit_test(a_day_is_quiet_and_a_shift_in_it_is_found),
        cmocka_unit_test(whole_numbers_are_quiet_and_a_step_is_found),
        cmocka_unit_test(a_thing_that_goes_down_is_found_at_once),
        cmocka_unit_test(one_of_several_fewer_is_quiet),
        cmocka_unit_test(one_stray_sample_keeps_nothing_open),
        cmocka_unit_test(an_opinion_is_held_in_proportion_to_what_was_learnt),
        cmocka_unit_test(a_first_move_ever_is_loud_but_not_the_loudest),
        cmocka_unit_test(a_burst_of_seconds_is_no_news_and_what_lasts_is),
        cmocka_unit_test(what_is_pending_teaches_nothing_and_survives),
        cmocka_unit_test(a_sample_stands_for_the_time_to_the_next),
        cmocka_unit_test(what_comes_back_again_and_again_is_told),
        cmocka_unit_test(a_hole_neither_makes_nor_hides_what_lasts),
        cmocka_unit_test(a_small_shift_of_fine_samples_is_found),
        cmocka_unit_test(what_is_left_of_a_number_that_changes_is_no_loss),
    };
    return cmocka_run_group_tests_name("quiet", tests, NULL, NULL);
}
