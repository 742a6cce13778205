/*
 * causeway-logcluster: logs -> metrics.patterns, anomalies, evidence,
 * patterns.
 *
 * The data's path: each line is cut into tokens (tokens.c), what varies is
 * masked (mask.c), what is left is its skeleton and names its pattern
 * (skeleton.c, generalise.c); lines are counted per pattern (rates.c), a
 * pattern not seen before is told (novelty.c).
 */
#include "core.h"
#include "counters.h"
#include "stream/service.h"

int main(int count, char **arguments)
{
    struct {
        struct cw_service_options common;
        struct logcluster_config logcluster;
    } options = {.logcluster = logcluster_config_default()};
    const struct cw_option_group group = {
        logcluster_options, logcluster_option_count, &options.logcluster};
    const struct cw_service_part part = {CW_SERVICE_LOGCLUSTER, &cw_flow_merged,
                                         &logcluster_core_type,
                                         &options.logcluster};
    const struct cw_program program = {
        .name = "logcluster",
        .summary = "gives every log line its pattern",
        .options = &options.common,
        .stall = "20s",
        .groups = &group,
        .group_count = 1,
        .parts = &part,
        .part_count = 1,
        .metrics = logcluster_metrics,
        .metric_count = LOGCLUSTER_METRIC_COUNT,
    };
    return cw_service_main(&program, count, arguments);
}
