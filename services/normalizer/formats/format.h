/*
 * format - the table of what can be read.
 *
 * Place    recognise -> [format] -> one file each in this folder
 * Input    a format of bytes reads the whole value; a format of JSON reads
 *          one element: a document, or an item of a list at its top
 * Output   parts in the draft; a bad part is refused there, and reading goes on
 * Limits   each file says its own
 * Threads  pure but for the draft
 */
#ifndef NORMALIZER_FORMATS_FORMAT_H
#define NORMALIZER_FORMATS_FORMAT_H

#include "draft.h"
#include "json_shim.h"

/* id, name in configuration, reader of bytes or of a JSON element */
#define FORMAT_TABLE(X)                                                        \
    X(OTLP_METRICS, "otlp_metrics", read_otlp_metrics, NULL)                   \
    X(OTLP_LOGS, "otlp_logs", read_otlp_logs, NULL)                            \
    X(OTLP_SPANS, "otlp_spans", read_otlp_spans, NULL)                         \
    X(PROMETHEUS, "prometheus", NULL, read_prom_adapter)                       \
    X(ECS, "ecs", NULL, read_ecs)                                              \
    X(ZIPKIN, "zipkin", NULL, read_zipkin)                                     \
    X(RSYSLOG, "rsyslog", read_rsyslog, read_ecs)                              \
    X(COLLECTD, "collectd", NULL, read_collectd)                               \
    X(ALERTMANAGER, "alertmanager", NULL, read_alertmanager)                   \
    X(CHANGE, "change", NULL, read_change)                                     \
    X(TOPOLOGY, "topology", NULL, read_topology)                               \
    X(COMMAND, "command", NULL, read_command)

enum format {
    FORMAT_AUTO,
#define FORMAT_ID(id, name, bytes, element) FORMAT_##id,
    FORMAT_TABLE(FORMAT_ID)
#undef FORMAT_ID
        FORMAT_COUNT
};

typedef enum cw_status format_bytes(struct draft *draft, struct cw_text bytes,
                                    struct cw_error *err);
typedef void format_element(struct draft *draft, struct tree_value element);

struct format_spec {
    const char *name;
    format_bytes *bytes;     /* NULL: JSON only */
    format_element *element; /* for a value that is JSON; NULL: never JSON */
};

/* Total over enum format; AUTO has neither reader. */
const struct format_spec *format_spec(enum format format);

/* FORMAT_COUNT when no format has that name. */
enum format format_find(struct cw_text name);

format_bytes read_otlp_metrics;
format_bytes read_otlp_logs;
format_bytes read_otlp_spans;
format_bytes read_rsyslog;
format_element read_prom_adapter;
format_element read_ecs;
format_element read_zipkin;
format_element read_collectd;
format_element read_alertmanager;
format_element read_change;
format_element read_topology;
format_element read_command;

#endif
