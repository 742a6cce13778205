#include "correlate/graph_inner.h"

#include <stdlib.h>

#include "base/hash.h"

uint64_t corr_entity_id(struct cw_entity entity)
{
    return cw_hash_mix_text(cw_hash_text(entity.kind), entity.name);
}

enum cw_status corr_graph_create(struct corr_graph **made, size_t edge_max,
                                 struct cw_error *err)
{
    struct corr_graph *graph = calloc(1, sizeof(*graph));
    if (graph == NULL)
        return cw_fail(err, CW_NO_MEMORY, "graph");
    graph->edge_max = (uint32_t)edge_max;
    graph->node_free = CORR_NONE;
    graph->edge_free = CORR_NONE;
    enum cw_status status =
        cw_map64_create(&graph->nodes_by_id, 2 * edge_max, err);
    if (status == CW_OK)
        status = cw_map64_create(&graph->edges_by_key, edge_max, err);
    if (status != CW_OK)
        corr_graph_destroy(&graph);
    else
        *made = graph;
    return status;
}

void corr_graph_destroy(struct corr_graph **graph)
{
    if (*graph == NULL)
        return;
    for (uint32_t i = 0; i < (*graph)->node_count; i++)
        free((*graph)->nodes[i].bytes);
    free((*graph)->nodes);
    free((*graph)->edges);
    cw_map64_destroy(&(*graph)->nodes_by_id);
    cw_map64_destroy(&(*graph)->edges_by_key);
    free(*graph);
    *graph = NULL;
}

struct cw_text corr_graph_clipped_kind(struct cw_text kind)
{
    if (kind.size >= CORR_EDGE_KIND_SIZE)
        kind.size = CORR_EDGE_KIND_SIZE - 1;
    return kind;
}

static uint64_t edge_key(uint64_t caller, uint64_t callee, struct cw_text kind,
                         enum corr_edge_source source)
{
    uint64_t key = cw_hash_mix(caller, callee);
    key = cw_hash_mix_text(key, corr_graph_clipped_kind(kind));
    return cw_hash_mix(key, (uint64_t)source);
}

uint64_t corr_graph_key_of_edge(const struct corr_graph *graph,
                                const struct corr_edge *edge)
{
    return edge_key(graph->nodes[edge->caller].id,
                    graph->nodes[edge->callee].id, cw_text_of(edge->kind),
                    edge->source);
}

uint32_t corr_graph_find(const struct corr_graph *graph,
                         const struct corr_edge_sight *sight)
{
    uint64_t edge = CORR_NONE;
    const uint64_t key =
        edge_key(corr_entity_id(sight->caller), corr_entity_id(sight->callee),
                 sight->kind, sight->source);
    return cw_map64_find(graph->edges_by_key, key, &edge) ? (uint32_t)edge
                                                          : CORR_NONE;
}

/* Makes sure that a free slot can be had without asking for memory. */
static enum cw_status reserve(struct corr_graph *graph, struct cw_error *err)
{
    if (graph->node_count + 2 > graph->node_capacity) {
        const uint32_t capacity =
            graph->node_capacity ? graph->node_capacity * 2 : 16;
        void *grown = realloc(graph->nodes, capacity * sizeof(*graph->nodes));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "nodes");
        graph->nodes = grown;
        graph->node_capacity = capacity;
    }
    if (graph->edge_count + 1 > graph->edge_capacity) {
        const uint32_t capacity =
            graph->edge_capacity ? graph->edge_capacity * 2 : 16;
        void *grown = realloc(graph->edges, capacity * sizeof(*graph->edges));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "edges");
        graph->edges = grown;
        graph->edge_capacity = capacity;
    }
    return CW_OK;
}

