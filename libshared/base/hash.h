/*
 * hash - the ids of everything: XXH3, the same on every machine.
 *
 * Place    series, entity, pattern, content ids; partition and shard routing
 * Limits   64 bits; a changed function would change every id in every topic,
 *          so what is here never changes (fixtures in hash_test.c)
 * Threads  pure
 */
#ifndef CW_BASE_HASH_H
#define CW_BASE_HASH_H

#include <stdint.h>

#include "base/text.h"

uint64_t cw_hash(const void *bytes, size_t size);
uint64_t cw_hash_text(struct cw_text text);

/* Order matters: mix(a, b) != mix(b, a). */
uint64_t cw_hash_mix(uint64_t seed, uint64_t value);
uint64_t cw_hash_mix_text(uint64_t seed, struct cw_text text);

/* Route of an entity of a tenant: partition and shard follow from it. */
uint64_t cw_route_entity(struct cw_text tenant, struct cw_text kind,
                         struct cw_text name);
/* Route of a correlation domain. */
uint64_t cw_route_domain(struct cw_text tenant, struct cw_text domain);

#define CW_ROUTE_ALL UINT64_MAX /* every partition, every shard */

/* Partition in [0, count) for a route; the shard inside it uses other bits. */
uint32_t cw_partition_of(uint64_t route, uint32_t count);
uint32_t cw_shard_of(uint64_t route, uint32_t count);

#endif
