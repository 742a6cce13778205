/*
 * trace - the spans of one trace while it is open, and who called whom in it.
 *
 *   frontend  [ CLIENT s1 ------------------ ]
 *   cart          [ SERVER s2, parent s1 ]            frontend -> cart
 *   cart            [ CLIENT s3, parent s2 ]          peer redis, no child:
 *                                                     cart -> redis
 *
 * Place    spans -> core -> [trace] -> edges, red
 * Input    spans in any order; the same span twice counts once
 * Output   when the trace closes: each call, and each span that served though
 *          its kind does not say so
 * Limits   TRACE_SPAN_MAX spans; further ones are refused (the core still
 *          counts a server span's own load)
 * Threads  one owner thread
 * Source   parents: OpenTelemetry trace specification; client and server half
 *          with one id: Zipkin's shared spans (B3)
 *
 * Only parents are looked up, never chains: a cycle ends nothing and is no
 * loop. What is missing is left out: a span without its parent makes no call.
 */
#ifndef CORRELATOR_TOPOLOGY_TRACE_H
#define CORRELATOR_TOPOLOGY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pack.h"
#include "base/status.h"
#include "record/records.h"

#define TRACE_SPAN_MAX 512

struct trace_span {
    uint64_t id;
    uint64_t parent; /* 0 = none */
    uint32_t party;  /* who made it */
    uint32_t peer;   /* remote side it names itself, or PARTY_NONE */
    int64_t duration_us;
    int64_t weight; /* in 1/PARTY_UNIT */
    enum cw_span_kind kind;
    bool failed;
};

struct trace {
    uint64_t key;     /* of tenant and trace id */
    int64_t first_at; /* us, stream time of its first span */
    int64_t last_at;
    struct trace_span *spans; /* owned; count of capacity */
    uint32_t count;
    uint32_t capacity;
};

enum trace_answer { TRACE_ADDED, TRACE_DUPLICATE, TRACE_FULL };

void trace_fini(struct trace *trace);

/* CW_NO_MEMORY. */
CW_MUST_USE enum cw_status trace_add(struct trace *trace,
                                     const struct trace_span *span,
                                     enum trace_answer *answer,
                                     struct cw_error *err);

struct trace_call {
    uint32_t caller;
    uint32_t callee;
    bool sends;                    /* through a queue, else it calls */
    bool by_peer;                  /* the callee is only named by the caller */
    const struct trace_span *span; /* whose duration and outcome it has */
};

/* Who hears of a closing trace. */
struct trace_sink {
    void *context;
    void (*call)(void *context, const struct trace_call *call);
    /* An INTERNAL or UNSPECIFIED span that was an entity's entry. */
    void (*served)(void *context, const struct trace_span *span);
};

/* Finds the calls; puts the spans in the order of their ids. */
void trace_join(struct trace *trace, const struct trace_sink *sink);

/* Whether a span counts as served the moment it is seen: SERVER, CONSUMER, or
 * a root of no kind (Zipkin data without kinds). */
bool trace_serves_at_once(const struct trace_span *span);

void trace_save(const struct trace *trace, struct cw_pack *out);
/* party_limit: numbers of parties must be below. */
CW_MUST_USE enum cw_status trace_load(struct trace *trace, uint32_t party_limit,
                                      struct cw_unpack *in,
                                      struct cw_error *err);

#endif
