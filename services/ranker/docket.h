/*
 * docket - open incidents, when each is looked at next, and what was said.
 *
 * Place    incidents -> [docket] -> core
 * Output   earliest deadline; per incident its last revision and last answer
 *          as bytes; per incident ever answered the revision to go on from
 * Limits   RANKER_INCIDENT_MAX open, the oldest goes; RANKER_ANSWER_MAX
 *          remembered answers, the oldest goes; RANKER_MEMBER_MAX members of
 *          an incident are kept, the first in the record's order
 * Threads  one owner thread
 */
#ifndef RANKER_DOCKET_H
#define RANKER_DOCKET_H

#include "base/arena.h"
#include "base/pack.h"
#include "config.h"
#include "record/records.h"

#define RANKER_INCIDENT_MAX 256u
#define RANKER_ANSWER_MAX   512u
#define RANKER_MEMBER_MAX   128u
#define RANKER_STAGES       4u

struct ranker_case {
    uint64_t id; /* hash of tenant and incident id */
    uint64_t route;
    int64_t opened_at;
    int64_t deadline_at;     /* CW_NEVER = nothing to look at */
    int64_t looked_at;       /* last decision, 0 = none */
    uint32_t stage;          /* looks of the schedule done */
    uint32_t severity;       /* the worst it had: enum cw_severity */
    bool fires;              /* some member is not over */
    struct cw_pack incident; /* Avro body */
    struct cw_pack cause;    /* Avro body of the last answer; empty = none */
};

/* What stays of an answer when its incident is gone: for labels, reopening. */
struct ranker_answer {
    uint64_t id;
    uint64_t entity; /* first candidate; 0 = unknown */
    int32_t revision;
};

struct ranker_docket {
    struct ranker_case *cases[RANKER_INCIDENT_MAX];  /* owned, oldest first */
    struct ranker_answer answers[RANKER_ANSWER_MAX]; /* oldest first */
    uint32_t case_count;
    uint32_t answer_count;
    int64_t deadline_at;
};

void ranker_docket_init(struct ranker_docket *docket);
void ranker_docket_fini(struct ranker_docket *docket);

/* Takes a revision: opens, updates or (resolved, closed) lets go of it.
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
ranker_docket_take(struct ranker_docket *docket, uint64_t route,
                   const struct cw_incident *incident, int64_t now_at,
                   const struct ranker_config *config, struct cw_error *err);

/* A case due at or before at, NULL = none; of several the first opened. */
struct ranker_case *ranker_docket_due(struct ranker_docket *docket, int64_t at);
/* The look is done: plans the next. */
void ranker_docket_looked(struct ranker_docket *docket,
                          struct ranker_case *found, int64_t now_at,
                          const struct ranker_config *config);

/* Remembers an answer, in place of an older one to the same incident. */
void ranker_docket_answer(struct ranker_docket *docket,
                          const struct ranker_answer *answer);
/* NULL when nothing is remembered. */
const struct ranker_answer *
ranker_docket_answered(const struct ranker_docket *docket, uint64_t id);

uint64_t ranker_case_id(struct cw_text tenant, struct cw_text incident_id);

void ranker_docket_save(const struct ranker_docket *docket,
                        struct cw_pack *out);
/* Into an empty docket. CW_BAD_STATE, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_docket_load(struct ranker_docket *docket,
                                              struct cw_unpack *in,
                                              struct cw_error *err);

#endif
