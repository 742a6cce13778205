#include "graph.h"

#include <stdlib.h>

#include "base/fixmath.h"
#include "base/hash.h"
#include "base/map64.h"
#include "window.h"

#define MINUTE_US    60000000
#define BASE_FADE    0.98 /* a minute */
#define EXCESS_CALLS 10.0

struct ranker_graph {
    struct ranker_edge *edges; /* RANKER_EDGE_MAX places */
    struct cw_map64 *places;
    uint32_t size;
};

enum cw_status ranker_graph_create(struct ranker_graph **made,
                                   struct cw_error *err)
{
    struct ranker_graph *graph = calloc(1, sizeof(*graph));

    if (graph == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for a graph");
    graph->edges = calloc(RANKER_EDGE_MAX, sizeof(*graph->edges));
    enum cw_status status =
        cw_map64_create(&graph->places, RANKER_EDGE_MAX, err);
    if (status == CW_OK && graph->edges == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "no memory for a graph");
    if (status != CW_OK)
        ranker_graph_destroy(&graph);
    else
        *made = graph;
    return status;
}

void ranker_graph_destroy(struct ranker_graph **graph)
{
    if (*graph == NULL)
        return;
    free((*graph)->edges);
    cw_map64_destroy(&(*graph)->places);
    free(*graph);
    *graph = NULL;
}

/* Place to use for a new edge; of equally old ones the smallest id goes. */
static uint32_t free_place(struct ranker_graph *graph)
{
    if (graph->size < RANKER_EDGE_MAX)
        return graph->size++;
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < graph->size; i++) {
        const struct ranker_edge *a = &graph->edges[i];
        const struct ranker_edge *b = &graph->edges[oldest];
        if (a->heard_at < b->heard_at ||
            (a->heard_at == b->heard_at && a->id < b->id))
            oldest = i;
    }
    (void)cw_map64_remove(graph->places, graph->edges[oldest].id);
    return oldest;
}

static enum cw_status enter(struct ranker_graph *graph,
                            const struct ranker_edge *like, int64_t now_at,
                            struct ranker_edge **found, struct cw_error *err)
{
    uint64_t place = 0;

    if (!cw_map64_find(graph->places, like->id, &place)) {
        place = free_place(graph);
        graph->edges[place] = *like;
        const enum cw_status status =
            cw_map64_put(graph->places, like->id, place, err);
        if (status != CW_OK)
            return status;
    }
    *found = &graph->edges[place];
    if ((*found)->heard_at < now_at)
        (*found)->heard_at = now_at;
    return CW_OK;
}

static struct ranker_edge edge_of(uint64_t route,
                                  const struct cw_entity *caller,
                                  const struct cw_entity *callee,
                                  struct cw_text kind)
{
    struct ranker_edge edge = {
        .route = route,
        .caller = ranker_entity_id(route, caller),
        .callee = ranker_entity_id(route, callee),
        .criticality = 1.0,
    };

    edge.id = cw_hash_mix(edge.caller, edge.callee);
    edge.id = cw_hash_mix_text(edge.id, kind);
    if (edge.id == 0)
        edge.id = 1;
    ranker_cut(edge.kind, sizeof(edge.kind), kind);
    return edge;
}

enum cw_status ranker_graph_declare(struct ranker_graph *graph, uint64_t route,
                                    const struct cw_topology_edge *said,
                                    int64_t now_at, struct cw_error *err)
{
    struct ranker_edge like =
        edge_of(route, &said->caller, &said->callee, said->kind);
    struct ranker_edge *edge = NULL;

    like.valid_from = said->valid_from;
    const enum cw_status status = enter(graph, &like, now_at, &edge, err);
    if (status != CW_OK)
        return status;
    edge->declared = cw_text_is(said->source, "declared");
    edge->criticality = said->criticality;
    edge->valid_from = said->valid_from;
    edge->valid_to = said->valid_to;
    return CW_OK;
}

/* Moves the ring so that minute is its newest; what falls out joins the
 * base. False: the minute is older than the ring. */
static bool turn(struct ranker_edge *edge, int64_t minute)
{
    if (minute <= edge->minute - RANKER_MINUTES)
        return false;
    if (minute - edge->minute > (int64_t)4 * RANKER_MINUTES) {
        /* Silent for an hour: what is left says little about now. */
        for (int i = 0; i < RANKER_MINUTES; i++)
            edge->count[i] = edge->errors[i] = 0.0F;
        edge->minute = minute;
    }
    for (; edge->minute < minute; edge->minute++) {
        const int64_t at = (edge->minute + 1) % RANKER_MINUTES;
        edge->base_count =
            edge->base_count * BASE_FADE + (double)edge->count[at];
        edge->base_errors =
            edge->base_errors * BASE_FADE + (double)edge->errors[at];
        edge->count[at] = edge->errors[at] = 0.0F;
    }
    return true;
}

