#include <math.h>
#include <stdio.h>

#include "bench.h"

static void a_level_shift_opens_once_and_closes(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_SATURATION, 600, 400, 440, 50.0);
    const struct cw_anomaly *opened =
        anomaly_at(&bench, 0, CW_ANOMALY_STATUS_OPENED);
    assert_non_null(opened);
    assert_int_equal(opened->started_at, START + 400 * STEP);
    assert_int_equal(opened->evident_at, opened->started_at);
    assert_true(opened->meta.event_at <= START + 402 * STEP);
    assert_true(opened->actual > opened->upper);
    assert_true(opened->lower < opened->expected);
    assert_true(opened->expected > 90.0 && opened->expected < 110.0);
    assert_true(opened->score >= 0.5 && opened->score < 1.0);
    assert_int_equal(opened->anomaly_id.size, 16);
    double sum = 0.0;
    for (size_t i = 0; i < opened->contributors_count; i++)
        sum += opened->contributors[i].share;
    assert_true(fabs(sum - 1.0) < 1e-9);
    assert_true(opened->ready_views_count >= 4);
    assert_null(anomaly_at(&bench, 1, CW_ANOMALY_STATUS_OPENED));
    const struct cw_anomaly *closed =
        anomaly_at(&bench, 0, CW_ANOMALY_STATUS_CLOSED);
    assert_non_null(closed);
    assert_true(cw_text_equal(closed->anomaly_id, opened->anomaly_id));
    assert_true(closed->score == opened->score);
    assert_true(closed->closed_at >= START + 440 * STEP);
    assert_true(closed->closed_at <= START + 455 * STEP);
    /* 40 samples = 400 s: at most an update a minute, and growth. */
    const struct cw_anomaly *ninth =
        anomaly_at(&bench, 9, CW_ANOMALY_STATUS_UPDATED);
    assert_null(ninth);
    cw_drive_destroy(&bench.drive);
}

static void a_fall_of_latency_is_no_alarm(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_LATENCY, 600, 400, 440, -50.0);
    assert_int_equal(count_anomalies(&bench), 0);
    cw_drive_destroy(&bench.drive);
}

/* A client that connects anew calls twenty times in one sample. */
static void a_burst_of_traffic_is_news_when_it_lasts(void **state)
{
    static const struct {
        enum cw_family family;
        int samples;
        double more;
        bool opens;
    } cases[] = {
        {CW_FAMILY_TRAFFIC, 1, 400.0, false},
        {CW_FAMILY_LOGS, 1, 400.0, false},
        {CW_FAMILY_TRAFFIC, 2, 400.0, true},
        {CW_FAMILY_TRAFFIC, 1, -95.0, true}, /* it stops */
        {CW_FAMILY_ERRORS, 1, 400.0, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench = bench_of();
        open_bench(&bench);
        gauge(&bench, cases[i].family, 600, 400, 400 + cases[i].samples,
              cases[i].more);
        assert_int_equal(anomaly_at(&bench, 0, CW_ANOMALY_STATUS_OPENED) !=
                             NULL,
                         cases[i].opens);
        cw_drive_destroy(&bench.drive);
    }
}

static void nothing_opens_while_warming(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_OTHER, 59, 50, 55, 500.0);
    assert_int_equal(count_anomalies(&bench), 0);
    cw_drive_destroy(&bench.drive);
}

