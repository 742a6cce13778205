/*
 * wire - the framing around a record's body: which schema wrote it.
 *
 * Place    Kafka message value <-> [wire] <-> struct cw_<record>
 * Input    single object (the default):
 *            C3 01 | fingerprint, 8 bytes little endian | body
 *          registered (Confluent):
 *            00 | id, 4 bytes big endian | body
 * Output   open lends the record from the arena; its texts lie in the message
 *          (in the arena when an earlier release wrote it): both must outlive
 *          it
 * Limits   the message is the caller's bound on input, the arena on memory:
 *          counts and lengths are checked before anything is taken from it. A
 *          message of an earlier release may grow CW_WIRE_GROWTH-fold by
 *          defaults. Bytes after the body are refused
 * Threads  pure
 * Source   Apache Avro 1.11 specification, Single-object encoding; Confluent
 *          Schema Registry, Wire format
 */
#ifndef CW_RECORD_WIRE_H
#define CW_RECORD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/pack.h"
#include "base/status.h"
#include "base/text.h"
#include "record/foreign.h"
#include "record/record_type.h"

#define CW_WIRE_HEADER_SIZE            10
#define CW_WIRE_REGISTERED_HEADER_SIZE 5
#define CW_WIRE_GROWTH                 16

/* Appends header and body. The pack fails when it is full. */
void cw_wire_seal(const struct cw_record_type *type, const void *record,
                  struct cw_pack *out);

/* Appends the header alone, for a body put together from encoded parts. */
void cw_wire_frame(const struct cw_record_type *type, struct cw_pack *out);

/* Decodes a message of any release this build knows.
 * CW_UNKNOWN_FORMAT: no such header; CW_BAD_SCHEMA: fingerprint not known;
 * CW_BAD_RECORD: malformed; CW_TOO_LARGE: over the arena; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_wire_open(struct cw_text message,
                                        struct cw_arena *arena,
                                        const struct cw_record_type **type,
                                        const void **record,
                                        struct cw_error *err);

/* The same, and of any schema foreign has learned; foreign may be NULL. */
CW_MUST_USE enum cw_status
cw_wire_open_any(struct cw_foreign *foreign, struct cw_text message,
                 struct cw_arena *arena, const struct cw_record_type **type,
                 const void **record, struct cw_error *err);

/* For resolve and foreign: decodes a copy of body, in today's schema, into the
 * arena; and how many bytes a body of size bytes may take in it. */
CW_MUST_USE enum cw_status cw_wire_adopt(const struct cw_record_type *type,
                                         const struct cw_pack *body,
                                         struct cw_arena *arena,
                                         const void **record,
                                         struct cw_error *err);
size_t cw_wire_growth_max(size_t size);

/* The fingerprint a single object names. False: it is none. */
bool cw_wire_fingerprint(struct cw_text message, uint64_t *fingerprint);

/* What a schema registry calls our schemas. */
struct cw_wire_id {
    uint32_t id;
    uint64_t fingerprint;
};

struct cw_wire_ids {
    const struct cw_wire_id *ids; /* borrowed; in any order, ids unique */
    size_t count;
    struct cw_foreign *foreign; /* borrowed; NULL = only the build's schemas */
};

/* CW_NOT_FOUND: the registry has no id for it; nothing is appended. */
CW_MUST_USE enum cw_status
cw_wire_seal_registered(const struct cw_wire_ids *ids,
                        const struct cw_record_type *type, const void *record,
                        struct cw_pack *out, struct cw_error *err);

/* As cw_wire_open; CW_BAD_SCHEMA also when the id is not in ids. */
CW_MUST_USE enum cw_status
cw_wire_open_registered(const struct cw_wire_ids *ids, struct cw_text message,
                        struct cw_arena *arena,
                        const struct cw_record_type **type, const void **record,
                        struct cw_error *err);

#endif
