#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t cw_hash(const void *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}

uint64_t cw_hash_text(struct cw_text text)
{
    return XXH3_64bits(text.size ? text.bytes : "", text.size);
}

uint64_t cw_hash_mix(uint64_t seed, uint64_t value)
{
    uint64_t mixed =
        (seed ^ (value + 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
    mixed ^= mixed >> 32;
    mixed *= 0xc4ceb9fe1a85ec53u;
    return mixed ^ (mixed >> 29) ^ (seed << 1);
}

uint64_t cw_hash_mix_text(uint64_t seed, struct cw_text text)
{
    return cw_hash_mix(seed, cw_hash_text(text));
}

static uint64_t keep_off_all(uint64_t route)
{
    return route == CW_ROUTE_ALL ? 0 : route;
}

uint64_t cw_route_entity(struct cw_text tenant, struct cw_text kind,
                         struct cw_text name)
{
    uint64_t route = cw_hash_text(tenant);
    route = cw_hash_mix_text(route, kind);
    return keep_off_all(cw_hash_mix_text(route, name));
}

uint64_t cw_route_domain(struct cw_text tenant, struct cw_text domain)
{
    return keep_off_all(cw_hash_mix_text(cw_hash_text(tenant), domain));
}

uint32_t cw_partition_of(uint64_t route, uint32_t count)
{
    return (uint32_t)((route >> 32) % count);
}

uint32_t cw_shard_of(uint64_t route, uint32_t count)
{
    return (uint32_t)((route & 0xffffffffu) % count);
}
