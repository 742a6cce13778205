/*
 * detector_bench - points a second on one core, and bytes a series.
 *
 * Place    figures of docs/benchmarks.md
 * Input    argv: points (5000000)
 * Output   series alone (judging only) and the whole core (runs in, slices
 *          closed, nothing emitted), series visited in random order
 * Limits   one thread, its processor time; warm-up and set-up are not timed
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core.h"
#include "core/emit.h"
#include "series.h"

#define START      (INT64_C(1700000000) * DETECTOR_SECOND)
#define WARM       70u
#define RUN_SERIES 10u

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uint64_t next(uint64_t *random)
{
    *random += 0x9e3779b97f4a7c15u;
    uint64_t x = *random;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static double value_of(uint64_t *random)
{
    double sum = 100.0;
    const uint64_t bits = next(random);
    for (unsigned i = 0; i < 4; i++)
        sum += (double)((bits >> (16 * i)) & 0xffffu) / 65536.0 - 0.5;
    return sum;
}

static size_t heap_size(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void bench_series(size_t count, size_t points)
{
    const struct detector_config config = detector_config_default();
    const struct model_nature nature = {family_trait(0), 0.0};
    const size_t before = heap_size();
    struct series *all = calloc(count, sizeof(*all));
    struct series_verdict verdict;
    uint64_t random = 1;
    if (all == NULL)
        exit(1);
    for (size_t i = 0; i < count; i++) {
        series_init(&all[i]);
        for (unsigned n = 0; n < WARM; n++)
            series_sample(&all[i], &config, &nature, START + n * 10000000LL,
                          value_of(&random), &verdict);
    }
    const double bytes = (double)(heap_size() - before) / (double)count;
    const double from = now_s();
    uint64_t opened = 0;
    for (size_t n = 0; n < points; n++) {
        struct series *series = &all[next(&random) % count];
        series_sample(series, &config, &nature,
                      series->model.last_at + 10000000, value_of(&random),
                      &verdict);
        opened += verdict.event == EPISODE_OPENED;
    }
    const double took = now_s() - from;
    printf("series  %8zu series, random order: %.2f M points/s, %.0f bytes a "
           "series (struct %zu, day %zu), %llu opened\n",
           count, (double)points / took / 1e6, bytes, sizeof(struct series),
           sizeof(struct day), (unsigned long long)opened);
    for (size_t i = 0; i < count; i++)
        series_fini(&all[i]);
    free(all);
}

struct bench_core {
    struct cw_core *core;
    struct cw_emit emit;
    uint64_t random;
};

/* One run of an entity's ten series at one instant. */
static void give(struct bench_core *bench, size_t entity, int64_t at,
                 bool defined)
{
    struct cw_error err;
    struct cw_series_definition definitions[RUN_SERIES];
    int64_t ids[RUN_SERIES];
    int64_t times[RUN_SERIES];
    double values[RUN_SERIES];
    char name[32];
    snprintf(name, sizeof(name), "host-%zu", entity);
    for (unsigned i = 0; i < RUN_SERIES; i++) {
        ids[i] = (int64_t)cw_hash_mix(entity, i);
        times[i] = at;
        values[i] = value_of(&bench->random);
        definitions[i] = (struct cw_series_definition){
            .id = ids[i],
            .tenant = CW_TEXT("default"),
            .domain = CW_TEXT("default"),
            .entity = {CW_TEXT("host"), cw_text_of(name)},
            .name = CW_TEXT("system.cpu.utilization"),
        };
    }
    const uint64_t route =
        cw_route_entity(CW_TEXT("default"), CW_TEXT("host"), cw_text_of(name));
    const struct cw_metric_run run = {
        .stream_at = at,
        .event_at = at,
        .definitions = definitions,
        .definitions_count = defined ? RUN_SERIES : 0,
        .series = ids,
        .series_count = RUN_SERIES,
        .sampled_at = times,
        .sampled_at_count = RUN_SERIES,
        .values = values,
        .values_count = RUN_SERIES,
    };
    const struct cw_item item = {.topic = CW_TOPIC_METRICS,
                                 .stream_at = at,
                                 .event_at = at,
                                 .route = route,
                                 .record = &run};
    bench->emit.now_at = at;
    if (detector_core_type.step(bench->core,
                                cw_shard_of(route, DETECTOR_SHARDS), &item,
                                &bench->emit, &err) != CW_OK)
        exit(1);
}

static void close_slice(struct bench_core *bench)
{
    struct cw_error err;
    for (uint32_t shard = 0; shard < DETECTOR_SHARDS; shard++)
        if (detector_core_type.slice_end(bench->core, shard, &bench->emit,
                                         &err) != CW_OK)
            exit(1);
    cw_arena_reset(bench->emit.arena);
}

static void round_of(struct bench_core *bench, size_t entities, int64_t at,
                     bool defined)
{
    for (size_t i = 0; i < entities; i++) {
        give(bench, i * 7919u % entities, at, defined);
        if (i % 500 == 499)
            close_slice(bench);
    }
    close_slice(bench);
}

static void bench_core(size_t count, size_t points)
{
    struct cw_error err;
    struct bench_core bench = {.random = 3};
    const struct detector_config config = detector_config_default();
    const size_t before = heap_size();
    if (detector_core_type.create(&bench.core, &config, &err) != CW_OK ||
        cw_arena_create(&bench.emit.arena, (size_t)1 << 30, &err) != CW_OK)
        exit(1);
    const size_t entities = count / RUN_SERIES;
    int64_t at = START;
    for (unsigned n = 0; n < WARM; n++, at += 10000000)
        round_of(&bench, entities, at, n == 0);
    const double bytes = (double)(heap_size() - before) / (double)count;
    size_t rounds = points / count;
    rounds = rounds > 0 ? rounds : 1;
    const double from = now_s();
    for (size_t n = 0; n < rounds; n++, at += 10000000)
        round_of(&bench, entities, at, false);
    const double took = now_s() - from;
    printf("core    %8zu series, runs of %u: %.2f M points/s, %.0f bytes a "
           "series with its definition\n",
           count, RUN_SERIES, (double)(rounds * count) / took / 1e6, bytes);
    detector_core_type.destroy(&bench.core);
    cw_arena_destroy(&bench.emit.arena);
}

int main(int argc, char **argv)
{
    const size_t points = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;
    const size_t counts[] = {1000, 100000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        bench_series(counts[i], points);
        bench_core(counts[i], points);
    }
    return 0;
}
