/*
 * traces - the open traces of a shard, found by id, oldest first.
 *
 * Place    core -> [traces] -> trace
 * Limits   max_count traces and max_spans spans in all; the caller closes the
 *          oldest before it opens or adds beyond them
 * Threads  one owner thread
 */
#ifndef CORRELATOR_TOPOLOGY_TRACES_H
#define CORRELATOR_TOPOLOGY_TRACES_H

#include "trace.h"

#define TRACES_NONE UINT32_MAX

struct traces;

CW_MUST_USE enum cw_status traces_create(struct traces **made, size_t max_count,
                                         size_t max_spans,
                                         struct cw_error *err);
void traces_destroy(struct traces **traces);

/* The slot of an open trace, or TRACES_NONE. */
uint32_t traces_find(const struct traces *traces, uint64_t key);

/* Opens a trace; there must be room. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status traces_open(struct traces *traces, uint64_t key,
                                       int64_t now_at, uint32_t *slot,
                                       struct cw_error *err);

/* Adds a span to an open trace, as trace_add. */
CW_MUST_USE enum cw_status traces_add(struct traces *traces, uint32_t slot,
                                      const struct trace_span *span,
                                      enum trace_answer *answer,
                                      struct cw_error *err);

/* Forgets an open trace. */
void traces_close(struct traces *traces, uint32_t slot);

struct trace *traces_at(struct traces *traces, uint32_t slot);
/* In the order of opening; TRACES_NONE at the end. */
uint32_t traces_oldest(const struct traces *traces);
uint32_t traces_next(const struct traces *traces, uint32_t slot);

size_t traces_count(const struct traces *traces);
bool traces_is_full(const struct traces *traces);
bool traces_has_all_spans(const struct traces *traces); /* max_spans reached */

void traces_save(const struct traces *traces, struct cw_pack *out);
CW_MUST_USE enum cw_status traces_load(struct traces *traces,
                                       uint32_t party_limit,
                                       struct cw_unpack *in,
                                       struct cw_error *err);

#endif
