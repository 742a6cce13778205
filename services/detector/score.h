/*
 * score - one series from a file, through the very code that runs live.
 *
 * Place    cwctl score; tests and benchmarks of the detector
 * Input    rows in file order: event time in microseconds and a value
 * Output   a result a row, also for a duplicate, backward or bad one: it
 *          changes nothing and repeats the band and the state before it
 * Limits   one series; strictly causal: a result depends on earlier rows only
 * Threads  one owner thread
 */
#ifndef DETECTOR_SCORE_H
#define DETECTOR_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "config.h"

struct detector_score;

struct detector_score_result {
    double score; /* [0, 1]; 0.5 is where a confirmed alarm begins */
    double expected;
    double lower;
    double upper;
    bool has_band;  /* false while warming: expected and band mean nothing */
    bool anomalous; /* from opening to closing */
};

/* Makes a scorer the caller owns. Copies *config (NULL = the defaults).
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
detector_score_create(struct detector_score **made,
                      const struct detector_config *config,
                      struct cw_error *err);
void detector_score_destroy(struct detector_score **scorer);

struct detector_score_result detector_score_feed(struct detector_score *scorer,
                                                 int64_t event_at,
                                                 double value);

#endif
