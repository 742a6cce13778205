/*
 * telemetry - what real producers put on raw topics, written for the benches.
 *
 * Place    shop_load -> [telemetry] -> bytes of one raw record
 * Input    names, instants in us, values
 * Output   OTLP protobuf of metrics and of a span, a line as ECS JSON, an
 *          Alertmanager webhook; lent until the next call
 * Limits   a record of TELEMETRY_MAX bytes
 * Threads  one owner thread
 * Source   opentelemetry-proto 1.x (metrics.proto, trace.proto), ECS 8,
 *          Alertmanager webhook version 4
 */
#ifndef BENCH_TELEMETRY_H
#define BENCH_TELEMETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"

#define TELEMETRY_MAX ((size_t)1 << 20)

enum telemetry_level { /* of protobuf; one buffer each */
                       TELEMETRY_REQUEST,
                       TELEMETRY_RESOURCE,
                       TELEMETRY_SCOPE,
                       TELEMETRY_METRIC,
                       TELEMETRY_GAUGE,
                       TELEMETRY_POINT,
                       TELEMETRY_PAIR,
                       TELEMETRY_ANY,
                       TELEMETRY_LEVELS
};

struct telemetry {
    struct cw_pack packs[TELEMETRY_LEVELS];
};

void telemetry_init(struct telemetry *telemetry);
void telemetry_fini(struct telemetry *telemetry);

/* One gauge each: the first six have names of their own (latency, error rate,
 * ...), the others are app.gauge{n=...}. */
struct cw_text telemetry_points(struct telemetry *telemetry,
                                const char *service, int64_t at_us,
                                const double *values, size_t count);

struct telemetry_span {
    const char *service;
    uint64_t trace[2];
    uint64_t id;
    uint64_t parent; /* 0 = root */
    int64_t begin_us;
    int64_t took_us;
    bool failed;
};
struct cw_text telemetry_span(struct telemetry *telemetry,
                              const struct telemetry_span *span);

struct telemetry_line {
    const char *service;
    const char *level;
    const char *message; /* nothing to escape in it */
    int64_t at_us;
};
struct cw_text telemetry_line(struct telemetry *telemetry,
                              const struct telemetry_line *line);

struct telemetry_alert {
    const char *service;
    unsigned number; /* of the rule */
    bool firing;
    int64_t at_us;
};
/* A webhook of count alerts. */
struct cw_text telemetry_alerts(struct telemetry *telemetry,
                                const struct telemetry_alert *alerts,
                                size_t count);

#endif
