/*
 * stream - a series as a test sees it: samples of a kind, drawn from a seed.
 *
 * Place    tests of this folder only
 * Threads  one owner thread
 */
#ifndef DETECTOR_STREAM_H
#define DETECTOR_STREAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "record/records.h"
#include "series.h"

#define START (INT64_C(1700000000) * DETECTOR_SECOND)

struct stream {
    struct series series;
    struct detector_config config;
    struct model_nature nature;
    uint64_t random;
    double state;
    int64_t at;
    int64_t distance; /* of samples */
};

static inline double uniform(struct stream *stream)
{
    stream->random =
        stream->random * 6364136223846793005u + 1442695040888963407u;
    return ((double)(stream->random >> 11) + 0.5) / 9007199254740992.0;
}

static inline double normal(struct stream *stream)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += uniform(stream);
    return sum;
}

static inline double white(struct stream *s)
{
    return 100.0 + 10.0 * normal(s);
}

static inline struct stream stream_of(int family, uint64_t seed)
{
    struct stream stream = {.config = detector_config_default(),
                            .nature = {family_trait(family), 0.0},
                            .random = seed,
                            .at = START,
                            .distance = 10 * DETECTOR_SECOND};
    series_init(&stream.series);
    return stream;
}

static inline unsigned openings(struct stream *stream, unsigned count,
                                double (*next)(struct stream *), double more)
{
    unsigned opened = 0;
    for (unsigned i = 0; i < count; i++) {
        struct series_verdict verdict = {.event = EPISODE_NONE};
        stream->at += stream->distance;
        const double value = next(stream) + more;
        assert_int_equal(series_sample(&stream->series, &stream->config,
                                       &stream->nature, stream->at, value,
                                       &verdict),
                         SAMPLE_TAKEN);
        opened += verdict.event == EPISODE_OPENED;
    }
    return opened;
}

#endif
