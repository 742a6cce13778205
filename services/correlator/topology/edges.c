#include "edges.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map64.h"

struct edges {
    struct edge *all; /* count of capacity */
    size_t count;
    size_t capacity;
    size_t max_count;
    struct cw_map64 *by_key;           /* to index */
    double bounds[EDGES_BUCKET_COUNT]; /* upper, us */
};

enum cw_status edges_create(struct edges **made, size_t max_count,
                            struct cw_error *err)
{
    struct edges *edges = calloc(1, sizeof(*edges));
    if (edges == NULL)
        return cw_fail(err, CW_NO_MEMORY, "edges");
    edges->max_count = max_count;
    edges->bounds[0] = 1.0;
    for (size_t i = 1; i < EDGES_BUCKET_COUNT; i++)
        edges->bounds[i] = edges->bounds[i - 1] * EDGES_GAMMA;
    const enum cw_status status =
        cw_map64_create(&edges->by_key, max_count, err);
    if (status != CW_OK)
        edges_destroy(&edges);
    else
        *made = edges;
    return status;
}

void edges_destroy(struct edges **edges)
{
    if (*edges == NULL)
        return;
    free((*edges)->all);
    cw_map64_destroy(&(*edges)->by_key);
    free(*edges);
    *edges = NULL;
}

static uint64_t key_of(const struct edge *edge)
{
    return cw_hash_mix(cw_hash_mix(edge->caller_key, edge->callee_key),
                       edge->sends);
}

static bool make_room(struct edges *edges)
{
    if (edges->count < edges->capacity)
        return true;
    const size_t capacity = edges->capacity ? edges->capacity * 2 : 16;
    struct edge *all = realloc(edges->all, capacity * sizeof(*all));
    if (all == NULL)
        return false;
    edges->all = all;
    edges->capacity = capacity;
    return true;
}

struct edge *edges_get(struct edges *edges, const struct edge *of)
{
    struct cw_error err;
    uint64_t index;
    const uint64_t key = key_of(of);
    if (cw_map64_find(edges->by_key, key, &index))
        return &edges->all[index];
    if (edges->count >= edges->max_count || !make_room(edges) ||
        cw_map64_put(edges->by_key, key, edges->count, &err) != CW_OK)
        return NULL;
    struct edge *edge = &edges->all[edges->count++];
    *edge = (struct edge){.caller_key = of->caller_key,
                          .callee_key = of->callee_key,
                          .caller = of->caller,
                          .callee = of->callee,
                          .sends = of->sends};
    return edge;
}

size_t edges_bucket(const struct edges *edges, int64_t duration_us)
{
    const double duration = (double)duration_us;
    size_t low = 0;
    size_t high = EDGES_BUCKET_COUNT - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (edges->bounds[middle] < duration)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t edges_count(const struct edges *edges)
{
    return edges->count;
}

const struct edge *edges_at(const struct edges *edges, size_t index)
{
    return &edges->all[index];
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_keys(const void *a, const void *b)
{
    const struct edge *left = a;
    const struct edge *right = b;
    int order = compare(left->caller_key, right->caller_key);
    if (order == 0)
        order = compare(left->callee_key, right->callee_key);
    return order != 0 ? order : compare(left->sends, right->sends);
}

/* The indexes in by_key are stale afterwards: the window ends here. */
void edges_sort(struct edges *edges)
{
    if (edges->count > 0)
        qsort(edges->all, edges->count, sizeof(*edges->all), by_keys);
}

void edges_clear(struct edges *edges)
{
    edges->count = 0;
    cw_map64_clear(edges->by_key);
}

static void save_edge(const struct edge *edge, struct cw_pack *out)
{
    uint32_t used = 0;
    for (size_t i = 0; i < EDGES_BUCKET_COUNT; i++)
        used += edge->buckets[i] != 0;
    cw_pack_u64(out, edge->caller_key);
    cw_pack_u64(out, edge->callee_key);
    cw_pack_u32(out, edge->caller);
    cw_pack_u32(out, edge->callee);
    cw_pack_bool(out, edge->sends);
    cw_pack_i64(out, edge->load.count);
    cw_pack_i64(out, edge->load.errors);
    cw_pack_i64(out, edge->load.sum_us);
    cw_pack_u32(out, used);
    for (uint32_t i = 0; i < EDGES_BUCKET_COUNT; i++) {
        if (edge->buckets[i] == 0)
            continue;
        cw_pack_u32(out, i);
        cw_pack_i64(out, edge->buckets[i]);
    }
}

void edges_save(const struct edges *edges, struct cw_pack *out)
{
    cw_pack_u32(out, (uint32_t)edges->count);
    for (size_t i = 0; i < edges->count; i++)
        save_edge(&edges->all[i], out);
}

static enum cw_status load_edge(struct edges *edges, uint32_t party_limit,
                                struct cw_unpack *in, struct cw_error *err)
{
    struct edge read = {0};
    read.caller_key = cw_unpack_u64(in);
    read.callee_key = cw_unpack_u64(in);
    read.caller = cw_unpack_u32(in);
    read.callee = cw_unpack_u32(in);
    read.sends = cw_unpack_bool(in);
    if (read.caller >= party_limit || read.callee >= party_limit)
        return cw_fail(err, CW_BAD_STATE, "an edge of nobody");
    struct edge *edge = edges_get(edges, &read);
    if (edge == NULL)
        return cw_fail(err, CW_NO_MEMORY, "edge");
    edge->load.count = cw_unpack_i64(in);
    edge->load.errors = cw_unpack_i64(in);
    edge->load.sum_us = cw_unpack_i64(in);
    const uint32_t used = cw_unpack_count(in, sizeof(uint64_t));
    for (uint32_t i = 0; i < used; i++) {
        const uint32_t bucket = cw_unpack_u32(in);
        if (bucket >= EDGES_BUCKET_COUNT)
            return cw_fail(err, CW_BAD_STATE, "bucket %u", bucket);
        edge->buckets[bucket] = cw_unpack_i64(in);
    }
    return CW_OK;
}

enum cw_status edges_load(struct edges *edges, uint32_t party_limit,
                          struct cw_unpack *in, struct cw_error *err)
{
    const uint32_t count = cw_unpack_count(in, sizeof(uint64_t));
    for (uint32_t i = 0; i < count; i++) {
        const enum cw_status status = load_edge(edges, party_limit, in, err);
        if (status != CW_OK)
            return status;
    }
    return CW_OK;
}
