/*
 * signs - what speaks for trouble at each entity, for one incident.
 *
 * Place    window, incident -> [signs] -> candidate, features, words
 * Input    deviations of the entity around the incident, its members
 * Output   per entity: severity, strongest deviation, onset, novelty,
 *          missing telemetry, and whether it shows symptoms only
 * Limits   one array in the arena, a row a place of the window
 * Threads  pure
 * Source   severity: log1p of a robust two-sided score, Pham et al., BARO,
 *          FSE 2024, with a weight by family instead of raw units
 */
#ifndef RANKER_SIGNS_H
#define RANKER_SIGNS_H

#include "window.h"

#define RANKER_SEVERITY_MAX 7.0
#define RANKER_CLEARLY_ILL  2.0 /* severity: |z| of about 7 */

struct ranker_sign {
    double severity; /* 0 to RANKER_SEVERITY_MAX */
    double own;      /* the same over state metrics only: what no callee does */
    double busy;     /* the same over saturation that rose */
    double ill;      /* the same over what may make its callers suffer */
    double novelty;  /* 0 to 3: surprise of new log patterns, logarithmic */
    double missing;  /* 0 to 1: its own telemetry is absent */
    int64_t onset_at; /* 0 = none */
    int64_t busy_at;  /* onset of what makes it busy; 0 = none */
    const struct ranker_track *track;     /* strongest; NULL = none */
    const struct ranker_pattern *pattern; /* most surprising; NULL = none */
    const struct cw_member *member;       /* strongest; NULL = none */
    uint32_t member_count;
    bool alarmed; /* the incident names it */
    bool firing;  /* one of its members is not over */
    bool gone;    /* nothing of it is left: no process, no telemetry */
};

struct ranker_signs_of {
    const struct ranker_window *window;
    const struct cw_incident *incident;
    uint64_t route;
    int64_t start_at; /* ranker_start_of(incident) */
    int64_t now_at;
    int64_t lookback_us; /* deviations count from this long before it */
};

/* When the symptoms began: the earliest onset within a minute of the first
 * member's. Others may be dated back by minutes where their measure is slow, as
 * a load average is. */
int64_t ranker_start_of(const struct cw_incident *incident);

/* By when they had begun for certain: an onset is an estimate, and noise may
 * date it early. start_at: ranker_start_of. */
int64_t ranker_evident_of(const struct cw_incident *incident, int64_t start_at);

/* Rows for every place; enters nothing. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_signs_make(struct ranker_sign **made,
                                             const struct ranker_signs_of *of,
                                             struct cw_arena *arena,
                                             struct cw_error *err);

/* Says whether the entity shows symptoms only: it is slow or fails, and
 * nothing of its own - memory, processor, disk, telemetry - changed. */
bool ranker_sign_is_symptom(const struct ranker_sign *sign);

/* How far it is out, logarithmic; what its family says of trouble, and how
 * improbable it is: a counter that jumps 100 deviations every minute says
 * nothing. */
double ranker_track_severity(const struct ranker_track *track);

#endif
