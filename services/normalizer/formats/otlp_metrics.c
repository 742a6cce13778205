/*
 * otlp_metrics - Metric of OTLP, all five kinds of data.
 *
 * Output   Gauge, and Sum that may fall    -> gauge
 *          Sum, monotonic                  -> cumulative or delta
 *          Sum, delta that may fall        -> delta
 *          Histogram, ExponentialHistogram -> <name>.count, <name>.sum; of a
 *              delta also <name>.min, <name>.max, where they are said, and
 *              <name>.p95 (quantile)
 *          Summary                         -> .count, .sum, and <name>.pNN of
 *              each quantile but 0 and 1, which are .min and .max
 *          Temporality is each metric's own: one record mixes them
 * Limits   a point flagged NO_RECORDED_VALUE is stale: dropped. A point
 *          without a value or time is refused. Quantiles, least and
 *          most of a cumulative histogram are those of its whole life, so none
 *          is sent
 * Source   opentelemetry-proto metrics/v1/metrics.proto
 */
#include "otlp.h"

#include "base/utf8.h"
#include "quantile.h"

#define FLAG_NO_VALUE 1u
#define DELTA         1
#define CUMULATIVE    2

enum shape {
    GAUGE = 5,
    SUM = 7,
    HISTOGRAM = 9,
    EXPONENTIAL = 10,
    SUMMARY = 11
};

struct metric {
    const struct otlp_scope *scope;
    struct cw_text name;
    struct cw_text unit;
    struct cw_text points; /* the Gauge, Sum, ... message */
    uint32_t shape;        /* its field number, 0 = none */
    uint64_t temporality;
    bool monotonic;
};

/* What the point messages have in common, and their own. */
struct point {
    struct labels labels;
    int64_t start_at;
    int64_t sampled_at;
    uint64_t flags;
    bool has_value;
    double value;
    uint64_t count;
    bool has_sum;
    double sum;
    bool has_min;
    double min;
    bool has_max;
    double max;
    struct quantile_buckets buckets;
    struct cw_text quantiles[16]; /* of a Summary: QuantileValue messages */
    size_t quantile_count;
};

static bool read_metric(struct metric *metric, struct cw_text message)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.type != WIRE_LEN)
            continue;
        if (field.number == 1)
            metric->name = field.bytes;
        else if (field.number == 3)
            metric->unit = field.bytes;
        else if (field.number == GAUGE || field.number == SUM ||
                 (field.number >= HISTOGRAM && field.number <= SUMMARY)) {
            metric->shape = field.number;
            metric->points = field.bytes;
        }
    }
    return !wire.bad;
}

/* Temporality stands behind the points. */
static bool read_shape(struct metric *metric)
{
    struct wire wire = wire_of(metric->points);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.type != WIRE_VARINT)
            continue;
        if (field.number == 2)
            metric->temporality = field.bits;
        else if (field.number == 3)
            metric->monotonic = field.bits != 0;
    }
    return !wire.bad;
}

static enum cw_metric_kind kind_of(const struct metric *metric)
{
    if (metric->shape == SUMMARY)
        return CW_METRIC_KIND_CUMULATIVE;
    if (metric->shape == GAUGE)
        return CW_METRIC_KIND_GAUGE;
    if (metric->temporality == DELTA)
        return CW_METRIC_KIND_DELTA;
    const bool rises = metric->shape != SUM || metric->monotonic;
    return metric->temporality == CUMULATIVE && rises
               ? CW_METRIC_KIND_CUMULATIVE
               : CW_METRIC_KIND_GAUGE;
}

static bool take_number(struct point *point, const struct wire_field *field,
                        struct cw_arena *arena)
{
    if (field->number == 4 && field->type == WIRE_I64) {
        point->value = wire_double(field);
        point->has_value = true;
    } else if (field->number == 6 && field->type == WIRE_I64) {
        point->value = (double)(int64_t)field->bits;
        point->has_value = true;
    } else if (field->number == 7 && field->type == WIRE_LEN) {
        return otlp_add_attribute(&point->labels, field->bytes, arena);
    } else if (field->number == 8 && field->type == WIRE_VARINT) {
        point->flags = field->bits;
    }
    return true;
}

static void take_double(const struct wire_field *field, bool *has,
                        double *number)
{
    *has = true;
    *number = wire_double(field);
}

/* Fields 4 and 5 are the same in the three that count. */
static bool take_count(struct point *point, const struct wire_field *field)
{
    if (field->type != WIRE_I64)
        return false;
    if (field->number == 4) {
        point->count = field->bits;
        point->has_value = true;
    } else if (field->number == 5) {
        take_double(field, &point->has_sum, &point->sum);
    }
    return field->number == 4 || field->number == 5;
}

