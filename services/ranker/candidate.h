/*
 * candidate - who and what may have caused an incident.
 *
 * Place    view, signs, changes -> [candidate] -> features, score
 * Output   entities of the incident, their dependencies up to three hops
 *          down, entities the graph does not know that stand out; edges whose
 *          calls began to fail; the change or new pattern that best explains
 *          an entity stands in its place
 * Limits   RANKER_CANDIDATE_MAX: symptomatic entities first, then by hops,
 *          severity and id; RANKER_SUSPECT_MAX changes are suspect, the
 *          latest before the symptoms first. A change after the first symptom
 *          is never suspect
 * Threads  pure
 * Source   demands T17, F2
 */
#ifndef RANKER_CANDIDATE_H
#define RANKER_CANDIDATE_H

#include "config.h"
#include "signs.h"
#include "view.h"

#define RANKER_CANDIDATE_MAX 256u
#define RANKER_SUSPECT_MAX   5u

enum ranker_kind {
    RANKER_KIND_ENTITY,
    RANKER_KIND_EDGE,
    RANKER_KIND_CHANGE,
    RANKER_KIND_PATTERN
};

enum ranker_bucket { RANKER_ROOT_CAUSE, RANKER_CRITICAL, RANKER_IMPACT };

/* What each feature adds to the score, in this order everywhere. */
enum ranker_factor {
    RANKER_SEVERITY,
    RANKER_EXOGENEITY,
    RANKER_ONSET,
    RANKER_COVERAGE,
    RANKER_ERRORS,
    RANKER_NOVELTY,
    RANKER_CHANGE,
    RANKER_MISSING,
    RANKER_LABEL,
    RANKER_SYMPTOM, /* 0, or the penalty of a pure symptom */
    RANKER_FACTOR_COUNT
};

struct ranker_candidate {
    enum ranker_kind kind;
    enum ranker_bucket bucket;
    uint32_t place;  /* of the entity it sits in */
    uint32_t caller; /* of an edge: place of the other end; else RANKER_NONE */
    uint32_t hops;   /* from the nearest symptomatic entity */
    uint64_t id;     /* breaks ties: the same over restarts */
    const struct ranker_entity *entity;
    const struct ranker_sign *sign;
    const struct ranker_edge *edge;     /* NULL = none */
    const struct ranker_change *change; /* best suspect; NULL = none */
    double excess;        /* of failing calls on the edge, 0 to 1 */
    double worst_callee;  /* severity of the worst dependency */
    uint32_t worst_place; /* RANKER_NONE = no dependency */
    uint32_t burden;      /* who keeps it busy; RANKER_NONE = nobody */
    uint32_t witness;     /* whose own load makes it seem slow; likewise */
    bool explained;       /* pure symptom of something worse it depends on */
    double factor[RANKER_FACTOR_COUNT]; /* weighted: they add up to score */
    double score;
    double probability;
};

/* Everything one decision looks at. */
struct ranker_scene {
    const struct ranker_config *config;
    const struct ranker_window *window;
    const struct ranker_graph *graph;
    const struct cw_incident *incident;
    uint64_t route;
    int64_t start_at;   /* of the symptoms: ranker_start_of */
    int64_t evident_at; /* they began no later: ranker_evident_of */
    int64_t now_at;
    struct ranker_view view;
    const struct ranker_sign *signs;
    uint32_t alarmed_count; /* symptomatic entities */
};

struct ranker_candidates {
    struct ranker_candidate *list;
    uint32_t count;
};

/* Makes view and signs of the scene, then its candidates, all in arena.
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
ranker_candidates_make(struct ranker_candidates *made,
                       struct ranker_scene *scene, struct cw_arena *arena,
                       struct cw_error *err);

/* Weight of a change as a suspect, 0 to 1, the less the farther from where the
 * symptoms are thought to begin; 0 once they are evident, or when it was taken
 * back before they began. */
double ranker_change_weight(const struct ranker_change *change,
                            const struct ranker_scene *scene);

#endif