bool corr_graph_fill_node(struct corr_node *node, struct cw_entity entity,
                          uint64_t id)
{
    const size_t size = entity.kind.size + entity.name.size;
    char *bytes = malloc(size ? size : 1);
    if (bytes == NULL)
        return false;
    if (entity.kind.size > 0)
        memcpy(bytes, entity.kind.bytes, entity.kind.size);
    if (entity.name.size > 0)
        memcpy(bytes + entity.kind.size, entity.name.bytes, entity.name.size);
    *node = (struct corr_node){
        .bytes = bytes,
        .entity = {{bytes, entity.kind.size},
                   {bytes + entity.kind.size, entity.name.size}},
        .id = id,
        .first_out = CORR_NONE,
        .first_in = CORR_NONE,
    };
    return true;
}

/* A node without edges yet; room is reserved. CORR_NONE: no memory. */
static uint32_t node_for(struct corr_graph *graph, struct cw_entity entity)
{
    struct cw_error ignored;
    const uint64_t id = corr_entity_id(entity);
    uint64_t found = 0;
    if (cw_map64_find(graph->nodes_by_id, id, &found))
        return (uint32_t)found;
    const bool reuse = graph->node_free != CORR_NONE;
    const uint32_t slot = reuse ? graph->node_free : graph->node_count;
    struct corr_node node;
    if (!corr_graph_fill_node(&node, entity, id))
        return CORR_NONE;
    if (cw_map64_put(graph->nodes_by_id, id, slot, &ignored) != CW_OK) {
        free(node.bytes);
        return CORR_NONE;
    }
    if (reuse)
        graph->node_free = graph->nodes[slot].first_out;
    else
        graph->node_count++;
    graph->nodes[slot] = node;
    return slot;
}

static void release_node(struct corr_graph *graph, uint32_t slot)
{
    struct corr_node *node = &graph->nodes[slot];
    if (node->degree > 0)
        return;
    (void)cw_map64_remove(graph->nodes_by_id, node->id);
    free(node->bytes);
    *node = (struct corr_node){.first_out = graph->node_free,
                               .first_in = CORR_NONE};
    graph->node_free = slot;
}

static void link_edge(struct corr_graph *graph, uint32_t slot,
                      const struct corr_edge_sight *sight, uint32_t caller,
                      uint32_t callee)
{
    struct corr_edge *edge = &graph->edges[slot];
    const struct cw_text kind = corr_graph_clipped_kind(sight->kind);
    *edge = (struct corr_edge){
        .caller = caller,
        .callee = callee,
        .next_out = graph->nodes[caller].first_out,
        .next_in = graph->nodes[callee].first_in,
        .used = true,
        .source = sight->source,
        .valid_from = sight->from_at,
        .seen_at = sight->to_at,
        .calls = sight->calls,
    };
    if (kind.size > 0)
        memcpy(edge->kind, kind.bytes, kind.size);
    graph->nodes[caller].first_out = slot;
    graph->nodes[callee].first_in = slot;
    graph->nodes[caller].degree++;
    graph->nodes[callee].degree++;
}

static enum cw_status add_edge(struct corr_graph *graph,
                               const struct corr_edge_sight *sight,
                               uint32_t *made, struct cw_error *err)
{
    if (graph->edges_used >= graph->edge_max)
        return cw_fail(err, CW_FULL, "graph holds its %u edges",
                       graph->edge_max);
    enum cw_status status = reserve(graph, err);
    if (status != CW_OK)
        return status;
    const bool reuse = graph->edge_free != CORR_NONE;
    const uint32_t slot = reuse ? graph->edge_free : graph->edge_count;
    const uint64_t key =
        edge_key(corr_entity_id(sight->caller), corr_entity_id(sight->callee),
                 sight->kind, sight->source);
    status = cw_map64_put(graph->edges_by_key, key, slot, err);
    if (status != CW_OK)
        return status;
    const uint32_t caller = node_for(graph, sight->caller);
    const uint32_t callee =
        caller == CORR_NONE ? CORR_NONE : node_for(graph, sight->callee);
    if (callee == CORR_NONE) {
        (void)cw_map64_remove(graph->edges_by_key, key);
        if (caller != CORR_NONE)
            release_node(graph, caller);
        return cw_fail(err, CW_NO_MEMORY, "node");
    }
    if (reuse)
        graph->edge_free = graph->edges[slot].next_out;
    else
        graph->edge_count++;
    link_edge(graph, slot, sight, caller, callee);
    graph->edges_used++;
    graph->epoch++;
    *made = slot;
    return CW_OK;
}

