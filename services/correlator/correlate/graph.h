/*
 * graph - who depends on whom, and since when: topology as of time.
 *
 * Place    declared and seen edges -> [graph] -> reach, topology records
 * Input    caller -> callee means the caller needs the callee; runs_on and
 *          stores_in point the same way
 * Output   edges with their interval [valid_from, valid_to), valid_to 0 = open
 * Limits   edge_max edges, ended ones included until they are swept; put
 *          refuses (CW_FULL) beyond. An entity lives while an edge holds it
 * Threads  one owner thread
 */
#ifndef CORRELATE_GRAPH_H
#define CORRELATE_GRAPH_H

#include "record/records.h"

#define CORR_NONE           UINT32_MAX
#define CORR_EDGE_KIND_SIZE 24u

enum corr_edge_source { CORR_EDGE_DECLARED, CORR_EDGE_SEEN };

struct corr_edge {
    uint32_t caller; /* nodes */
    uint32_t callee;
    uint32_t next_out; /* next edge of the same caller; of the free list */
    uint32_t next_in;  /* next edge of the same callee */
    bool used;
    enum corr_edge_source source;
    char kind[CORR_EDGE_KIND_SIZE];
    double calls;       /* since the last sweep */
    double weight;      /* calls a minute when last seen */
    double told_weight; /* as last written to the topology topic */
    int64_t valid_from;
    int64_t valid_to; /* 0 = still valid */
    int64_t seen_at;  /* end of the last window with calls */
};

/* One sight of an edge; the texts are borrowed for the call. */
struct corr_edge_sight {
    struct cw_entity caller;
    struct cw_entity callee;
    struct cw_text kind; /* cut to CORR_EDGE_KIND_SIZE - 1 bytes */
    enum corr_edge_source source;
    int64_t from_at;
    int64_t to_at;
    double calls;
};

struct corr_graph;

uint64_t corr_entity_id(struct cw_entity entity);

CW_MUST_USE enum cw_status corr_graph_create(struct corr_graph **made,
                                             size_t edge_max,
                                             struct cw_error *err);
void corr_graph_destroy(struct corr_graph **graph);

/* Adds the edge or hears of it again. *edge is its index; *fresh tells that it
 * was not valid before. CW_FULL, CW_NO_MEMORY: graph unchanged. */
CW_MUST_USE enum cw_status corr_graph_put(struct corr_graph *graph,
                                          const struct corr_edge_sight *sight,
                                          uint32_t *edge, bool *fresh,
                                          struct cw_error *err);

/* Index of the edge, CORR_NONE when unknown. */
uint32_t corr_graph_find(const struct corr_graph *graph,
                         const struct corr_edge_sight *sight);

/* It is no longer valid from valid_to on; it stays for questions about then. */
void corr_graph_end(struct corr_graph *graph, uint32_t edge, int64_t valid_to);
/* Forgets an ended edge. */
void corr_graph_drop(struct corr_graph *graph, uint32_t edge);

/* Slots to walk by index; unused ones have used == false. */
uint32_t corr_graph_slots(const struct corr_graph *graph);
struct corr_edge *corr_graph_edge(struct corr_graph *graph, uint32_t edge);
const struct corr_edge *corr_graph_at(const struct corr_graph *graph,
                                      uint32_t edge);
size_t corr_graph_edges(const struct corr_graph *graph);

/* Changes whenever an answer of the graph may change. */
uint64_t corr_graph_epoch(const struct corr_graph *graph);

/* CORR_NONE when no edge holds the entity. */
uint32_t corr_graph_node(const struct corr_graph *graph, uint64_t entity_id);
uint64_t corr_graph_node_id(const struct corr_graph *graph, uint32_t node);
struct cw_entity corr_graph_entity(const struct corr_graph *graph,
                                   uint32_t node);
uint32_t corr_graph_first_out(const struct corr_graph *graph, uint32_t node);
uint32_t corr_graph_first_in(const struct corr_graph *graph, uint32_t node);

/* Valid at some time in [from_at, to_at]. */
bool corr_edge_valid(const struct corr_edge *edge, int64_t from_at,
                     int64_t to_at);

void corr_graph_save(const struct corr_graph *graph, struct cw_pack *out);
/* Into an empty graph. */
CW_MUST_USE enum cw_status corr_graph_load(struct corr_graph *graph,
                                           struct cw_unpack *in,
                                           struct cw_error *err);

#endif
