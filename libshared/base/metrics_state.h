/*
 * metrics_state - inside of metrics, shared by counting and exposition only.
 *
 * Place    metrics.c, metrics_expose.c
 * Limits   see metrics.h
 * Threads  the lock guards which cells there are; what is in a cell is atomic
 */
#ifndef CW_BASE_METRICS_STATE_H
#define CW_BASE_METRICS_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/metrics.h"
#include "base/utf8.h"

#define LABEL_SIZE     129u /* 128 bytes and the end */
#define COLLECTORS_MAX 8u

enum {
    CW_COMMON_BUILD,
    CW_COMMON_DROPPED,
    CW_COMMON_CONFIG_OK,
    CW_COMMON_CONFIG_AT,
    CW_COMMON_CONFIG_HASH,
    CW_COMMON_LOG_LOST,
    CW_COMMON_COUNT
};

extern const struct cw_metric cw_common_metrics[CW_COMMON_COUNT];

struct cw_cell {
    const struct family *family;
    bool removed;           /* not exposed; may be given to other labels */
    _Atomic uint64_t value; /* counter: count; else bits of a double: the gauge,
                               or the sum of a histogram */
    _Atomic uint64_t in_bucket[CW_METRIC_BUCKETS_MAX + 1]; /* not cumulated */
    char values[CW_METRIC_LABELS_MAX][LABEL_SIZE];
};

/* A metric with its series, in the order they were first found. */
struct family {
    const struct cw_metric *row;
    size_t label_count;
    const double *buckets;
    size_t bucket_count;
    struct cw_cell **cells;
    size_t cell_count;
    size_t max_cells;
    struct cw_cell overflow; /* where the series beyond the bound count */
};

struct collector {
    void (*collect)(void *context);
    void *context;
};

struct cw_metrics {
    const char *service;
    pthread_mutex_t lock;
    struct family *families; /* the common ones, then the table's */
    size_t family_count;
    struct collector collectors[COLLECTORS_MAX];
    size_t collector_count;
};

struct cw_cell *cw_family_cell(struct cw_metrics *metrics,
                               struct family *family,
                               const struct cw_text *values);
double cw_double_of(uint64_t bits);

#endif
