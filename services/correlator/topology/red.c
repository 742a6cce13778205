#include "red.h"

#include "base/fixmath.h"
#include "base/hash.h"

#define SERIES_MAX 6

struct column {
    const char *metric;
    const char *unit;
    enum cw_family family;
    int64_t value; /* in 1/PARTY_UNIT */
};

/* The columns of one run while they are written. */
struct run {
    struct cw_series_definition definitions[SERIES_MAX];
    size_t definition_count;
    int64_t series[SERIES_MAX];
    int64_t sampled_at[SERIES_MAX];
    double values[SERIES_MAX];
    size_t count;
};

static struct cw_entity entity_of(const struct party *party)
{
    return (struct cw_entity){.kind = party->kind, .name = party->name};
}

static uint64_t series_id(const struct party *party, struct cw_text metric)
{
    uint64_t id = cw_hash_text(party->tenant);
    id = cw_hash_mix_text(id, metric);
    id = cw_hash_mix_text(id, party->kind);
    return cw_hash_mix_text(id, party->name);
}

static void add(struct run *run, const struct party *party,
                const struct column *column, const struct red_window *window,
                bool define)
{
    const struct cw_text metric = cw_text_of(column->metric);
    const int64_t id = (int64_t)series_id(party, metric);
    if (define)
        run->definitions[run->definition_count++] =
            (struct cw_series_definition){.id = id,
                                          .tenant = party->tenant,
                                          .domain = party->domain,
                                          .entity = entity_of(party),
                                          .name = metric,
                                          .unit = cw_text_of(column->unit),
                                          .kind = CW_METRIC_KIND_DELTA,
                                          .family = column->family,
                                          .interval_us = window->window_us};
    run->series[run->count] = id;
    run->sampled_at[run->count] = window->end_at;
    run->values[run->count++] = cw_round6((double)column->value / PARTY_UNIT);
}

static void add_server(struct run *run, const struct party *party,
                       const struct red_window *window, bool define)
{
    const struct party_load *load = &party->server;
    const struct column columns[] = {
        {"span.server.count", "1", CW_FAMILY_TRAFFIC, load->count},
        {"span.server.errors", "1", CW_FAMILY_ERRORS, load->errors},
        {"span.server.sum", "us", CW_FAMILY_LATENCY, load->sum_us}};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        add(run, party, &columns[i], window, define);
}

static void add_client(struct run *run, const struct party *party,
                       const struct red_window *window, bool define)
{
    const struct party_load *load = &party->client;
    const struct column columns[] = {
        {"span.client.count", "1", CW_FAMILY_TRAFFIC, load->count},
        {"span.client.errors", "1", CW_FAMILY_ERRORS, load->errors},
        {"span.client.sum", "us", CW_FAMILY_LATENCY, load->sum_us}};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        add(run, party, &columns[i], window, define);
}

static bool is_recent(int64_t at, const struct red_window *window)
{
    return at != 0 && window->end_at - at <= window->idle_us;
}

static enum cw_status put(const struct run *run, const struct party *party,
                          const struct red_window *window, struct cw_emit *emit,
                          struct cw_error *err)
{
    const uint64_t route =
        cw_route_entity(party->tenant, party->kind, party->name);
    const struct cw_metric_run record = {.stream_at = window->end_at,
                                         .event_at = window->end_at,
                                         .route = (int64_t)route,
                                         .definitions = run->definitions,
                                         .definitions_count =
                                             run->definition_count,
                                         .series = run->series,
                                         .series_count = run->count,
                                         .sampled_at = run->sampled_at,
                                         .sampled_at_count = run->count,
                                         .values = run->values,
                                         .values_count = run->count};
    return cw_emit_put(emit, CW_TOPIC_METRICS_PATTERNS, route, CW_TEXT(""),
                       &record, err);
}

enum cw_status red_close(struct party *party, uint32_t number,
                         const struct red_window *window, struct cw_emit *emit,
                         struct cw_error *err)
{
    struct run run = {0};
    const bool turn =
        (window->end_at / window->window_us + number) % RED_DEFINE_WINDOWS == 0;
    const bool serves = is_recent(party->served_at, window);
    const bool called = !serves && is_recent(party->called_at, window);
    if (serves)
        add_server(&run, party, window, turn || !party->server_defined);
    if (called)
        add_client(&run, party, window, turn || !party->client_defined);
    party->server_defined = serves;
    party->client_defined = called;
    party->server = (struct party_load){0};
    party->client = (struct party_load){0};
    return run.count > 0 ? put(&run, party, window, emit, err) : CW_OK;
}
