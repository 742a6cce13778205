#include "vitals.h"

#define ROW(name, type, help)                                                  \
    {                                                                          \
        name, CW_METRIC_##type, "", help, CW_METRIC_STABLE, 0, NULL, 0, 0      \
    }

const struct cw_metric vitals_metrics[VITALS_METRIC_COUNT] = {
    [VITALS_METRIC_UP] = ROW("causeway_recorder_postgres_up", GAUGE,
                             "1 while PostgreSQL answers, else 0"),
    [VITALS_METRIC_OUTBOX] =
        ROW("causeway_recorder_outbox_waiting", GAUGE,
            "what people said in SQL and Kafka does not have yet, as last "
            "looked at"),
    [VITALS_METRIC_ROWS] = ROW("causeway_recorder_rows_total", COUNTER,
                               "records applied to tables, repeats included"),
    [VITALS_METRIC_REFUSED] =
        ROW("causeway_recorder_rows_refused_total", COUNTER,
            "records put aside in causeway.refused_rows"),
    [VITALS_METRIC_AGE] =
        ROW("causeway_recorder_commit_age_seconds", GAUGE,
            "since everything read was last committed to PostgreSQL"),
    [VITALS_METRIC_FAULTS] =
        ROW("causeway_recorder_audit_faults", GAUGE,
            "rows of causeway.audit_faults as of the last upkeep: 0 = the "
            "chains are sound"),
};

void vitals_collect(const struct vitals *vitals, int64_t now_us,
                    struct cw_metrics *metrics, size_t first)
{
    const int64_t age_us = now_us - atomic_load(&vitals->committed_us);
    cw_metrics_set(metrics, first + VITALS_METRIC_UP,
                   atomic_load(&vitals->up) ? 1.0 : 0.0);
    cw_metrics_set(metrics, first + VITALS_METRIC_OUTBOX,
                   (double)atomic_load(&vitals->outbox));
    cw_metrics_set(metrics, first + VITALS_METRIC_AGE, (double)age_us / 1e6);
    cw_metrics_set(metrics, first + VITALS_METRIC_FAULTS,
                   (double)atomic_load(&vitals->audit_faults));
    cw_cell_raise(cw_metrics_cell(metrics, first + VITALS_METRIC_ROWS, NULL),
                  atomic_load(&vitals->rows));
    cw_cell_raise(cw_metrics_cell(metrics, first + VITALS_METRIC_REFUSED, NULL),
                  atomic_load(&vitals->refused));
}