static bool take_histogram(struct point *point, const struct wire_field *field,
                           struct cw_arena *arena)
{
    if (take_count(point, field))
        return true;
    if (field->number == 6)
        point->buckets.counts = *field;
    else if (field->number == 7)
        point->buckets.bounds = *field;
    else if (field->number == 9 && field->type == WIRE_LEN)
        return otlp_add_attribute(&point->labels, field->bytes, arena);
    else if (field->number == 10 && field->type == WIRE_VARINT)
        point->flags = field->bits;
    else if (field->number == 11 && field->type == WIRE_I64)
        take_double(field, &point->has_min, &point->min);
    else if (field->number == 12 && field->type == WIRE_I64)
        take_double(field, &point->has_max, &point->max);
    return true;
}

static int32_t zigzag(uint64_t bits)
{
    return (int32_t)((uint32_t)bits >> 1 ^ (0 - ((uint32_t)bits & 1)));
}

static bool take_exponential(struct point *point,
                             const struct wire_field *field,
                             struct cw_arena *arena)
{
    if (take_count(point, field))
        return true;
    if (field->number == 1 && field->type == WIRE_LEN)
        return otlp_add_attribute(&point->labels, field->bytes, arena);
    if (field->number == 6 && field->type == WIRE_VARINT)
        point->buckets.scale = zigzag(field->bits);
    else if (field->number == 7 && field->type == WIRE_I64)
        point->buckets.zero_count = field->bits;
    else if (field->number == 8 && field->type == WIRE_LEN)
        point->buckets.positive = field->bytes;
    else if (field->number == 9 && field->type == WIRE_LEN)
        point->buckets.negative = field->bytes;
    else if (field->number == 10 && field->type == WIRE_VARINT)
        point->flags = field->bits;
    else if (field->number == 12 && field->type == WIRE_I64)
        take_double(field, &point->has_min, &point->min);
    else if (field->number == 13 && field->type == WIRE_I64)
        take_double(field, &point->has_max, &point->max);
    return true;
}

static bool take_summary(struct point *point, const struct wire_field *field,
                         struct cw_arena *arena)
{
    if (take_count(point, field))
        return true;
    if (field->number == 7 && field->type == WIRE_LEN)
        return otlp_add_attribute(&point->labels, field->bytes, arena);
    if (field->number == 8 && field->type == WIRE_VARINT)
        point->flags = field->bits;
    else if (field->number == 6 && field->type == WIRE_LEN &&
             point->quantile_count <
                 sizeof(point->quantiles) / sizeof(point->quantiles[0]))
        point->quantiles[point->quantile_count++] = field->bytes;
    return true;
}

static bool take_field(struct point *point, uint32_t shape,
                       const struct wire_field *field, struct cw_arena *arena)
{
    if (field->type == WIRE_I64 && field->number == 2) {
        point->start_at = otlp_micros(field->bits);
        return true;
    }
    if (field->type == WIRE_I64 && field->number == 3) {
        point->sampled_at = otlp_micros(field->bits);
        return true;
    }
    switch (shape) {
    case HISTOGRAM:
        return take_histogram(point, field, arena);
    case EXPONENTIAL:
        return take_exponential(point, field, arena);
    case SUMMARY:
        return take_summary(point, field, arena);
    default:
        return take_number(point, field, arena);
    }
}

static void clear(struct point *point)
{
    labels_clear(&point->labels);
    memset((char *)point + sizeof(point->labels), 0,
           offsetof(struct point, quantiles) - sizeof(point->labels));
    point->quantile_count = 0;
}

static bool read_point(struct point *point, const struct metric *metric,
                       struct cw_text message, struct cw_arena *arena)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    clear(point);
    while (wire_next(&wire, &field))
        if (!take_field(point, metric->shape, &field, arena))
            return false;
    if (wire.bad)
        return false;
    labels_sort(&point->labels);
    labels_merge(&point->labels, &metric->scope->labels);
    return true;
}

/* Of the whole metric, or with a suffix. */
static void add(struct draft *draft, const struct metric *metric,
                struct point *point, const char *suffix,
                const struct draft_point *given)
{
    struct draft_point made = *given;
    made.name = metric->name;
    if (suffix[0] != '\0')
        made.name = cw_arena_print(draft_arena(draft), "%.*s.%s",
                                   CW_TEXT_ARG(metric->name), suffix);
    made.sampled_at = point->sampled_at;
    made.start_at =
        given->kind == CW_METRIC_KIND_CUMULATIVE ? point->start_at : 0;
    /* A volume is named by a label of the point, the rest by its resource. */
    const bool of_volume =
        cw_text_starts(metric->name, CW_TEXT("system.filesystem."));
    made.entity =
        metric->scope->has_entity && !of_volume ? &metric->scope->entity : NULL;
    draft_add_point(draft, &made, &point->labels);
}

