/*
 * otlp - what the three signals of OpenTelemetry's protocol share.
 *
 * Place    otlp_metrics, otlp_logs, otlp_spans
 * Input    ExportXServiceRequest or XData in protobuf: resources, in each
 *          scopes, in each items. Fields may come in any order
 * Output   each item with the labels of its resource and scope
 * Limits   attribute values nest OTLP_DEPTH_MAX deep; a wire error anywhere
 *          refuses the whole record
 *          Left out of labels, since they change with every deployment or
 *          restart and would end a series: telemetry.*, process.*, os.*,
 *          service.version, container.id, container.image.*, k8s.pod.uid,
 *          k8s.pod.start_time, host.ip, host.mac, host.image.*, host.cpu.*
 * Source   opentelemetry-proto 1.x, field numbers
 */
#ifndef NORMALIZER_FORMATS_OTLP_H
#define NORMALIZER_FORMATS_OTLP_H

#include "format.h"
#include "../wire.h"

#define OTLP_DEPTH_MAX 6

/* Where items stand; labels sorted. */
struct otlp_scope {
    struct labels labels;
    bool has_entity;         /* the labels name one */
    struct cw_entity entity; /* then */
};

/* False: the item is not a message of its kind. */
typedef bool otlp_item(struct draft *draft, const struct otlp_scope *scope,
                       struct cw_text item);

CW_MUST_USE enum cw_status otlp_read(struct draft *draft, struct cw_text bytes,
                                     otlp_item *item, struct cw_error *err);

/* Adds a KeyValue message. False: broken. */
bool otlp_add_attribute(struct labels *labels, struct cw_text message,
                        struct cw_arena *arena);

/* AnyValue as text: strings borrowed; lists joined by a comma, maps as
 * k=v pairs, bytes in hex. False: broken. */
bool otlp_text(struct cw_text message, struct cw_arena *arena,
               struct cw_text *text);

/* Nanoseconds since the epoch as microseconds; 0 stays 0. */
static inline int64_t otlp_micros(uint64_t nanos)
{
    return (int64_t)(nanos / 1000);
}

#endif
