#include "correlate/reach.h"

#include <stdlib.h>

void corr_reach_fini(struct corr_reach *reach)
{
    free(reach->places);
    cw_map64_destroy(&reach->by_state);
    *reach = (struct corr_reach){0};
}

static uint64_t state_key(uint32_t node, bool turned)
{
    return (uint64_t)node * 2 + (turned ? 1 : 0);
}

/* A known or surplus place is not added: both are no fault. */
static enum cw_status add_place(struct corr_reach *reach,
                                struct corr_reach_place place,
                                struct cw_error *err)
{
    uint64_t known = 0;
    const uint64_t key = state_key(place.node, place.turned);
    if (reach->count >= CORR_REACH_MAX ||
        cw_map64_find(reach->by_state, key, &known))
        return CW_OK;
    if (reach->count == reach->capacity) {
        const uint32_t capacity = reach->capacity ? reach->capacity * 2 : 16;
        void *grown = realloc(reach->places, capacity * sizeof(*reach->places));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "reach");
        reach->places = grown;
        reach->capacity = capacity;
    }
    const enum cw_status status =
        cw_map64_put(reach->by_state, key, reach->count, err);
    if (status == CW_OK)
        reach->places[reach->count++] = place;
    return status;
}

static enum cw_status add_core(struct corr_reach *reach,
                               const struct corr_graph *graph,
                               const struct corr_reach_from *from,
                               struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < from->core_count && status == CW_OK; i++) {
        const uint32_t node = corr_graph_node(graph, from->core[i]);
        if (node != CORR_NONE)
            status = add_place(
                reach, (struct corr_reach_place){node, CORR_NONE, 0, false},
                err);
    }
    return status;
}

static enum cw_status go_down(struct corr_reach *reach,
                              const struct corr_graph *graph,
                              const struct corr_reach_from *from,
                              uint32_t parent, struct cw_error *err)
{
    const struct corr_reach_place at = reach->places[parent];
    enum cw_status status = CW_OK;
    uint32_t link = corr_graph_first_out(graph, at.node);
    while (link != CORR_NONE && status == CW_OK) {
        const struct corr_edge *edge = corr_graph_at(graph, link);
        if (corr_edge_valid(edge, from->from_at, from->to_at))
            status = add_place(reach,
                               (struct corr_reach_place){edge->callee, parent,
                                                         (uint8_t)(at.hops + 1),
                                                         at.turned},
                               err);
        link = edge->next_out;
    }
    return status;
}

static enum cw_status go_up(struct corr_reach *reach,
                            const struct corr_graph *graph,
                            const struct corr_reach_from *from, uint32_t parent,
                            struct cw_error *err)
{
    const struct corr_reach_place at = reach->places[parent];
    enum cw_status status = CW_OK;
    uint32_t link = corr_graph_first_in(graph, at.node);
    while (link != CORR_NONE && status == CW_OK) {
        const struct corr_edge *edge = corr_graph_at(graph, link);
        if (corr_edge_valid(edge, from->from_at, from->to_at))
            status = add_place(reach,
                               (struct corr_reach_place){edge->caller, parent,
                                                         (uint8_t)(at.hops + 1),
                                                         true},
                               err);
        link = edge->next_in;
    }
    return status;
}

static bool may_go_down(const struct corr_reach_place *at,
                        const struct corr_graph *graph,
                        const struct corr_reach_from *from)
{
    uint64_t place = 0;
    if (!at->turned || from->members == NULL)
        return !at->turned;
    return cw_map64_find(from->members, corr_graph_node_id(graph, at->node),
                         &place);
}

enum cw_status corr_reach_build(struct corr_reach *reach,
                                const struct corr_graph *graph,
                                const struct corr_reach_from *from,
                                struct cw_error *err)
{
    enum cw_status status = CW_OK;
    reach->count = 0;
    if (reach->by_state == NULL)
        status = cw_map64_create(&reach->by_state, CORR_REACH_MAX, err);
    else
        cw_map64_clear(reach->by_state);
    if (status == CW_OK)
        status = add_core(reach, graph, from, err);
    for (uint32_t i = 0; i < reach->count && status == CW_OK; i++) {
        if (reach->places[i].hops >= from->max_hops)
            continue;
        if (may_go_down(&reach->places[i], graph, from))
            status = go_down(reach, graph, from, i, err);
        if (status == CW_OK)
            status = go_up(reach, graph, from, i, err);
    }
    return status;
}

uint32_t corr_reach_find(const struct corr_reach *reach, uint32_t node)
{
    if (node == CORR_NONE || reach->by_state == NULL)
        return CORR_NONE;
    uint64_t straight = CORR_NONE;
    uint64_t turned = CORR_NONE;
    (void)cw_map64_find(reach->by_state, state_key(node, false), &straight);
    (void)cw_map64_find(reach->by_state, state_key(node, true), &turned);
    /* Places lie in order of distance: the smaller index is the nearer. */
    return (uint32_t)(straight < turned ? straight : turned);
}
