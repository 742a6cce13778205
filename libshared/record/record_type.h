/*
 * record_type - a record's encode, decode, hash and JSON behind one pointer.
 *
 * Place    generated records -> [record_type] -> wire, emit, merge, cwctl
 * Output   decode lends texts from the bytes it read and arrays from the
 *          arena; json returns a new reference, NULL when out of memory
 * Limits   decode: counts and lengths are checked against the bytes left
 *          before anything is taken from the arena; the arena bounds the rest
 * Threads  constant tables
 */
#ifndef CW_RECORD_RECORD_TYPE_H
#define CW_RECORD_RECORD_TYPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/pack.h"
#include "base/status.h"
#include "base/text.h"

struct cw_record_type {
    const char *name;        /* "MetricRunBatch", without the namespace */
    size_t size;             /* of its struct */
    uint64_t fingerprint;    /* CRC-64-AVRO of the Parsing Canonical Form */
    const char *schema_json; /* alone: every type it names is written out */

    /* Appends the Avro body. Enums must be in range (assert). */
    void (*encode)(const void *record, struct cw_pack *out);
    /* CW_BAD_RECORD: malformed; CW_TOO_LARGE: over the arena;
     * CW_NO_MEMORY. *record is zeroed then. An enum symbol not known here
     * becomes its default. */
    enum cw_status (*decode)(void *record, struct cw_unpack *in,
                             struct cw_arena *arena, struct cw_error *err);
    /* Hash of what it says, without volatile fields. */
    uint64_t (*content_id)(const void *record);
    /* canonical leaves volatile fields out. */
    json_t *(*json)(const void *record, bool canonical);

    const char *topic; /* NULL: only ever part of a message; "*": several */
};

/* A schema of an earlier release: its messages are still read. */
struct cw_resolve_record;
struct cw_record_history {
    uint64_t fingerprint;
    const char *name;                     /* of the record type it became */
    const struct cw_resolve_record *plan; /* record/resolve.h */
    const char *schema_json;
};

/* Generated: every record that is a message, and the schemas before. */
extern const struct cw_record_type *const cw_record_messages[];
extern const size_t cw_record_message_count;
extern const struct cw_record_history cw_record_histories[];
extern const size_t cw_record_history_count;

/* NULL when no message of today has it. */
const struct cw_record_type *
cw_record_type_by_fingerprint(uint64_t fingerprint);
/* NULL when no earlier release wrote it, or it cannot be read any more. */
const struct cw_record_history *cw_record_history_find(uint64_t fingerprint);
/* By "MetricRunBatch". NULL when no message has that name. */
const struct cw_record_type *cw_record_type_by_name(struct cw_text name);

#endif
