#include "stream/stream_metrics.h"

/* id, type, name, help. Counters only rise while the process lives. */
#define METRIC_TABLE(X)                                                        \
    X(MESSAGES_IN, COUNTER, "causeway_stream_messages_in_total",               \
      "Kafka messages taken")                                                  \
    X(MESSAGES_OUT, COUNTER, "causeway_stream_messages_out_total",             \
      "Kafka messages committed")                                              \
    X(ITEMS, COUNTER, "causeway_stream_items_total",                           \
      "records the cores were given, a replay after a restart included")       \
    X(COMMITS, COUNTER, "causeway_stream_commits_total",                       \
      "transactions committed")                                                \
    X(ABORTS, COUNTER, "causeway_stream_aborts_total",                         \
      "transactions aborted and sent again")                                   \
    X(REPLACED, COUNTER, "causeway_stream_producers_replaced_total",           \
      "producers replaced after a taint or a fatal error")                     \
    X(REPEATS, COUNTER, "causeway_stream_repeats_total",                       \
      "intervals that came twice")                                             \
    X(RESTORES, COUNTER, "causeway_stream_restores_total",                     \
      "assignments restored")                                                  \
    X(RULINGS, COUNTER, "causeway_stream_rulings_total",                       \
      "sources ruled absent or present")                                       \
    X(LOST, COUNTER, "causeway_stream_snapshots_missing_total",                \
      "shards found without a snapshot at a restore")                          \
    X(TASKS, GAUGE, "causeway_stream_tasks", "partitions owned now")           \
    X(SILENT, GAUGE, "causeway_stream_replaying",                              \
      "partitions still replaying")                                            \
    X(HELD, GAUGE, "causeway_stream_held_bytes",                               \
      "bytes waiting for a slower input")                                      \
    X(STREAM_TIME, GAUGE, "causeway_stream_time_seconds",                      \
      "stream time of the slowest partition, since 1970")                      \
    X(UNSAVED, GAUGE, "causeway_stream_snapshot_age_seconds",                  \
      "stream time since the oldest snapshot in use: what a restart reads "    \
      "again")                                                                 \
    X(COMMIT_LAST, GAUGE, "causeway_stream_commit_last_seconds",               \
      "how long the last commit took")

enum metric {
#define METRIC_ID(id, type, name, help) METRIC_##id,
    METRIC_TABLE(METRIC_ID) METRIC_LETTERS,
    METRIC_UNREADABLE,
    METRIC_LAG,
    METRIC_LAG_SECONDS
};

const struct cw_metric cw_stream_metrics[] = {
#define METRIC_ROW(id, type, name, help)                                       \
    [METRIC_##id] = {                                                          \
        name, CW_METRIC_##type, "role", help, CW_METRIC_EVOLVING, 0, NULL, 0,  \
        8},
    METRIC_TABLE(METRIC_ROW)[METRIC_LETTERS] =
        {"causeway_dead_letters_total", CW_METRIC_COUNTER, "role,reason",
         "letters put on deadletter", CW_METRIC_STABLE, 0, NULL, 0,
         (size_t)CW_SERVICE_COUNT *CW_STATUS_COUNT},
    [METRIC_UNREADABLE] =
        {"causeway_stream_unreadable_total", CW_METRIC_COUNTER, "role,reason",
         "records that recorder, notifier or effect loop could not read and "
         "passed over",
         CW_METRIC_STABLE, 0, NULL, 0, CW_STATUS_COUNT},
    [METRIC_LAG] = {"causeway_consumer_lag", CW_METRIC_GAUGE,
                    "role,topic,partition",
                    "messages to the end of a partition owned now",
                    CW_METRIC_STABLE, 0, NULL, 0, CW_LAGS_MAX},
    [METRIC_LAG_SECONDS] = {"causeway_consumer_lag_seconds", CW_METRIC_GAUGE,
                            "role,topic,partition",
                            "age of the last message taken while there are "
                            "more, 0 at the end",
                            CW_METRIC_STABLE, 0, NULL, 0, CW_LAGS_MAX},
};