/* The nth said about a series; NULL = fewer. */
static const struct cw_series *series_at(const struct bench *bench, size_t nth)
{
    for (size_t i = 0; i < cw_drive_output_count(bench->drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(bench->drive, i);
        if (out->topic == CW_TOPIC_SERIES && nth-- == 0)
            return out->record;
    }
    return NULL;
}

static void a_series_says_when_it_is_ready(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_OTHER, 80, 0, 0, 0.0);
    const struct cw_series *first = series_at(&bench, 0);
    const struct cw_series *second = series_at(&bench, 1);
    assert_non_null(second);
    assert_null(series_at(&bench, 2));
    assert_int_equal(first->state, CW_SERIES_STATE_WARMING);
    assert_int_equal(second->state, CW_SERIES_STATE_READY);
    assert_int_equal(second->ready_views_count, 4);
    /* 80 samples later the rest of the story: it ends. */
    advance(&bench, START + 80 * STEP + 20 * DETECTOR_MINUTE);
    size_t count = 2;
    while (series_at(&bench, count) != NULL)
        count++;
    assert_int_equal(series_at(&bench, count - 1)->state,
                     CW_SERIES_STATE_STALE);
    cw_drive_destroy(&bench.drive);
}

/* The same story with and without restarts at odd places. */
static uint64_t story(int restart_every)
{
    struct bench bench = bench_of();
    open_bench(&bench);
    const struct cw_series_definition list[] = {
        define(1, "shop", "calls.count", CW_METRIC_KIND_CUMULATIVE,
               CW_FAMILY_TRAFFIC),
        define(2, "shop", "calls.sum", CW_METRIC_KIND_CUMULATIVE,
               CW_FAMILY_LATENCY),
        define(3, "shop", "calls.errors", CW_METRIC_KIND_CUMULATIVE,
               CW_FAMILY_ERRORS),
        define(5, "shop", "ticks", CW_METRIC_KIND_GAUGE, CW_FAMILY_SATURATION),
        define(4, "shop", "cpu", CW_METRIC_KIND_GAUGE, CW_FAMILY_SATURATION),
    };
    double values[5] = {0};
    for (int i = 0; i < 500; i++) {
        const bool ill = i > 300 && i < 340;
        values[0] += 100.0 + floor(5.0 * noise(&bench));
        values[1] += 100.0 * (ill ? 60.0 : 20.0 + noise(&bench));
        values[2] += ill ? 30.0 : 0.0;
        values[3] = noise(&bench) > 1.8 ? 0.7 + 0.1 * noise(&bench) : 0.0;
        values[4] = 50.0 + noise(&bench) + (ill ? 30.0 : 0.0);
        if (i == 350)
            values[0] = values[1] = values[2] = 5.0; /* a restart of it */
        const bool late = i > 400 && i < 440;
        send(&bench, START + i * STEP, list, late ? 4 : 5, values,
             i % 100 == 0);
        if (restart_every > 0 && i % restart_every == restart_every - 1)
            restart(&bench);
    }
    advance(&bench, START + 5100 * SECOND);
    const uint64_t digest = cw_drive_digest(bench.drive);
    assert_true(count_anomalies(&bench) > 4);
    cw_drive_destroy(&bench.drive);
    return digest;
}

/* 0 % for an hour, then 0.9 %: less than a point is no news. 40 % is. */
static void one_point_of_a_percentage_is_no_news(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    struct cw_series_definition list[] = {define(
        1, "web-1", "cpu.wait", CW_METRIC_KIND_GAUGE, CW_FAMILY_SATURATION)};
    list[0].unit = CW_TEXT("%");
    for (int i = 0; i < 400; i++) {
        const double value = i < 360 ? 0.0 : 0.9;
        send(&bench, START + i * STEP, list, 1, &value, i == 0);
        if (i == 200)
            restart(&bench);
    }
    assert_null(anomaly_at(&bench, 0, CW_ANOMALY_STATUS_OPENED));
    for (int i = 400; i < 410; i++) {
        const double value = 40.0;
        send(&bench, START + i * STEP, list, 1, &value, false);
    }
    assert_non_null(anomaly_at(&bench, 0, CW_ANOMALY_STATUS_OPENED));
    cw_drive_destroy(&bench.drive);
}

static void a_restart_changes_nothing(void **state)
{
    (void)state;
    const uint64_t undisturbed = story(0);
    assert_true(story(1) == undisturbed);
    assert_true(story(7) == undisturbed);
    assert_true(story(61) == undisturbed);
}

