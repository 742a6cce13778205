/*
 * trace_ids - one spelling for the ids of traces and spans.
 *
 * Place    formats -> [trace_ids] -> logs and spans
 * Input    hex in any case, short (Zipkin), as a UUID with dashes, or raw bytes
 * Output   lower hex: 32 digits for a trace, 16 for a span, zeros in front;
 *          empty when it is none of these or all zero
 * Threads  pure
 * Source   W3C Trace Context; Zipkin API v2 (unpadded ids are legal)
 */
#ifndef NORMALIZER_TRACE_IDS_H
#define NORMALIZER_TRACE_IDS_H

#include "base/arena.h"
#include "base/text.h"

#define TRACE_ID_SIZE 32
#define SPAN_ID_SIZE  16

/* digits: TRACE_ID_SIZE or SPAN_ID_SIZE. A trace id longer than wanted keeps
 * its last digits, as 64-bit readers of Zipkin do. */
struct cw_text trace_id_of_hex(struct cw_text hex, size_t digits,
                               struct cw_arena *arena);
struct cw_text trace_id_of_bytes(struct cw_text bytes, size_t digits,
                                 struct cw_arena *arena);

#endif
