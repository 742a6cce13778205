/*
 * otlp_logs - LogRecord of OTLP.
 *
 * Output   one log a record; time 0 = observed time, that 0 = Kafka's; a body
 *          that is a list or map becomes text; attributes of resource and
 *          scope join the record's own
 * Source   opentelemetry-proto logs/v1/logs.proto
 */
#include "otlp.h"

#include "../severity.h"
#include "../trace_ids.h"
#include "../unwrap.h"

struct reading {
    struct draft_log log;
    struct labels labels;
    int64_t observed_at;
    struct cw_text level;
};

/* Fields of known number and type; false: a broken message inside. */
static bool take_field(struct reading *reading, const struct wire_field *field,
                       struct cw_arena *arena)
{
    struct draft_log *log = &reading->log;
    if (field->type == WIRE_I64 && field->number == 1)
        log->event_at = otlp_micros(field->bits);
    else if (field->type == WIRE_I64 && field->number == 11)
        reading->observed_at = otlp_micros(field->bits);
    else if (field->type == WIRE_VARINT && field->number == 2)
        log->severity = field->bits <= 24 ? (int32_t)field->bits : 0;
    if (field->type != WIRE_LEN)
        return true;
    switch (field->number) {
    case 3:
        reading->level = field->bytes;
        return true;
    case 5:
        return otlp_text(field->bytes, arena, &log->body);
    case 6:
        return otlp_add_attribute(&reading->labels, field->bytes, arena);
    case 9:
        log->trace_id = trace_id_of_bytes(field->bytes, TRACE_ID_SIZE, arena);
        return true;
    case 10:
        log->span_id = trace_id_of_bytes(field->bytes, SPAN_ID_SIZE, arena);
        return true;
    case 12:
        labels_add(&reading->labels, CW_TEXT("event.name"), field->bytes);
        return true;
    default:
        return true;
    }
}

static struct cw_text event_name(const struct labels *labels)
{
    return labels_find(labels, CW_TEXT("event.name"));
}

static bool read_log(struct draft *draft, const struct otlp_scope *scope,
                     struct cw_text item)
{
    struct reading reading;
    struct wire wire = wire_of(item);
    struct wire_field field;
    reading.log = (struct draft_log){0};
    reading.observed_at = 0;
    reading.level = CW_TEXT("");
    labels_clear(&reading.labels);
    while (wire_next(&wire, &field))
        if (!take_field(&reading, &field, draft_arena(draft)))
            return false;
    if (wire.bad)
        return false;
    struct draft_log *log = &reading.log;
    labels_sort(&reading.labels);
    labels_merge(&reading.labels, &scope->labels);
    if (log->event_at == 0)
        log->event_at = reading.observed_at;
    if (log->severity == 0)
        log->severity = severity_of_word(reading.level);
    log->body = unwrap_line(log->body, draft_arena(draft));
    if (log->body.size == 0)
        log->body = event_name(&reading.labels);
    log->source = labels_find(&reading.labels, CW_TEXT("otel.scope.name"));
    log->entity = scope->has_entity ? &scope->entity : NULL;
    if (log->body.size == 0)
        draft_drop(draft, COUNT_DROP_SILENT);
    else
        draft_add_log(draft, log, &reading.labels);
    return true;
}

enum cw_status read_otlp_logs(struct draft *draft, struct cw_text bytes,
                              struct cw_error *err)
{
    return otlp_read(draft, bytes, read_log, err);
}