const size_t cw_stream_metric_count =
    sizeof(cw_stream_metrics) / sizeof(cw_stream_metrics[0]);

/* Reasons that have not come up have no series. */
static void set_reasons(struct cw_metrics *metrics, enum metric row,
                        struct cw_text role,
                        const struct cw_letter_counts *letters)
{
    for (unsigned i = 0; i < CW_STATUS_COUNT; i++) {
        const struct cw_text labels[] = {
            role, cw_text_of(cw_status_code((enum cw_status)i))};
        if (letters->by[i] > 0)
            cw_cell_raise(cw_metrics_cell(metrics, row, labels),
                          letters->by[i]);
    }
}

void cw_stream_metrics_set(struct cw_metrics *metrics, const char *service,
                           const struct cw_loop_state *state)
{
    const struct cw_text role = cw_text_of(service);
    const uint64_t counters[] = {
        [METRIC_MESSAGES_IN] = state->messages_in,
        [METRIC_MESSAGES_OUT] = state->messages_out,
        [METRIC_ITEMS] = state->flow.items,
        [METRIC_COMMITS] = state->producer.commits,
        [METRIC_ABORTS] = state->producer.aborts,
        [METRIC_REPLACED] = state->producer.replaced,
        [METRIC_REPEATS] = state->flow.repeats,
        [METRIC_RESTORES] = state->restores,
        [METRIC_RULINGS] = state->flow.rulings,
        [METRIC_LOST] = state->flow.lost_shards,
    };
    const struct {
        enum metric row;
        double value;
    } gauges[] = {
        {METRIC_TASKS, (double)state->flow.tasks},
        {METRIC_SILENT, (double)state->flow.silent},
        {METRIC_HELD, (double)state->flow.held},
        {METRIC_STREAM_TIME, state->flow.stream_at == INT64_MIN
                                 ? 0.0
                                 : (double)state->flow.stream_at / 1e6},
        {METRIC_UNSAVED, (double)state->flow.unsaved_us / 1e6},
        {METRIC_COMMIT_LAST, (double)state->commit_last_us / 1e6},
    };
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        cw_cell_raise(cw_metrics_cell(metrics, i, &role), counters[i]);
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
        cw_cell_set(cw_metrics_cell(metrics, gauges[i].row, &role),
                    gauges[i].value);
    set_reasons(metrics, METRIC_LETTERS, role, &state->flow.letters);
}

void cw_stream_metrics_unreadable(struct cw_metrics *metrics, const char *role,
                                  const struct cw_letter_counts *counts)
{
    set_reasons(metrics, METRIC_UNREADABLE, cw_text_of(role), counts);
}

void cw_stream_metrics_core(struct cw_metrics *metrics,
                            const struct cw_metric *rows,
                            const struct cw_core_type *type,
                            const struct cw_flow_state *state)
{
    for (size_t i = 0; i < type->counter_count; i++) {
        const struct cw_core_counter *counter = &type->counters[i];
        const bool rises = rows[counter->row].type == CW_METRIC_COUNTER;
        const struct cw_text value =
            cw_text_of(counter->value == NULL ? "" : counter->value);
        struct cw_cell *cell =
            cw_metrics_cell(metrics, cw_stream_metric_count + counter->row,
                            counter->value == NULL ? NULL : &value);
        if (rises)
            cw_cell_raise(cell, state->gone[i] + state->there[i]);
        else
            cw_cell_set(cell, (double)state->there[i]);
    }
}

void cw_stream_metrics_lags(struct cw_metrics *metrics, const char *service,
                            struct cw_lags *lags)
{
    cw_lags_expose(lags, metrics, METRIC_LAG, METRIC_LAG_SECONDS, service);
}
