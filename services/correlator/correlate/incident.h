/*
 * incident - what happened together: members, entities, life so far.
 *
 * Place    life, group -> [incident] -> report
 * Output   grows only: a member once in stays, with its reason, until the
 *          incident is closed
 * Limits   member_max members written out; further ones are counted only
 * Threads  one owner thread
 */
#ifndef CORRELATE_INCIDENT_H
#define CORRELATE_INCIDENT_H

#include "base/map64.h"
#include "core/weight.h"
#include "correlate/ident.h"
#include "correlate/reach.h"
#include "correlate/signal.h"

#define CORR_PERSON_SIZE 80u
#define CORR_WHY_SIZE    200u
#define CORR_QUEUE_MAX   8u

struct corr_member {
    uint64_t id; /* of its signal */
    void *block; /* owned: the texts of record */
    struct cw_member record;
};

struct corr_place {
    uint64_t entity_id;
    struct cw_entity entity; /* texts of its first member */
};

/* A notice decided but not yet written: it goes out with its revision. */
struct corr_call {
    enum cw_transition transition;
    int64_t decided_at;
    char why[CORR_WHY_SIZE];
};

struct corr_incident {
    uint64_t serial; /* of the domain, rising: opening order */
    uint32_t number; /* of ident */
    char id[CORR_IDENT_SIZE];
    enum cw_incident_status status;
    enum cw_severity severity;
    int64_t started_at;
    int64_t opened_at;
    int64_t acknowledged_at;
    int64_t resolved_at;
    int64_t closed_at;
    int64_t last_onset_at; /* newest onset of a member */
    int64_t heard_at;      /* last word about any member */
    int64_t calm_at;       /* recovered since, 0 = not */
    int64_t armed_at;      /* deadline in the agenda, CW_NEVER = none */
    int64_t told_at;       /* last revision written */
    char acknowledged_by[CORR_PERSON_SIZE];
    char resolved_by[CORR_PERSON_SIZE];
    int32_t reopened;
    int32_t revision;
    int32_t notices[CW_TRANSITION_COUNT]; /* written so far */
    bool drill;
    bool dirty;                 /* differs from its last revision */
    uint32_t families;          /* bit per enum cw_family */
    struct corr_signal *opener; /* owned */
    struct corr_member *members;
    uint32_t members_count;
    uint32_t members_capacity;
    int32_t member_count;             /* all, counted ones too */
    uint32_t firing[CW_WEIGHT_COUNT]; /* of all, by weight */
    bool telling;                     /* has or had a member that is */
    struct corr_place *places;
    uint32_t places_count;
    uint32_t places_capacity;
    uint32_t core_count;        /* places[0 .. core_count) are the core */
    struct cw_map64 *by_entity; /* entity id -> place */
    struct corr_reach reach;    /* made when asked for */
    uint64_t reach_epoch;
    bool reach_stale;
    struct corr_call calls[CORR_QUEUE_MAX];
    uint32_t calls_count;
};

/* CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
corr_incident_create(struct corr_incident **made,
                     const struct corr_signal *opener, struct cw_error *err);
void corr_incident_destroy(struct corr_incident **incident);

/* Copies the record in as a member and its entity as a place, of the core if
 * said so. CW_NO_MEMORY: incident unchanged. */
CW_MUST_USE enum cw_status corr_incident_add(struct corr_incident *incident,
                                             uint64_t id,
                                             const struct cw_member *record,
                                             bool core, struct cw_error *err);

/* What every new or returning member does to the whole. */
void corr_incident_absorb(struct corr_incident *incident,
                          const struct cw_member *record, int64_t now_at);

bool corr_incident_has(const struct corr_incident *incident,
                       uint64_t entity_id);
bool corr_incident_live(const struct corr_incident *incident);

/* Gives up its reach, the largest part of it; made again when asked for. */
void corr_incident_shrink(struct corr_incident *incident);

/* Queues a notice. False when the queue is full. */
bool corr_incident_call(struct corr_incident *incident,
                        enum cw_transition transition, int64_t decided_at,
                        struct cw_text why);

void corr_incident_save(const struct corr_incident *incident,
                        struct cw_pack *out);
CW_MUST_USE enum cw_status corr_incident_load(struct corr_incident **made,
                                              struct cw_unpack *in,
                                              struct cw_arena *arena,
                                              struct cw_error *err);

/* Copies text, cut, and terminates it. */
void corr_person_set(char out[CORR_PERSON_SIZE], struct cw_text name);

#endif
