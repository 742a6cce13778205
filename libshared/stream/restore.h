/*
 * restore - snapshots and rulings of one partition of a service, from Kafka.
 *
 * Place    flow_merged, at an assignment -> [restore] -> cw_task_create
 * Limits   the newest record of each key; all of it in memory until freed
 * Threads  one owner thread
 */
#ifndef CW_STREAM_RESTORE_H
#define CW_STREAM_RESTORE_H

#include "core/task.h"
#include "stream/reader.h"

struct cw_restored;

/* Reads both topics of the service to their end; the caller owns it. */
CW_MUST_USE enum cw_status
cw_restored_read(struct cw_restored **made, const struct cw_kafka *kafka,
                 int32_t partition, int64_t timeout_us, struct cw_error *err);
void cw_restored_destroy(struct cw_restored **restored);

/* What a task wants; lent until destroyed. committed_at is the caller's. */
struct cw_task_restore cw_restored_get(const struct cw_restored *restored);

#endif
