/*
 * letters - what a deciding core refuses does not vanish: the dead letter of
 * an item, and how many letters a task has put.
 *
 * Place    task, at a refusal -> [letters] -> emit -> topic deadletter
 * Input    the item, and the error of the core that refused it
 * Output   struct cw_dead_letter: the item as one message of its own type,
 *          topic without a prefix, partition of the task, offset -1 (an item
 *          has none of its own; meta.origin_offset is that of the raw record)
 * Limits   LETTERS_VALUE_MAX bytes of the item; a longer one is cut, and the
 *          message says so
 * Threads  pure
 *
 * A letter is an output like any other: of the slice, silent in replay, part
 * of the transaction. So it is there once, however often the slice is run.
 */
#ifndef CW_CORE_LETTERS_H
#define CW_CORE_LETTERS_H

#include "core/emit.h"

/* Below the least message.size. */
#define LETTERS_VALUE_MAX ((size_t)48 * 1024)

/* By status: how many letters. */
struct cw_letter_counts {
    uint64_t by[CW_STATUS_COUNT];
};

/* Puts the letter of an item that service refused for why. As cw_emit_put. */
CW_MUST_USE enum cw_status
cw_letters_put(const char *service, int32_t partition,
               const struct cw_item *item, const struct cw_error *why,
               struct cw_emit *emit, struct cw_error *err);

/* Counts an output that has been put, when it is a letter. */
void cw_letters_count(struct cw_letter_counts *counts,
                      const struct cw_output *out);
void cw_letters_add(struct cw_letter_counts *sum,
                    const struct cw_letter_counts *more);

#endif
