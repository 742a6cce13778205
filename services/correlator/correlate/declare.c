#include "correlate/declare.h"

#include <math.h>

#include "base/fixmath.h"
#include "correlate/ledger.h"

#define MINUTE_US  INT64_C(60000000)
#define TELL_SHARE 0.25 /* of the weight last told */

static enum cw_status tell(const struct corr_turn *turn, uint32_t index,
                           struct cw_error *err)
{
    const struct corr_domain *domain = turn->domain;
    struct corr_edge *edge = corr_graph_edge(domain->graph, index);
    const struct cw_entity caller =
        corr_graph_entity(domain->graph, edge->caller);
    const struct cw_entity callee =
        corr_graph_entity(domain->graph, edge->callee);
    const char *source =
        edge->source == CORR_EDGE_DECLARED ? "declared" : "seen";
    const struct cw_topology_edge record = {
        .meta =
            cw_emit_meta(turn->emit, domain->tenant, domain->name,
                         edge->valid_to ? edge->valid_to : edge->valid_from),
        .caller = caller,
        .callee = callee,
        .kind = cw_text_of(edge->kind),
        .source = cw_text_of(source),
        .weight = edge->weight,
        .criticality = 1.0,
        .valid_from = edge->valid_from,
        .valid_to = edge->valid_to,
    };
    const struct cw_text key = cw_arena_print(
        turn->arena, "%.*s/%.*s|%.*s:%.*s|%.*s:%.*s|%s|%s",
        CW_TEXT_ARG(domain->tenant), CW_TEXT_ARG(domain->name),
        CW_TEXT_ARG(caller.kind), CW_TEXT_ARG(caller.name),
        CW_TEXT_ARG(callee.kind), CW_TEXT_ARG(callee.name), edge->kind, source);
    edge->told_weight = edge->weight;
    return cw_emit_put(turn->emit, CW_TOPIC_TOPOLOGY, domain->route, key,
                       &record, err);
}

static enum cw_status tell_full(const struct corr_turn *turn,
                                const struct corr_edge_sight *sight,
                                struct cw_error *err)
{
    if (turn->domain->graph_full_told)
        return CW_OK;
    turn->domain->graph_full_told = true;
    const struct cw_member member = {
        .member_id = CW_TEXT("topology"),
        .kind = CW_TEXT("edge"),
        .entity = sight->caller,
        .title = CW_TEXT("an edge does not fit into the topology"),
        .started_at = turn->now_at,
    };
    const struct cw_text why = cw_arena_print(
        turn->arena, "%s; said once, until there is room", err->text);
    return corr_ledger_put(turn, &member, CW_FATE_SHED, NULL, why, err);
}

static enum cw_status arm_sweep(const struct corr_turn *turn,
                                struct cw_error *err)
{
    if (turn->domain->sweeping)
        return CW_OK;
    turn->domain->sweeping = true;
    return corr_agenda_set(
        turn->agenda,
        &(struct corr_due){(turn->now_at / MINUTE_US + 1) * MINUTE_US,
                           turn->domain->index, CORR_DUE_SWEEP, 0},
        err);
}

static bool names_fit(const struct corr_edge_sight *sight)
{
    return sight->caller.kind.size <= CORR_NAME_SIZE &&
           sight->caller.name.size <= CORR_NAME_SIZE &&
           sight->callee.kind.size <= CORR_NAME_SIZE &&
           sight->callee.name.size <= CORR_NAME_SIZE &&
           corr_entity_id(sight->caller) != corr_entity_id(sight->callee);
}

