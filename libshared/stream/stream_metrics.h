/*
 * stream_metrics - what every stream service counts.
 *
 * Place    service: state of a loop -> /metrics, docs/operations.md
 * Threads  set is called by the admin port's thread
 */
#ifndef CW_STREAM_STREAM_METRICS_H
#define CW_STREAM_STREAM_METRICS_H

#include "base/metrics.h"
#include "stream/lags.h"
#include "stream/loop.h"

extern const struct cw_metric cw_stream_metrics[];
extern const size_t cw_stream_metric_count;

void cw_stream_metrics_set(struct cw_metrics *metrics, const char *service,
                           const struct cw_loop_state *state);
/* What the cores have counted, on the program's own rows. */
void cw_stream_metrics_core(struct cw_metrics *metrics,
                            const struct cw_metric *rows,
                            const struct cw_core_type *type,
                            const struct cw_flow_state *state);
/* By status: what a side loop passed over. */
void cw_stream_metrics_unreadable(struct cw_metrics *metrics, const char *role,
                                  const struct cw_letter_counts *counts);
void cw_stream_metrics_lags(struct cw_metrics *metrics, const char *service,
                            struct cw_lags *lags);

#endif
