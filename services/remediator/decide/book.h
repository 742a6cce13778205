/*
 * book - every action of a shard, from proposal to its end, and what each
 * incident still shows.
 *
 * Place    decide -> [book] -> caps, verify, timers
 * Output   earliest deadline; actions by incident, target and policy
 * Limits   REMEDY_ACTION_MAX actions: the oldest ended one makes room; when
 *          all are alive a new one is refused. Ended ones count for caps and
 *          cooldown during REMEDY_MEMORY_US. REMEDY_INCIDENT_MAX incidents:
 *          the oldest closed, else the oldest, makes room; nothing runs for
 *          an incident that is not known. REMEDY_FIRING_MAX ill entities an
 *          incident are told apart
 * Threads  one owner thread
 */
#ifndef REMEDIATOR_DECIDE_BOOK_H
#define REMEDIATOR_DECIDE_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "base/status.h"
#include "record/records.h"

#define REMEDY_ACTION_MAX   1024u
#define REMEDY_INCIDENT_MAX 512u
#define REMEDY_FIRING_MAX   64u
#define REMEDY_MEMORY_US    ((int64_t)24 * 3600 * 1000000)
#define REMEDY_RECORD_MAX   ((size_t)1 << 20)

struct remedy_incident {
    uint64_t id; /* of tenant and incident id; 0 = free place */
    int64_t heard_at;
    bool open;
    uint32_t firing_count; /* members that fire and hold it open */
    uint32_t entity_count;
    uint64_t firing[REMEDY_FIRING_MAX]; /* entities they sit on */
};

struct remedy_entry {
    uint64_t id; /* of the action id; 0 = free place */
    uint64_t incident;
    uint64_t target; /* of tenant, kind and name */
    uint64_t policy; /* of its name */
    uint64_t route;  /* domain */
    enum cw_action_state state;
    int32_t revision;
    int32_t attempt;
    int32_t max_attempts;
    int32_t approvers;
    int32_t level;
    int64_t made_at;
    int64_t intended_at; /* 0 = never intended */
    int64_t finished_at; /* 0 = no result yet */
    int64_t deadline_at; /* next thing to do by itself; CW_NEVER = none */
    int64_t verify_us;
    int64_t cooldown_us;
    bool on_target;       /* the target itself fired when it was proposed */
    bool ineffective;     /* ran, and the symptom stayed or came back */
    bool retry;           /* the deadline is that of the next attempt */
    bool superseded;      /* expired because the cause changed */
    struct cw_pack bytes; /* the action's Avro body; empty when it is over */
};

struct remedy_book {
    struct remedy_entry *entries;      /* REMEDY_ACTION_MAX places, owned */
    struct remedy_incident *incidents; /* REMEDY_INCIDENT_MAX places, owned */
    uint32_t entry_count;
    uint32_t incident_count;
    int64_t deadline_at;
};

/* CW_NO_MEMORY. */
CW_MUST_USE enum cw_status remedy_book_init(struct remedy_book *book,
                                            struct cw_error *err);
void remedy_book_fini(struct remedy_book *book);

/* Takes a revision of an incident; the place stays until the next take. */
struct remedy_incident *remedy_book_hear(struct remedy_book *book,
                                         const struct cw_incident *incident,
                                         int64_t now_at);
/* NULL when it is not known. */
struct remedy_incident *remedy_book_incident(const struct remedy_book *book,
                                             uint64_t id);
/* Does the entity, or with whole any at all, still fire? */
bool remedy_incident_fires(const struct remedy_incident *incident,
                           uint64_t entity, bool whole);

/* A new entry, cleared but for its id; NULL when all are alive. Pointers to
 * entries stay valid until the next call. */
struct remedy_entry *remedy_book_add(struct remedy_book *book, uint64_t id);
struct remedy_entry *remedy_book_find(const struct remedy_book *book,
                                      uint64_t id);
/* Nothing more can happen to it. */
bool remedy_entry_is_over(const struct remedy_entry *entry);
/* It waits for, or is in, execution. */
bool remedy_entry_is_running(const struct remedy_entry *entry);

/* After deadlines changed. */
void remedy_book_refresh(struct remedy_book *book);
/* The first entry due at or before at; NULL = none. */
struct remedy_entry *remedy_book_due(const struct remedy_book *book,
                                     int64_t at);

uint64_t remedy_incident_id(struct cw_text tenant, struct cw_text incident_id);
uint64_t remedy_entity_id(struct cw_text tenant,
                          const struct cw_entity *entity);

void remedy_book_save(const struct remedy_book *book, struct cw_pack *out);
/* Into an empty book. CW_BAD_STATE. */
CW_MUST_USE enum cw_status remedy_book_load(struct remedy_book *book,
                                            struct cw_unpack *in,
                                            struct cw_error *err);

#endif
