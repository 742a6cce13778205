#include "party.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map64.h"

struct parties {
    struct party *all; /* limit of capacity */
    uint32_t limit;
    uint32_t capacity;
    size_t max_count;
    size_t count; /* in use */
    struct cw_map64 *by_key;
};

enum cw_status parties_create(struct parties **made, size_t max_count,
                              struct cw_error *err)
{
    struct parties *parties = calloc(1, sizeof(*parties));
    if (parties == NULL)
        return cw_fail(err, CW_NO_MEMORY, "parties");
    parties->max_count = max_count;
    const enum cw_status status =
        cw_map64_create(&parties->by_key, max_count, err);
    if (status != CW_OK)
        parties_destroy(&parties);
    else
        *made = parties;
    return status;
}

static void clear(struct party *party)
{
    free(party->names);
    *party = (struct party){0};
}

void parties_destroy(struct parties **parties)
{
    if (*parties == NULL)
        return;
    for (uint32_t i = 0; i < (*parties)->limit; i++)
        clear(&(*parties)->all[i]);
    free((*parties)->all);
    cw_map64_destroy(&(*parties)->by_key);
    free(*parties);
    *parties = NULL;
}

/* The four names in one piece of memory. */
static bool keep_names(struct party *party, const struct cw_text names[4])
{
    struct cw_text *const to[4] = {&party->tenant, &party->domain, &party->kind,
                                   &party->name};
    size_t size = 1;
    for (size_t i = 0; i < 4; i++)
        size += names[i].size;
    char *bytes = malloc(size);
    if (bytes == NULL)
        return false;
    party->names = bytes;
    for (size_t i = 0; i < 4; i++) {
        if (names[i].size > 0)
            memcpy(bytes, names[i].bytes, names[i].size);
        *to[i] = (struct cw_text){bytes, names[i].size};
        bytes += names[i].size;
    }
    return true;
}

/* A free number below the limit, or a new one; PARTY_NONE without memory. */
static uint32_t free_number(struct parties *parties)
{
    if (parties->count < parties->limit)
        for (uint32_t i = 0; i < parties->limit; i++)
            if (!parties->all[i].used)
                return i;
    if (parties->limit == parties->capacity) {
        const uint32_t capacity =
            parties->capacity ? parties->capacity * 2 : 64;
        struct party *all = realloc(parties->all, capacity * sizeof(*all));
        if (all == NULL)
            return PARTY_NONE;
        parties->all = all;
        parties->capacity = capacity;
    }
    parties->all[parties->limit] = (struct party){0};
    return parties->limit++;
}

static uint32_t add(struct parties *parties, uint64_t key,
                    const struct cw_text names[4], int64_t now_at)
{
    struct cw_error err;
    if (parties->count >= parties->max_count)
        parties_expire(parties, now_at - PARTY_IDLE_US);
    if (parties->count >= parties->max_count)
        return PARTY_NONE;
    const uint32_t number = free_number(parties);
    if (number == PARTY_NONE ||
        cw_map64_put(parties->by_key, key, number, &err) != CW_OK)
        return PARTY_NONE;
    struct party *party = &parties->all[number];
    if (!keep_names(party, names)) {
        (void)cw_map64_remove(parties->by_key, key);
        return PARTY_NONE;
    }
    party->key = key;
    party->used = true;
    parties->count++;
    return number;
}

uint32_t parties_number(struct parties *parties, const struct cw_span *span,
                        struct cw_entity entity, int64_t now_at)
{
    const struct cw_text names[4] = {span->tenant, span->domain, entity.kind,
                                     entity.name};
    uint64_t key = cw_hash_text(names[0]);
    for (size_t i = 1; i < 4; i++)
        key = cw_hash_mix_text(key, names[i]);
    uint64_t found;
    uint32_t number;
    if (cw_map64_find(parties->by_key, key, &found))
        number = (uint32_t)found;
    else
        number = add(parties, key, names, now_at);
    if (number != PARTY_NONE)
        parties->all[number].seen_at = now_at;
    return number;
}

