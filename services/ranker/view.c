#include "view.h"

#include <stdlib.h>

/* An edge between two known entities of the domain, at its places. */
struct placed {
    uint32_t caller;
    uint32_t callee;
    const struct ranker_edge *edge;
};

static bool valid_at(const struct ranker_edge *edge, int64_t at)
{
    return edge->valid_from <= at + RANKER_SLACK_US &&
           (edge->valid_to == 0 || edge->valid_to > at);
}

static uint32_t place_edges(const struct ranker_view_of *of, int64_t at,
                            struct placed *placed)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < ranker_graph_size(of->graph); i++) {
        const struct ranker_edge *edge = ranker_graph_at(of->graph, i);
        if (edge->route != of->route || !valid_at(edge, at))
            continue;
        const struct placed made = {
            ranker_window_find(of->window, edge->caller),
            ranker_window_find(of->window, edge->callee),
            edge,
        };
        if (made.caller != RANKER_NONE && made.callee != RANKER_NONE &&
            made.caller != made.callee)
            placed[count++] = made;
    }
    return count;
}

static int by_edge_id(const void *left, const void *right)
{
    const uint64_t a = ((const struct placed *)left)->edge->id;
    const uint64_t b = ((const struct placed *)right)->edge->id;

    return (a > b) - (a < b);
}

/* Lists of links by one end of each edge: count, add up, deal out. */
static bool make_links(struct ranker_links *links, uint32_t size,
                       const struct placed *placed, uint32_t count,
                       bool of_caller, struct cw_arena *arena)
{
    links->first = cw_arena_take(arena, (size + 2) * sizeof(*links->first));
    links->links = cw_arena_take(arena, (count + 1) * sizeof(*links->links));
    if (links->first == NULL || links->links == NULL)
        return false;
    uint32_t *next = links->first + 1; /* shifted: ends as the starts */
    for (uint32_t i = 0; i < count; i++)
        next[(of_caller ? placed[i].caller : placed[i].callee) + 1]++;
    for (uint32_t p = 0; p < size; p++)
        next[p + 1] += next[p];
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = of_caller ? placed[i].caller : placed[i].callee;
        links->links[next[at]++] = (struct ranker_link){
            of_caller ? placed[i].callee : placed[i].caller, placed[i].edge};
    }
    return true;
}

enum cw_status ranker_view_make(struct ranker_view *view,
                                const struct ranker_view_of *of,
                                struct cw_arena *arena, struct cw_error *err)
{
    const uint32_t room = ranker_graph_size(of->graph);
    struct placed *placed = cw_arena_take(arena, (room + 1) * sizeof(*placed));

    if (placed == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for a view");
    *view = (struct ranker_view){.size = ranker_window_size(of->window)};
    view->edge_count = place_edges(of, of->at, placed);
    if (view->edge_count == 0) {
        view->edge_count = place_edges(of, of->now_at, placed);
        view->stale = view->edge_count > 0;
    }
    if (view->edge_count > 0)
        qsort(placed, view->edge_count, sizeof(*placed), by_edge_id);
    if (!make_links(&view->callees, view->size, placed, view->edge_count, true,
                    arena) ||
        !make_links(&view->callers, view->size, placed, view->edge_count, false,
                    arena))
        return cw_fail(err, CW_NO_MEMORY, "no memory for a view");
    return CW_OK;
}

void ranker_view_walk(const struct ranker_view *view,
                      const struct ranker_links *along, uint32_t limit,
                      uint32_t *hops, uint32_t *queue)
{
    uint32_t head = 0, tail = 0;

    for (uint32_t p = 0; p < view->size; p++)
        if (hops[p] == 0)
            queue[tail++] = p;
    while (head < tail) {
        const uint32_t at = queue[head++];
        if (hops[at] == limit)
            continue;
        for (uint32_t i = along->first[at]; i < along->first[at + 1]; i++) {
            const uint32_t other = along->links[i].other;
            if (hops[other] != RANKER_NONE)
                continue;
            hops[other] = hops[at] + 1;
            queue[tail++] = other;
        }
    }
}
