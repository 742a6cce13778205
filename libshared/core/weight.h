/*
 * weight - what a member says of whether its incident goes on.
 *
 * Place    correlate: open or over; remediator: has a repair helped
 * Threads  pure
 * Source   decisions 0050, 0052 and 0057
 */
#ifndef CW_CORE_WEIGHT_H
#define CW_CORE_WEIGHT_H

#include <stdbool.h>

#include "record/records.h"

/* Nothing, as a line of a log that comes and goes by itself; context, which
 * differs without saying that it hurts, as a page cache that grew; or that
 * somebody is hurt. */
enum cw_weight {
    CW_WEIGHT_NONE,
    CW_WEIGHT_CONTEXT,
    CW_WEIGHT_TELLING,
    CW_WEIGHT_COUNT
};

enum cw_weight cw_weight_of(const struct cw_member *member);

/* Whether one that fires keeps its incident going: context does only while
 * nothing in the incident ever told (telling). */
bool cw_weight_holds(enum cw_weight weight, bool telling);

#endif
