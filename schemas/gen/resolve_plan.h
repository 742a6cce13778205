/*
 * resolve_plan - how the records of an earlier release become today's.
 *
 * Place    two schema sets -> [resolve_plan] -> tables for
 *          libshared/record/resolve.c, so nothing is parsed when it runs
 * Output   per record an earlier writer wrote: its fields in its order, and
 *          for each field of today where to take it from, or its default
 * Limits   as Avro resolves: fields by name or alias, types by name; int to
 *          long or double, long to double, string to bytes and back. A
 *          default is one KiB at most when encoded
 * Threads  one owner thread
 * Source   Apache Avro 1.11 specification, Schema Resolution. libavro 1.11.1
 *          resolves too, but refuses every field the writer lacked ("Reader
 *          field b doesn't appear in writer"), default or not
 */
#ifndef GEN_RESOLVE_PLAN_H
#define GEN_RESOLVE_PLAN_H

#include "schema.h"

/* Can today's release read message as old wrote it? False: said on stderr
 * why. */
bool plan_check(const struct schema_set *now, const struct schema_set *old,
                const struct named *message);

/* Tables for the marked types of old, as static const plan_<release>_<type>. */
void plan_emit(FILE *out, const struct schema_set *now,
               const struct schema_set *old, size_t release,
               const bool *marked);

/* Marks type and every type it nests. */
void plan_mark(const struct schema_set *old, const struct named *type,
               bool *marked);

#endif
