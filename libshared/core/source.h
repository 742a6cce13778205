/*
 * source - one writer of one input: what it brought that is not released yet,
 * and whether slices wait for it.
 *
 * Place    merge: items of a flight -> [source] -> slice
 * State    a queue in order of arrival; absent, or entering again
 * Limits   memory: what lies between this source and the slowest one
 * Threads  one owner thread
 */
#ifndef CW_CORE_SOURCE_H
#define CW_CORE_SOURCE_H

#include "core/inlet.h"
#include "core/merge.h"

struct cw_waiting {
    struct cw_item item;
    struct cw_flight *flight;
    struct cw_cell *cell;
};

struct cw_source {
    struct cw_inlet *inlet;
    uint64_t id;
    int64_t mark_at;
    bool absent;
    int64_t absent_from_at;   /* items later than this wait while absent */
    int64_t enter_at;         /* slice in which late items enter; CW_NEVER */
    struct cw_waiting *queue; /* ring */
    size_t head, count, capacity;
};

/* As it stood at the restart offset of its inlet, which it borrows. */
struct cw_source cw_source_of(struct cw_inlet *inlet,
                              const struct cw_source_state *state);
void cw_source_fini(struct cw_source *source);

/* Copies *item. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_source_push(struct cw_source *source,
                                          const struct cw_waiting *item,
                                          struct cw_error *err);
/* The first that waits; count > 0. */
static inline const struct cw_waiting *
cw_source_front(const struct cw_source *source)
{
    return &source->queue[source->head];
}
void cw_source_pop(struct cw_source *source);

/* A source never goes back behind the mark it gave. */
bool cw_source_breaks_mark(const struct cw_source *source,
                           const struct cw_item *item);

/* Absent, or present again but what it brought late has not entered yet. */
bool cw_source_is_outside(const struct cw_source *source);

/* After a restart the log is read again from before released_at: what the
 * state has seen already is let go. An absent source's items have not been
 * seen since it was ruled absent. */
bool cw_source_has_seen(const struct cw_source *source, int64_t released_at,
                        const struct cw_item *item);

/* The ruling is in force: it is for this source. */
void cw_source_obey(struct cw_source *source,
                    const struct cw_source_ruling *ruling);

/* Stream time at which an item of it enters. */
int64_t cw_source_entry_at(const struct cw_source *source, int64_t released_at,
                           const struct cw_item *item);

#endif
