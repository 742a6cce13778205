/*
 * resolve - a body an earlier release wrote, as today's release writes it.
 *
 * Place    wire -> [resolve] -> decode of today
 * Input    the writer's bytes and the plan avro2c made from both schemas
 * Output   bytes of today's schema
 * Limits   reads as codec does: counts and lengths against the bytes left,
 *          nesting as deep as the schema. What it writes is bounded by the
 *          pack. The result is not validated further: decode does that
 * Threads  pure
 * Source   Apache Avro 1.11 specification, Schema Resolution
 */
#ifndef CW_RECORD_RESOLVE_H
#define CW_RECORD_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pack.h"
#include "base/status.h"
#include "base/text.h"

enum cw_avro_kind {
    CW_AVRO_BOOLEAN,
    CW_AVRO_INT,
    CW_AVRO_LONG,
    CW_AVRO_DOUBLE,
    CW_AVRO_STRING,
    CW_AVRO_BYTES,
    CW_AVRO_RECORD,
    CW_AVRO_ENUM
};

#define CW_RESOLVE_FIELD_MAX 64

/* A field as the writer wrote it. */
struct cw_resolve_field {
    enum cw_avro_kind kind;
    enum cw_avro_kind to; /* of the reader's field */
    bool is_array;
    const struct cw_resolve_record *record; /* CW_AVRO_RECORD */
    const int *symbols;                     /* CW_AVRO_ENUM: the reader's */
    size_t symbol_count;
};

/* A field of the reader: where it comes from. */
struct cw_resolve_slot {
    int field;            /* of the writer; -1: it had none */
    const char *fallback; /* then: its default, encoded */
    size_t fallback_size;
};

struct cw_resolve_record {
    const struct cw_resolve_field *fields; /* the writer's, in its order */
    size_t field_count;                    /* <= CW_RESOLVE_FIELD_MAX */
    size_t min_size;                       /* fewest bytes of one */
    bool same;                             /* as the reader's: copied */
    const struct cw_resolve_slot *slots;   /* the reader's, in its order */
    size_t slot_count;
};

/* Appends the body rewritten to out. CW_BAD_RECORD: not what the writer's
 * schema says; CW_TOO_LARGE: over the pack. */
CW_MUST_USE enum cw_status cw_resolve(const struct cw_resolve_record *plan,
                                      struct cw_text body, struct cw_pack *out,
                                      struct cw_error *err);

#endif
