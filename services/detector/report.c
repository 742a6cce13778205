#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "base/fixmath.h"
#include "base/hash.h"

static enum cw_severity severity_of(enum cw_family family, double score)
{
    static const struct {
        enum cw_severity usual;
        enum cw_severity strong;
    } by_family[CW_FAMILY_COUNT] = {
        [CW_FAMILY_OTHER] = {CW_SEVERITY_INFO, CW_SEVERITY_WARNING},
        [CW_FAMILY_LATENCY] = {CW_SEVERITY_WARNING, CW_SEVERITY_ERROR},
        [CW_FAMILY_ERRORS] = {CW_SEVERITY_ERROR, CW_SEVERITY_CRITICAL},
        [CW_FAMILY_TRAFFIC] = {CW_SEVERITY_WARNING, CW_SEVERITY_ERROR},
        [CW_FAMILY_SATURATION] = {CW_SEVERITY_WARNING, CW_SEVERITY_ERROR},
        [CW_FAMILY_AVAILABILITY] = {CW_SEVERITY_ERROR, CW_SEVERITY_CRITICAL},
        [CW_FAMILY_LOGS] = {CW_SEVERITY_INFO, CW_SEVERITY_WARNING},
        [CW_FAMILY_OCCUPANCY] = {CW_SEVERITY_INFO, CW_SEVERITY_WARNING},
    };
    const bool strong = score >= 0.7; /* surprise 10.5: one in 10^10 */
    return strong ? by_family[family].strong : by_family[family].usual;
}

static struct cw_text id_text(struct cw_arena *arena, uint64_t id)
{
    return cw_arena_print(arena, "%016llx", (unsigned long long)id);
}

static struct cw_meta meta_of(const struct scope *scope,
                              const struct cw_series_definition *definition,
                              int64_t event_at, struct cw_text repeat_key)
{
    struct cw_meta meta = cw_emit_meta(scope->emit, definition->tenant,
                                       definition->domain, event_at);
    meta.idempotency_key = repeat_key;
    return meta;
}

/* Shares of the surprise, six decimals, exactly 1 in sum: the loudest takes
 * what rounding left. */
static size_t contributors_of(const struct judgement *judged,
                              struct cw_contributor *out)
{
    double sum = 0.0;
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        sum += judged->surprises[i];
    size_t count = 0;
    size_t loudest = 0;
    double left = 1.0;
    for (unsigned i = 0; i < VIEW_COUNT && sum > 0.0; i++) {
        const double share = cw_round6(judged->surprises[i] / sum);
        if (!(share > 0.0))
            continue;
        if (i == (unsigned)judged->top)
            loudest = count;
        out[count++] =
            (struct cw_contributor){cw_text_of(view_name((enum view)i)), share};
        left -= share;
    }
    if (count == 0)
        out[count++] =
            (struct cw_contributor){cw_text_of(view_name(judged->top)), 1.0};
    else
        out[loudest].share = cw_round6(out[loudest].share + left);
    return count;
}

static size_t view_texts(unsigned ready, struct cw_text *out)
{
    const char *names[VIEW_COUNT];
    const unsigned count = model_ready_views(ready, names);
    for (unsigned i = 0; i < count; i++)
        out[i] = cw_text_of(names[i]);
    return count;
}

/* The labels of the series, and why it is over; sorted by key. */
static const struct cw_key_value *
labels_of(const struct scope *scope,
          const struct cw_series_definition *definition, enum report_end end,
          size_t *count)
{
    static const char *const ends[] = {"", "recovered", "accepted", "silent"};
    *count = definition->labels_count;
    if (end == END_NONE)
        return definition->labels;
    struct cw_key_value *labels =
        cw_arena_take(cw_emit_arena(scope->emit),
                      (definition->labels_count + 1) * sizeof(*labels));
    if (labels == NULL)
        return definition->labels;
    const struct cw_key_value added = {CW_TEXT("causeway.closed"),
                                       cw_text_of(ends[end])};
    size_t put = 0;
    bool done = false;
    for (size_t i = 0; i < definition->labels_count; i++) {
        const struct cw_key_value *label = &definition->labels[i];
        const int order = cw_text_compare(label->key, added.key);
        if (!done && order >= 0) {
            labels[put++] = added;
            done = true;
        }
        if (order != 0)
            labels[put++] = *label;
    }
    if (!done)
        labels[put++] = added;
    *count = put;
    return labels;
}

static enum cw_status put_anomaly(const struct scope *scope,
                                  struct cw_anomaly *anomaly,
                                  const struct cw_series_definition *definition,
                                  enum report_end end, struct cw_error *err)
{
    anomaly->entity = definition->entity;
    anomaly->series_id = definition->id;
    anomaly->metric = definition->name;
    anomaly->unit = definition->unit;
    anomaly->labels = labels_of(scope, definition, end, &anomaly->labels_count);
    const uint64_t route =
        cw_route_domain(definition->tenant, definition->domain);
    return cw_emit_put(scope->emit, CW_TOPIC_ANOMALIES, route,
                       anomaly->anomaly_id, anomaly, err);
}

static double share_of(double surprise, const struct detector_config *config)
{
    return cw_round6(surprise / (surprise + config->confirm_surprise));
}

