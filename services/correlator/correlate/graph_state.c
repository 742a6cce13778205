/* State of a graph to bytes and back; the rest of graph.h is graph.c. */
#include "correlate/graph_inner.h"

#include <stdlib.h>

#define NODE_PACKED_SIZE 21u
#define EDGE_PACKED_SIZE 62u

static void save_node(const struct corr_node *node, struct cw_pack *out)
{
    cw_pack_bool(out, node->degree > 0);
    cw_pack_u32(out, node->first_out);
    cw_pack_u32(out, node->first_in);
    cw_pack_u32(out, node->degree);
    cw_pack_text(out, node->entity.kind);
    cw_pack_text(out, node->entity.name);
}

static void save_edge(const struct corr_edge *edge, struct cw_pack *out)
{
    cw_pack_u32(out, edge->caller);
    cw_pack_u32(out, edge->callee);
    cw_pack_u32(out, edge->next_out);
    cw_pack_u32(out, edge->next_in);
    cw_pack_bool(out, edge->used);
    cw_pack_u8(out, (uint8_t)edge->source);
    cw_pack_text(out, cw_text_of(edge->kind));
    cw_pack_f64(out, edge->calls);
    cw_pack_f64(out, edge->weight);
    cw_pack_f64(out, edge->told_weight);
    cw_pack_i64(out, edge->valid_from);
    cw_pack_i64(out, edge->valid_to);
    cw_pack_i64(out, edge->seen_at);
}

/* Slots are saved as they lie: the order of the lists decides which of two
 * equally long paths is told, so it must survive. */
void corr_graph_save(const struct corr_graph *graph, struct cw_pack *out)
{
    cw_pack_u64(out, graph->epoch);
    cw_pack_u32(out, graph->node_free);
    cw_pack_u32(out, graph->edge_free);
    cw_pack_u32(out, graph->node_count);
    for (uint32_t i = 0; i < graph->node_count; i++)
        save_node(&graph->nodes[i], out);
    cw_pack_u32(out, graph->edge_count);
    for (uint32_t i = 0; i < graph->edge_count; i++)
        save_edge(&graph->edges[i], out);
}

static enum cw_status load_node(struct corr_graph *graph, uint32_t slot,
                                struct cw_unpack *in, struct cw_error *err)
{
    const bool used = cw_unpack_bool(in);
    const uint32_t first_out = cw_unpack_u32(in);
    const uint32_t first_in = cw_unpack_u32(in);
    const uint32_t degree = cw_unpack_u32(in);
    struct cw_entity entity;
    entity.kind = cw_unpack_text(in);
    entity.name = cw_unpack_text(in);
    struct corr_node node = {0};
    if (used) {
        const uint64_t id = corr_entity_id(entity);
        if (!corr_graph_fill_node(&node, entity, id))
            return cw_fail(err, CW_NO_MEMORY, "node");
        const enum cw_status status =
            cw_map64_put(graph->nodes_by_id, id, slot, err);
        if (status != CW_OK) {
            free(node.bytes);
            return status;
        }
    }
    node.first_out = first_out;
    node.first_in = first_in;
    node.degree = used ? degree : 0;
    graph->nodes[slot] = node;
    graph->node_count = slot + 1;
    return CW_OK;
}

static bool is_used(const struct corr_graph *graph, uint32_t node)
{
    return node < graph->node_count && graph->nodes[node].bytes != NULL;
}

static enum cw_status load_edge(struct corr_graph *graph, uint32_t slot,
                                struct cw_unpack *in, struct cw_error *err)
{
    struct corr_edge edge = {.caller = cw_unpack_u32(in)};
    edge.callee = cw_unpack_u32(in);
    edge.next_out = cw_unpack_u32(in);
    edge.next_in = cw_unpack_u32(in);
    edge.used = cw_unpack_bool(in);
    edge.source = cw_unpack_u8(in) == 0 ? CORR_EDGE_DECLARED : CORR_EDGE_SEEN;
    const struct cw_text kind = corr_graph_clipped_kind(cw_unpack_text(in));
    if (kind.size > 0)
        memcpy(edge.kind, kind.bytes, kind.size);
    edge.calls = cw_unpack_f64(in);
    edge.weight = cw_unpack_f64(in);
    edge.told_weight = cw_unpack_f64(in);
    edge.valid_from = cw_unpack_i64(in);
    edge.valid_to = cw_unpack_i64(in);
    edge.seen_at = cw_unpack_i64(in);
    if (in->failed || (edge.used && (!is_used(graph, edge.caller) ||
                                     !is_used(graph, edge.callee))))
        return cw_fail(err, CW_BAD_STATE, "edge %u", slot);
    graph->edges[slot] = edge;
    graph->edge_count = slot + 1;
    if (!edge.used)
        return CW_OK;
    graph->edges_used++;
    return cw_map64_put(graph->edges_by_key,
                        corr_graph_key_of_edge(graph, &edge), slot, err);
}

