/*
 * foreign - messages of schemas this build was not made with: of a later
 * release during an upgrade, or of a schema registry.
 *
 * Place    wire, when neither today's nor an earlier fingerprint matches
 * Input    the writer's schema as JSON, and bodies it wrote
 * Output   today's record. libavro decodes by the writer's schema; fields are
 *          matched by name or alias, those the writer lacks get today's
 *          default, a symbol not known here becomes the default of its enum.
 *          (libavro's own resolver refuses a field the writer lacks, default
 *          or not.)
 * Limits   max_count schemas of CW_FOREIGN_SCHEMA_MAX bytes; a body is walked
 *          before libavro sees it: lengths and counts against the bytes left,
 *          nesting up to CW_FOREIGN_DEPTH_MAX, values up to
 *          CW_FOREIGN_VALUE_MAX. 20 times slower than the generated decoder
 * Threads  one owner thread (libavro counts references without locks)
 * Source   Apache Avro 1.11 specification, Schema Resolution
 */
#ifndef CW_RECORD_FOREIGN_H
#define CW_RECORD_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "record/record_type.h"

#define CW_FOREIGN_SCHEMA_MAX ((size_t)256 * 1024)
#define CW_FOREIGN_DEPTH_MAX  32
#define CW_FOREIGN_VALUE_MAX  ((size_t)1024 * 1024)

struct cw_foreign;

CW_MUST_USE enum cw_status cw_foreign_create(struct cw_foreign **made,
                                             size_t max_count,
                                             struct cw_error *err);
void cw_foreign_destroy(struct cw_foreign **foreign);

/* Learns a writer's schema, *fingerprint = its own. One known already is fine.
 * CW_BAD_SCHEMA: not a schema, not of a message of ours, or today's record
 * does not follow from it; CW_FULL; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_foreign_add(struct cw_foreign *foreign,
                                          struct cw_text schema_json,
                                          uint64_t *fingerprint,
                                          struct cw_error *err);

/* Today's type of what the schema of fingerprint wrote; NULL: not learned. */
const struct cw_record_type *cw_foreign_type(const struct cw_foreign *foreign,
                                             uint64_t fingerprint);

/* Decodes a body the schema of fingerprint wrote, texts too, into the arena:
 * a record of cw_foreign_type. CW_BAD_SCHEMA: not learned; CW_BAD_RECORD;
 * CW_TOO_LARGE; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
cw_foreign_open(struct cw_foreign *foreign, uint64_t fingerprint,
                struct cw_text body, struct cw_arena *arena,
                const void **record, struct cw_error *err);

#endif
