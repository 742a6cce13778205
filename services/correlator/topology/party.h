/*
 * party - the entities that spans speak of, numbered within a shard.
 *
 * Place    span -> [party] -> trace, edges, red
 * Limits   max_count; when full, those that no span named for PARTY_IDLE_US go,
 *          else the newcomer gets PARTY_NONE and the caller counts it
 * Threads  one owner thread
 *
 * A number is never given away while an open trace may hold it: traces close
 * within a minute, parties go after PARTY_IDLE_US.
 */
#ifndef CORRELATOR_TOPOLOGY_PARTY_H
#define CORRELATOR_TOPOLOGY_PARTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "base/status.h"
#include "base/text.h"
#include "record/records.h"

#define PARTY_NONE    UINT32_MAX
#define PARTY_IDLE_US INT64_C(900000000)
#define PARTY_UNIT    1024 /* weights are counted in 1/1024 spans */

/* Spans of one side during the open window. Whole numbers: their sum does not
 * hang on the order of adding; at their ends they stick. */
struct party_load {
    int64_t count;  /* in 1/PARTY_UNIT */
    int64_t errors; /* in 1/PARTY_UNIT */
    int64_t sum_us; /* of durations, in us/PARTY_UNIT */
};

struct party {
    uint64_t key; /* of tenant, domain, kind, name */
    char *names;  /* owned: the bytes of the next four */
    struct cw_text tenant;
    struct cw_text domain;
    struct cw_text kind;
    struct cw_text name;
    int64_t seen_at;   /* us, stream time it was named last */
    int64_t served_at; /* us, stream time of its last own span; 0 = never */
    int64_t called_at; /* us, ... of its last call seen by a client only */
    struct party_load server;
    struct party_load client;
    bool server_defined; /* its series are defined */
    bool client_defined;
    bool used; /* false: the number is free */
};

struct parties;

CW_MUST_USE enum cw_status
parties_create(struct parties **made, size_t max_count, struct cw_error *err);
void parties_destroy(struct parties **parties);

/* The number of an entity, given now when it has none; PARTY_NONE when there
 * is no room or no memory. */
uint32_t parties_number(struct parties *parties, const struct cw_span *span,
                        struct cw_entity entity, int64_t now_at);

/* Numbers run from 0 to the limit; some are not in use. */
uint32_t parties_limit(const struct parties *parties);
struct party *parties_at(struct parties *parties, uint32_t number);

/* Frees the numbers of parties not named since before_at; how many are left. */
size_t parties_expire(struct parties *parties, int64_t before_at);
size_t parties_count(const struct parties *parties);

/* Adds a span; weight in 1/PARTY_UNIT. */
void party_load_add(struct party_load *load, int64_t weight,
                    int64_t duration_us, bool failed);

/* a * b and a + b, stuck at INT64_MAX; none may be negative. */
int64_t party_product(int64_t a, int64_t b);
int64_t party_sum(int64_t a, int64_t b);

void parties_save(const struct parties *parties, struct cw_pack *out);
CW_MUST_USE enum cw_status parties_load(struct parties *parties,
                                        struct cw_unpack *in,
                                        struct cw_error *err);

#endif