/* ---- whether the lists hold together ------------------------------------ */

/* The list of one node: its own edges, each once. False: another's edge, a free
 * one, or round in circles. */
static bool own_edges(const struct corr_graph *graph, uint32_t node, bool out,
                      uint32_t *count)
{
    uint32_t at =
        out ? graph->nodes[node].first_out : graph->nodes[node].first_in;
    for (*count = 0; at != CORR_NONE; (*count)++) {
        if (at >= graph->edge_count || *count == graph->edges_used)
            return false;
        const struct corr_edge *edge = &graph->edges[at];
        if (!edge->used || (out ? edge->caller : edge->callee) != node)
            return false;
        at = out ? edge->next_out : edge->next_in;
    }
    return true;
}

static bool node_holds(const struct corr_graph *graph, uint32_t node,
                       uint64_t *outs, uint64_t *ins)
{
    uint32_t out = 0;
    uint32_t in = 0;
    const bool own = own_edges(graph, node, true, &out) &&
                     own_edges(graph, node, false, &in);
    *outs += out;
    *ins += in;
    return own && out + in > 0 && out + in == graph->nodes[node].degree;
}

static bool free_nodes_hold(const struct corr_graph *graph, uint32_t count)
{
    uint32_t at = graph->node_free;
    for (; at != CORR_NONE; count--) {
        if (at >= graph->node_count || graph->nodes[at].bytes || count == 0)
            return false;
        at = graph->nodes[at].first_out;
    }
    return count == 0;
}

static bool free_edges_hold(const struct corr_graph *graph, uint32_t count)
{
    uint32_t at = graph->edge_free;
    for (; at != CORR_NONE; count--) {
        if (at >= graph->edge_count || graph->edges[at].used || count == 0)
            return false;
        at = graph->edges[at].next_out;
    }
    return count == 0;
}

/* Every edge stands in two lists, every free slot in one, no name twice. */
static bool holds_together(const struct corr_graph *graph)
{
    uint32_t nodes_used = 0;
    uint64_t outs = 0;
    uint64_t ins = 0;
    for (uint32_t i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].bytes == NULL)
            continue;
        if (!node_holds(graph, i, &outs, &ins))
            return false;
        nodes_used++;
    }
    return outs == graph->edges_used && ins == graph->edges_used &&
           cw_map64_count(graph->nodes_by_id) == nodes_used &&
           cw_map64_count(graph->edges_by_key) == graph->edges_used &&
           free_nodes_hold(graph, graph->node_count - nodes_used) &&
           free_edges_hold(graph, graph->edge_count - graph->edges_used);
}

static enum cw_status load_edges(struct corr_graph *graph, struct cw_unpack *in,
                                 struct cw_error *err)
{
    const uint32_t count = cw_unpack_count(in, EDGE_PACKED_SIZE);
    graph->edges = calloc(count ? count : 1, sizeof(*graph->edges));
    if (graph->edges == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%u edges", count);
    graph->edge_capacity = count;
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < count && status == CW_OK; i++)
        status = load_edge(graph, i, in, err);
    return status;
}

enum cw_status corr_graph_load(struct corr_graph *graph, struct cw_unpack *in,
                               struct cw_error *err)
{
    graph->epoch = cw_unpack_u64(in);
    graph->node_free = cw_unpack_u32(in);
    graph->edge_free = cw_unpack_u32(in);
    const uint32_t count = cw_unpack_count(in, NODE_PACKED_SIZE);
    graph->nodes = calloc(count ? count : 1, sizeof(*graph->nodes));
    if (graph->nodes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%u nodes", count);
    graph->node_capacity = count;
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < count && status == CW_OK; i++)
        status = load_node(graph, i, in, err);
    if (status == CW_OK)
        status = load_edges(graph, in, err);
    if (status == CW_OK && !holds_together(graph))
        status = cw_fail(err, CW_BAD_STATE, "lists of a graph");
    return status;
}
