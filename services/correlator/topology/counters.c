#include "topology/counters.h"

#include <string.h>

#define ROW(name, type, labels, help)                                          \
    {                                                                          \
        name, CW_METRIC_##type, labels, help, CW_METRIC_EVOLVING, 0, NULL, 0,  \
            8                                                                  \
    }

const struct cw_metric topology_metrics[TOPOLOGY_METRIC_COUNT] = {
    [TOPOLOGY_METRIC_SPANS] = ROW("causeway_topology_spans_total", COUNTER, "",
                                  "spans taken, those left out included"),
    [TOPOLOGY_METRIC_DROPPED] =
        ROW("causeway_topology_spans_dropped_total", COUNTER, "reason",
            "spans left out: duplicate, crowded (its trace is full), homeless "
            "(no room for its entity)"),
    [TOPOLOGY_METRIC_SHED] = ROW("causeway_topology_traces_shed_total", COUNTER,
                                 "", "traces closed early to make room"),
    [TOPOLOGY_METRIC_LOST] = ROW("causeway_topology_calls_lost_total", COUNTER,
                                 "", "calls not told: no room for their edge"),
    [TOPOLOGY_METRIC_TRACES] =
        ROW("causeway_topology_traces", GAUGE, "", "traces open now"),
    [TOPOLOGY_METRIC_PARTIES] =
        ROW("causeway_topology_parties", GAUGE, "", "entities known now"),
};

const struct cw_core_counter topology_counters[TOPOLOGY_COUNTER_COUNT] = {
    {TOPOLOGY_METRIC_SPANS, NULL},
    {TOPOLOGY_METRIC_DROPPED, "duplicate"},
    {TOPOLOGY_METRIC_DROPPED, "crowded"},
    {TOPOLOGY_METRIC_DROPPED, "homeless"},
    {TOPOLOGY_METRIC_SHED, NULL},
    {TOPOLOGY_METRIC_LOST, NULL},
    {TOPOLOGY_METRIC_TRACES, NULL},
    {TOPOLOGY_METRIC_PARTIES, NULL},
};

void topology_count(const struct topology_counts *counts, uint64_t *numbers)
{
    const uint64_t all[TOPOLOGY_COUNTER_COUNT] = {
        counts->spans,          counts->duplicate_spans, counts->crowded_spans,
        counts->homeless_spans, counts->shed_traces,     counts->lost_calls,
        counts->open_traces,    counts->parties,
    };
    memcpy(numbers, all, sizeof(all));
}
