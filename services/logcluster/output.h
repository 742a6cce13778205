/*
 * output - the records logcluster writes beside the rates.
 *
 * Place    core -> [output] -> patterns, anomalies, evidence
 * Limits   at most OUTPUT_NOVELTY_MAX new patterns in one evidence record, the
 *          most surprising first
 * Threads  one owner thread
 */
#ifndef LOGCLUSTER_OUTPUT_H
#define LOGCLUSTER_OUTPUT_H

#include "core/core.h"
#include "entity.h"

#define OUTPUT_NOVELTY_MAX 8

/* Tells what a pattern's id means and which ids it replaces, and marks it
 * told. Key: route and id, 16 hex each, joined by a slash. */
CW_MUST_USE enum cw_status output_pattern(const struct entity *entity,
                                          struct pattern *pattern,
                                          struct cw_emit *emit,
                                          struct cw_error *err);

/* An anomaly of kind NEW_PATTERN, opened or closed now. */
CW_MUST_USE enum cw_status output_anomaly(const struct entity *entity,
                                          const struct novelty_entry *entry,
                                          enum cw_anomaly_status status,
                                          struct cw_emit *emit,
                                          struct cw_error *err);

/* The entity's new patterns that first came after from_at and have lines not
 * told yet; nothing is put when there is none. */
CW_MUST_USE enum cw_status output_evidence(struct entity *entity,
                                           int64_t from_at,
                                           struct cw_emit *emit,
                                           struct cw_error *err);

#endif
