/*
 * map64 - id to index: open addressing over 64-bit hashed keys.
 *
 * Place    the state tables of every core
 * Limits   at most max_count keys, below 3 * 2^30; put refuses (CW_FULL)
 *          beyond. Keys should be hashes already: one multiplication places
 *          them
 * Threads  one owner thread
 */
#ifndef CW_BASE_MAP64_H
#define CW_BASE_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct cw_map64;

CW_MUST_USE enum cw_status
cw_map64_create(struct cw_map64 **made, size_t max_count, struct cw_error *err);
void cw_map64_destroy(struct cw_map64 **map);

/* *value is set when the key is there. */
bool cw_map64_find(const struct cw_map64 *map, uint64_t key, uint64_t *value);

/* Adds or overwrites. CW_FULL, CW_NO_MEMORY: map unchanged. */
CW_MUST_USE enum cw_status cw_map64_put(struct cw_map64 *map, uint64_t key,
                                        uint64_t value, struct cw_error *err);

/* False when it was not there. */
bool cw_map64_remove(struct cw_map64 *map, uint64_t key);

size_t cw_map64_count(const struct cw_map64 *map);
void cw_map64_clear(struct cw_map64 *map);

#endif
