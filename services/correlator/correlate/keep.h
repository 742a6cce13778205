/*
 * keep - copies of texts and members in one block, so one free ends them.
 *
 * Place    lent records -> [keep] -> state of the correlator
 * Input    run the same calls twice: first with base NULL, which only counts,
 *          then with a block of the size counted
 * Limits   the caller bounds what it keeps
 * Threads  pure
 */
#ifndef CORRELATE_KEEP_H
#define CORRELATE_KEEP_H

#include "record/records.h"

struct corr_keep {
    char *base; /* NULL: count only */
    size_t used;
};

/* size bytes aligned for any pointer; NULL while counting. */
void *corr_keep_room(struct corr_keep *keep, size_t size);
struct cw_text corr_keep_text(struct corr_keep *keep, struct cw_text text);
struct cw_entity corr_keep_entity(struct corr_keep *keep,
                                  struct cw_entity entity);
const struct cw_key_value *corr_keep_labels(struct corr_keep *keep,
                                            const struct cw_key_value *labels,
                                            size_t count);
struct cw_member corr_keep_member(struct corr_keep *keep,
                                  const struct cw_member *member);

#endif
