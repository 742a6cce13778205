/*
 * minute - evidence of each entity: its largest deviations, alarm or not.
 *
 * Place    core: the shard's timer -> [minute] -> evidence, for the ranker
 * Output   a record a minute and entity, every 10 s while a deviation of the
 *          minute is beyond MINUTE_LOUD standard deviations, and in the slice
 *          in which an anomaly opens
 * Limits   the 8 largest, ties by series id; an entity that is stale is not
 *          spoken of
 * Threads  one owner thread
 */
#ifndef DETECTOR_MINUTE_H
#define DETECTOR_MINUTE_H

#include "report.h"

#define MINUTE_DEVIATIONS 8
#define MINUTE_LOUD       4.0

CW_MUST_USE enum cw_status minute_tick(const struct scope *scope,
                                       int64_t now_at, struct cw_error *err);

/* An anomaly of the entity opened: its evidence goes out with it. */
void minute_alarm(struct roster *roster, uint32_t entity);
/* End of the slice, after the anomalies. */
CW_MUST_USE enum cw_status minute_alarmed(const struct scope *scope,
                                          struct cw_error *err);

#endif
