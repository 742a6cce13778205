#include "topology/core.h"

#include <stdlib.h>

#include "base/fixmath.h"
#include "base/hash.h"
#include "counters.h"
#include "edges.h"
#include "red.h"
#include "traces.h"

#define SHARD_COUNT 4
#define FORMAT      1
#define SECOND_US   INT64_C(1000000)
#define WEIGHT_MAX  1e6

struct shard {
    struct parties *parties; /* NULL while the shard is empty */
    struct traces *traces;
    struct edges *edges;
    int64_t next_at; /* end of the open window, or CW_NEVER */
    struct topology_counts counts;
};

struct cw_core {
    struct topology_config config;
    struct shard shards[SHARD_COUNT];
};

struct topology_config topology_config_default(void)
{
    return (struct topology_config){.window_us = 5 * SECOND_US,
                                    .settle_us = 10 * SECOND_US,
                                    .max_open_us = 60 * SECOND_US,
                                    .idle_us = 600 * SECOND_US,
                                    .max_traces = 25000,
                                    .max_spans = 500000,
                                    .max_parties = 10000,
                                    .max_edges = 4096};
}

static bool is_usable(const struct topology_config *config)
{
    return config->window_us > 0 && config->settle_us >= 0 &&
           config->max_open_us > 0 && config->max_open_us < PARTY_IDLE_US &&
           config->idle_us > 0 && config->idle_us < PARTY_IDLE_US &&
           config->window_us < PARTY_IDLE_US - config->max_open_us &&
           config->max_traces > 0 && config->max_spans > 0 &&
           config->max_parties > 0 && config->max_edges > 0;
}

static enum cw_status create(struct cw_core **made, const void *config,
                             struct cw_error *err)
{
    const struct topology_config *given = config;
    struct cw_core *core = calloc(1, sizeof(*core));
    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "topology core");
    core->config = given != NULL ? *given : topology_config_default();
    if (!is_usable(&core->config)) {
        free(core);
        return cw_fail(err, CW_BAD_CONFIG, "a limit or time is out of range");
    }
    for (size_t i = 0; i < SHARD_COUNT; i++)
        core->shards[i].next_at = CW_NEVER;
    *made = core;
    return CW_OK;
}

static void empty_shard(struct shard *shard)
{
    parties_destroy(&shard->parties);
    traces_destroy(&shard->traces);
    edges_destroy(&shard->edges);
    shard->next_at = CW_NEVER;
}

static void destroy(struct cw_core **core)
{
    if (*core == NULL)
        return;
    for (size_t i = 0; i < SHARD_COUNT; i++)
        empty_shard(&(*core)->shards[i]);
    free(*core);
    *core = NULL;
}

static enum cw_status open_shard(struct shard *shard,
                                 const struct topology_config *config,
                                 struct cw_error *err)
{
    if (shard->parties != NULL)
        return CW_OK;
    enum cw_status status =
        parties_create(&shard->parties, (size_t)config->max_parties, err);
    if (status == CW_OK)
        status = traces_create(&shard->traces, (size_t)config->max_traces,
                               (size_t)config->max_spans, err);
    if (status == CW_OK)
        status = edges_create(&shard->edges, (size_t)config->max_edges, err);
    if (status != CW_OK)
        empty_shard(shard);
    return status;
}

struct topology_counts topology_counts(const struct cw_core *core)
{
    struct topology_counts sum = {0};
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        const struct shard *shard = &core->shards[i];
        sum.spans += shard->counts.spans;
        sum.duplicate_spans += shard->counts.duplicate_spans;
        sum.crowded_spans += shard->counts.crowded_spans;
        sum.homeless_spans += shard->counts.homeless_spans;
        sum.shed_traces += shard->counts.shed_traces;
        sum.lost_calls += shard->counts.lost_calls;
        if (shard->parties == NULL)
            continue;
        sum.open_traces += traces_count(shard->traces);
        sum.parties += parties_count(shard->parties);
    }
    return sum;
}

/* ---- a trace closes ----------------------------------------------------- */

struct closing {
    struct shard *shard;
    int64_t now_at;
};

