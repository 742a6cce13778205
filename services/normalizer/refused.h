/*
 * refused - the parts of a record that could not be taken, until they leave
 * as dead letters.
 *
 * Place    draft_refuse -> [refused] -> emit
 * Output   a part that can stand alone as a record (a line, an element of a
 *          list) leaves alone, with its index; the others leave as one dead
 *          letter of the whole record with the index of the first: putting it
 *          in again repeats what was good, which receivers bear
 * Limits   REFUSED_MAX parts alone; more turn into the whole record
 * Threads  one owner thread
 */
#ifndef NORMALIZER_REFUSED_H
#define NORMALIZER_REFUSED_H

#include <stdarg.h>

#include "core/core.h"

#define REFUSED_MAX 256

struct refused_part {
    int32_t index;
    enum cw_status status;
    struct cw_text message;
    struct cw_text bytes; /* of the part; the whole record when it is first */
};

struct refused {
    struct cw_arena *arena;
    struct refused_part *parts; /* in arena, REFUSED_MAX of them */
    size_t count;
    struct refused_part whole; /* index of the first such part */
    size_t whole_count;
};

void refused_begin(struct refused *refused, struct cw_arena *arena);

/* bytes empty: the part cannot stand alone. */
void refused_add(struct refused *refused, int32_t index, struct cw_text bytes,
                 enum cw_status status, struct cw_text message);

/* Dead letters of what was added. *sent counts them. */
CW_MUST_USE enum cw_status refused_put(const struct refused *refused,
                                       const struct cw_raw *raw,
                                       const struct cw_meta *meta,
                                       struct cw_emit *emit, size_t *sent,
                                       struct cw_error *err);

/* One dead letter of the whole record. */
CW_MUST_USE enum cw_status refused_put_record(const struct cw_raw *raw,
                                              const struct cw_meta *meta,
                                              const struct cw_error *why,
                                              struct cw_emit *emit,
                                              struct cw_error *err);

#endif
