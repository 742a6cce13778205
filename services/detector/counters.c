#include "counters.h"

#include <string.h>

#define ROW(name, type, labels, help)                                          \
    {                                                                          \
        name, CW_METRIC_##type, labels, help, CW_METRIC_EVOLVING, 0, NULL, 0,  \
            8                                                                  \
    }

const struct cw_metric detector_metrics[DETECTOR_METRIC_COUNT] = {
    [DETECTOR_METRIC_SAMPLES] =
        ROW("causeway_detector_samples_total", COUNTER, "outcome",
            "samples: taken; left out as duplicate, backward in time or bad "
            "(no number); unknown: no definition came in time"),
    [DETECTOR_METRIC_RESETS] =
        ROW("causeway_detector_resets_total", COUNTER, "",
            "cumulative series that began again at a lower value"),
    [DETECTOR_METRIC_PARKED] =
        ROW("causeway_detector_samples_parked_total", COUNTER, "",
            "samples that waited for the definition of their series"),
    [DETECTOR_METRIC_SERIES] = ROW("causeway_detector_series", GAUGE, "",
                                   "series in the state of all shards"),
    [DETECTOR_METRIC_REFUSED] =
        ROW("causeway_detector_series_refused_total", COUNTER, "",
            "definitions of series for which there is no room"),
    [DETECTOR_METRIC_FORGOTTEN] =
        ROW("causeway_detector_series_forgotten_total", COUNTER, "",
            "series dropped after they were idle"),
    [DETECTOR_METRIC_DERIVED] =
        ROW("causeway_detector_samples_derived_total", COUNTER, "",
            "samples of means and ratios made from pairs of series"),
    [DETECTOR_METRIC_EPISODES] =
        ROW("causeway_detector_episodes_total", COUNTER, "outcome",
            "anomalies opened and closed"),
};

const struct cw_core_counter detector_counters[DETECTOR_COUNTER_COUNT] = {
    {DETECTOR_METRIC_SAMPLES, "taken"},
    {DETECTOR_METRIC_SAMPLES, "duplicate"},
    {DETECTOR_METRIC_SAMPLES, "backward"},
    {DETECTOR_METRIC_SAMPLES, "bad"},
    {DETECTOR_METRIC_SAMPLES, "unknown"},
    {DETECTOR_METRIC_RESETS, NULL},
    {DETECTOR_METRIC_PARKED, NULL},
    {DETECTOR_METRIC_SERIES, NULL},
    {DETECTOR_METRIC_REFUSED, NULL},
    {DETECTOR_METRIC_FORGOTTEN, NULL},
    {DETECTOR_METRIC_DERIVED, NULL},
    {DETECTOR_METRIC_EPISODES, "opened"},
    {DETECTOR_METRIC_EPISODES, "closed"},
};

void detector_count(const struct detector_counts *counts, uint64_t series,
                    uint64_t *numbers)
{
    const uint64_t all[DETECTOR_COUNTER_COUNT] = {
        counts->samples,        counts->duplicates,
        counts->backward,       counts->bad,
        counts->unknown,        counts->resets,
        counts->parked,         series,
        counts->refused_series, counts->forgotten,
        counts->derived,        counts->opened,
        counts->closed,
    };
    memcpy(numbers, all, sizeof(all));
}