static void note_call(void *context, const struct trace_call *call)
{
    const struct closing *closing = context;
    struct shard *shard = closing->shard;
    struct party *callee = parties_at(shard->parties, call->callee);
    const struct trace_span *span = call->span;
    if (call->by_peer) {
        party_load_add(&callee->client, span->weight, span->duration_us,
                       span->failed);
        callee->called_at = closing->now_at;
    }
    const struct edge of = {.caller_key =
                                parties_at(shard->parties, call->caller)->key,
                            .callee_key = callee->key,
                            .caller = call->caller,
                            .callee = call->callee,
                            .sends = call->sends};
    struct edge *edge = edges_get(shard->edges, &of);
    if (edge == NULL) {
        shard->counts.lost_calls++;
        return;
    }
    party_load_add(&edge->load, span->weight, span->duration_us, span->failed);
    int64_t *bucket =
        &edge->buckets[edges_bucket(shard->edges, span->duration_us)];
    *bucket = party_sum(*bucket, span->weight);
}

static void note_served(void *context, const struct trace_span *span)
{
    const struct closing *closing = context;
    struct party *party = parties_at(closing->shard->parties, span->party);
    party_load_add(&party->server, span->weight, span->duration_us,
                   span->failed);
    party->served_at = closing->now_at;
}

static void close_trace(struct shard *shard, uint32_t slot, int64_t now_at)
{
    struct closing closing = {shard, now_at};
    const struct trace_sink sink = {&closing, note_call, note_served};
    trace_join(traces_at(shard->traces, slot), &sink);
    traces_close(shard->traces, slot);
}

static void shed_oldest(struct shard *shard, int64_t now_at)
{
    close_trace(shard, traces_oldest(shard->traces), now_at);
    shard->counts.shed_traces++;
}

/* ---- a span ------------------------------------------------------------- */

static int64_t weight_of(double sample_weight)
{
    if (!(sample_weight > 0.0))
        return PARTY_UNIT;
    const double weight =
        sample_weight < WEIGHT_MAX ? sample_weight : WEIGHT_MAX;
    const int64_t units = (int64_t)(weight * PARTY_UNIT + 0.5);
    return units > 0 ? units : 1;
}

static int64_t duration_of(int64_t duration_us)
{
    if (duration_us < 0)
        return 0;
    return duration_us < EDGES_DURATION_MAX ? duration_us : EDGES_DURATION_MAX;
}

/* 0 = none. */
static uint64_t id_of(struct cw_text id)
{
    return id.size == 0 ? 0 : cw_hash_text(id) | 1;
}

static bool read_span(struct shard *shard, const struct cw_span *span,
                      int64_t now_at, struct trace_span *read)
{
    *read = (struct trace_span){.id = id_of(span->span_id),
                                .parent = id_of(span->parent_id),
                                .peer = PARTY_NONE,
                                .duration_us = duration_of(span->duration_us),
                                .weight = weight_of(span->sample_weight),
                                .kind = span->kind,
                                .failed = span->failed};
    read->party = parties_number(shard->parties, span, span->entity, now_at);
    if (read->party != PARTY_NONE && span->peer.name.size > 0)
        read->peer = parties_number(shard->parties, span, span->peer, now_at);
    return read->party != PARTY_NONE;
}

/* The slot of the span's trace, opened when it is not; the oldest one makes
 * room. */
static enum cw_status open_trace(struct shard *shard, uint64_t key,
                                 int64_t now_at, uint32_t *slot,
                                 struct cw_error *err)
{
    *slot = traces_find(shard->traces, key);
    if (*slot != TRACES_NONE && traces_has_all_spans(shard->traces)) {
        shed_oldest(shard, now_at);
        *slot = traces_find(shard->traces, key); /* it may have been this */
    }
    if (*slot != TRACES_NONE)
        return CW_OK;
    if (traces_is_full(shard->traces) || traces_has_all_spans(shard->traces))
        shed_oldest(shard, now_at);
    return traces_open(shard->traces, key, now_at, slot, err);
}

static enum cw_status take_span(struct shard *shard, const struct cw_span *span,
                                int64_t now_at, struct cw_error *err)
{
    struct trace_span read;
    uint32_t slot = TRACES_NONE;
    enum trace_answer answer;
    shard->counts.spans++;
    if (!read_span(shard, span, now_at, &read)) {
        shard->counts.homeless_spans++;
        return CW_OK;
    }
    const uint64_t key =
        cw_hash_mix_text(cw_hash_text(span->tenant), span->trace_id);
    enum cw_status status = open_trace(shard, key, now_at, &slot, err);
    if (status == CW_OK)
        status = traces_add(shard->traces, slot, &read, &answer, err);
    if (status != CW_OK)
        return status;
    traces_at(shard->traces, slot)->last_at = now_at;
    shard->counts.duplicate_spans += answer == TRACE_DUPLICATE;
    shard->counts.crowded_spans += answer == TRACE_FULL;
    if (answer == TRACE_DUPLICATE || !trace_serves_at_once(&read))
        return CW_OK;
    struct party *party = parties_at(shard->parties, read.party);
    party_load_add(&party->server, read.weight, read.duration_us, read.failed);
    party->served_at = now_at;
    return CW_OK;
}