enum cw_status report_episode(const struct scope *scope,
                              const struct member *member,
                              const struct judgement *judged,
                              enum cw_anomaly_status status,
                              enum report_end end, struct cw_error *err)
{
    struct cw_arena *arena = cw_emit_arena(scope->emit);
    struct cw_series_definition definition;
    const enum cw_status decoded =
        roster_definition(member, arena, &definition, err);
    if (decoded != CW_OK)
        return decoded;
    const struct episode *episode = &member->series.episode;
    const struct cw_text id =
        id_text(arena, cw_hash_mix((uint64_t)member->id,
                                   (uint64_t)episode->started_at));
    struct cw_contributor contributors[VIEW_COUNT];
    struct cw_text views[VIEW_COUNT];
    const double peak = share_of((double)episode->peak, scope->config);
    struct cw_anomaly anomaly = {
        .meta = meta_of(scope, &definition, judged->at,
                        cw_arena_print(arena, "%.*s-%d-%lld", CW_TEXT_ARG(id),
                                       (int)status, (long long)judged->at)),
        .anomaly_id = id,
        .status = status,
        .kind = CW_ANOMALY_KIND_METRIC,
        .family = member->family,
        .severity = severity_of(member->family, peak),
        .started_at = episode->started_at,
        .evident_at = episode->evident_at,
        .opened_at = episode->decided_at,
        .closed_at = end != END_NONE ? judged->at : 0,
        .actual = judged->value,
        .expected = cw_round6(judged->expected),
        .lower = cw_round6(judged->lower),
        .upper = cw_round6(judged->upper),
        .score = cw_round6((double)episode->score),
        .p_value = cw_pow(10.0, -judged->surprise),
        .peak_score = peak,
        .contributors = contributors,
        .contributors_count = contributors_of(judged, contributors),
        .ready_views = views,
        .ready_views_count = view_texts(judged->ready, views),
    };
    return put_anomaly(scope, &anomaly, &definition, end, err);
}

enum cw_status report_silence(const struct scope *scope,
                              const struct member *member, int64_t closed_at,
                              struct cw_error *err)
{
    struct cw_arena *arena = cw_emit_arena(scope->emit);
    struct cw_series_definition definition;
    const enum cw_status decoded =
        roster_definition(member, arena, &definition, err);
    if (decoded != CW_OK)
        return decoded;
    const struct silence *silence = &member->silence;
    const bool over = closed_at != 0;
    const int64_t event_at = over ? closed_at : silence->started_at;
    uint64_t id =
        cw_hash_mix((uint64_t)member->id, (uint64_t)silence->started_at);
    id = cw_hash_mix(id, CW_ANOMALY_KIND_MISSING);
    const struct cw_text text = id_text(arena, id);
    const struct cw_contributor contributor = {CW_TEXT("silence"), 1.0};
    const double expected = cw_round6(member->series.model.slow);
    struct cw_anomaly anomaly = {
        .meta = meta_of(
            scope, &definition, event_at,
            cw_arena_print(arena, "%.*s-%d", CW_TEXT_ARG(text), over ? 1 : 0)),
        .anomaly_id = text,
        .status = over ? CW_ANOMALY_STATUS_CLOSED : CW_ANOMALY_STATUS_OPENED,
        .kind = CW_ANOMALY_KIND_MISSING,
        .family = CW_FAMILY_AVAILABILITY,
        .severity = CW_SEVERITY_WARNING,
        .started_at = silence->started_at,
        .opened_at = silence->opened_at,
        .closed_at = closed_at,
        .expected = expected,
        .lower = expected,
        .upper = expected,
        .score = silence->score,
        .p_value = cw_pow(10.0, -scope->config->confirm_surprise),
        .peak_score = silence->score,
        .contributors = &contributor,
        .contributors_count = 1,
    };
    return put_anomaly(scope, &anomaly, &definition,
                       over ? END_RECOVERED : END_NONE, err);
}

static enum cw_status put_series(const struct scope *scope,
                                 struct cw_series *record, struct cw_error *err)
{
    struct cw_arena *arena = cw_emit_arena(scope->emit);
    const struct cw_series_definition *definition = &record->definition;
    const uint64_t route = cw_route_entity(
        definition->tenant, definition->entity.kind, definition->entity.name);
    return cw_emit_put(scope->emit, CW_TOPIC_SERIES, route,
                       id_text(arena, (uint64_t)definition->id), record, err);
}

enum cw_status report_series(const struct scope *scope,
                             const struct member *member, unsigned ready,
                             struct cw_error *err)
{
    struct cw_text views[VIEW_COUNT];
    struct cw_series record = {
        .first_seen_at = member->first_seen_at,
        .samples = member->series.model.seen,
        .state = member->state,
        .ready_views = views,
        .ready_views_count = view_texts(ready, views),
    };
    const enum cw_status decoded = roster_definition(
        member, cw_emit_arena(scope->emit), &record.definition, err);
    if (decoded != CW_OK)
        return decoded;
    record.meta = meta_of(scope, &record.definition, cw_emit_now(scope->emit),
                          (struct cw_text){0});
    return put_series(scope, &record, err);
}

enum cw_status report_refused(const struct scope *scope,
                              const struct cw_series_definition *definition,
                              struct cw_error *err)
{
    const struct cw_text why = CW_TEXT("refused: no room in the shard");
    struct cw_series record = {
        .definition = *definition,
        .first_seen_at = cw_emit_now(scope->emit),
        .state = CW_SERIES_STATE_STALE,
        .ready_views = &why,
        .ready_views_count = 1,
        .meta = meta_of(scope, definition, cw_emit_now(scope->emit),
                        (struct cw_text){0}),
    };
    return put_series(scope, &record, err);
}
