/*
 * roster - everything one shard knows: its entities, series, pairs, and the
 * samples that wait.
 *
 * Place    core: one a shard; intake, watch and evidence work on it
 * Limits   series, entities and pairs as configured: one more is refused and
 *          counted, and said by a SERIES record; 1024 parked samples, the next
 *          is refused; ROSTER_PENDING_MAX samples a slice, then they are
 *          worked off before the slice ends
 * Order    series and entities keep the order of their first sight: it is the
 *          order of every output, and survives save and load
 * Threads  one owner thread
 */
#ifndef DETECTOR_ROSTER_H
#define DETECTOR_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map64.h"
#include "derive.h"
#include "rate.h"
#include "series.h"

#define ROSTER_ALARMED_MAX 64u
#define ROSTER_NONE        UINT32_MAX
#define ROSTER_PARKED_MAX  1024
#define ROSTER_PENDING_MAX 65536

struct silence {
    int64_t started_at; /* event time: when the next sample was due */
    int64_t opened_at;  /* stream time */
    double score;
    bool open;
};

/* A series with everything around its model. */
struct member {
    int64_t id;
    int64_t first_seen_at;     /* stream time */
    int64_t seen_at;           /* stream time of the last sample */
    int64_t interval_us;       /* declared, 0 = unknown */
    unsigned char *definition; /* its Avro bytes, owned */
    uint32_t definition_size;
    uint32_t entity;
    uint32_t next; /* of the same entity, ROSTER_NONE = last */
    uint32_t pair; /* ROSTER_NONE = in none */
    enum cw_metric_kind kind;
    enum cw_family family;
    enum derive_role role;
    enum cw_series_state state; /* as last said */
    bool percent;               /* its unit is % */
    bool derived;
    bool ratio; /* derived: errors / count */
    struct silence silence;
    struct rate rate;
    struct series series;
};

struct watched_entity {
    char *names; /* owned: the block the four texts lie in */
    struct cw_text tenant;
    struct cw_text domain;
    struct cw_text kind;
    struct cw_text name;
    int64_t from_at; /* start of the present minute of evidence */
    uint32_t first;  /* member */
    uint32_t last;
    uint32_t count;
};

struct pair {
    uint64_t key;
    uint32_t sum; /* members; ROSTER_NONE = not seen */
    uint32_t count;
    uint32_t errors;
    uint32_t mean_member;
    uint32_t ratio_member;
    struct quotient mean;
    struct quotient ratio;
};

/* A sample that waits: for its slice's end, or for its definition. */
struct waiting {
    int64_t id;
    int64_t at;
    int64_t start_at;
    int64_t stream_at;
    double value;
    uint32_t member; /* index; ROSTER_NONE while parked */
    uint32_t order;  /* of arrival in the slice */
};

struct roster {
    struct member **members;
    uint32_t member_count;
    uint32_t member_capacity;
    struct watched_entity *entities;
    uint32_t entity_count;
    uint32_t entity_capacity;
    struct pair *pairs;
    uint32_t pair_count;
    uint32_t pair_capacity;
    struct cw_map64 *by_id;     /* series id -> member */
    struct cw_map64 *by_entity; /* hash -> entity */
    struct cw_map64 *by_pair;   /* key -> pair */
    struct waiting *pending;
    uint32_t pending_count;
    uint32_t pending_capacity;
    struct waiting *parked;
    uint32_t parked_count;
    uint32_t parked_capacity;
    /* Entities an anomaly opened on in this slice; more wait for the tick. */
    uint32_t alarmed[ROSTER_ALARMED_MAX];
    uint32_t alarmed_count;
    int64_t timer_at;   /* 0 = none */
    int64_t seen_at;    /* stream time of the last sample of any series */
    int64_t resumed_at; /* first sample after all had been silent */
};

CW_MUST_USE enum cw_status roster_create(struct roster **made,
                                         const struct detector_config *config,
                                         struct cw_error *err);
void roster_destroy(struct roster **roster);

/* ROSTER_NONE when unknown. */
uint32_t roster_find(const struct roster *roster, int64_t id);

/* Adds or redefines the series; *index is its place, *added whether it is new.
 * CW_FULL: no room, nothing changed; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
roster_define(struct roster *roster,
              const struct cw_series_definition *definition, uint32_t *index,
              bool *added, struct cw_error *err);

/* Decodes a member's definition; lent by the arena. */
CW_MUST_USE enum cw_status roster_definition(const struct member *member,
                                             struct cw_arena *arena,
                                             struct cw_series_definition *out,
                                             struct cw_error *err);

/* CW_NO_MEMORY; CW_FULL at the bound. */
CW_MUST_USE enum cw_status roster_push(struct roster *roster, bool parked,
                                       const struct waiting *sample,
                                       struct cw_error *err);

/* True when the member's samples only feed the quotients of its pair. */
bool roster_is_carrier(const struct roster *roster,
                       const struct member *member);

/* Lets go of every series not heard of since before_at, in order. */
CW_MUST_USE enum cw_status
roster_forget(struct roster *roster, int64_t before_at, struct cw_error *err);

void roster_save(const struct roster *roster, struct cw_pack *out);
/* Into an empty roster. CW_BAD_STATE, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
roster_load(struct roster *roster, struct cw_unpack *in, struct cw_error *err);

#endif
