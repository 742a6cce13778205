/*
 * pace - when a loop commits.
 *
 * Place    loop: after each round [pace] -> commit now, or go on
 * Input    monotonic instants, how long a commit took, whether the round left
 *          work undone
 * Output   due or not
 * Threads  one owner thread
 *
 * With nothing left to do a commit is due `every` after the last one began:
 * what has been decided shall be seen. With work waiting it is put off until
 * as much time went into work as the last commit took, PACE_WORK_MAX_US at
 * most: under a backlog half of the time is work, however slow the brokers.
 *
 *     began    ended      due
 *     |-commit--|-- work --|-commit-- ...
 */
#ifndef CW_STREAM_PACE_H
#define CW_STREAM_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define CW_PACE_WORK_MAX_US ((int64_t)1000000)

struct cw_pace {
    int64_t every_us;
    int64_t due_us;      /* with nothing left to do */
    int64_t busy_due_us; /* with work waiting */
};

/* A commit began and ended at these instants. */
void cw_pace_committed(struct cw_pace *pace, int64_t began_us,
                       int64_t ended_us);

/* busy: the round stopped at a limit, not for want of input. */
bool cw_pace_is_due(const struct cw_pace *pace, int64_t now_us, bool busy);

#endif
