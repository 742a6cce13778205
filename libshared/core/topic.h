/*
 * topic - the one table of what flows where.
 *
 * Place    everything that names a topic: emit, stream, cwctl topics, chart
 * Source   design.md, Topics
 * Threads  pure
 */
#ifndef CW_CORE_TOPIC_H
#define CW_CORE_TOPIC_H

#include "base/text.h"

/* What a message of the topic holds: a batch of items, or one record. */
enum cw_message_form { CW_FORM_BATCH, CW_FORM_RECORD, CW_FORM_BYTES };

/* How Kafka forgets: by age, by key, or both. */
enum cw_cleanup { CW_CLEAN_DELETE, CW_CLEAN_COMPACT, CW_CLEAN_BOTH };

/* id, name, form, item or record, partition key, cleanup, retention in hours
 * (0 = unlimited). A batch is generated as struct cw_<item>_batch. */
#define CW_TOPIC_TABLE(X)                                                      \
    X(METRICS, "metrics", BATCH, metric_run, "entity", DELETE, 24)             \
    X(METRICS_PATTERNS, "metrics.patterns", BATCH, metric_run, "entity",       \
      DELETE, 24)                                                              \
    X(LOGS, "logs", BATCH, log, "entity", DELETE, 24)                          \
    X(SPANS, "spans", BATCH, span, "trace", DELETE, 24)                        \
    X(EVENTS, "events", BATCH, event, "domain", DELETE, 168)                   \
    X(SAID, "said", RECORD, said, "domain", BOTH, 8760)                        \
    X(DEADLETTER, "deadletter", RECORD, dead_letter, "any", DELETE, 168)       \
    X(SERIES, "series", RECORD, series, "entity", COMPACT, 0)                  \
    X(PATTERNS, "patterns", RECORD, pattern, "entity", COMPACT, 0)             \
    X(ANOMALIES, "anomalies", RECORD, anomaly, "domain", DELETE, 168)          \
    X(EVIDENCE, "evidence", RECORD, evidence, "domain", DELETE, 48)            \
    X(EDGES, "edges", RECORD, edge, "domain", DELETE, 48)                      \
    X(TOPOLOGY, "topology", RECORD, topology_edge, "domain", COMPACT, 0)       \
    X(INCIDENTS, "incidents", RECORD, incident, "domain", BOTH, 8760)          \
    X(LEDGER, "ledger", RECORD, ledger_entry, "domain", DELETE, 720)           \
    X(NOTICES, "notices", RECORD, notice, "domain", BOTH, 8760)                \
    X(CAUSES, "causes", RECORD, cause, "domain", BOTH, 8760)                   \
    X(ACTIONS, "actions", RECORD, action, "domain", BOTH, 8760)                \
    X(DELIVERIES, "deliveries", RECORD, delivery, "domain", BOTH, 8760)        \
    X(AUDIT, "audit", RECORD, audit, "domain", DELETE, 0)                      \
    X(CLOCK, "clock", RECORD, clock, "raw partition", BOTH, 168)               \
    X(VERDICTS, "verdicts", RECORD, verdict, "as its input", DELETE, 168)      \
    X(SNAPSHOTS, "snapshots", RECORD, snapshot, "as its input", COMPACT, 0)    \
    X(MANIFEST, "manifest", RECORD, manifest, "single", COMPACT, 0)            \
    X(RAW, "raw", BYTES, raw, "producer", DELETE, 72)

enum cw_topic {
#define CW_TOPIC_ID(id, name, form, record, by, cleanup, hours) CW_TOPIC_##id,
    CW_TOPIC_TABLE(CW_TOPIC_ID)
#undef CW_TOPIC_ID
        CW_TOPIC_COUNT
};

struct cw_topic_spec {
    const char *name; /* without the prefix */
    enum cw_message_form form;
    enum cw_cleanup cleanup;
    const char *partition_by;
    unsigned retention_h; /* 0 = unlimited */
};

/* Total: every enum cw_topic has its spec. */
const struct cw_topic_spec *cw_topic_spec(enum cw_topic topic);

/* CW_TOPIC_COUNT when no topic has that name (without the prefix). */
enum cw_topic cw_topic_find(struct cw_text name);

#endif
