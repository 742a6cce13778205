#include "bench.h"

static void one_silent_series_is_missed_from_its_onset(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    const struct cw_series_definition list[] = {
        define(1, "shop", "cpu", CW_METRIC_KIND_GAUGE, CW_FAMILY_OTHER),
        define(2, "shop", "disk", CW_METRIC_KIND_GAUGE, CW_FAMILY_OTHER),
    };
    for (int i = 0; i < 300; i++) {
        const double values[2] = {10.0 + noise(&bench), 20.0 + noise(&bench)};
        const bool gone = i >= 200 && i < 250;
        send(&bench, START + i * STEP, list, gone ? 1 : 2, values, i == 0);
    }
    advance(&bench, START + 3000 * SECOND);
    const struct cw_anomaly *opened = opened_of(&bench, "disk");
    assert_non_null(opened);
    assert_int_equal(opened->kind, CW_ANOMALY_KIND_MISSING);
    assert_int_equal(opened->started_at, START + 2000 * SECOND);
    /* Last sample at 1990 s; five intervals, and the tick after them. */
    assert_true(opened->opened_at >= START + 2040 * SECOND);
    assert_true(opened->opened_at <= START + 2051 * SECOND);
    const struct cw_anomaly *closed =
        anomaly_at(&bench, 0, CW_ANOMALY_STATUS_CLOSED);
    assert_non_null(closed);
    assert_int_equal(closed->closed_at, START + 2500 * SECOND);
    assert_int_equal(count_anomalies(&bench), 2);
    cw_drive_destroy(&bench.drive);
}

/* Producers restart; what stays away is gone. Last sample at 1990 s. */
static void the_silence_of_everything_counts_after_two_minutes(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_OTHER, 200, 0, 0, 0.0);
    advance(&bench, START + 2109 * SECOND);
    assert_int_equal(count_anomalies(&bench), 0);
    advance(&bench, START + 2000 * SECOND + DETECTOR_HOUR);
    assert_int_equal(count_anomalies(&bench), 1);
    const struct cw_anomaly *opened =
        anomaly_at(&bench, 0, CW_ANOMALY_STATUS_OPENED);
    assert_non_null(opened);
    assert_int_equal(opened->kind, CW_ANOMALY_KIND_MISSING);
    assert_int_equal(opened->started_at, START + 2000 * SECOND);
    assert_true(opened->opened_at >= START + 2110 * SECOND);
    assert_true(opened->opened_at <= START + 2121 * SECOND);
    cw_drive_destroy(&bench.drive);
}

static void it_never_counts_when_told_so(void **state)
{
    (void)state;
    struct bench bench = bench_of();
    bench.config.missing_alone_us = 0;
    open_bench(&bench);
    gauge(&bench, CW_FAMILY_OTHER, 200, 0, 0, 0.0);
    advance(&bench, START + 2000 * SECOND + DETECTOR_HOUR);
    assert_int_equal(count_anomalies(&bench), 0);
    cw_drive_destroy(&bench.drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_silent_series_is_missed_from_its_onset),
        cmocka_unit_test(the_silence_of_everything_counts_after_two_minutes),
        cmocka_unit_test(it_never_counts_when_told_so),
    };
    return cmocka_run_group_tests_name("detector missing", tests, NULL, NULL);
}