/* First multiple of the window that is not before now. */
static int64_t window_end(int64_t now_at, int64_t window_us)
{
    const int64_t rest = now_at % window_us;
    return rest == 0 ? now_at : now_at - rest + window_us;
}

static enum cw_status step(struct cw_core *core, uint32_t shard_index,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    struct shard *shard = &core->shards[shard_index];
    const struct cw_span *span = item->record;
    if (item->topic != CW_TOPIC_SPANS)
        return CW_OK;
    if (span->trace_id.size == 0 || span->span_id.size == 0)
        return cw_fail(err, CW_BAD_RECORD, "a span without ids");
    if (span->entity.name.size == 0)
        return cw_fail(err, CW_BAD_RECORD, "a span names no entity");
    const enum cw_status status = open_shard(shard, &core->config, err);
    if (status != CW_OK)
        return status;
    const int64_t now_at = cw_emit_now(emit);
    if (shard->next_at == CW_NEVER)
        shard->next_at = window_end(now_at, core->config.window_us);
    return take_span(shard, span, now_at, err);
}

/* ---- the end of a window ------------------------------------------------ */

static int64_t next_deadline(const struct cw_core *core, uint32_t shard_index)
{
    return core->shards[shard_index].next_at;
}

static void close_traces(struct shard *shard,
                         const struct topology_config *config, int64_t now_at)
{
    uint32_t slot = traces_oldest(shard->traces);
    while (slot != TRACES_NONE) {
        const uint32_t next = traces_next(shard->traces, slot);
        const struct trace *trace = traces_at(shard->traces, slot);
        if (now_at - trace->last_at >= config->settle_us ||
            now_at - trace->first_at >= config->max_open_us)
            close_trace(shard, slot, now_at);
        slot = next;
    }
}

/* The histogram's buckets that hold anything; 0 without memory. */
static size_t gather_buckets(const struct edge *edge, struct cw_arena *arena,
                             int32_t **indexes, double **counts)
{
    size_t used = 0;
    *indexes = cw_arena_take(arena, EDGES_BUCKET_COUNT * sizeof(**indexes));
    *counts = cw_arena_take(arena, EDGES_BUCKET_COUNT * sizeof(**counts));
    if (*indexes == NULL || *counts == NULL)
        return 0;
    for (size_t i = 0; i < EDGES_BUCKET_COUNT; i++) {
        if (edge->buckets[i] == 0)
            continue;
        (*indexes)[used] = (int32_t)i;
        (*counts)[used++] = cw_round6((double)edge->buckets[i] / PARTY_UNIT);
    }
    return used;
}

static struct cw_entity entity_of(const struct party *party)
{
    return (struct cw_entity){.kind = party->kind, .name = party->name};
}

static enum cw_status put_edge(struct shard *shard, const struct edge *edge,
                               int64_t from_at, struct cw_emit *emit,
                               struct cw_error *err)
{
    const struct party *caller = parties_at(shard->parties, edge->caller);
    const struct party *callee = parties_at(shard->parties, edge->callee);
    int32_t *indexes;
    double *counts;
    const size_t used =
        gather_buckets(edge, cw_emit_arena(emit), &indexes, &counts);
    if (used == 0)
        return cw_fail(err, CW_NO_MEMORY, "buckets of an edge");
    const struct cw_edge record = {
        .meta = cw_emit_meta(emit, caller->tenant, caller->domain,
                             cw_emit_now(emit)),
        .from_at = from_at,
        .to_at = cw_emit_now(emit),
        .caller = entity_of(caller),
        .callee = entity_of(callee),
        .kind = edge->sends ? CW_TEXT("sends") : CW_TEXT("calls"),
        .count = cw_round6((double)edge->load.count / PARTY_UNIT),
        .errors = cw_round6((double)edge->load.errors / PARTY_UNIT),
        .duration_sum_us = cw_round6((double)edge->load.sum_us / PARTY_UNIT),
        .bucket_index = indexes,
        .bucket_index_count = used,
        .bucket_count = counts,
        .bucket_count_count = used};
    return cw_emit_put(emit, CW_TOPIC_EDGES,
                       cw_route_domain(caller->tenant, caller->domain),
                       CW_TEXT(""), &record, err);
}

