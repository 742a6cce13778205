/*
 * shelf - the last cause of each incident, for the words of its notices.
 *
 * Place    desk -> [shelf]
 * Limits   1,024 incidents, the oldest goes; a cause above 4 MiB is left out
 * Threads  one owner thread
 */
#ifndef NOTIFIER_SHELF_H
#define NOTIFIER_SHELF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "record/records.h"

struct notifier_shelf;

/* Makes a shelf the caller owns. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status notifier_shelf_create(struct notifier_shelf **made,
                                                 struct cw_error *err);
void notifier_shelf_destroy(struct notifier_shelf **shelf);

/* Copies cause under incident, in place of an earlier one. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status notifier_shelf_put(struct notifier_shelf *shelf,
                                              uint64_t incident,
                                              const struct cw_cause *cause,
                                              struct cw_error *err);

bool notifier_shelf_has(const struct notifier_shelf *shelf, uint64_t incident);
/* The cause, with what arena lends; false: none, or no room for it. */
bool notifier_shelf_find(const struct notifier_shelf *shelf, uint64_t incident,
                         struct cw_arena *arena, struct cw_cause *cause);

#endif
