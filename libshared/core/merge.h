/*
 * merge - the records of many sources in one order, slice by slice.
 *
 * Place    messages of the input topics of one partition -> [merge] -> shards
 * Input    messages with flight headers, in offset order per topic; each
 *          source says by its mark how far it is
 * Output   slices (to - slice_us, to] of stream time, complete: every present
 *          source's mark has passed them; items sorted
 * State    positions of the sources; verdicts in force
 * Limits   held items are bounded by what lies between the slowest and the
 *          fastest source; cw_merge_held tells, and the caller declares
 *          laggards absent when it is too much
 * Threads  one owner thread
 *
 * A source whose mark stands still may be ruled ABSENT from the next slice on:
 * slices then close without it. When it has caught up it is ruled PRESENT from
 * the next slice on, and what it brought late enters at the start of that
 * slice. Each ruling is a record written with the outputs of the slice; a
 * replay is given the rulings first and closes the same slices with the same
 * items.
 */
#ifndef CW_CORE_MERGE_H
#define CW_CORE_MERGE_H

#include "core/core.h"
#include "core/flight.h"

#define CW_SLICE_US  50000
#define CW_BEGINNING INT64_MIN

struct cw_merge;

struct cw_slice {
    int64_t from_at;             /* exclusive */
    int64_t to_at;               /* inclusive */
    const struct cw_item *items; /* lent until cw_merge_done */
    size_t count;
};

struct cw_source_ruling {
    int64_t slice_at; /* to_at of the first slice it holds for */
    enum cw_topic topic;
    uint64_t source;
    bool absent;
};

/* What has to be kept to start again at released_at. */
struct cw_source_state {
    enum cw_topic topic;
    uint64_t source;
    struct cw_position position; /* as of the topic's restart offset */
    bool absent;
    int64_t absent_from_at; /* items later than this have not been released */
};

CW_MUST_USE enum cw_status cw_merge_create(struct cw_merge **made,
                                           int64_t released_at,
                                           struct cw_error *err);
void cw_merge_destroy(struct cw_merge **merge);

/* Declares an input topic, then the sources that write it, before the first
 * message. state->position.covered_to may be CW_UNCOVERED (first start). */
CW_MUST_USE enum cw_status cw_merge_add_topic(struct cw_merge *merge,
                                              enum cw_topic topic,
                                              int64_t restart_offset,
                                              struct cw_error *err);
CW_MUST_USE enum cw_status
cw_merge_add_source(struct cw_merge *merge, const struct cw_source_state *state,
                    struct cw_error *err);

/* Takes a message; copies it. Refusals: CW_GAP (stop), CW_BAD_RECORD and
 * CW_BAD_SCHEMA of a value (the caller decides: inside they mean STOP). */
CW_MUST_USE enum cw_status cw_merge_take(struct cw_merge *merge,
                                         enum cw_topic topic, int64_t offset,
                                         struct cw_text header,
                                         struct cw_text value,
                                         struct cw_error *err);

/* Next complete slice that holds an item or reaches deadline_at. False: none,
 * and released_at has moved as far as the marks allow. */
CW_MUST_USE enum cw_status cw_merge_next(struct cw_merge *merge,
                                         int64_t deadline_at,
                                         struct cw_slice *slice, bool *found,
                                         struct cw_error *err);
/* The slice has been run: its items are given back. */
void cw_merge_done(struct cw_merge *merge);

/* Where the slice that holds this time ends, inclusive. */
int64_t cw_slice_end(int64_t at);

/* Every slice up to here has been released. */
int64_t cw_merge_released_at(const struct cw_merge *merge);

/* Puts a ruling in force at its slice; rulings come in the order of their log,
 * which is that of their slices. One for a slice already released is refused
 * (CW_BROKEN). */
CW_MUST_USE enum cw_status cw_merge_rule(struct cw_merge *merge,
                                         const struct cw_source_ruling *ruling,
                                         struct cw_error *err);

/* The slowest present source and its mark; false when there is none. */
bool cw_merge_slowest(const struct cw_merge *merge, enum cw_topic *topic,
                      uint64_t *source, int64_t *mark_at);
/* An absent source whose mark has reached released_at; false when none. */
bool cw_merge_caught_up(const struct cw_merge *merge, enum cw_topic *topic,
                        uint64_t *source);

/* Bytes of items waiting. */
size_t cw_merge_held(const struct cw_merge *merge);
/* Intervals that came twice, byte for byte, and were dropped. */
uint64_t cw_merge_repeats(const struct cw_merge *merge);

/* Where to read a topic again after a restart at released_at. */
int64_t cw_merge_restart_offset(const struct cw_merge *merge,
                                enum cw_topic topic);
/* Next offset of a topic: one above the last taken. */
int64_t cw_merge_next_offset(const struct cw_merge *merge, enum cw_topic topic);
size_t cw_merge_source_count(const struct cw_merge *merge);
struct cw_source_state cw_merge_source(const struct cw_merge *merge,
                                       size_t index);
/* Mark of a source as last heard, INT64_MIN before the first. */
int64_t cw_merge_mark(const struct cw_merge *merge, size_t index);

#endif
