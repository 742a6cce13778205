/*
 * json - JSON from outside, bounded before it is built; values by key and type.
 *
 * Place    formats off the hot path, webhooks, rules, cwctl
 * Input    bytes of at most size_max, nested at most depth_max deep
 * Output   jansson's tree; faults that name the key
 * Limits   whole numbers of 64 bits with sign: a larger one is refused
 * Threads  pure; a tree has one owner thread
 */
#ifndef CW_BASE_JSON_H
#define CW_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct cw_json_limits {
    size_t size_max;
    size_t depth_max; /* <= 512; [] is 1 deep */
};

/* Any value, not only an object or an array. The caller owns *made
 * (json_decref). CW_BAD_RECORD: err says line, column and fault; CW_TOO_LARGE:
 * a limit. */
CW_MUST_USE enum cw_status cw_json_parse(json_t **made, struct cw_text text,
                                         const struct cw_json_limits *limits,
                                         struct cw_error *err);

/* The member key of object, of its type. CW_NOT_FOUND: absent or null, or
 * object is no object; CW_BAD_RECORD: of another type. Either way the result
 * is untouched and err names the key. Texts, objects and arrays are borrowed
 * from object. A real may be written as a whole number. */
CW_MUST_USE enum cw_status cw_json_text(const json_t *object, const char *key,
                                        struct cw_text *value,
                                        struct cw_error *err);
CW_MUST_USE enum cw_status cw_json_int(const json_t *object, const char *key,
                                       int64_t *value, struct cw_error *err);
CW_MUST_USE enum cw_status cw_json_real(const json_t *object, const char *key,
                                        double *value, struct cw_error *err);
CW_MUST_USE enum cw_status cw_json_bool(const json_t *object, const char *key,
                                        bool *value, struct cw_error *err);
CW_MUST_USE enum cw_status cw_json_object(const json_t *object, const char *key,
                                          json_t **value, struct cw_error *err);
CW_MUST_USE enum cw_status cw_json_array(const json_t *object, const char *key,
                                         json_t **value, struct cw_error *err);

#endif
