/*
 * causeway-correlator: two roles, each its own consumer group.
 *
 * topology: spans -> edges and calls, errors, durations of each entity.
 * correlate: alerts, anomalies, edges and what people say -> incidents,
 * notices, ledger, topology.
 *
 * One process runs both unless --role names one (as containers that scale
 * apart do).
 */
#include <stdio.h>
#include <string.h>

#include "correlate/config.h"
#include "correlate/core.h"
#include "stream/service.h"
#include "topology/counters.h"

struct options {
    struct cw_service_options common;
    struct topology_config topology;
    struct correlate_config correlate;
};

/* Takes --role out of the arguments; 0 = both, 1 or 2, -1 = unknown. */
static int take_role(int *count, char **arguments)
{
    for (int i = 1; i + 1 < *count; i++) {
        if (strcmp(arguments[i], "--role") != 0)
            continue;
        const char *role = arguments[i + 1];
        for (int k = i; k + 2 < *count; k++)
            arguments[k] = arguments[k + 2];
        *count -= 2;
        if (strcmp(role, "topology") == 0)
            return 1;
        if (strcmp(role, "correlate") == 0)
            return 2;
        return strcmp(role, "both") == 0 ? 0 : -1;
    }
    return 0;
}

int main(int count, char **arguments)
{
    struct options options = {.topology = topology_config_default(),
                              .correlate = correlate_config_default()};
    const int role = take_role(&count, arguments);
    if (role < 0) {
        (void)fprintf(stderr, "causeway-correlator: --role is topology, "
                              "correlate or both\n");
        return 64;
    }
    const struct cw_option_group groups[] = {
        {topology_options, topology_option_count, &options.topology},
        {correlate_options, correlate_option_count, &options.correlate},
    };
    const struct cw_service_part parts[] = {
        {CW_SERVICE_TOPOLOGY, &cw_flow_merged, &topology_core_type,
         &options.topology},
        {CW_SERVICE_CORRELATE, &cw_flow_merged, &correlate_core_type,
         &options.correlate},
    };
    const struct cw_program program = {
        .name = "correlator",
        .summary = "folds alerts and anomalies into incidents",
        .options = &options.common,
        .stall = "30s",
        .groups = groups,
        .group_count = 2,
        .parts = role == 2 ? &parts[1] : &parts[0],
        .part_count = role == 0 ? 2 : 1,
        .metrics = topology_metrics,
        .metric_count = TOPOLOGY_METRIC_COUNT,
    };
    return cw_service_main(&program, count, arguments);
}
