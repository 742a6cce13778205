/*
 * metrics - one table of metrics a service: counted, exposed, documented.
 *
 * Place    every part that counts -> /metrics, docs/operations.md
 * Input    a static const table; the enum of a service indexes it
 * Output   Prometheus text 0.0.4 or OpenMetrics 1.0, each sample with the
 *          label service; also process_*, causeway_build_info and the state of
 *          the configuration
 * Limits   as many label sets as a row says (128 when it says 0); one more
 *          goes to a cell nobody reads and is counted in
 *          causeway_metrics_dropped_labels_total{metric}. A label value is cut
 *          at 128 bytes
 * Threads  any; a cell is bumped without a lock. Finding a cell by its labels
 *          locks: find it once, keep it
 * Source   prometheus.io exposition formats; OpenMetrics 1.0
 */
#ifndef CW_BASE_METRICS_H
#define CW_BASE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "base/text.h"

#define CW_METRIC_LABELS_MAX  4
#define CW_METRIC_BUCKETS_MAX 24

enum cw_metric_type { CW_METRIC_COUNTER, CW_METRIC_GAUGE, CW_METRIC_HISTOGRAM };

/* What a dashboard may rely on. */
enum cw_metric_stability {
    CW_METRIC_STABLE,  /* renamed only with the old name kept for a release */
    CW_METRIC_EVOLVING /* may change with any release */
};

struct cw_metric {
    const char *name; /* causeway_..., base unit, a counter ends in _total */
    enum cw_metric_type type;
    const char *labels; /* names separated by commas, "" = none */
    const char *help;   /* one line */
    enum cw_metric_stability stability;
    double scale;          /* exposed = counted * scale; 0 = 1. A counter of
                              us named _seconds_total has 1e-6 */
    const double *buckets; /* upper bounds, rising, without +Inf; a HISTOGRAM
                              without any gets cw_metric_latency_s */
    size_t bucket_count;
    size_t max_series; /* 0 = 128 */
};

/* 1 ms to 10 s in steps of about 2: for latencies in seconds. */
extern const double cw_metric_latency_s[];
extern const size_t cw_metric_latency_count;

struct cw_metrics;
struct cw_cell; /* one series: a metric with its label values */

/* Makes a registry the caller owns; borrows service and table for its life.
 * Series without labels are there at once, with 0.
 * CW_BROKEN: the table breaks a rule, and err says which; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_metrics_create(struct cw_metrics **made,
                                             const char *service,
                                             const struct cw_metric *table,
                                             size_t count,
                                             struct cw_error *err);
void cw_metrics_destroy(struct cw_metrics **metrics);

/* The cell of row with these label values, as many as the row has labels;
 * lives as long as the registry. Never NULL: see Limits. */
struct cw_cell *cw_metrics_cell(struct cw_metrics *metrics, size_t row,
                                const struct cw_text *values);

/* Takes the series out of the exposition, as when a partition is revoked.
 * Its cell must not be used any more: another series may get it. */
void cw_metrics_remove(struct cw_metrics *metrics, size_t row,
                       const struct cw_text *values);

/* COUNTER only; GAUGE only; HISTOGRAM only. NaN is not observed. */
void cw_cell_add(struct cw_cell *cell, uint64_t count);
void cw_cell_set(struct cw_cell *cell, double value);
void cw_cell_observe(struct cw_cell *cell, double value);

/* COUNTER whose total is kept elsewhere: brings it up to total, never down.
 * One thread a cell. */
void cw_cell_raise(struct cw_cell *cell, uint64_t total);

/* The same for a row without labels. */
void cw_metrics_add(struct cw_metrics *metrics, size_t row, uint64_t count);
void cw_metrics_set(struct cw_metrics *metrics, size_t row, double value);
void cw_metrics_observe(struct cw_metrics *metrics, size_t row, double value);

/* What a counter or gauge holds now, unscaled; for tests and readiness. */
double cw_cell_value(const struct cw_cell *cell);

/* After each load of the configuration: when it was, and whether it is in
 * force. hash is exposed as a number of 48 bits, which a double holds. */
void cw_metrics_config(struct cw_metrics *metrics, bool in_force, uint64_t hash,
                       int64_t at);

/* How many log lines were lost until now (cw_log_lost); from one thread. */
void cw_metrics_log_lost(struct cw_metrics *metrics, uint64_t count);

/* collect is called before each exposition, on the thread that asks for it,
 * to set gauges that are dear to keep. At most 8; CW_FULL. */
CW_MUST_USE enum cw_status cw_metrics_on_collect(struct cw_metrics *metrics,
                                                 void (*collect)(void *context),
                                                 void *context,
                                                 struct cw_error *err);

enum cw_metric_format { CW_METRIC_PROMETHEUS, CW_METRIC_OPENMETRICS };

/* By an Accept header; NULL = none. */
enum cw_metric_format cw_metrics_format_of(const char *accept);
const char *cw_metrics_content_type(enum cw_metric_format format);

/* Writes the whole exposition. */
void cw_metrics_expose(struct cw_metrics *metrics, enum cw_metric_format format,
                       FILE *out);

/* The Markdown table of docs/operations.md: these rows, or what every service
 * has. */
void cw_metrics_markdown(const struct cw_metric *table, size_t count,
                         FILE *out);
void cw_metrics_markdown_common(FILE *out);

#endif
