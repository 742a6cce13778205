#include "counters.h"

#define ROW(name, type, labels, help)                                          \
    {                                                                          \
        name, CW_METRIC_##type, labels, help, CW_METRIC_STABLE, 0, NULL, 0, 8  \
    }

const struct cw_metric remediator_metrics[REMEDIATOR_METRIC_COUNT] = {
    [REMEDIATOR_METRIC_STOPPED] =
        ROW("causeway_remediator_stopped_shards", GAUGE, "",
            "shards whose kill switch is on; above 0 = repairs are stopped"),
    [REMEDIATOR_METRIC_RESULTS] =
        ROW("causeway_effect_results_total", COUNTER, "outcome",
            "results said: started, then succeeded, failed, refused or "
            "unknown"),
    [REMEDIATOR_METRIC_WAITING] = ROW("causeway_effect_waiting", GAUGE, "",
                                      "actions that wait to be run here"),
    [REMEDIATOR_METRIC_RUNNING] =
        ROW("causeway_effect_running", GAUGE, "", "commands that run here now"),
};
