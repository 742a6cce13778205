/*
 * lag - how far behind each stage and each effect is.
 *
 * Place    cwctl lag: committed offsets and ends -> [lag] -> a row a partition
 * Input    groups of the stages, of the notifier (notices) and of the effect
 *          loop (actions, said) in Kafka; those of the recorder stand in
 *          PostgreSQL and need --postgres
 * Output   lag: offsets between the committed one and the end a reader sees, 0
 *          when only control records lie there; seconds: how long ago the
 *          oldest record of them was written. What cannot be known stays empty
 *          and says why: exit 1
 */
#ifndef CWCTL_LAG_H
#define CWCTL_LAG_H

#include <stdint.h>

#include "command.h"

#define LAG_UNKNOWN (-1)

/* Of one partition of a group; offsets below 0 = none. */
struct lag_place {
    int64_t committed;
    int64_t first; /* that is there */
    int64_t end;
};

/* Records left to read, LAG_UNKNOWN with *why; without a commit all there
 * are. */
int64_t lag_left(const struct lag_place *place, const char **why);

enum cw_status lag_run(struct call *call, struct cw_error *err);

#endif