static enum cw_status put_edges(struct shard *shard, int64_t from_at,
                                struct cw_emit *emit, struct cw_error *err)
{
    edges_sort(shard->edges);
    for (size_t i = 0; i < edges_count(shard->edges); i++) {
        const enum cw_status status =
            put_edge(shard, edges_at(shard->edges, i), from_at, emit, err);
        if (status != CW_OK)
            return status;
    }
    edges_clear(shard->edges);
    return CW_OK;
}

static enum cw_status put_loads(struct shard *shard,
                                const struct topology_config *config,
                                struct cw_emit *emit, struct cw_error *err)
{
    const struct red_window window = {cw_emit_now(emit), config->window_us,
                                      config->idle_us};
    for (uint32_t i = 0; i < parties_limit(shard->parties); i++) {
        struct party *party = parties_at(shard->parties, i);
        if (!party->used)
            continue;
        const enum cw_status status = red_close(party, i, &window, emit, err);
        if (status != CW_OK)
            return status;
    }
    return CW_OK;
}

static enum cw_status timer(struct cw_core *core, uint32_t shard_index,
                            int64_t deadline_at, struct cw_emit *emit,
                            struct cw_error *err)
{
    struct shard *shard = &core->shards[shard_index];
    close_traces(shard, &core->config, deadline_at);
    enum cw_status status =
        put_edges(shard, deadline_at - core->config.window_us, emit, err);
    if (status == CW_OK)
        status = put_loads(shard, &core->config, emit, err);
    if (status != CW_OK)
        return status;
    const size_t left =
        parties_expire(shard->parties, deadline_at - PARTY_IDLE_US);
    if (left == 0)
        empty_shard(shard);
    else
        shard->next_at = deadline_at + core->config.window_us;
    return CW_OK;
}

/* ---- state -------------------------------------------------------------- */

static void save(const struct cw_core *core, uint32_t shard_index,
                 struct cw_pack *out)
{
    const struct shard *shard = &core->shards[shard_index];
    if (shard->parties == NULL)
        return;
    cw_pack_i64(out, shard->next_at);
    parties_save(shard->parties, out);
    traces_save(shard->traces, out);
    edges_save(shard->edges, out);
}

static enum cw_status load(struct cw_core *core, uint32_t shard_index,
                           struct cw_unpack *in, struct cw_error *err)
{
    struct shard *shard = &core->shards[shard_index];
    enum cw_status status = open_shard(shard, &core->config, err);
    if (status != CW_OK)
        return status;
    shard->next_at = cw_unpack_i64(in);
    status = parties_load(shard->parties, in, err);
    if (status == CW_OK)
        status =
            traces_load(shard->traces, parties_limit(shard->parties), in, err);
    if (status == CW_OK)
        status =
            edges_load(shard->edges, parties_limit(shard->parties), in, err);
    if (status == CW_OK)
        status = cw_unpack_end(in, err);
    if (status != CW_OK)
        empty_shard(shard);
    return status;
}

static void count(const struct cw_core *core, uint64_t *numbers)
{
    const struct topology_counts counts = topology_counts(core);
    topology_count(&counts, numbers);
}

static const enum cw_topic inputs[] = {CW_TOPIC_SPANS, CW_TOPIC_COUNT};
static const enum cw_topic outputs[] = {
    CW_TOPIC_EDGES, CW_TOPIC_METRICS_PATTERNS, CW_TOPIC_COUNT};

const struct cw_core_type topology_core_type = {.name = "topology",
                                                .shard_count = SHARD_COUNT,
                                                .snapshot_format = FORMAT,
                                                .inputs = inputs,
                                                .outputs = outputs,
                                                .create = create,
                                                .destroy = destroy,
                                                .step = step,
                                                .next_deadline = next_deadline,
                                                .timer = timer,
                                                .save = save,
                                                .load = load,
                                                .count = count,
                                                .counters = topology_counters,
                                                .counter_count =
                                                    TOPOLOGY_COUNTER_COUNT};
