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

/* A link of a saved list: an edge slot or the end. */
static bool link_fits(uint32_t link, uint32_t count)
{
    return link == CORR_NONE || link < count;
}

static enum cw_status load_edge(struct corr_graph *graph, uint32_t slot,
                                uint32_t count, struct cw_unpack *in,
                                struct cw_error *err)
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
    const bool fits =
        link_fits(edge.next_out, count) && link_fits(edge.next_in, count) &&
        (!edge.used ||
         (edge.caller < graph->node_count && edge.callee < graph->node_count));
    if (!fits || in->failed)
        return cw_fail(err, CW_BAD_STATE, "edge %u", slot);
    graph->edges[slot] = edge;
    graph->edge_count = slot + 1;
    if (!edge.used)
        return CW_OK;
    graph->edges_used++;
    return cw_map64_put(graph->edges_by_key,
                        corr_graph_key_of_edge(graph, &edge), slot, err);
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
        status = load_edge(graph, i, count, in, err);
    for (uint32_t i = 0; i < graph->node_count && status == CW_OK; i++)
        if (!link_fits(graph->nodes[i].first_in, count))
            status = cw_fail(err, CW_BAD_STATE, "node %u", i);
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
    return status == CW_OK ? load_edges(graph, in, err) : status;
}
