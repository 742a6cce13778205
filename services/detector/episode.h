/*
 * episode - from the first clear sample to the return to normal.
 *
 * Place    series: judgement -> [episode] -> opened, updated, closed
 * Input    judgements in event time
 * Output   at most one event a sample; updates at most one a minute, or when
 *          the surprise outgrows the last said by a third
 * Limits   O(1); a shift that stays is accepted after a bounded time, or an
 *          episode would last for ever
 * Threads  one owner thread
 */
#ifndef DETECTOR_EPISODE_H
#define DETECTOR_EPISODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "model.h"

enum episode_event {
    EPISODE_NONE,
    EPISODE_OPENED,
    EPISODE_UPDATED,
    EPISODE_CLOSED,
    EPISODE_ACCEPTED /* closed, because it is the new normal */
};

struct episode {
    int64_t started_at; /* onset; also of the last one, closed */
    int64_t evident_at; /* its first odd sample: it began no later */
    int64_t opened_at;  /* event time of the sample that opened it */
    int64_t said_at;    /* of the last opening or update */
    int64_t calm_at;    /* first sample of the present calm run */
    int64_t pending_at; /* first odd sample of what may open, 0 = none */
    int64_t decided_at; /* stream time of the opening: kept for the records */
    float score;        /* largest up to the opening */
    float peak;         /* largest surprise so far */
    float said_peak;
    uint32_t length; /* samples since it opened, or is pending */
    uint32_t off;    /* of those while it is pending: off themselves */
    uint8_t calm_count;
    uint8_t recent; /* bit per sample: surprise above confirm */
    uint8_t away;   /* bit per sample while pending: this one is off too */
    uint8_t top;    /* view that opened it */
    bool open;
};

/* One sample's consequence. onset: where an opening began. */
enum episode_event episode_step(struct episode *episode,
                                const struct detector_config *config,
                                const struct family_trait *trait,
                                const struct judgement *judged, int64_t onset);

/* It is open, or may open: the model has to learn nothing from it as usual. */
bool episode_holds(const struct episode *episode);

void episode_save(const struct episode *episode, struct cw_pack *out);
void episode_load(struct episode *episode, struct cw_unpack *in);

#endif
