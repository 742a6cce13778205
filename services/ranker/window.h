/*
 * window - what was lately seen of each entity, and what was changed.
 *
 * Place    evidence, events (changes) -> [window] -> features
 * Input    evidence: one record an entity and minute; changes as they come
 * Output   per entity its deviations (peak of the last 15 minutes a series),
 *          new patterns, coverage; per domain its changes
 * Limits   RANKER_ENTITY_MAX entities a shard, the longest unseen makes room;
 *          RANKER_TRACK_MAX series and RANKER_PATTERN_MAX patterns an entity,
 *          the weakest of the oldest makes room; RANKER_CHANGE_MAX changes,
 *          the oldest makes room. Names and templates are cut at their arrays
 * Threads  one owner thread
 */
#ifndef RANKER_WINDOW_H
#define RANKER_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "base/status.h"
#include "record/records.h"

#define RANKER_ENTITY_MAX  4096u
#define RANKER_TRACK_MAX   12u
#define RANKER_PATTERN_MAX 6u
#define RANKER_CHANGE_MAX  512u
#define RANKER_WINDOW_US   ((int64_t)15 * 60 * 1000000)
#define RANKER_NONE        UINT32_MAX

struct ranker_track {
    int64_t series_id;
    enum cw_family family;
    char metric[64];
    double z; /* of the peak, signed */
    double p; /* of the peak: how often the series does so by itself */
    double actual;
    double expected;
    int64_t peak_at;
    int64_t onset_at; /* 0 = was inside its band */
    int64_t last_at;
};

struct ranker_pattern {
    int64_t pattern_id;
    char template[160];
    int32_t severity; /* OpenTelemetry number */
    int64_t count;
    double surprise; /* -log10 p, largest */
    int64_t first_seen_at;
    int64_t last_at;
};

/* Deviations and patterns: only of entities that ever had evidence. */
struct ranker_trail {
    struct ranker_track tracks[RANKER_TRACK_MAX];
    struct ranker_pattern patterns[RANKER_PATTERN_MAX];
    uint32_t track_count;
    uint32_t pattern_count;
    double coverage; /* of the last minute, 0 to 1 */
    int64_t last_at; /* end of that minute */
};

struct ranker_entity {
    uint64_t id;    /* 0 = free place */
    uint64_t route; /* domain */
    char kind[32];
    char name[128];
    int64_t seen_at;
    int32_t label_right; /* people said: rightly named */
    int32_t label_wrong;
    struct ranker_trail *trail; /* owned; NULL = never any evidence */
};

struct ranker_change {
    uint64_t id; /* of domain, source and the source's own key */
    uint64_t route;
    char kind[24];
    char title[128];
    char key[64]; /* the source's own identity */
    char name[128];
    int64_t at;        /* when it began to take effect */
    int64_t undone_at; /* when a repair took it back; 0 = it stands */
};

struct ranker_window;

/* Makes a window the caller owns. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_window_create(struct ranker_window **made,
                                                struct cw_error *err);
void ranker_window_destroy(struct ranker_window **window);

/* Place of an entity, made when it is new; lends it until the next call that
 * may make one. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_window_enter(struct ranker_window *window,
                                               uint64_t route,
                                               const struct cw_entity *entity,
                                               int64_t now_at, uint32_t *place,
                                               struct cw_error *err);
/* RANKER_NONE when it is not there. */
uint32_t ranker_window_find(const struct ranker_window *window, uint64_t id);
/* NULL for a free place. Places are below ranker_window_size. */
struct ranker_entity *ranker_window_at(const struct ranker_window *window,
                                       uint32_t place);
uint32_t ranker_window_size(const struct ranker_window *window);

/* Identity of an entity of a domain. */
uint64_t ranker_entity_id(uint64_t route, const struct cw_entity *entity);

/* CW_NO_MEMORY: nothing taken. */
CW_MUST_USE enum cw_status
ranker_window_evidence(struct ranker_window *window, uint64_t route,
                       const struct cw_evidence *evidence, int64_t now_at,
                       struct cw_error *err);
/* Takes a change, or its repeat, and forgets those older than keep_us. */
void ranker_window_change(struct ranker_window *window, uint64_t route,
                          const struct cw_event *event, int64_t now_at,
                          int64_t keep_us);
/* A repair that takes changes of its kind back has taken back the newest of
 * the entity that stood, or, back, has put it in force again. */
void ranker_window_undo(struct ranker_window *window, uint64_t route,
                        struct cw_text name, struct cw_text action, bool back,
                        int64_t now_at);
/* The repair that takes a change back. */
const char *ranker_change_remedy(const struct ranker_change *change);
uint32_t ranker_window_change_count(const struct ranker_window *window);
const struct ranker_change *
ranker_window_change_at(const struct ranker_window *window, uint32_t index);

void ranker_window_save(const struct ranker_window *window,
                        struct cw_pack *out);
/* Into an empty window. CW_BAD_STATE, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status ranker_window_load(struct ranker_window *window,
                                              struct cw_unpack *in,
                                              struct cw_error *err);

/* Copies text into room bytes, terminated, cut between two characters. */
void ranker_cut(char *to, size_t room, struct cw_text text);

#endif
