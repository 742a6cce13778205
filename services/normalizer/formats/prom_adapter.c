/*
 * prom_adapter - JSON of prometheus-kafka-adapter (also its avro-json).
 *
 * Input    {"value":"456","timestamp":"2026-01-01T00:00:00Z","name":"up",
 *           "labels":{"__name__":"up","job":"node"}}
 * Output   one point; kind from the name, since the type does not travel:
 *          _total, _bucket with le and the _sum and _count of a name with a
 *          unit are cumulative, the rest gauges
 * Limits   value is a string; a stale marker has become "NaN" there and is
 *          dropped like any value that is not finite
 * Source   Telefonica/prometheus-kafka-adapter serializers.go
 */
#include "format.h"

#include <stdlib.h>

#include "base/utf8.h"

#define NUMBER_MAX 40

static bool ends(struct cw_text text, const char *suffix)
{
    const size_t size = strlen(suffix);
    return text.size > size &&
           memcmp(text.bytes + text.size - size, suffix, size) == 0;
}

static struct cw_text without(struct cw_text text, const char *suffix)
{
    return (struct cw_text){text.bytes, text.size - strlen(suffix)};
}

static struct cw_text unit_of(struct cw_text name)
{
    static const struct {
        const char *suffix;
        const char *unit;
    } units[] = {{"_seconds", "s"},      {"_milliseconds", "ms"},
                 {"_bytes", "By"},       {"_ratio", "1"},
                 {"_percent", "%"},      {"_celsius", "Cel"},
                 {"_bytes_total", "By"}, {"_seconds_total", "s"}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (ends(name, units[i].suffix))
            return cw_text_of(units[i].unit);
    return CW_TEXT("");
}

static enum cw_metric_kind kind_of(struct cw_text name,
                                   const struct labels *labels)
{
    if (ends(name, "_total"))
        return CW_METRIC_KIND_CUMULATIVE;
    if (ends(name, "_bucket") && labels_find(labels, CW_TEXT("le")).size > 0)
        return CW_METRIC_KIND_CUMULATIVE;
    if ((ends(name, "_sum") && unit_of(without(name, "_sum")).size > 0) ||
        (ends(name, "_count") && unit_of(without(name, "_count")).size > 0))
        return CW_METRIC_KIND_CUMULATIVE;
    return CW_METRIC_KIND_GAUGE;
}

/* The whole of text as a number; NaN and Inf in any spelling of strtod. */
static bool number_of_text(struct cw_text text, double *number)
{
    char copy[NUMBER_MAX];
    if (text.size == 0 || text.size >= sizeof(copy))
        return false;
    memcpy(copy, text.bytes, text.size);
    copy[text.size] = '\0';
    char *end;
    *number = strtod(copy, &end);
    return end == copy + text.size;
}

static bool value_of(struct tree_value element, double *number)
{
    const struct tree_value value = tree_get(element, CW_TEXT("value"));
    return tree_number(value, number) ||
           number_of_text(tree_string(value), number);
}

static bool time_of(struct draft *draft, struct tree_value element, int64_t *at)
{
    const struct tree_value value = tree_get(element, CW_TEXT("timestamp"));
    const enum instant_unit unit = draft_source(draft)->unit;
    const enum tree_type type = tree_type_of(value);
    double number;
    int64_t integer;
    *at = 0;
    if (type == TREE_NONE || type == TREE_NULL)
        return true;
    if (type == TREE_STRING)
        return instant_of_text(tree_string(value), unit, at);
    if (tree_integer(value, &integer))
        return instant_of_integer(integer, unit, at);
    return tree_number(value, &number) && instant_of_double(number, unit, at);
}

static struct cw_text read_labels(struct tree_value element,
                                  struct labels *labels)
{
    struct tree_walk walk = tree_walk_of(tree_get(element, CW_TEXT("labels")));
    struct cw_text name = tree_string(tree_get(element, CW_TEXT("name")));
    struct cw_text key;
    struct tree_value value;
    labels_clear(labels);
    while (walk.object && tree_walk_next(&walk, &key, &value)) {
        if (cw_text_is(key, "__name__") && name.size == 0)
            name = tree_string(value);
        if (!cw_text_starts(key, CW_TEXT("__")))
            labels_add(labels, key, tree_string(value));
    }
    labels_sort(labels);
    return name;
}

void read_prom_adapter(struct draft *draft, struct tree_value element)
{
    struct labels labels;
    struct draft_point point = {0};
    point.name = read_labels(element, &labels);
    if (cw_utf8_is_empty(point.name)) {
        draft_refuse(draft, CW_BAD_RECORD, "sample without a name");
        return;
    }
    if (!value_of(element, &point.value)) {
        draft_refuse(draft, CW_BAD_RECORD, "value of %.*s is no number",
                     point.name.size > 100 ? 100 : (int)point.name.size,
                     point.name.bytes);
        return;
    }
    if (!time_of(draft, element, &point.sampled_at)) {
        draft_refuse(draft, CW_BAD_RECORD, "timestamp of %.*s is none",
                     point.name.size > 100 ? 100 : (int)point.name.size,
                     point.name.bytes);
        return;
    }
    point.kind = kind_of(point.name, &labels);
    point.unit = unit_of(point.name);
    draft_add_point(draft, &point, &labels);
}
