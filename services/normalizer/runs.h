/*
 * runs - the samples of one raw record, put together by entity.
 *
 * Place    draft_add_point -> [runs] -> draft_commit
 * Output   metric runs, entities in order of their first sample, samples in
 *          the order given; cut at RUN_POINTS_MAX samples or
 *          DEFINITIONS_SIZE_MAX bytes of definitions, so that one message
 *          always holds one run
 * Limits   memory as the arena of the step
 * Threads  one owner thread
 */
#ifndef NORMALIZER_RUNS_H
#define NORMALIZER_RUNS_H

#include "core/core.h"

#define RUN_POINTS_MAX       4096
#define DEFINITIONS_SIZE_MAX ((size_t)192 * 1024)

struct run_group;

struct runs {
    struct cw_arena *arena;
    struct run_group *first;
    struct run_group *last;   /* in order of first sample */
    struct run_group *recent; /* most samples follow one of their own entity */
    struct run_group **table; /* by route */
    size_t table_size;        /* power of two, 0 at first */
    size_t group_count;
};

struct run_sample {
    int64_t series;
    int64_t sampled_at;
    int64_t start_at;
    double value;
};

void runs_begin(struct runs *runs, struct cw_arena *arena);

/* Adds a sample. False: the arena is full, nothing was added. */
bool runs_add(struct runs *runs, uint64_t route,
              const struct run_sample *sample);

/* Adds the definition of the sample added last; borrowed until runs_put. */
bool runs_define(struct runs *runs,
                 const struct cw_series_definition *definition);

/* Emits all. CW_TOO_LARGE: the arena is full. */
CW_MUST_USE enum cw_status runs_put(struct runs *runs, struct cw_emit *emit,
                                    int64_t stream_at, int64_t offset,
                                    struct cw_error *err);

#endif
