/*
 * foreign_rewrite - a value libavro decoded, as today's schema writes it.
 *
 * Place    foreign: generic value -> [foreign_rewrite] -> body of today
 * Input    today's schema as JSON: defaults and aliases are in it
 * Limits   as deep as today's schema; the pack bounds what is written
 * Threads  pure
 * Source   Apache Avro 1.11 specification, Schema Resolution
 */
#ifndef CW_RECORD_FOREIGN_REWRITE_H
#define CW_RECORD_FOREIGN_REWRITE_H

#include <avro.h>
#include <jansson.h>

#include "base/pack.h"
#include "base/status.h"

struct cw_today {
    json_t *schema; /* owned */
    json_t *named;  /* owned: short name of a type -> its definition */
};

/* Reads a schema of today, as cw_record_type holds it. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_today_init(struct cw_today *today,
                                         const char *schema_json,
                                         struct cw_error *err);
void cw_today_fini(struct cw_today *today);

/* CW_BAD_SCHEMA: a writer of that schema leaves today's record with a field
 * it cannot fill. */
CW_MUST_USE enum cw_status cw_today_follows(const struct cw_today *today,
                                            avro_schema_t writer,
                                            struct cw_error *err);

/* Appends the value's body in today's schema. CW_BAD_RECORD: a union holds
 * what today's field cannot; CW_TOO_LARGE: over the pack. */
CW_MUST_USE enum cw_status cw_today_rewrite(const struct cw_today *today,
                                            avro_value_t *value,
                                            struct cw_pack *out,
                                            struct cw_error *err);

#endif