static void a_pair_of_counters_yields_mean_and_error_ratio(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    const struct cw_series_definition list[] = {
        define(1, "shop", "calls.count", CW_METRIC_KIND_DELTA,
               CW_FAMILY_TRAFFIC),
        define(2, "shop", "calls.sum", CW_METRIC_KIND_DELTA, CW_FAMILY_LATENCY),
        define(3, "shop", "calls.errors", CW_METRIC_KIND_DELTA,
               CW_FAMILY_ERRORS),
    };
    for (int i = 0; i < 300; i++) {
        const bool ill = i >= 250;
        const double count = 100.0 + floor(3.0 * noise(&bench));
        const double values[3] = {
            count, count * (ill ? 80.0 : 20.0 + 0.5 * noise(&bench)),
            ill ? 20.0 : 0.0};
        send(&bench, START + i * STEP, list, 3, values, i == 0);
    }
    advance(&bench, START + 3100 * SECOND);
    const struct cw_anomaly *mean = opened_of(&bench, "calls.mean");
    assert_non_null(mean);
    assert_int_equal(mean->family, CW_FAMILY_LATENCY);
    assert_true(mean->actual == 80.0);
    const struct cw_anomaly *ratio = opened_of(&bench, "calls.error_ratio");
    assert_non_null(ratio);
    assert_int_equal(ratio->family, CW_FAMILY_ERRORS);
    assert_true(ratio->actual > 0.15 && ratio->actual < 0.25);
    /* What only feeds them is not judged beside them. */
    assert_null(opened_of(&bench, "calls.sum"));
    assert_null(opened_of(&bench, "calls.errors"));
    cw_drive_destroy(&bench.drive);
}

static void evidence_comes_each_minute_and_sooner_when_loud(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_OTHER, 200, 150, 160, 100.0);
    size_t calm = 0;
    size_t loud = 0;
    for (size_t i = 0; i < cw_drive_output_count(bench.drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(bench.drive, i);
        if (out->topic != CW_TOPIC_EVIDENCE)
            continue;
        const struct cw_evidence *said = out->record;
        if (out->now_at < START + 1500 * SECOND) {
            calm++;
            assert_true(said->coverage > 0.8);
        } else if (said->deviations_count > 0 && said->deviations[0].z > 10.0) {
            loud++;
            assert_true(said->deviations[0].onset_at == START + 1500 * SECOND);
        }
    }
    assert_true(calm >= 24 && calm <= 26); /* 1500 s */
    assert_true(loud >= 6);                /* 100 s of it */
    cw_drive_destroy(&bench.drive);
}

/* Whoever ranks the causes of an incident need not wait for the minute. */
static void evidence_goes_out_with_the_anomaly_that_opens(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_OTHER, 200, 150, 160, 100.0);
    int64_t opened_at = 0;
    bool found = false;
    for (size_t i = 0; i < cw_drive_output_count(bench.drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(bench.drive, i);
        if (out->topic == CW_TOPIC_ANOMALIES && opened_at == 0)
            opened_at = out->now_at;
        if (out->topic != CW_TOPIC_EVIDENCE || out->now_at != opened_at)
            continue;
        const struct cw_evidence *said = out->record;
        found = found || said->deviations[0].z > 10.0;
    }
    assert_true(opened_at > 0);
    assert_true(found);
    cw_drive_destroy(&bench.drive);
}

