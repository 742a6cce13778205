/*
 * raw_line - one line of a raw log as a Kafka record, or a record of ours.
 *
 * Place    replay: line -> [raw_line] -> pipeline
 * Input    {"topic","partition","offset","timestamp_ms"|"timestamp_us","key",
 *          "headers","value"}; key and value are texts, null, or *_base64;
 *          a value that is an object or a list stands for its JSON. headers:
 *          an object, or a list of {"key","value"|"value_base64"}. What stands
 *          under "record" instead of "value" is a decoded record of our own
 *          topics (clock, verdicts, manifest)
 * Output   struct cw_raw; partition and offset -1, timestamp_at INT64_MIN when
 *          not given
 * Limits   HEADERS_MAX headers; the rest as json_shim
 * Threads  one owner thread
 */
#ifndef CWCTL_RAW_LINE_H
#define CWCTL_RAW_LINE_H

#include "base/arena.h"
#include "core/core.h"
#include "normalizer/json_shim.h"

#define RAW_LINE_HEADERS_MAX 256

struct raw_line {
    struct cw_raw raw;        /* borrows the parser and the arena */
    struct tree_value record; /* TREE_NONE unless a record of ours */
};

/* Everything in *line is lent until the parser's next parse and the arena's
 * reset. CW_BAD_RECORD: err says what is wrong with it. */
CW_MUST_USE enum cw_status raw_line_parse(struct raw_line *line,
                                          struct cw_text text,
                                          struct tree_parser *parser,
                                          struct cw_arena *arena,
                                          struct cw_error *err);

#endif
