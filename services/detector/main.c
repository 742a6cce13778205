/*
 * causeway-detector: metrics and metrics.patterns -> anomalies, evidence,
 * series.
 *
 * The data's path: the loop takes the messages of its partitions, the merge
 * puts the samples of all raw partitions in one order by stream time, the core
 * (core.c) turns them into rates and judges each series by its own past
 * (series.c), opens and closes anomalies (episode.c) and tells the evidence of
 * each entity (minute.c); outputs, offsets and shard snapshots are committed
 * together.
 */
#include "config.h"
#include "core.h"
#include "counters.h"
#include "stream/service.h"

int main(int count, char **arguments)
{
    struct {
        struct cw_service_options common;
        struct detector_config detector;
    } options = {.detector = detector_config_default()};
    const struct cw_option_group group = {
        detector_options, detector_option_count, &options.detector};
    const struct cw_service_part part = {CW_SERVICE_DETECTOR, &cw_flow_merged,
                                         &detector_core_type,
                                         &options.detector};
    const struct cw_program program = {
        .name = "detector",
        .summary = "judges every series by its own past",
        .options = &options.common,
        .stall = "20s",
        .groups = &group,
        .group_count = 1,
        .parts = &part,
        .part_count = 1,
        .metrics = detector_metrics,
        .metric_count = DETECTOR_METRIC_COUNT,
    };
    return cw_service_main(&program, count, arguments);
}
