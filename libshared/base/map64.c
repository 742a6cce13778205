#include "base/map64.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16u

struct slot {
    uint64_t key;
    uint64_t value;
    bool used;
};

struct cw_map64 {
    struct slot *slots; /* capacity is a power of two, load <= 3/4 */
    size_t capacity;
    size_t count;
    size_t max_count;
};

enum cw_status cw_map64_create(struct cw_map64 **made, size_t max_count,
                               struct cw_error *err)
{
    struct cw_map64 *map = calloc(1, sizeof(*map));
    if (map == NULL)
        return cw_fail(err, CW_NO_MEMORY, "map64");
    map->slots = calloc(FIRST_CAPACITY, sizeof(*map->slots));
    if (map->slots == NULL) {
        free(map);
        return cw_fail(err, CW_NO_MEMORY, "map64 slots");
    }
    map->capacity = FIRST_CAPACITY;
    map->max_count = max_count;
    *made = map;
    return CW_OK;
}

void cw_map64_destroy(struct cw_map64 **map)
{
    if (*map == NULL)
        return;
    free((*map)->slots);
    free(*map);
    *map = NULL;
}

/* Keys of one shard of one partition agree in low bits of both halves, so the
 * bits are spread (Knuth's multiplicative method) before they place. */
static size_t home_of(uint64_t key, size_t mask)
{
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;
}

/* Where the key is, or the free slot where it would go. */
static size_t place(const struct slot *slots, size_t capacity, uint64_t key)
{
    size_t at = home_of(key, capacity - 1);
    while (slots[at].used && slots[at].key != key)
        at = (at + 1) & (capacity - 1);
    return at;
}

bool cw_map64_find(const struct cw_map64 *map, uint64_t key, uint64_t *value)
{
    const size_t at = place(map->slots, map->capacity, key);
    if (!map->slots[at].used)
        return false;
    *value = map->slots[at].value;
    return true;
}

static enum cw_status grow(struct cw_map64 *map, struct cw_error *err)
{
    const size_t capacity = map->capacity * 2;
    struct slot *slots = calloc(capacity, sizeof(*slots));
    if (slots == NULL)
        return cw_fail(err, CW_NO_MEMORY, "map64 of %zu slots", capacity);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].used)
            slots[place(slots, capacity, map->slots[i].key)] = map->slots[i];
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return CW_OK;
}

enum cw_status cw_map64_put(struct cw_map64 *map, uint64_t key, uint64_t value,
                            struct cw_error *err)
{
    size_t at = place(map->slots, map->capacity, key);
    if (map->slots[at].used) {
        map->slots[at].value = value;
        return CW_OK;
    }
    if (map->count >= map->max_count)
        return cw_fail(err, CW_FULL, "map64 holds its %zu keys",
                       map->max_count);
    if ((map->count + 1) * 4 > map->capacity * 3) {
        const enum cw_status status = grow(map, err);
        if (status != CW_OK)
            return status;
        at = place(map->slots, map->capacity, key);
    }
    map->slots[at] = (struct slot){key, value, true};
    map->count++;
    return CW_OK;
}

/* Closes the hole so that no probe chain breaks: each follower that could not
 * be reached any more moves into it. */
static void close_hole(struct cw_map64 *map, size_t hole)
{
    const size_t mask = map->capacity - 1;
    size_t at = hole;
    for (;;) {
        at = (at + 1) & mask;
        if (!map->slots[at].used)
            break;
        const size_t home = home_of(map->slots[at].key, mask);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].used = false;
}

bool cw_map64_remove(struct cw_map64 *map, uint64_t key)
{
    const size_t at = place(map->slots, map->capacity, key);
    if (!map->slots[at].used)
        return false;
    close_hole(map, at);
    map->count--;
    return true;
}

size_t cw_map64_count(const struct cw_map64 *map)
{
    return map->count;
}

void cw_map64_clear(struct cw_map64 *map)
{
    memset(map->slots, 0, map->capacity * sizeof(*map->slots));
    map->count = 0;
}
