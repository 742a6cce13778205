/*
 * correlator_bench - alerts a second through the correlating core, on one
 * core, with a topology of 2,000 services.
 *
 * Output   one line a scenario: alerts/s of processor time, incidents opened,
 * ledger entries, bytes encoded. Outputs are encoded as the live loop does,
 * into one buffer; nothing is sent. The items are made before the clock starts
 * Limits   slices of 50 ms of stream time at 200 k alerts a second
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/emit.h"
#include "core/shards.h"
#include "correlate/core.h"

#define SERVICES    2000u
#define CALLEES     3u
#define SLICE_US    INT64_C(50000)
#define SLICE_COUNT 10000u
#define T0          INT64_C(1700000000000000)
#define ARENA_SIZE  ((size_t)256 << 20)

struct bench {
    struct cw_shards *shards;
    struct cw_arena *arena;
    struct cw_pack pack;
    int64_t at; /* end of the last slice */
    uint64_t incidents;
    uint64_t entries;
    uint64_t bytes;
    char names[SERVICES][12];
};

struct scenario {
    const char *name;
    uint32_t alerts;   /* said in all */
    uint32_t distinct; /* of these; each is said alerts / distinct times */
    bool resolve;      /* every second word about one is that it is over */
    bool apart;        /* services know nothing of each other */
};

static double now_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(const char *what, const struct cw_error *err)
{
    (void)fprintf(stderr, "correlator_bench: %s: %s\n", what, err->text);
    exit(1);
}

static enum cw_status count_output(void *to, const struct cw_output *out,
                                   struct cw_error *err)
{
    struct bench *bench = to;
    (void)err;
    cw_pack_reset(&bench->pack);
    out->type->encode(out->record, &bench->pack);
    bench->bytes += bench->pack.size;
    bench->entries += out->topic == CW_TOPIC_LEDGER;
    bench->incidents +=
        out->topic == CW_TOPIC_INCIDENTS &&
        ((const struct cw_incident *)out->record)->meta.revision == 1;
    return CW_OK;
}

static void run_slice(struct bench *bench, const struct cw_item *items,
                      size_t count)
{
    struct cw_error err;
    struct cw_emit emit = {
        .sink = count_output,
        .to = bench,
        .arena = bench->arena,
        .origin_partition = -1,
        .origin_offset = -1,
    };
    const struct cw_slice slice = {
        .from_at = bench->at,
        .to_at = bench->at + SLICE_US,
        .items = items,
        .count = count,
    };
    if (cw_shards_slice(bench->shards, &slice, &emit, &err) != CW_OK)
        fail("slice", &err);
    bench->at += SLICE_US;
}

static struct cw_event event_of(const struct bench *bench, uint32_t service,
                                int64_t at)
{
    return (struct cw_event){
        .stream_at = at,
        .event_at = at,
        .tenant = CW_TEXT("default"),
        .domain = CW_TEXT("default"),
        .source = CW_TEXT("alertmanager"),
        .severity = CW_SEVERITY_ERROR,
        .entity = {CW_TEXT("service"), cw_text_of(bench->names[service])},
        .starts_at = at,
    };
}

static struct cw_item item_of(const struct cw_event *event)
{
    return (struct cw_item){
        .topic = CW_TOPIC_EVENTS,
        .stream_at = event->stream_at,
        .event_at = event->event_at,
        .route = cw_route_domain(event->tenant, event->domain),
        .record = event,
    };
}

/* A service calls three with larger numbers, near and far: a wide tree with
 * shared leaves. */
static void declare_topology(struct bench *bench, uint32_t services)
{
    struct cw_declared_edge edges[CALLEES];
    for (uint32_t i = 0; i + 1 < services; i++) {
        struct cw_event event = event_of(bench, i, bench->at + 1);
        event.kind = CW_EVENT_KIND_TOPOLOGY;
        event.edges = edges;
        for (uint32_t k = 0; k < CALLEES; k++) {
            const uint32_t callee = i + 1 + (i * (k + 2) + k * 7) % 100;
            edges[k] = (struct cw_declared_edge){
                event.entity,
                {CW_TEXT("service"),
                 cw_text_of(bench->names[callee % SERVICES])},
                CW_TEXT("calls")};
        }
        event.edges_count = CALLEES;
        const struct cw_item item = item_of(&event);
        run_slice(bench, &item, 1);
    }
}