enum cw_status ranker_graph_count(struct ranker_graph *graph, uint64_t route,
                                  const struct cw_edge *seen, int64_t now_at,
                                  struct cw_error *err)
{
    struct ranker_edge like =
        edge_of(route, &seen->caller, &seen->callee, seen->kind);
    struct ranker_edge *edge = NULL;

    if (!(seen->count >= 0 && seen->count < 1e15 && seen->errors >= 0 &&
          seen->errors <= seen->count) ||
        seen->from_at < 0)
        return cw_fail(err, CW_BAD_RECORD,
                       "an edge with %g errors in %g "
                       "calls",
                       seen->errors, seen->count);
    like.valid_from = seen->from_at;
    const enum cw_status status = enter(graph, &like, now_at, &edge, err);
    if (status != CW_OK)
        return status;
    const int64_t minute = seen->from_at / MINUTE_US;
    if (turn(edge, minute)) {
        edge->count[minute % RANKER_MINUTES] += (float)seen->count;
        edge->errors[minute % RANKER_MINUTES] += (float)seen->errors;
    }
    return CW_OK;
}

uint32_t ranker_graph_size(const struct ranker_graph *graph)
{
    return graph->size;
}

const struct ranker_edge *ranker_graph_at(const struct ranker_graph *graph,
                                          uint32_t place)
{
    return &graph->edges[place];
}

double ranker_edge_excess(const struct ranker_edge *edge, int64_t since_at,
                          double *share)
{
    const int64_t since = since_at / MINUTE_US;
    double count = 0, errors = 0;
    double before = edge->base_count, before_errors = edge->base_errors;

    *share = 0.0;
    for (int64_t m = edge->minute - RANKER_MINUTES + 1; m <= edge->minute;
         m++) {
        if (m < 0)
            continue;
        const int64_t at = m % RANKER_MINUTES;
        if (m >= since) {
            count += (double)edge->count[at];
            errors += (double)edge->errors[at];
        } else {
            before += (double)edge->count[at];
            before_errors += (double)edge->errors[at];
        }
    }
    if (!(count >= EXCESS_CALLS))
        return 0.0;
    *share = cw_round6(errors / count);
    const double past = before > 0 ? before_errors / before : 0.0;
    return *share > past ? cw_round6(*share - past) : 0.0;
}

void ranker_graph_save(const struct ranker_graph *graph, struct cw_pack *out)
{
    cw_pack_u32(out, graph->size);
    for (uint32_t i = 0; i < graph->size; i++) {
        const struct ranker_edge *edge = &graph->edges[i];
        cw_pack_u64(out, edge->id);
        cw_pack_u64(out, edge->route);
        cw_pack_u64(out, edge->caller);
        cw_pack_u64(out, edge->callee);
        cw_pack_text(out, cw_text_of(edge->kind));
        cw_pack_bool(out, edge->declared);
        cw_pack_f64(out, edge->criticality);
        cw_pack_i64(out, edge->valid_from);
        cw_pack_i64(out, edge->valid_to);
        cw_pack_i64(out, edge->heard_at);
        cw_pack_i64(out, edge->minute);
        for (int m = 0; m < RANKER_MINUTES; m++) {
            cw_pack_f32(out, edge->count[m]);
            cw_pack_f32(out, edge->errors[m]);
        }
        cw_pack_f64(out, edge->base_count);
        cw_pack_f64(out, edge->base_errors);
    }
}

static void load_edge(struct ranker_edge *edge, struct cw_unpack *in)
{
    edge->id = cw_unpack_u64(in);
    edge->route = cw_unpack_u64(in);
    edge->caller = cw_unpack_u64(in);
    edge->callee = cw_unpack_u64(in);
    ranker_cut(edge->kind, sizeof(edge->kind), cw_unpack_text(in));
    edge->declared = cw_unpack_bool(in);
    edge->criticality = cw_unpack_f64(in);
    edge->valid_from = cw_unpack_i64(in);
    edge->valid_to = cw_unpack_i64(in);
    edge->heard_at = cw_unpack_i64(in);
    edge->minute = cw_unpack_i64(in);
    for (int m = 0; m < RANKER_MINUTES; m++) {
        edge->count[m] = cw_unpack_f32(in);
        edge->errors[m] = cw_unpack_f32(in);
    }
    edge->base_count = cw_unpack_f64(in);
    edge->base_errors = cw_unpack_f64(in);
}

enum cw_status ranker_graph_load(struct ranker_graph *graph,
                                 struct cw_unpack *in, struct cw_error *err)
{
    const uint32_t size = cw_unpack_count(in, 200);

    if (in->failed || size > RANKER_EDGE_MAX)
        return cw_fail(err, CW_BAD_STATE, "no graph in the state");
    for (uint32_t i = 0; i < size; i++) {
        load_edge(&graph->edges[i], in);
        if (in->failed || graph->edges[i].id == 0 || graph->edges[i].minute < 0)
            return cw_fail(err, CW_BAD_STATE, "no edge in the state");
        const enum cw_status status =
            cw_map64_put(graph->places, graph->edges[i].id, i, err);
        if (status != CW_OK)
            return status;
        graph->size = i + 1;
    }
    return CW_OK;
}
