/*
 * graph_inner - what graph.c and graph_state.c share; nobody else looks in.
 *
 * Place    graph, its state
 * Threads  one owner thread
 */
#ifndef CORRELATE_GRAPH_INNER_H
#define CORRELATE_GRAPH_INNER_H

#include "base/map64.h"
#include "correlate/graph.h"

struct corr_node {
    char *bytes; /* kind and name; owned */
    struct cw_entity entity;
    uint64_t id;
    uint32_t first_out; /* free list: next free */
    uint32_t first_in;
    uint32_t degree; /* 0 = free */
};

struct corr_graph {
    struct corr_node *nodes;
    uint32_t node_count; /* slots, free ones included */
    uint32_t node_capacity;
    uint32_t node_free;
    struct corr_edge *edges;
    uint32_t edge_count; /* slots, free ones included */
    uint32_t edge_capacity;
    uint32_t edge_free;
    uint32_t edges_used;
    uint32_t edge_max;
    uint64_t epoch;
    struct cw_map64 *nodes_by_id;
    struct cw_map64 *edges_by_key;
};

/* A node without edges that owns a copy of the names. False: no memory. */
bool corr_graph_fill_node(struct corr_node *node, struct cw_entity entity,
                          uint64_t id);
uint64_t corr_graph_key_of_edge(const struct corr_graph *graph,
                                const struct corr_edge *edge);
struct cw_text corr_graph_clipped_kind(struct cw_text kind);

#endif
