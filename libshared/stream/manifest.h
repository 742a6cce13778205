/*
 * manifest - what was fixed at installation: partitions and raw topics.
 *
 * Place    cwctl topics create writes it; every service reads it at start and
 *          refuses to start on another world
 * Limits   CW_PLAN_RAW_MAX raw topics
 * Threads  one owner thread
 */
#ifndef CW_STREAM_MANIFEST_H
#define CW_STREAM_MANIFEST_H

#include "core/plan.h"
#include "stream/kafka.h"

struct cw_installed;

/* Reads the newest manifest and compares it with the topics that are there.
 * CW_NOT_FOUND: there is none yet; CW_BAD_CONFIG names the topic whose
 * partition count differs. */
CW_MUST_USE enum cw_status cw_installed_read(struct cw_installed **made,
                                             const struct cw_kafka *kafka,
                                             struct cw_error *err);
void cw_installed_destroy(struct cw_installed **installed);

/* Lent until destroyed. */
const struct cw_plan *cw_installed_plan(const struct cw_installed *installed);

#endif
