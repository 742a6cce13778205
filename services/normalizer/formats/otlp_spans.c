/*
 * otlp_spans - Span of OTLP.
 *
 * Output   one span; failed = status code ERROR. Events and links stay behind
 * Limits   an end before the start is a duration of 0
 * Source   opentelemetry-proto trace/v1/trace.proto
 */
#include "otlp.h"

#include "../trace_ids.h"

#define STATUS_ERROR 2

struct reading {
    struct draft_span span;
    struct labels labels;
    uint64_t start_nanos;
    uint64_t end_nanos;
};

static bool read_status(struct cw_text message, bool *failed)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    while (wire_next(&wire, &field))
        if (field.number == 3 && field.type == WIRE_VARINT)
            *failed = field.bits == STATUS_ERROR;
    return !wire.bad;
}

static void take_number(struct reading *reading, const struct wire_field *field)
{
    if (field->type == WIRE_I64 && field->number == 7)
        reading->start_nanos = field->bits;
    else if (field->type == WIRE_I64 && field->number == 8)
        reading->end_nanos = field->bits;
    else if (field->type == WIRE_VARINT && field->number == 6 &&
             field->bits < CW_SPAN_KIND_COUNT) /* numbered alike */
        reading->span.kind = (enum cw_span_kind)field->bits;
}

static bool take_field(struct reading *reading, const struct wire_field *field,
                       struct cw_arena *arena)
{
    struct draft_span *span = &reading->span;
    if (field->type != WIRE_LEN) {
        take_number(reading, field);
        return true;
    }
    switch (field->number) {
    case 1:
        span->trace_id = trace_id_of_bytes(field->bytes, TRACE_ID_SIZE, arena);
        return true;
    case 2:
        span->span_id = trace_id_of_bytes(field->bytes, SPAN_ID_SIZE, arena);
        return true;
    case 4:
        span->parent_id = trace_id_of_bytes(field->bytes, SPAN_ID_SIZE, arena);
        return true;
    case 5:
        span->name = field->bytes;
        return true;
    case 9:
        return otlp_add_attribute(&reading->labels, field->bytes, arena);
    case 15:
        return read_status(field->bytes, &span->failed);
    default:
        return true;
    }
}

static bool read_span(struct draft *draft, const struct otlp_scope *scope,
                      struct cw_text item)
{
    struct reading reading;
    struct wire wire = wire_of(item);
    struct wire_field field;
    reading.span = (struct draft_span){0};
    reading.start_nanos = 0;
    reading.end_nanos = 0;
    labels_clear(&reading.labels);
    while (wire_next(&wire, &field))
        if (!take_field(&reading, &field, draft_arena(draft)))
            return false;
    if (wire.bad)
        return false;
    labels_sort(&reading.labels);
    labels_merge(&reading.labels, &scope->labels);
    reading.span.start_at = otlp_micros(reading.start_nanos);
    if (reading.end_nanos > reading.start_nanos)
        reading.span.duration_us =
            otlp_micros(reading.end_nanos - reading.start_nanos);
    reading.span.entity = scope->has_entity ? &scope->entity : NULL;
    draft_add_span(draft, &reading.span, &reading.labels);
    return true;
}

enum cw_status read_otlp_spans(struct draft *draft, struct cw_text bytes,
                               struct cw_error *err)
{
    return otlp_read(draft, bytes, read_span, err);
}
