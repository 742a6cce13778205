/*
 * red - rate, errors, duration of each entity, from its spans.
 *
 * Place    parties -> [red] -> metrics.patterns (detector)
 * Output   once a window one run per entity, DELTA samples at the window's end:
 *          span.server.count, .errors, .sum (us) of what it served; for one
 *          that makes no spans itself (a database) span.client.count, .errors,
 *          .sum of what its callers saw. Zeros are told for idle_us after the
 *          last span, so that a stop is seen where it begins. Each shard tells
 *          its own part; the detector adds parts of one instant
 * Threads  one owner thread
 */
#ifndef CORRELATOR_TOPOLOGY_RED_H
#define CORRELATOR_TOPOLOGY_RED_H

#include "core/core.h"
#include "party.h"

#define RED_DEFINE_WINDOWS 60 /* definitions are repeated every so many */

struct red_window {
    int64_t end_at; /* us, stream time */
    int64_t window_us;
    int64_t idle_us;
};

/* Puts the run of one party, if it has any, and empties its loads. number:
 * spreads the repeated definitions over windows. */
CW_MUST_USE enum cw_status red_close(struct party *party, uint32_t number,
                                     const struct red_window *window,
                                     struct cw_emit *emit,
                                     struct cw_error *err);

#endif
