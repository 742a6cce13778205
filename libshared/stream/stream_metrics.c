#include "stream/stream_metrics.h"

/* id, name, help: all gauges set from the loop's state; the counters among
 * them are marked so for Prometheus by their suffix. */
#define METRIC_TABLE(X)                                                        \
    X(MESSAGES_IN, "causeway_stream_messages_in", "Kafka messages taken")      \
    X(MESSAGES_OUT, "causeway_stream_messages_out",                            \
      "Kafka messages committed")                                              \
    X(ITEMS, "causeway_stream_items", "records the cores were given")          \
    X(REFUSED, "causeway_stream_refused", "records the cores refused")         \
    X(COMMITS, "causeway_stream_commits", "transactions committed")            \
    X(ABORTS, "causeway_stream_aborts", "transactions aborted and sent again") \
    X(REPLACED, "causeway_stream_producers_replaced",                          \
      "producers replaced after a taint or a fatal error")                     \
    X(REPEATS, "causeway_stream_repeats", "intervals that came twice")         \
    X(RESTORES, "causeway_stream_restores", "assignments restored")            \
    X(RULINGS, "causeway_stream_rulings", "sources ruled absent or present")   \
    X(LOST, "causeway_stream_snapshots_missing",                               \
      "shards found without a snapshot at a restore")                          \
    X(TASKS, "causeway_stream_tasks", "partitions owned now")                  \
    X(SILENT, "causeway_stream_replaying", "partitions still replaying")       \
    X(HELD, "causeway_stream_held_bytes", "bytes waiting for a slower input")  \
    X(STREAM_TIME, "causeway_stream_time_seconds",                             \
      "stream time of the slowest partition, since 1970")                      \
    X(COMMIT_LAST, "causeway_stream_commit_last_seconds",                      \
      "how long the last commit took")

enum metric {
#define METRIC_ID(id, name, help) METRIC_##id,
    METRIC_TABLE(METRIC_ID) METRIC_LAG,
    METRIC_LAG_SECONDS
};

const struct cw_metric cw_stream_metrics[] = {
#define METRIC_ROW(id, name, help)                                             \
    [METRIC_##id] =                                                            \
        {name, CW_METRIC_GAUGE, "role", help, CW_METRIC_EVOLVING, 0, NULL, 0,  \
         8},
    METRIC_TABLE(METRIC_ROW)[METRIC_LAG] =
        {"causeway_consumer_lag", CW_METRIC_GAUGE, "role,topic,partition",
         "messages to the end of a partition owned now", CW_METRIC_STABLE, 0,
         NULL, 0, CW_LAGS_MAX},
    [METRIC_LAG_SECONDS] = {"causeway_consumer_lag_seconds", CW_METRIC_GAUGE,
                            "role,topic,partition",
                            "age of the last message taken while there are "
                            "more, 0 at the end",
                            CW_METRIC_STABLE, 0, NULL, 0, CW_LAGS_MAX},
};

const size_t cw_stream_metric_count =
    sizeof(cw_stream_metrics) / sizeof(cw_stream_metrics[0]);

void cw_stream_metrics_set(struct cw_metrics *metrics, const char *service,
                           struct cw_loop_state state)
{
    const struct cw_text role = cw_text_of(service);
    const double values[] = {
        [METRIC_MESSAGES_IN] = (double)state.messages_in,
        [METRIC_MESSAGES_OUT] = (double)state.messages_out,
        [METRIC_ITEMS] = (double)state.flow.items,
        [METRIC_REFUSED] = (double)state.flow.refused,
        [METRIC_COMMITS] = (double)state.producer.commits,
        [METRIC_ABORTS] = (double)state.producer.aborts,
        [METRIC_REPLACED] = (double)state.producer.replaced,
        [METRIC_REPEATS] = (double)state.flow.repeats,
        [METRIC_RESTORES] = (double)state.restores,
        [METRIC_RULINGS] = (double)state.flow.rulings,
        [METRIC_LOST] = (double)state.flow.lost_shards,
        [METRIC_TASKS] = (double)state.flow.tasks,
        [METRIC_SILENT] = (double)state.flow.silent,
        [METRIC_HELD] = (double)state.flow.held,
        [METRIC_STREAM_TIME] = state.flow.stream_at == INT64_MIN
                                   ? 0.0
                                   : (double)state.flow.stream_at / 1e6,
        [METRIC_COMMIT_LAST] = (double)state.commit_last_us / 1e6,
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        cw_cell_set(cw_metrics_cell(metrics, i, &role), values[i]);
}

void cw_stream_metrics_lags(struct cw_metrics *metrics, const char *service,
                            struct cw_lags *lags)
{
    cw_lags_expose(lags, metrics, METRIC_LAG, METRIC_LAG_SECONDS, service);
}
