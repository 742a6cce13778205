/*
 * topology_bench - spans a second through the topology core, on one core.
 *
 * Output   spans/s (CPU time of the thread), what was refused or closed early
 * Limits   traces of eight spans over 40 services, 100 k spans a second of
 *          stream time: more traces than the bounds hold, the oldest close
 * early; outputs are built and dropped
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/emit.h"
#include "topology/core.h"

#define SPANS      4000000u
#define TRACE_SIZE 8u
#define SERVICES   40u
#define SPAN_US    10 /* of stream time */
#define T0         INT64_C(1700000000000000)
#define ARENA_SIZE ((size_t)64 << 20)

static void fail(const char *what)
{
    (void)fprintf(stderr, "topology_bench: %s\n", what);
    exit(1);
}

static double now_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* The texts of a span while it is given. */
struct span_texts {
    char trace[24];
    char id[24];
    char parent[24];
    char service[24];
};

/* Client and server in turn, each the child of the one before. */
static struct cw_span make_span(struct span_texts *texts, uint32_t index)
{
    const uint32_t depth = index % TRACE_SIZE;
    const uint32_t trace = index / TRACE_SIZE;
    const uint32_t service = (trace + (depth + 1) / 2) % SERVICES;
    (void)snprintf(texts->trace, sizeof(texts->trace), "%016x", trace);
    (void)snprintf(texts->id, sizeof(texts->id), "%08x", depth + 1);
    (void)snprintf(texts->parent, sizeof(texts->parent), "%08x", depth);
    (void)snprintf(texts->service, sizeof(texts->service), "service-%u",
                   service);
    return (struct cw_span){
        .tenant = CW_TEXT("default"),
        .domain = CW_TEXT("default"),
        .entity = {CW_TEXT("service"), cw_text_of(texts->service)},
        .trace_id = cw_text_of(texts->trace),
        .span_id = cw_text_of(texts->id),
        .parent_id = depth == 0 ? CW_TEXT("") : cw_text_of(texts->parent),
        .kind = depth % 2 == 0 ? CW_SPAN_KIND_SERVER : CW_SPAN_KIND_CLIENT,
        .duration_us = 100 + index % 10000,
        .sample_weight = 1.0};
}

static void fire(struct cw_core *core, struct cw_emit *emit, uint32_t shard)
{
    struct cw_error err;
    const int64_t due_at = topology_core_type.next_deadline(core, shard);
    const int64_t now_at = emit->now_at;
    if (due_at >= now_at)
        return;
    emit->now_at = due_at;
    if (topology_core_type.timer(core, shard, due_at, emit, &err) != CW_OK)
        fail(err.text);
    cw_arena_reset(emit->arena);
    emit->now_at = now_at;
}

static void feed(struct cw_core *core, struct cw_emit *emit)
{
    struct cw_error err;
    for (uint32_t i = 0; i < SPANS; i++) {
        struct span_texts texts;
        const struct cw_span span = make_span(&texts, i);
        const struct cw_item item = {.topic = CW_TOPIC_SPANS, .record = &span};
        const uint32_t shard = i / TRACE_SIZE % topology_core_type.shard_count;
        emit->now_at = T0 + (int64_t)i * SPAN_US;
        fire(core, emit, shard);
        if (topology_core_type.step(core, shard, &item, emit, &err) != CW_OK)
            fail(err.text);
    }
}

/* What making the spans costs, to be taken off. */
static uint64_t make_all(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < SPANS; i++) {
        struct span_texts texts;
        const struct cw_span span = make_span(&texts, i);
        sum += (uint64_t)span.duration_us + span.trace_id.size;
    }
    return sum;
}

int main(void)
{
    struct cw_error err;
    struct cw_core *core = NULL;
    struct cw_emit emit = {0};
    if (cw_arena_create(&emit.arena, ARENA_SIZE, &err) != CW_OK ||
        topology_core_type.create(&core, NULL, &err) != CW_OK)
        fail(err.text);
    double began = now_s();
    const uint64_t sum = make_all();
    const double making_s = now_s() - began;
    began = now_s();
    feed(core, &emit);
    const double took_s = now_s() - began - making_s;
    const struct topology_counts counts = topology_counts(core);
    printf("%.0f spans/s, %llu open traces, %llu shed, %llu lost calls "
           "(making: %.0f spans/s, %llu)\n",
           SPANS / took_s, (unsigned long long)counts.open_traces,
           (unsigned long long)counts.shed_traces,
           (unsigned long long)counts.lost_calls, SPANS / making_s,
           (unsigned long long)sum);
    topology_core_type.destroy(&core);
    cw_arena_destroy(&emit.arena);
    return 0;
}