static void samples_wait_for_their_definition(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    const struct cw_series_definition cpu =
        define(5, "shop", "cpu", CW_METRIC_KIND_GAUGE, CW_FAMILY_OTHER);
    for (int i = 0; i < 1100; i++) {
        const double value = i;
        send(&bench, START + i * SECOND / 10, &cpu, 1, &value, false);
    }
    advance(&bench, START + 120 * SECOND);
    assert_int_equal(cw_drive_output_count(bench.drive), 0);
    /* 1024 found room; the rest went to the dead letters. */
    assert_int_equal(cw_drive_refused_count(bench.drive), 76);
    const double value = 0.0;
    send(&bench, START + 121 * SECOND, &cpu, 1, &value, true);
    advance(&bench, START + 122 * SECOND);
    const struct cw_series *last = NULL;
    for (size_t i = 0; i < cw_drive_output_count(bench.drive); i++)
        if (cw_drive_output(bench.drive, i)->topic == CW_TOPIC_SERIES)
            last = cw_drive_output(bench.drive, i)->record;
    assert_non_null(last);
    assert_int_equal(last->state, CW_SERIES_STATE_READY);
    cw_drive_destroy(&bench.drive);
}

static void one_series_too_many_is_refused_and_said(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    bench.config.max_series = 2;
    open_bench(&bench);
    const struct cw_series_definition list[] = {
        define(1, "shop", "a", CW_METRIC_KIND_GAUGE, CW_FAMILY_OTHER),
        define(2, "shop", "b", CW_METRIC_KIND_GAUGE, CW_FAMILY_OTHER),
        define(3, "shop", "c", CW_METRIC_KIND_GAUGE, CW_FAMILY_OTHER),
    };
    const double values[3] = {1.0, 2.0, 3.0};
    send(&bench, START, list, 3, values, true);
    advance(&bench, START + SECOND);
    assert_int_equal(cw_drive_output_count(bench.drive), 3);
    const struct cw_series *third = cw_drive_output(bench.drive, 2)->record;
    assert_int_equal(third->definition.id, 3);
    assert_int_equal(third->state, CW_SERIES_STATE_STALE);
    cw_drive_destroy(&bench.drive);
}

static void an_idle_series_is_forgotten_and_may_return(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_OTHER, 100, 0, 0, 0.0);
    const struct cw_series_definition other =
        define(77, "shop", "other", CW_METRIC_KIND_GAUGE, CW_FAMILY_OTHER);
    for (int i = 0; i < 26; i++) {
        const double value = 1.0;
        send(&bench, START + 2000 * SECOND + i * DETECTOR_HOUR, &other, 1,
             &value, i == 0);
    }
    restart(&bench);
    cw_drive_clear(bench.drive);
    const struct cw_series_definition cpu =
        define(11, "shop", "cpu", CW_METRIC_KIND_GAUGE, CW_FAMILY_OTHER);
    const double value = 100.0;
    const int64_t back = START + 28 * DETECTOR_HOUR;
    send(&bench, back, &cpu, 1, &value, true);
    advance(&bench, back + SECOND);
    size_t firsts = 0;
    for (size_t i = 0; i < cw_drive_output_count(bench.drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(bench.drive, i);
        const struct cw_series *said = out->record;
        firsts += out->topic == CW_TOPIC_SERIES && said->definition.id == 11 &&
                  said->state == CW_SERIES_STATE_WARMING;
    }
    assert_int_equal(firsts, 1);
    cw_drive_destroy(&bench.drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_shift_opens_once_and_closes),
        cmocka_unit_test(a_fall_of_latency_is_no_alarm),
        cmocka_unit_test(a_burst_of_traffic_is_news_when_it_lasts),
        cmocka_unit_test(nothing_opens_while_warming),
        cmocka_unit_test(a_series_says_when_it_is_ready),
        cmocka_unit_test(one_point_of_a_percentage_is_no_news),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(a_pair_of_counters_yields_mean_and_error_ratio),
        cmocka_unit_test(evidence_comes_each_minute_and_sooner_when_loud),
        cmocka_unit_test(evidence_goes_out_with_the_anomaly_that_opens),
        cmocka_unit_test(samples_wait_for_their_definition),
        cmocka_unit_test(one_series_too_many_is_refused_and_said),
        cmocka_unit_test(an_idle_series_is_forgotten_and_may_return),
    };
    return cmocka_run_group_tests_name("detector core", tests, NULL, NULL);
}
