#include "stream.h"

#include <math.h>

/* The quick part of tests/bench/detector_gen.c: 20 000 samples a kind, fixed
 * seeds. There: at most about one opening in 86 400 samples of each. */
#define SAMPLES 20000

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
        cmocka_unit_test(what_is_left_of_a_number_that_changes_is_no_loss),
    };
    return cmocka_run_group_tests_name("quiet", tests, NULL, NULL);
}
