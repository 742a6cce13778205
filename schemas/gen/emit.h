/*
 * emit - C for the records of a schema set.
 *
 * Place    schema -> [emit] -> records.h, records_codec.h, records_<file>.c,
 *          records_table.c in the build tree
 * Output   what libshared/record/codec.h and record_json.h leave to do: one
 *          line a field, in schema order
 * Threads  one owner thread
 */
#ifndef GEN_EMIT_H
#define GEN_EMIT_H

#include "schema.h"

void emit_records_header(FILE *out, const struct schema_set *set);
void emit_codec_header(FILE *out, const struct schema_set *set);
void emit_file(FILE *out, const struct schema_set *set, size_t file);

enum emit_result {
    EMIT_OK,
    EMIT_FAILED,
    EMIT_UNREADABLE /* written, but some earlier message is left out */
};

/* Message types of today; schemas of earlier releases whose fingerprint is
 * none of today's, with the plan to read them. */
enum emit_result emit_table(FILE *out, const struct schema_set *set,
                            const struct schema_set *history,
                            size_t history_count);

/* Writes text as the content of a C string literal. */
void emit_escaped(FILE *out, const char *text);

/* "struct cw_entity", "int64_t" */
void emit_c_type(FILE *out, const struct field *field);

#endif
