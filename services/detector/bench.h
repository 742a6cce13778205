/*
 * bench - tests of the detector's core: samples in, anomalies out.
 *
 * Place    core_test, missing_test
 * Input    values from a fixed stream of numbers, times after START
 * Threads  one test
 */
#ifndef DETECTOR_BENCH_H
#define DETECTOR_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "core.h"
#include "core/drive.h"

#define START  (INT64_C(1700000000) * DETECTOR_SECOND)
#define SECOND DETECTOR_SECOND
#define STEP   (10 * SECOND) /* between samples */

/* What one test drives; values come from a fixed stream of numbers. */
struct bench {
    struct cw_drive *drive;
    struct detector_config config;
    uint64_t random;
    uint64_t order; /* content ids, so items have one order */
};

static inline struct bench bench_of(void)
{
    struct bench bench = {.config = detector_config_default(), .random = 7};
    return bench;
}

static inline void open_bench(struct bench *bench)
{
    struct cw_error err = {0};
    assert_int_equal(cw_drive_create(&bench->drive, &detector_core_type,
                                     &bench->config, &err),
                     CW_OK);
}

/* About normal: sum of twelve uniforms. */
static inline double noise(struct bench *bench)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        bench->random =
            bench->random * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(bench->random >> 11) / 9007199254740992.0;
    }
    return sum;
}

static inline struct cw_series_definition define(int64_t id, const char *entity,
                                                 const char *name,
                                                 enum cw_metric_kind kind,
                                                 enum cw_family family)
{
    return (struct cw_series_definition){
        .id = id,
        .tenant = CW_TEXT("default"),
        .domain = CW_TEXT("default"),
        .entity = {.kind = CW_TEXT("service"), .name = cw_text_of(entity)},
        .name = cw_text_of(name),
        .kind = kind,
        .family = family,
    };
}

/* Series of one entity at one instant; definitions NULL = sent before. */
static inline void send(struct bench *bench, int64_t at,
                        const struct cw_series_definition *list, size_t count,
                        const double *values, bool defined)
{
    int64_t ids[8];
    int64_t times[8];
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) {
        ids[i] = list[i].id;
        times[i] = at;
    }
    const uint64_t route = cw_route_entity(list[0].tenant, list[0].entity.kind,
                                           list[0].entity.name);
    const struct cw_metric_run run = {
        .stream_at = at,
        .event_at = at,
        .route = (int64_t)route,
        .definitions = list,
        .definitions_count = defined ? count : 0,
        .series = ids,
        .series_count = count,
        .sampled_at = times,
        .sampled_at_count = count,
        .values = values,
        .values_count = count,
    };
    const struct cw_item item = {
        .topic = CW_TOPIC_METRICS,
        .stream_at = at,
        .event_at = at,
        .content_id = ++bench->order,
        .route = route,
        .record = &run,
    };
    struct cw_error err = {0};
    assert_int_equal(cw_drive_item(bench->drive, &item, &err), CW_OK);
}

static inline const struct cw_anomaly *anomaly_at(const struct bench *bench,
                                                  size_t nth, int status)
{
    for (size_t i = 0; i < cw_drive_output_count(bench->drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(bench->drive, i);
        const struct cw_anomaly *anomaly = out->record;
        if (out->topic == CW_TOPIC_ANOMALIES &&
            (int)anomaly->status == status && nth-- == 0)
            return anomaly;
    }
    return NULL;
}

static inline size_t count_anomalies(const struct bench *bench)
{
    size_t count = 0;
    for (size_t i = 0; i < cw_drive_output_count(bench->drive); i++)
        count += cw_drive_output(bench->drive, i)->topic == CW_TOPIC_ANOMALIES;
    return count;
}

static inline void advance(struct bench *bench, int64_t at)
{
    struct cw_error err = {0};
    assert_int_equal(cw_drive_advance(bench->drive, at, &err), CW_OK);
}

static inline void restart(struct bench *bench)
{
    struct cw_error err = {0};
    assert_int_equal(cw_drive_restart(bench->drive, &err), CW_OK);
}

/* One gauge of noise around 100 (sigma 5) every step; from..to add `more`. */
static inline void gauge(struct bench *bench, enum cw_family family,
                         int samples, int from, int to, double more)
{
    const struct cw_series_definition cpu =
        define(11, "shop", "cpu", CW_METRIC_KIND_GAUGE, family);
    for (int i = 0; i < samples; i++) {
        double value = 100.0 + 5.0 * noise(bench);
        if (i >= from && i < to)
            value += more;
        send(bench, START + i * STEP, &cpu, 1, &value, i == 0);
    }
    advance(bench, START + samples * STEP);
}

static inline const struct cw_anomaly *opened_of(const struct bench *bench,
                                                 const char *metric)
{
    for (size_t n = 0;; n++) {
        const struct cw_anomaly *opened =
            anomaly_at(bench, n, CW_ANOMALY_STATUS_OPENED);
        if (opened == NULL || cw_text_is(opened->metric, metric))
            return opened;
    }
}

#endif
