/*
 * series - one series: its model, its episode, the loudest of its minute.
 *
 * Place    core and cwctl score: sample -> [series] -> judgement and event;
 *          the only path a sample takes, live or offline
 * Input    values already turned into gauges or rates
 * Limits   640 bytes, 1.4 KiB with the day profile; a sample that is not
 *          later than the last, or not a number, is refused and counted
 * Threads  one owner thread
 */
#ifndef DETECTOR_SERIES_H
#define DETECTOR_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "episode.h"
#include "model.h"

/* The largest deviation since it was last told. */
struct series_peak {
    int64_t onset_at; /* 0 = it was inside its band */
    float z;
    float surprise;
    double actual;
    double expected;
};

struct series {
    struct model model;
    struct episode episode;
    struct series_peak peak;
    float recent;     /* surprise of the last peak, fading */
    uint32_t refused; /* duplicates, backward or bad samples; stops at max */
    uint32_t minute_count; /* samples since the peak was last told */
};

enum sample_fate {
    SAMPLE_TAKEN,
    SAMPLE_DUPLICATE,
    SAMPLE_BACKWARD,
    SAMPLE_BAD
};

void series_init(struct series *series);
/* Frees the day profile. */
void series_fini(struct series *series);

/* What came of a sample that was taken. */
struct series_verdict {
    struct judgement judged;
    enum episode_event event;
};

/* Judges, decides, learns: in this order. *verdict is set when the sample was
 * taken. */
enum sample_fate series_sample(struct series *series,
                               const struct detector_config *config,
                               const struct model_nature *nature, int64_t at,
                               double value, struct series_verdict *verdict);

/* Starts a new minute. */
void series_clear_peak(struct series *series);

void series_save(const struct series *series, struct cw_pack *out);
/* On failure *in is failed and the series may be finished as usual. */
void series_load(struct series *series, struct cw_unpack *in);

#endif
