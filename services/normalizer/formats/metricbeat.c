#include "metricbeat.h"

#include "../flatten.h"

#define SAMPLES_MAX 512

struct sample {
    struct cw_text name;
    double value;
};

struct reading {
    struct cw_arena *arena;
    struct labels labels;
    struct cw_text module;
    int64_t period_ms;
    size_t count;
    size_t over;
    struct sample *samples;
};

static bool ends(struct cw_text text, const char *suffix)
{
    const size_t size = strlen(suffix);
    return text.size > size &&
           memcmp(text.bytes + text.size - size, suffix, size) == 0;
}

static enum cw_metric_kind kind_of(struct cw_text name)
{
    static const char *const rising[] = {
        ".ticks",       ".in.bytes",   ".out.bytes",   ".in.packets",
        ".out.packets", ".in.errors",  ".out.errors",  ".in.dropped",
        ".out.dropped", ".read.bytes", ".write.bytes", ".read.count",
        ".write.count", "_total"};
    for (size_t i = 0; i < sizeof(rising) / sizeof(rising[0]); i++)
        if (ends(name, rising[i]))
            return CW_METRIC_KIND_CUMULATIVE;
    return CW_METRIC_KIND_GAUGE;
}

static struct cw_text unit_of(struct cw_text name)
{
    if (ends(name, ".pct"))
        return CW_TEXT("1");
    return ends(name, ".bytes") ? CW_TEXT("By") : CW_TEXT("");
}

static bool is_of_module(const struct reading *reading, struct cw_text path)
{
    return path.size > reading->module.size + 1 &&
           cw_text_starts(path, reading->module) &&
           path.bytes[reading->module.size] == '.';
}

static struct cw_text behind(struct cw_text path, struct cw_text prefix)
{
    if (!cw_text_starts(path, prefix))
        return path;
    return (struct cw_text){path.bytes + prefix.size, path.size - prefix.size};
}

static bool is_noise(struct cw_text path)
{
    return cw_text_starts(path, CW_TEXT("@")) ||
           cw_text_starts(path, CW_TEXT("agent.")) ||
           cw_text_starts(path, CW_TEXT("ecs.")) ||
           cw_text_starts(path, CW_TEXT("event.")) ||
           cw_text_starts(path, CW_TEXT("metricset."));
}

static void take_leaf(void *to, struct cw_text path, struct tree_value value)
{
    struct reading *reading = to;
    double number;
    if (is_of_module(reading, path) && tree_number(value, &number)) {
        const struct cw_text name = cw_arena_text(
            reading->arena, behind(path, CW_TEXT("prometheus.metrics.")));
        if (name.bytes == NULL || reading->count == SAMPLES_MAX)
            reading->over++;
        else
            reading->samples[reading->count++] = (struct sample){name, number};
        return;
    }
    if (tree_type_of(value) != TREE_STRING || is_noise(path))
        return;
    const struct cw_text key = cw_arena_text(
        reading->arena, behind(path, CW_TEXT("prometheus.labels.")));
    if (key.bytes != NULL)
        labels_add(&reading->labels, key, tree_string(value));
}

static struct tree_value at_path(struct tree_value element, const char *object,
                                 const char *key)
{
    return tree_get(tree_get(element, cw_text_of(object)), cw_text_of(key));
}

static struct cw_text module_of(struct tree_value element)
{
    const struct cw_text module =
        tree_string(at_path(element, "event", "module"));
    return module.size > 0 ? module
                           : tree_string(at_path(element, "service", "type"));
}

static void add_points(struct draft *draft, const struct reading *reading,
                       int64_t at)
{
    for (size_t i = 0; i < reading->count; i++) {
        /* Adding may change them: each point gets its own. */
        struct labels labels = reading->labels;
        const struct draft_point point = {
            .name = reading->samples[i].name,
            .unit = unit_of(reading->samples[i].name),
            .kind = kind_of(reading->samples[i].name),
            .interval_us = reading->period_ms * 1000,
            .sampled_at = at,
            .value = reading->samples[i].value};
        draft_add_point(draft, &point, &labels);
    }
    for (size_t i = 0; i < reading->over; i++)
        draft_refuse(draft, CW_TOO_LARGE, "more than %d samples in a document",
                     SAMPLES_MAX);
    if (reading->count + reading->over == 0)
        draft_drop(draft, COUNT_DROP_SILENT);
}

void metricbeat_read(struct draft *draft, struct tree_value element)
{
    struct reading reading;
    int64_t at = 0;
    reading.arena = draft_arena(draft);
    labels_clear(&reading.labels);
    reading.module = module_of(element);
    reading.period_ms = 0;
    reading.count = 0;
    reading.over = 0;
    reading.samples =
        cw_arena_take(reading.arena, SAMPLES_MAX * sizeof(struct sample));
    const struct cw_text time =
        tree_string(tree_get(element, CW_TEXT("@timestamp")));
    if (reading.samples == NULL || reading.module.size == 0 ||
        (time.size > 0 &&
         !instant_of_text(time, draft_source(draft)->unit, &at))) {
        draft_refuse(draft, CW_BAD_RECORD,
                     "Metricbeat document without module or time");
        return;
    }
    (void)tree_integer(at_path(element, "metricset", "period"),
                       &reading.period_ms);
    if (reading.period_ms < 0 || reading.period_ms > 86400000)
        reading.period_ms = 0;
    struct flatten flatten = {take_leaf, &reading, 0};
    flatten_object(&flatten, element);
    labels_sort(&reading.labels);
    add_points(draft, &reading, at);
}
