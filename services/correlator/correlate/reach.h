/*
 * reach - the entities near an incident, with the way to each.
 *
 * Place    graph + first entities of an incident -> [reach] -> group
 * Input    breadth first from the core, over edges valid during the incident.
 *          Two entities belong together when one depends on the other or both
 *          on a third (down* up*); a common caller joins two only if it is
 *          itself a member, or every fault under one frontend would be one:
 *
 *            core -> db <- cart       joined: both need db
 *            core <- web -> pay       joined only while web is a member
 *
 * Limits   CORR_REACH_MAX places, the nearest kept; hops <= 3
 * Threads  one owner thread
 */
#ifndef CORRELATE_REACH_H
#define CORRELATE_REACH_H

#include "base/map64.h"
#include "correlate/graph.h"

#define CORR_REACH_MAX 4096u
#define CORR_HOPS_MAX  3u

struct corr_reach_place {
    uint32_t node;
    uint32_t parent; /* place before it, CORR_NONE for the core */
    uint8_t hops;
    bool turned; /* the way has gone up: it may not go down again */
};

struct corr_reach {
    struct corr_reach_place *places; /* owned; in order of distance */
    uint32_t count;
    uint32_t capacity;
    struct cw_map64 *by_state; /* node * 2 + turned -> place */
};

struct corr_reach_from {
    const uint64_t *core; /* entity ids */
    size_t core_count;
    const struct cw_map64 *members; /* entity ids of the incident, or NULL */
    int64_t from_at;                /* edges valid in [from_at, to_at] */
    int64_t to_at;
    uint32_t max_hops; /* <= CORR_HOPS_MAX */
};

void corr_reach_fini(struct corr_reach *reach);

/* Computes it anew. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status corr_reach_build(struct corr_reach *reach,
                                            const struct corr_graph *graph,
                                            const struct corr_reach_from *from,
                                            struct cw_error *err);

/* Place of the node nearest to the core, CORR_NONE when out of reach. */
uint32_t corr_reach_find(const struct corr_reach *reach, uint32_t node);

#endif
