/*
 * graph - who depends on whom, since when, and how often calls failed.
 *
 * Place    topology, edges -> [graph] -> view (the graph as of a time)
 * Input    topology edges with their validity; call counts a few seconds long
 * Output   per edge its validity and its share of failed calls by minute
 * Limits   RANKER_EDGE_MAX edges a shard: a new one replaces the one longest
 *          unheard of. Failure shares reach back RANKER_MINUTES minutes,
 *          older ones fade into a base (half in 34 minutes)
 * Threads  one owner thread
 */
#ifndef RANKER_GRAPH_H
#define RANKER_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/pack.h"
#include "base/status.h"
#include "record/records.h"

#define RANKER_EDGE_MAX 8192u
#define RANKER_MINUTES  16

struct ranker_edge {
    uint64_t id; /* of caller, callee and kind; 0 = free place */
    uint64_t route;
    uint64_t caller; /* entity ids */
    uint64_t callee;
    char kind[16];
    bool declared;
    double criticality;
    int64_t valid_from;
    int64_t valid_to; /* 0 = still valid */
    int64_t heard_at;
    int64_t minute; /* newest of the ring, in minutes since the epoch */
    float count[RANKER_MINUTES]; /* calls of minute m at m % RANKER_MINUTES */
    float errors[RANKER_MINUTES];
    double base_count; /* calls before the ring, faded */
    double base_errors;
};

struct ranker_graph;

/* Makes a graph the caller owns. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_graph_create(struct ranker_graph **made,
                                               struct cw_error *err);
void ranker_graph_destroy(struct ranker_graph **graph);

/* What topology says of an edge. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
ranker_graph_declare(struct ranker_graph *graph, uint64_t route,
                     const struct cw_topology_edge *said, int64_t now_at,
                     struct cw_error *err);
/* Calls counted during a few seconds; makes the edge when topology has not
 * spoken of it yet. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_graph_count(struct ranker_graph *graph,
                                              uint64_t route,
                                              const struct cw_edge *seen,
                                              int64_t now_at,
                                              struct cw_error *err);

uint32_t ranker_graph_size(const struct ranker_graph *graph);
/* NULL for a free place. */
const struct ranker_edge *ranker_graph_at(const struct ranker_graph *graph,
                                          uint32_t place);

/* Share of failed calls since since_at less that of before, 0 to 1; 0 when
 * fewer than ten calls were seen since. *share is the first of the two. */
double ranker_edge_excess(const struct ranker_edge *edge, int64_t since_at,
                          double *share);

void ranker_graph_save(const struct ranker_graph *graph, struct cw_pack *out);
/* Into an empty graph. CW_BAD_STATE, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_graph_load(struct ranker_graph *graph,
                                             struct cw_unpack *in,
                                             struct cw_error *err);

#endif
