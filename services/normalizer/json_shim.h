/*
 * json_shim - JSON text to a tree one can walk, by simdjson. Named tree_ since
 * jansson, which some of the same files see, has json_.
 *
 * Place    documents -> [json_shim] -> formats
 * Input    one JSON document, any bytes
 * Output   values that borrow the parser until its next parse
 * Limits   documents of at most max_size bytes and TREE_DEPTH_MAX levels;
 *          whatever is larger, deeper or not JSON is refused
 * Threads  one owner thread a parser
 * Source   RFC 8259; simdjson DOM. The .cc is the only C++ in this service
 */
#ifndef NORMALIZER_JSON_SHIM_H
#define NORMALIZER_JSON_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TREE_DEPTH_MAX 64

struct tree_parser;

enum tree_type {
    TREE_NONE, /* no value: what a failed lookup left behind */
    TREE_NULL,
    TREE_BOOL,
    TREE_INT,
    TREE_UINT, /* above INT64_MAX */
    TREE_DOUBLE,
    TREE_STRING,
    TREE_ARRAY,
    TREE_OBJECT
};

/* Opaque; {NULL, 0} is TREE_NONE. */
struct tree_value {
    const void *document;
    size_t index;
};

/* A place in an array or object. */
struct tree_walk {
    struct tree_value at;
    struct tree_value end;
    bool object;
};

/* Why tree_parse refused, for the caller that can mend it. */
enum tree_fault { TREE_FINE, TREE_FAULT_TEXT, TREE_FAULT_OTHER };

CW_MUST_USE enum cw_status tree_parser_create(struct tree_parser **made,
                                              size_t max_size,
                                              struct cw_error *err);
void tree_parser_destroy(struct tree_parser **parser);

/* Copies bytes, lends *root until the next parse. TREE_FAULT_TEXT: a string
 * with broken UTF-8, surrogates or control characters. CW_BAD_RECORD,
 * CW_TOO_LARGE. */
CW_MUST_USE enum cw_status tree_parse(struct tree_parser *parser,
                                      struct cw_text bytes,
                                      struct tree_value *root,
                                      enum tree_fault *fault,
                                      struct cw_error *err);

enum tree_type tree_type_of(struct tree_value value);

/* First field of that name; TREE_NONE when absent or not an object. */
struct tree_value tree_get(struct tree_value object, struct cw_text key);

/* Empty unless a string. */
struct cw_text tree_string(struct tree_value value);
/* A number, as double; false when it is none. */
bool tree_number(struct tree_value value, double *number);
/* An integer in the range of int64; false otherwise. */
bool tree_integer(struct tree_value value, int64_t *integer);
bool tree_true(struct tree_value value);

/* The value as JSON without blanks: how many bytes it takes; as many of them
 * as fit are written. 0: out of memory, or no value. */
size_t tree_write(struct tree_value value, char *out, size_t room);

/* Over an array or object; over anything else it ends at once. */
struct tree_walk tree_walk_of(struct tree_value value);
/* key may be NULL, and stays untouched in an array. */
bool tree_walk_next(struct tree_walk *walk, struct cw_text *key,
                    struct tree_value *value);

#ifdef __cplusplus
}
#endif

#endif