enum cw_status corr_graph_put(struct corr_graph *graph,
                              const struct corr_edge_sight *sight,
                              uint32_t *edge, bool *fresh, struct cw_error *err)
{
    const uint32_t found = corr_graph_find(graph, sight);
    if (found == CORR_NONE) {
        *fresh = true;
        return add_edge(graph, sight, edge, err);
    }
    struct corr_edge *known = &graph->edges[found];
    *fresh = known->valid_to != 0;
    if (*fresh) {
        known->valid_from = sight->from_at;
        known->valid_to = 0;
        graph->epoch++;
    }
    if (sight->to_at > known->seen_at)
        known->seen_at = sight->to_at;
    known->calls += sight->calls;
    *edge = found;
    return CW_OK;
}

void corr_graph_end(struct corr_graph *graph, uint32_t edge, int64_t valid_to)
{
    graph->edges[edge].valid_to = valid_to > 0 ? valid_to : 1;
    graph->epoch++;
}

static void unlink_out(struct corr_graph *graph, uint32_t edge)
{
    uint32_t *at = &graph->nodes[graph->edges[edge].caller].first_out;
    while (*at != edge)
        at = &graph->edges[*at].next_out;
    *at = graph->edges[edge].next_out;
}

static void unlink_in(struct corr_graph *graph, uint32_t edge)
{
    uint32_t *at = &graph->nodes[graph->edges[edge].callee].first_in;
    while (*at != edge)
        at = &graph->edges[*at].next_in;
    *at = graph->edges[edge].next_in;
}

void corr_graph_drop(struct corr_graph *graph, uint32_t edge)
{
    const struct corr_edge dropped = graph->edges[edge];
    (void)cw_map64_remove(graph->edges_by_key,
                          corr_graph_key_of_edge(graph, &dropped));
    unlink_out(graph, edge);
    unlink_in(graph, edge);
    graph->nodes[dropped.caller].degree--;
    graph->nodes[dropped.callee].degree--;
    release_node(graph, dropped.caller);
    if (dropped.callee != dropped.caller)
        release_node(graph, dropped.callee);
    graph->edges[edge] = (struct corr_edge){.next_out = graph->edge_free};
    graph->edge_free = edge;
    graph->edges_used--;
    graph->epoch++;
}

uint32_t corr_graph_slots(const struct corr_graph *graph)
{
    return graph->edge_count;
}

struct corr_edge *corr_graph_edge(struct corr_graph *graph, uint32_t edge)
{
    return &graph->edges[edge];
}

const struct corr_edge *corr_graph_at(const struct corr_graph *graph,
                                      uint32_t edge)
{
    return &graph->edges[edge];
}

size_t corr_graph_edges(const struct corr_graph *graph)
{
    return graph->edges_used;
}

uint64_t corr_graph_epoch(const struct corr_graph *graph)
{
    return graph->epoch;
}

uint32_t corr_graph_node(const struct corr_graph *graph, uint64_t entity_id)
{
    uint64_t node = CORR_NONE;
    return cw_map64_find(graph->nodes_by_id, entity_id, &node) ? (uint32_t)node
                                                               : CORR_NONE;
}

uint64_t corr_graph_node_id(const struct corr_graph *graph, uint32_t node)
{
    return graph->nodes[node].id;
}

struct cw_entity corr_graph_entity(const struct corr_graph *graph,
                                   uint32_t node)
{
    return graph->nodes[node].entity;
}

uint32_t corr_graph_first_out(const struct corr_graph *graph, uint32_t node)
{
    return graph->nodes[node].first_out;
}

uint32_t corr_graph_first_in(const struct corr_graph *graph, uint32_t node)
{
    return graph->nodes[node].first_in;
}

bool corr_edge_valid(const struct corr_edge *edge, int64_t from_at,
                     int64_t to_at)
{
    return edge->valid_from <= to_at &&
           (edge->valid_to == 0 || from_at < edge->valid_to);
}
