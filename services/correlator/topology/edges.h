/*
 * edges - the calls of the open window, summed by caller and callee.
 *
 * Place    trace -> [edges] -> core (EDGES)
 * Output   count, errors, duration sum and a histogram of the callee's
 *          duration in buckets (EDGES_GAMMA^(i-1), EDGES_GAMMA^i] us; bucket 0
 *          holds up to 1 us
 * Limits   max_count edges a window; a further one is refused and counted by
 *          the caller. All sums are whole numbers: see party.h
 * Threads  one owner thread
 * Source   the histogram: Masson, Rim, Lee, DDSketch, VLDB 2019
 */
#ifndef CORRELATOR_TOPOLOGY_EDGES_H
#define CORRELATOR_TOPOLOGY_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pack.h"
#include "base/status.h"
#include "party.h"

#define EDGES_GAMMA        1.1
#define EDGES_BUCKET_COUNT 266 /* the last one reaches a day */
#define EDGES_DURATION_MAX INT64_C(86400000000)

struct edge {
    uint64_t caller_key; /* of the parties: the order of edges */
    uint64_t callee_key;
    uint32_t caller;
    uint32_t callee;
    bool sends;
    struct party_load load;
    int64_t buckets[EDGES_BUCKET_COUNT]; /* in 1/PARTY_UNIT */
};

struct edges;

CW_MUST_USE enum cw_status edges_create(struct edges **made, size_t max_count,
                                        struct cw_error *err);
void edges_destroy(struct edges **edges);

/* The edge of these parties, made when the window has none; NULL when full or
 * out of memory. Lent until the next call. */
struct edge *edges_get(struct edges *edges, const struct edge *of);

/* Which bucket a duration of at most EDGES_DURATION_MAX falls into. */
size_t edges_bucket(const struct edges *edges, int64_t duration_us);

size_t edges_count(const struct edges *edges);
/* In the order of keys, after edges_sort. */
const struct edge *edges_at(const struct edges *edges, size_t index);
void edges_sort(struct edges *edges);
void edges_clear(struct edges *edges);

void edges_save(const struct edges *edges, struct cw_pack *out);
CW_MUST_USE enum cw_status edges_load(struct edges *edges, uint32_t party_limit,
                                      struct cw_unpack *in,
                                      struct cw_error *err);

#endif
