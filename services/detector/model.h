/*
 * model - what one series usually does, and how unusual a sample is.
 *
 * Place    series: sample -> [model] -> judgement -> episode
 * Input    samples in strictly rising event time, the unit of the series
 * Output   a judgement: expected value and band, surprise of each view, of all
 *          together, score in [0, 1]
 * Limits   |sample| <= MODEL_SAMPLE_MAX; O(1) a sample; no memory of its own
 *          but the day profile its owner gives it
 * Threads  one owner thread
 * Source   docs of the formulas: README.md of this folder. Robust level by a
 *          clipped running mean (Huber 1964); sum of log tail probabilities
 *          (Fisher 1932), recalibrated because the views depend on each other;
 *          onset by cumulated sums (Page, Biometrika 41, 1954)
 */
#ifndef DETECTOR_MODEL_H
#define DETECTOR_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "config.h"
#include "day.h"
#include "tail.h"

#define MODEL_SAMPLE_MAX  1e30 /* its floats stay finite */
#define MODEL_WARM_COUNT  60   /* samples before anything may alarm */
#define MODEL_TRUST_COUNT 15   /* samples before a deviation is clipped */
#define MODEL_OUT_SIGMAS  3.0

/* A view is one way a sample can be odd. */
#define VIEW_TABLE(X)                                                          \
    X(RESIDUAL, "residual") /* jump against the last few samples */            \
    X(LEVEL, "level")       /* distance from the slow robust level */          \
    X(SHIFT, "shift")       /* mean of a dozen samples against the level */    \
    X(VARIANCE, "variance") /* step size against its usual */                  \
    X(MINUTES5, "5m")       /* robust mean of 5 minutes against the level */   \
    X(MINUTES15, "15m")                                                        \
    X(MINUTES60, "60m")                                                        \
    X(DAY, "day") /* distance from this time of day */

enum view {
#define VIEW_ID(id, name) VIEW_##id,
    VIEW_TABLE(VIEW_ID)
#undef VIEW_ID
        VIEW_COUNT
};
#define VIEW_WINDOWS 3 /* MINUTES5 .. MINUTES60 */

const char *view_name(enum view view);

struct view_state {
    float scale; /* running |deviation| as a standard deviation */
    struct tail tail;
};

struct model {
    int64_t first_at;
    int64_t last_at;
    int64_t up_at;   /* where the sum towards more left 0 */
    int64_t down_at; /* ... towards less */
    int64_t out_at;  /* first sample of the present run out of band, 0 = in */
    double level;    /* slow robust level, without season */
    double slow;     /* the same with season: what level is when day is off */
    double fast;     /* both without season */
    double previous;
    uint32_t seen;    /* samples learnt; stops at its maximum */
    uint32_t settled; /* the same, put back when a new normal is accepted */
    float interval_s;
    float jitter_s; /* running |distance - interval| */
    float shift;
    float windows[VIEW_WINDOWS];
    float step_fast;
    float step_slow;
    float up; /* cumulated sums, standard deviations */
    float down;
    struct tail fused;
    struct view_state views[VIEW_COUNT];
    struct day *day; /* owned by the series; NULL until it is worth it */
    bool whole;      /* every sample was a whole number of quanta */
    bool moved;      /* two samples differed */
    bool never_none; /* no sample learnt was 0 */
    bool none;       /* the last sample was 0 */
    float tick;      /* the last sample, when it rose from 0; 0 = it did not */
    float grain;     /* the smallest that went back to 0 at once; 0 = none */
};

/* What a sample means before it is learnt. */
struct judgement {
    int64_t at;
    double value;
    double expected;
    double lower;
    double upper;
    double z;        /* signed, standard deviations from expected */
    double surprise; /* -log10 p of everything together */
    double score;
    double surprises[VIEW_COUNT]; /* 0 for a view that is not ready */
    unsigned ready;               /* bit per view */
    enum view top;                /* the loudest ready view */
    bool warm;                    /* false: score 0, band empty, no alarm */
    bool deviates;     /* far enough in the unit of the series to matter */
    double learnt_s;   /* how long the level was learnt */
    double interval_s; /* usual distance of samples */
    /* What learning needs again. */
    double gap_s;
    double factor; /* spread of this time of day */
    double season;
    bool timed; /* the day profile knows this time of day: */
    struct day_view day;
    double unit_deviation; /* u = (value - season - level) / factor */
    double deviations[VIEW_COUNT];
    double loudness[VIEW_COUNT]; /* what the tails learn, >= 0 */
    double step_fast;
    double fused;
};

/* Noise a thing has by its nature: one count more or less in a sample. */
struct model_nature {
    const struct family_trait *trait;
    double quantum; /* smallest move of a counted thing, 0 = unknown */
};

void model_init(struct model *model);

/* Judges, learns nothing. at > model->last_at. */
void model_judge(const struct model *model,
                 const struct detector_config *config,
                 const struct model_nature *nature, int64_t at, double value,
                 struct judgement *out);

/* Learns the judged sample. calm = false (an episode is open): levels, scales
 * and the day keep what they knew; tails learn only when first is true. */
void model_learn(struct model *model, const struct model_nature *nature,
                 const struct judgement *judged, bool calm, bool first);

/* The present level becomes the normal one; scales are learnt anew. */
void model_accept(struct model *model);

/* An episode is over: windows forget it, or they would open it again. */
void model_settle(struct model *model);

/* Event time at which the judged deviation began. */
int64_t model_onset(const struct model *model, const struct judgement *judged);

/* Names of the ready views. count <= VIEW_COUNT is returned. */
unsigned model_ready_views(unsigned ready, const char *names[VIEW_COUNT]);

void model_save(const struct model *model, struct cw_pack *out);
/* day may be NULL: then a saved profile makes *in failed. */
void model_load(struct model *model, struct day *(*make_day)(void),
                struct cw_unpack *in);

#endif
