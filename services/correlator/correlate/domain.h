/*
 * domain - everything one correlation domain of a tenant remembers.
 *
 * Place    core -> [domain] <- enter, life, people, declare
 * Output   lists in order of entry: no output depends on a hash table's order
 * Limits   held_max signals, open_max incidents, silence_max silences,
 *          edge_max edges; CORR_SAID_MAX ids of what people said
 * Threads  one owner thread
 */
#ifndef CORRELATE_DOMAIN_H
#define CORRELATE_DOMAIN_H

#include "correlate/config.h"
#include "correlate/graph.h"
#include "correlate/incident.h"
#include "correlate/silence.h"

#define CORR_SAID_MAX 1024u

/* Where a signal is remembered. Each but MEMBER is a list. */
enum corr_hold {
    CORR_ARRIVED,  /* strong, and fits nothing: until the end of the slice */
    CORR_WAITING,  /* weak, or not said often enough: waits for company */
    CORR_SILENCED, /* enters when the silence ends */
    CORR_INFORMED, /* waited in vain; enters should it grow strong */
    CORR_COUNTED,  /* of an incident that writes out no more members */
    CORR_MEMBER,   /* of an incident */
    CORR_HOLD_COUNT
};

struct corr_held {
    uint64_t id;
    enum corr_hold state;
    struct corr_signal *signal;     /* owned; NULL for COUNTED and MEMBER */
    struct corr_incident *incident; /* of COUNTED and MEMBER */
    uint32_t member;                /* index in incident->members of MEMBER */
    enum cw_weight weight;          /* of COUNTED and MEMBER */
    int64_t since_at;
    struct corr_held *previous;
    struct corr_held *next;
};

struct corr_held_list {
    struct corr_held *first;
    struct corr_held *last;
    size_t count;
};

struct corr_domain {
    char *names; /* owned: tenant and name */
    struct cw_text tenant;
    struct cw_text name;
    uint64_t route;
    uint32_t index; /* in its shard */
    struct corr_graph *graph;
    struct corr_reach near; /* scratch of the search for company */
    bool graph_full_told;
    bool touched;           /* in this slice */
    int64_t ledger_at;      /* instant of the last ledger entry */
    uint32_t ledger_number; /* of that entry among those of the instant */
    bool sweeping;          /* a sweep is in the agenda */
    struct corr_incident **incidents; /* not closed; serials rise */
    size_t incident_count;
    size_t incident_capacity;
    uint64_t next_serial;
    struct cw_map64
        *owners; /* entity id -> serial of its oldest live incident */
    struct cw_map64 *held_by_id; /* signal id -> struct corr_held * */
    struct corr_held_list lists[CORR_HOLD_COUNT];
    struct corr_silences silences;
    uint64_t said[CORR_SAID_MAX]; /* ring of ids */
    uint32_t said_count;
    uint32_t said_next;
};

CW_MUST_USE enum cw_status
corr_domain_create(struct corr_domain **made, struct cw_text tenant,
                   struct cw_text name, const struct correlate_config *config,
                   struct cw_error *err);
void corr_domain_destroy(struct corr_domain **domain);

/* NULL when unknown. */
struct corr_held *corr_domain_held(const struct corr_domain *domain,
                                   uint64_t id);

/* Remembers a signal not yet known. *made is lent until it is let go.
 * Copies signal unless the state needs none. CW_FULL, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status corr_domain_hold(struct corr_domain *domain,
                                            enum corr_hold state,
                                            const struct corr_signal *signal,
                                            struct corr_held **made,
                                            struct cw_error *err);

/* Into another list, at its end. Keeps the signal. */
void corr_domain_move(struct corr_domain *domain, struct corr_held *held,
                      enum corr_hold state);

void corr_domain_forget(struct corr_domain *domain, struct corr_held *held);

/* Takes the incident in and gives it its serial. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status corr_domain_add(struct corr_domain *domain,
                                           struct corr_incident *incident,
                                           struct cw_error *err);
/* Destroys it with everything remembered of its members. */
void corr_domain_remove(struct corr_domain *domain,
                        struct corr_incident *incident);
struct corr_incident *corr_domain_find(const struct corr_domain *domain,
                                       uint64_t serial);
struct corr_incident *corr_domain_named(const struct corr_domain *domain,
                                        struct cw_text id);

/* The oldest live incident with that entity, NULL when none has it. */
struct corr_incident *corr_domain_owner(const struct corr_domain *domain,
                                        uint64_t entity_id);
/* A live incident takes the places it has, but where an older one is. CW_FULL,
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
corr_domain_claim(struct corr_domain *domain,
                  const struct corr_incident *incident, uint32_t from_place,
                  struct cw_error *err);
/* It is live no more: the next oldest follows. */
CW_MUST_USE enum cw_status
corr_domain_yield(struct corr_domain *domain,
                  const struct corr_incident *incident, struct cw_error *err);

/* Was it said before, among the last CORR_SAID_MAX? */
bool corr_domain_was_said(const struct corr_domain *domain, uint64_t said_id);
void corr_domain_said(struct corr_domain *domain, uint64_t said_id);

void corr_domain_save(const struct corr_domain *domain, struct cw_pack *out);
/* Into one just created. CW_BAD_STATE, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status corr_domain_load(struct corr_domain *domain,
                                            struct cw_unpack *in,
                                            struct cw_arena *arena,
                                            struct cw_error *err);

#endif
