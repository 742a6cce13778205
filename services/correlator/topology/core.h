/*
 * core - the topology role: spans in, edges and the load of each entity out.
 *
 * Place    spans -> [topology core] -> edges (correlate role, ranker),
 *          metrics.patterns (detector)
 * Input    SPANS: struct cw_span, in any order within a trace
 * Output   at each multiple of window_us of stream time: EDGES of the traces
 *          that closed in the window (count, errors, duration histogram; key
 *          empty, route of the caller's domain), METRICS_PATTERNS (red.h) of
 *          the spans that came in it
 * Limits   max_traces open traces and max_spans spans a shard: the oldest is
 *          closed early, with what it has, and counted; TRACE_SPAN_MAX spans a
 *          trace; max_parties entities and max_edges edges a window, beyond
 *          which spans and calls are counted and left out
 * Threads  one owner thread
 *
 * A trace closes at the first window end at which it had no new span for
 * settle_us, or was open for max_open_us. A span that comes later opens it
 * again: its own load counts, calls to spans of the first part do not.
 */
#ifndef CORRELATOR_TOPOLOGY_CORE_H
#define CORRELATOR_TOPOLOGY_CORE_H

#include "base/options.h"
#include "core/core.h"

struct topology_config {
    int64_t window_us;   /* > 0 */
    int64_t settle_us;   /* without a new span: a trace closes */
    int64_t max_open_us; /* a trace closes in any case; below 15 min */
    int64_t idle_us;     /* after the last span: an entity's series end */
    int64_t max_traces;  /* a shard */
    int64_t max_spans;   /* a shard, of open traces */
    int64_t max_parties; /* a shard */
    int64_t max_edges;   /* a shard and window */
};

struct topology_config topology_config_default(void);

extern const struct cw_option topology_options[];
extern const size_t topology_option_count;

struct topology_counts {
    uint64_t spans;
    uint64_t duplicate_spans;
    uint64_t crowded_spans;  /* beyond TRACE_SPAN_MAX of a trace */
    uint64_t homeless_spans; /* beyond max_parties */
    uint64_t shed_traces;    /* closed early for a bound */
    uint64_t lost_calls;     /* beyond max_edges */
    uint64_t open_traces;    /* now */
    uint64_t parties;        /* now */
};

/* Since the core was made; for /metrics, never for a decision. */
struct topology_counts topology_counts(const struct cw_core *core);

/* config of create: struct topology_config, NULL = the default. */
extern const struct cw_core_type topology_core_type;

#endif
