/*
 * record_json - a record as JSON, field by field.
 *
 * Place    generated records -> [record_json] -> canonical, cwctl, API
 * Output   strings are valid UTF-8: bytes that are not become U+FFFD; bytes
 *          fields as in Avro's JSON encoding, one code point U+0000..U+00FF a
 *          byte; doubles that are not finite as "NaN", "Infinity",
 *          "-Infinity"
 * Limits   out of memory turns it failed; the end then yields NULL
 * Threads  one owner thread
 */
#ifndef CW_RECORD_RECORD_JSON_H
#define CW_RECORD_RECORD_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct cw_json {
    json_t *object; /* owned until the end */
    json_t *array;  /* borrowed from object: the one being filled */
    bool failed;
};

struct cw_json cw_json_begin(void);
/* Takes value; NULL turns it failed, as below. */
void cw_json_put(struct cw_json *json, const char *key, json_t *value);
/* Begins an empty array; items go there until the next one. */
void cw_json_array(struct cw_json *json, const char *key);
void cw_json_item(struct cw_json *json, json_t *value);
json_t *cw_json_end(struct cw_json *json);

json_t *cw_json_bool(bool value);
json_t *cw_json_int(int32_t value);
json_t *cw_json_long(int64_t value);
json_t *cw_json_double(double value);
json_t *cw_json_text(struct cw_text value);
json_t *cw_json_bytes(struct cw_text value);

#endif