static enum cw_status take_sight(const struct corr_turn *turn,
                                 const struct corr_edge_sight *sight,
                                 struct cw_error *err)
{
    uint32_t index = CORR_NONE;
    bool fresh = false;
    if (!names_fit(sight))
        return CW_OK; /* an entity that calls itself is no dependency */
    enum cw_status status =
        corr_graph_put(turn->domain->graph, sight, &index, &fresh, err);
    if (status == CW_FULL)
        return tell_full(turn, sight, err);
    if (status != CW_OK || !fresh)
        return status;
    struct corr_edge *edge = corr_graph_edge(turn->domain->graph, index);
    const int64_t window = sight->to_at - sight->from_at;
    if (sight->source == CORR_EDGE_SEEN && window > 0)
        edge->weight =
            cw_round6(sight->calls * (double)MINUTE_US / (double)window);
    if (sight->source == CORR_EDGE_SEEN)
        status = arm_sweep(turn, err);
    return status == CW_OK ? tell(turn, index, err) : status;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static enum cw_status end_declared(const struct corr_turn *turn,
                                   const struct corr_edge_sight *sight,
                                   int64_t ends_at, struct cw_error *err)
{
    const uint32_t index = corr_graph_find(turn->domain->graph, sight);
    if (index == CORR_NONE ||
        corr_graph_at(turn->domain->graph, index)->valid_to != 0)
        return CW_OK;
    corr_graph_end(turn->domain->graph, index, ends_at);
    const enum cw_status status = arm_sweep(turn, err);
    return status == CW_OK ? tell(turn, index, err) : status;
}

enum cw_status corr_declare(const struct corr_turn *turn,
                            const struct cw_event *event, struct cw_error *err)
{
    const int64_t said_at =
        earlier(event->starts_at > 0 ? event->starts_at : event->event_at,
                turn->now_at);
    const int64_t ends_at = earlier(
        event->ends_at > 0 ? event->ends_at : event->event_at, turn->now_at);
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < event->edges_count && status == CW_OK; i++) {
        const struct corr_edge_sight sight = {
            .caller = event->edges[i].source,
            .callee = event->edges[i].target,
            .kind = event->edges[i].kind,
            .source = CORR_EDGE_DECLARED,
            .from_at = said_at,
            .to_at = said_at,
        };
        if (event->status == CW_EVENT_STATUS_RESOLVED)
            status = end_declared(turn, &sight, ends_at, err);
        else
            status = take_sight(turn, &sight, err);
    }
    return status;
}

enum cw_status corr_see_edge(const struct corr_turn *turn,
                             const struct cw_edge *edge, struct cw_error *err)
{
    if (!(edge->count > 0.0) || !isfinite(edge->count))
        return CW_OK;
    const struct corr_edge_sight sight = {
        .caller = edge->caller,
        .callee = edge->callee,
        .kind = edge->kind,
        .source = CORR_EDGE_SEEN,
        .from_at = earlier(edge->from_at, turn->now_at),
        .to_at = earlier(edge->to_at, turn->now_at),
        .calls = edge->count,
    };
    return take_sight(turn, &sight, err);
}

/* A minute's calls are its weight; the minute it began in is not whole. */
static bool weigh(const struct corr_turn *turn, struct corr_edge *edge)
{
    const double calls = edge->calls;
    edge->calls = 0.0;
    if (!(calls > 0.0) || turn->now_at - edge->valid_from < MINUTE_US)
        return false;
    edge->weight = cw_round6(calls);
    return fabs(edge->weight - edge->told_weight) >
           TELL_SHARE * edge->told_weight;
}

static enum cw_status sweep_edge(const struct corr_turn *turn, uint32_t index,
                                 bool *more, struct cw_error *err)
{
    struct corr_graph *graph = turn->domain->graph;
    struct corr_edge *edge = corr_graph_edge(graph, index);
    const bool ended = edge->valid_to != 0;
    if (!edge->used || (!ended && edge->source == CORR_EDGE_DECLARED))
        return CW_OK;
    if (ended && turn->now_at - edge->valid_to >= turn->config->edge_keep_us) {
        corr_graph_drop(graph, index);
        turn->domain->graph_full_told = false;
        return CW_OK;
    }
    *more = true;
    if (ended)
        return CW_OK;
    if (turn->now_at - edge->seen_at >= turn->config->edge_stale_us) {
        corr_graph_end(graph, index, edge->seen_at);
        return tell(turn, index, err);
    }
    return weigh(turn, edge) ? tell(turn, index, err) : CW_OK;
}

enum cw_status corr_sweep(const struct corr_turn *turn, struct cw_error *err)
{
    bool more = false;
    enum cw_status status = CW_OK;
    const uint32_t slots = corr_graph_slots(turn->domain->graph);
    turn->domain->sweeping = false;
    for (uint32_t i = 0; i < slots && status == CW_OK; i++)
        status = sweep_edge(turn, i, &more, err);
    return status == CW_OK && more ? arm_sweep(turn, err) : status;
}