uint32_t parties_limit(const struct parties *parties)
{
    return parties->limit;
}

struct party *parties_at(struct parties *parties, uint32_t number)
{
    return &parties->all[number];
}

size_t parties_expire(struct parties *parties, int64_t before_at)
{
    for (uint32_t i = 0; i < parties->limit; i++) {
        struct party *party = &parties->all[i];
        if (!party->used || party->seen_at >= before_at)
            continue;
        (void)cw_map64_remove(parties->by_key, party->key);
        clear(party);
        parties->count--;
    }
    return parties->count;
}

size_t parties_count(const struct parties *parties)
{
    return parties->count;
}

int64_t party_product(int64_t a, int64_t b)
{
    int64_t result;
    return __builtin_mul_overflow(a, b, &result) ? INT64_MAX : result;
}

int64_t party_sum(int64_t a, int64_t b)
{
    int64_t result;
    return __builtin_add_overflow(a, b, &result) ? INT64_MAX : result;
}

void party_load_add(struct party_load *load, int64_t weight,
                    int64_t duration_us, bool failed)
{
    load->count = party_sum(load->count, weight);
    load->errors = party_sum(load->errors, failed ? weight : 0);
    load->sum_us = party_sum(load->sum_us, party_product(duration_us, weight));
}

static void save_load(const struct party_load *load, struct cw_pack *out)
{
    cw_pack_i64(out, load->count);
    cw_pack_i64(out, load->errors);
    cw_pack_i64(out, load->sum_us);
}

static struct party_load load_load(struct cw_unpack *in)
{
    struct party_load load;
    load.count = cw_unpack_i64(in);
    load.errors = cw_unpack_i64(in);
    load.sum_us = cw_unpack_i64(in);
    return load;
}

void parties_save(const struct parties *parties, struct cw_pack *out)
{
    cw_pack_u32(out, parties->limit);
    for (uint32_t i = 0; i < parties->limit; i++) {
        const struct party *party = &parties->all[i];
        cw_pack_bool(out, party->used);
        if (!party->used)
            continue;
        cw_pack_text(out, party->tenant);
        cw_pack_text(out, party->domain);
        cw_pack_text(out, party->kind);
        cw_pack_text(out, party->name);
        cw_pack_u64(out, party->key);
        cw_pack_i64(out, party->seen_at);
        cw_pack_i64(out, party->served_at);
        cw_pack_i64(out, party->called_at);
        save_load(&party->server, out);
        save_load(&party->client, out);
        cw_pack_bool(out, party->server_defined);
        cw_pack_bool(out, party->client_defined);
    }
}

static bool load_party(struct party *party, struct cw_unpack *in)
{
    struct cw_text names[4];
    for (size_t i = 0; i < 4; i++)
        names[i] = cw_unpack_text(in);
    if (!keep_names(party, names))
        return false;
    party->used = true;
    party->key = cw_unpack_u64(in);
    party->seen_at = cw_unpack_i64(in);
    party->served_at = cw_unpack_i64(in);
    party->called_at = cw_unpack_i64(in);
    party->server = load_load(in);
    party->client = load_load(in);
    party->server_defined = cw_unpack_bool(in);
    party->client_defined = cw_unpack_bool(in);
    return true;
}

enum cw_status parties_load(struct parties *parties, struct cw_unpack *in,
                            struct cw_error *err)
{
    const uint32_t limit = cw_unpack_count(in, 1);
    parties->all = calloc((size_t)limit + 1, sizeof(*parties->all));
    if (parties->all == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%u parties", limit);
    parties->capacity = limit + 1;
    parties->limit = limit;
    for (uint32_t i = 0; i < limit; i++) {
        if (!cw_unpack_bool(in))
            continue;
        if (!load_party(&parties->all[i], in))
            return cw_fail(err, CW_NO_MEMORY, "%u parties", limit);
        parties->count++;
        const enum cw_status status =
            cw_map64_put(parties->by_key, parties->all[i].key, i, err);
        if (status != CW_OK)
            return status;
    }
    return CW_OK;
}
