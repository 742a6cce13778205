/*
 * rates - how often an entity logs, and which of its patterns how often.
 *
 * Place    entity -> [rates] -> metrics.patterns (detector)
 * Output   once a window one run per entity: log.lines, log.errors, and
 *          log.pattern.count of at most series_max patterns; DELTA samples at
 *          the end of the window, zeros included, until the entity, or the
 *          pattern, has been silent for series_idle_us: a stop is seen at its
 *          beginning, and an old series ends
 * Limits   a pattern becomes a series RATES_SETTLE_US after it was made, when
 *          it will not be generalised at once, and a place is free: most
 *          lines first. Lines without a pattern count as pattern "<other>"
 * Threads  one owner thread
 */
#ifndef LOGCLUSTER_RATES_H
#define LOGCLUSTER_RATES_H

#include "core/core.h"
#include "entity.h"

#define RATES_SETTLE_US      INT64_C(120000000)
#define RATES_SERIES_MAX     64 /* bound of series_max */
#define RATES_DEFINE_WINDOWS 60 /* definitions are repeated every so many */
#define RATES_OTHER_TEXT     "<other>"

struct rates_window {
    int64_t end_at;    /* us, stream time */
    int64_t window_us; /* its length */
    int64_t series_idle_us;
    size_t series_max; /* patterns an entity */
};

/* Puts the run of the window that ends now and begins the next one. */
CW_MUST_USE enum cw_status rates_close(struct entity *entity,
                                       const struct rates_window *window,
                                       struct cw_emit *emit,
                                       struct cw_error *err);

#endif
