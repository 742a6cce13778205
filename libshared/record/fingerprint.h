/*
 * fingerprint - which schema a text is, however it is written.
 *
 * Place    schemas met at run time (foreign)
 * Input    the JSON of one schema, every type it names written out in it
 * Output   CRC-64-AVRO of its Parsing Canonical Form
 * Limits   nesting up to CW_SCHEMA_DEPTH_MAX
 * Threads  pure
 * Source   Apache Avro 1.11 specification, Parsing Canonical Form for Schemas,
 *          Schema Fingerprints
 */
#ifndef CW_RECORD_FINGERPRINT_H
#define CW_RECORD_FINGERPRINT_H

#include <jansson.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

#define CW_SCHEMA_DEPTH_MAX 32

/* CW_BAD_SCHEMA: no schema; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_schema_fingerprint(const json_t *schema,
                                                 uint64_t *fingerprint,
                                                 struct cw_error *err);

uint64_t cw_crc64_avro(struct cw_text text);

#endif
