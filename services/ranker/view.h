/*
 * view - the graph of one domain as it stood when the symptoms began.
 *
 * Place    graph, window -> [view] -> candidate, features
 * Input    edges with their validity; a time
 * Output   callees and callers of each entity, by place in the window, each
 *          list in the order of entity ids
 * Limits   lives in the arena of the decision; walks end after
 *          RANKER_HOPS_MAX hops or when all was seen, so cycles end
 * Threads  pure
 * Source   demand U16
 */
#ifndef RANKER_VIEW_H
#define RANKER_VIEW_H

#include "graph.h"
#include "window.h"

#define RANKER_HOPS_MAX 3u
#define RANKER_SLACK_US ((int64_t)60 * 1000000) /* edges are seen late */

struct ranker_link {
    uint32_t other; /* place of the entity at the far end */
    const struct ranker_edge *edge;
};

struct ranker_links {
    uint32_t *first; /* size + 1: links of place p from first[p] */
    struct ranker_link *links;
};

struct ranker_view {
    uint32_t size; /* places of the window */
    uint32_t edge_count;
    bool stale; /* no edge was valid then: those valid now stand in */
    struct ranker_links callees;
    struct ranker_links callers;
};

/* What a view is of. */
struct ranker_view_of {
    const struct ranker_window *window;
    const struct ranker_graph *graph;
    uint64_t route;
    int64_t at; /* start of the symptoms */
    int64_t now_at;
};

/* CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_view_make(struct ranker_view *view,
                                            const struct ranker_view_of *of,
                                            struct cw_arena *arena,
                                            struct cw_error *err);

/* Hops from the nearest place marked 0 in hops[0..size) along links, written
 * into hops; places that hold RANKER_NONE and lie farther than limit keep it.
 * queue has room for size places. */
void ranker_view_walk(const struct ranker_view *view,
                      const struct ranker_links *along, uint32_t limit,
                      uint32_t *hops, uint32_t *queue);

#endif
