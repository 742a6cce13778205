/*
 * avro_walk - are these bytes what the schema says, before libavro allocates
 * for them?
 *
 * Place    foreign: body -> [avro_walk] -> libavro
 * Input    any schema libavro parsed
 * Limits   libavro 1.11 takes memory for a string of any stated length; here
 *          lengths and counts are held against the bytes left, depth and the
 *          number of values against the caller's bounds
 * Threads  pure
 */
#ifndef CW_RECORD_AVRO_WALK_H
#define CW_RECORD_AVRO_WALK_H

#include <avro.h>
#include <stddef.h>

#include "base/status.h"
#include "base/text.h"

/* CW_BAD_RECORD: not one value of the schema and nothing after it;
 * CW_TOO_LARGE: over depth_max or value_max. */
CW_MUST_USE enum cw_status cw_avro_walk(avro_schema_t schema,
                                        struct cw_text body, unsigned depth_max,
                                        size_t value_max, struct cw_error *err);

#endif