static void begin(struct bench *bench, bool apart)
{
    struct cw_error err;
    *bench = (struct bench){.at = T0};
    for (uint32_t i = 0; i < SERVICES; i++)
        (void)snprintf(bench->names[i], sizeof(bench->names[i]), "svc-%u", i);
    cw_pack_init(&bench->pack, (size_t)64 << 20);
    if (cw_arena_create(&bench->arena, ARENA_SIZE, &err) != CW_OK ||
        cw_shards_create(&bench->shards, &correlate_core_type, NULL, &err) !=
            CW_OK)
        fail("create", &err);
    declare_topology(bench, apart ? 2 : SERVICES);
    bench->bytes = 0;
    bench->entries = 0;
}

static void finish(struct bench *bench)
{
    cw_shards_destroy(&bench->shards);
    cw_arena_destroy(&bench->arena);
    cw_pack_fini(&bench->pack);
}

/* The i-th alert: which of the distinct ones, on which service. */
static struct cw_event alert_of(const struct bench *bench,
                                const struct scenario *scenario, uint32_t i,
                                char (*keys)[16])
{
    const uint32_t which = i % scenario->distinct;
    const int64_t at = bench->at + (int64_t)(i / SLICE_COUNT) * SLICE_US +
                       (int64_t)(i % SLICE_COUNT) * SLICE_US / SLICE_COUNT + 1;
    struct cw_event event = event_of(bench, which * 7919u % SERVICES, at);
    event.kind = CW_EVENT_KIND_ALERT;
    event.status = scenario->resolve && (i / scenario->distinct) % 2 == 1
                       ? CW_EVENT_STATUS_RESOLVED
                       : CW_EVENT_STATUS_FIRING;
    event.dedup_key = cw_text_of(keys[which]);
    event.title = CW_TEXT("request latency above 300 ms for 5 minutes");
    return event;
}

static void measure(const struct scenario *scenario)
{
    static struct bench bench;
    begin(&bench, scenario->apart);
    struct cw_event *events = calloc(scenario->alerts, sizeof(*events));
    struct cw_item *items = calloc(scenario->alerts, sizeof(*items));
    char(*keys)[16] = calloc(scenario->distinct, sizeof(*keys));
    if (events == NULL || items == NULL || keys == NULL)
        exit(1);
    for (uint32_t i = 0; i < scenario->distinct; i++)
        (void)snprintf(keys[i], sizeof(keys[i]), "key-%u", i);
    for (uint32_t i = 0; i < scenario->alerts; i++) {
        events[i] = alert_of(&bench, scenario, i, keys);
        items[i] = item_of(&events[i]);
    }
    const double begun = now_s();
    for (uint32_t i = 0; i < scenario->alerts; i += SLICE_COUNT) {
        const uint32_t left = scenario->alerts - i;
        run_slice(&bench, items + i, left < SLICE_COUNT ? left : SLICE_COUNT);
    }
    const double spent = now_s() - begun;
    printf("%-34s %8.0f alerts/s  %6llu incidents  %8llu entries  %5.1f MB\n",
           scenario->name, (double)scenario->alerts / spent,
           (unsigned long long)bench.incidents,
           (unsigned long long)bench.entries, (double)bench.bytes / 1e6);
    free(events);
    free(items);
    free(keys);
    finish(&bench);
}

int main(void)
{
    static const struct scenario scenarios[] = {
        {"storm of repeats (1,000 alerts)", 2000000, 1000, false, false},
        {"half repeats (50,000 alerts twice)", 100000, 50000, false, false},
        {"storm of distinct alerts", 100000, 100000, false, false},
        {"firing and resolved in turn", 400000, 2000, true, false},
        {"1,000 incidents, then shedding", 100000, 100000, false, true},
    };
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
        measure(&scenarios[i]);
    return 0;
}