static void add_gauge(struct draft *draft, const struct metric *metric,
                      struct point *point, const char *suffix, double value)
{
    const struct draft_point given = {
        .unit = metric->unit, .kind = CW_METRIC_KIND_GAUGE, .value = value};
    add(draft, metric, point, suffix, &given);
}

static void add_counted(struct draft *draft, const struct metric *metric,
                        struct point *point)
{
    const enum cw_metric_kind kind = kind_of(metric);
    add(draft, metric, point, "count",
        &(struct draft_point){
            .unit = CW_TEXT("1"), .kind = kind, .value = (double)point->count});
    if (point->has_sum)
        add(draft, metric, point, "sum",
            &(struct draft_point){
                .unit = metric->unit, .kind = kind, .value = point->sum});
    /* Of a cumulative histogram they are those since the process began: a
     * single slow call would stand there for good. */
    const bool recent = kind == CW_METRIC_KIND_DELTA;
    if (recent && point->has_min)
        add_gauge(draft, metric, point, "min", point->min);
    if (recent && point->has_max)
        add_gauge(draft, metric, point, "max", point->max);
    double p95;
    if (recent && point->count > 0 &&
        quantile_of(&point->buckets, 0.95, point->has_max ? &point->max : NULL,
                    &p95))
        add_gauge(draft, metric, point, "p95", p95);
}

static bool add_quantile(struct draft *draft, const struct metric *metric,
                         struct point *point, struct cw_text message)
{
    struct wire wire = wire_of(message);
    struct wire_field field;
    double quantile = 0.0;
    double value = 0.0;
    char suffix[24];
    while (wire_next(&wire, &field)) {
        if (field.type == WIRE_I64 && field.number == 1)
            quantile = wire_double(&field);
        else if (field.type == WIRE_I64 && field.number == 2)
            value = wire_double(&field);
    }
    if (wire.bad)
        return false;
    if (!(quantile >= 0.0 && quantile <= 1.0))
        draft_refuse(draft, CW_BAD_RECORD, "quantile outside 0 to 1");
    else if (quantile <= 0.0)
        add_gauge(draft, metric, point, "min", value);
    else if (quantile >= 1.0)
        add_gauge(draft, metric, point, "max", value);
    else if (quantile_suffix(quantile, suffix, sizeof(suffix)))
        add_gauge(draft, metric, point, suffix, value);
    return true;
}

static bool add_point(struct draft *draft, const struct metric *metric,
                      struct point *point)
{
    if (point->flags & FLAG_NO_VALUE) {
        draft_drop(draft, COUNT_DROP_STALE);
        return true;
    }
    /* protobuf leaves a count of 0 out; a number is always written. */
    if (!point->has_value && metric->shape <= SUM) {
        draft_refuse(draft, CW_BAD_RECORD, "point without a value");
        return true;
    }
    if (metric->shape <= SUM) {
        add(draft, metric, point, "",
            &(struct draft_point){.unit = metric->unit,
                                  .kind = kind_of(metric),
                                  .value = point->value});
        return true;
    }
    add_counted(draft, metric, point);
    for (size_t i = 0; i < point->quantile_count; i++)
        if (!add_quantile(draft, metric, point, point->quantiles[i]))
            return false;
    return true;
}

static bool read_points(struct draft *draft, const struct otlp_scope *scope,
                        struct cw_text item)
{
    struct metric metric = {.scope = scope};
    struct point point;
    if (!read_metric(&metric, item) || !read_shape(&metric))
        return false;
    if (cw_utf8_is_empty(metric.name)) {
        draft_refuse(draft, CW_BAD_RECORD, "metric without a name");
        return true;
    }
    struct wire wire = wire_of(metric.points);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.number != 1 || field.type != WIRE_LEN)
            continue;
        if (!read_point(&point, &metric, field.bytes, draft_arena(draft)) ||
            !add_point(draft, &metric, &point))
            return false;
    }
    return !wire.bad;
}

enum cw_status read_otlp_metrics(struct draft *draft, struct cw_text bytes,
                                 struct cw_error *err)
{
    return otlp_read(draft, bytes, read_points, err);
}
