/*
 * definitions - which series were defined lately, so that a definition does
 * not travel with every sample.
 *
 * Place    draft: after series_id
 * Limits   max_count series; full: all are forgotten, which only repeats
 *          definitions
 * Threads  one owner thread
 */
#ifndef NORMALIZER_DEFINITIONS_H
#define NORMALIZER_DEFINITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct definitions;

/* A definition is due again when offset_span offsets or time_span_us of
 * stream time have passed. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status definitions_create(struct definitions **made,
                                              size_t max_count,
                                              int64_t offset_span,
                                              int64_t time_span_us,
                                              struct cw_error *err);
void definitions_destroy(struct definitions **definitions);

/* True: send it now; it is noted as sent. */
bool definitions_due(struct definitions *definitions, int64_t id,
                     int64_t offset, int64_t stream_at);

/* After sending failed: what was noted may not have gone out. */
void definitions_forget(struct definitions *definitions);

#endif
