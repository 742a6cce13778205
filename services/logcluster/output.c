#include "output.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/fixmath.h"
#include "base/hash.h"

#define FATAL   21 /* OpenTelemetry severity numbers */
#define ERROR   17
#define WARNING 13

static enum cw_severity severity_of(int32_t number)
{
    if (number >= FATAL)
        return CW_SEVERITY_CRITICAL;
    if (number >= ERROR)
        return CW_SEVERITY_ERROR;
    if (number >= WARNING)
        return CW_SEVERITY_WARNING;
    return number > 0 ? CW_SEVERITY_INFO : CW_SEVERITY_UNKNOWN;
}

static struct cw_text lent_text(struct cw_emit *emit,
                                const struct pattern *pattern)
{
    char text[TEMPLATE_SIZE_MAX];
    const size_t size = pattern_text(pattern, text);
    return cw_arena_text(cw_emit_arena(emit), (struct cw_text){text, size});
}

static const int64_t *lineage(struct cw_arena *arena,
                              const struct pattern *pattern)
{
    int64_t *ids =
        cw_arena_take(arena, sizeof(*ids) * (pattern->replaced_count + 1));
    for (size_t i = 0; ids != NULL && i < pattern->replaced_count; i++)
        ids[i] = (int64_t)pattern->replaced[i];
    return ids;
}

enum cw_status output_pattern(const struct entity *entity,
                              struct pattern *pattern, struct cw_emit *emit,
                              struct cw_error *err)
{
    struct cw_arena *arena = cw_emit_arena(emit);
    const struct cw_text key = cw_arena_print(
        arena, "%016" PRIx64 "/%016" PRIx64, entity->route, pattern->id);
    const int64_t *replaces = lineage(arena, pattern);
    if (replaces == NULL || key.size == 0)
        return cw_fail(err, CW_NO_MEMORY, "pattern record");
    struct cw_pattern record = {.meta = cw_emit_meta(emit, entity->tenant,
                                                     entity->domain,
                                                     pattern->first_event_at),
                                .pattern_id = (int64_t)pattern->id,
                                .entity = entity_name(entity),
                                .template = lent_text(emit, pattern),
                                .severity = pattern->severity,
                                .first_seen_at = pattern->first_event_at,
                                .replaces = replaces,
                                .replaces_count = pattern->replaced_count,
                                .examples = pattern->examples,
                                .examples_count = pattern->example_count};
    record.meta.idempotency_key = key;
    const enum cw_status status =
        cw_emit_put(emit, CW_TOPIC_PATTERNS, entity->route, key, &record, err);
    if (status == CW_OK) {
        pattern->changed = false;
        pattern->replaced_count = 0;
    }
    return status;
}

/* Hash of whose, what and when: a pattern that is new twice, after it was
 * forgotten, is another anomaly. */
static uint64_t anomaly_hash(const struct entity *entity,
                             const struct novelty_entry *entry)
{
    uint64_t hash = cw_hash_mix(entity->key, entry->pattern_id);
    return cw_hash_mix(hash, (uint64_t)entry->first_event_at);
}

static const struct cw_contributor only_contributor = {
    .name = {"novelty", sizeof("novelty") - 1}, .share = 1.0};
static const struct cw_text only_view = {"novelty", sizeof("novelty") - 1};

/* surprise 1 (one line in ten) -> 0.5, 3 -> 0.75, 6 -> 0.86 */
static double score_of(double surprise)
{
    return cw_round6(surprise / (surprise + 1.0));
}

enum cw_status output_anomaly(const struct entity *entity,
                              const struct novelty_entry *entry,
                              enum cw_anomaly_status status,
                              struct cw_emit *emit, struct cw_error *err)
{
    const bool closed = status == CW_ANOMALY_STATUS_CLOSED;
    const struct cw_text id = cw_arena_print(cw_emit_arena(emit), "%016" PRIx64,
                                             anomaly_hash(entity, entry));
    const struct cw_text key =
        cw_arena_print(cw_emit_arena(emit), "%.*s/%s", CW_TEXT_ARG(id),
                       closed ? "closed" : "opened");
    if (id.size == 0 || key.size == 0)
        return cw_fail(err, CW_NO_MEMORY, "anomaly record");
    struct cw_anomaly record = {
        .meta = cw_emit_meta(emit, entity->tenant, entity->domain,
                             entry->first_event_at),
        .anomaly_id = id,
        .status = status,
        .kind = CW_ANOMALY_KIND_NEW_PATTERN,
        .family = CW_FAMILY_LOGS,
        .severity = severity_of(entry->severity),
        .entity = entity_name(entity),
        .series_id = (int64_t)entry->pattern_id,
        .metric = {entry->text, entry->text_size},
        .unit = CW_TEXT("lines"),
        .started_at = entry->first_event_at,
        .opened_at = entry->opened_at,
        .closed_at = closed ? entry->last_event_at : 0,
        .actual = (double)entry->lines,
        .score = score_of(entry->surprise),
        .p_value = cw_round6(cw_pow(10.0, -entry->surprise)),
        .peak_score = score_of(entry->surprise),
        .contributors = &only_contributor,
        .contributors_count = 1,
        .ready_views = &only_view,
        .ready_views_count = 1};
    record.meta.idempotency_key = key;
    return cw_emit_put(emit, CW_TOPIC_ANOMALIES,
                       cw_route_domain(entity->tenant, entity->domain), id,
                       &record, err);
}

static int by_surprise(const void *a, const void *b)
{
    const struct cw_pattern_novelty *left = a;
    const struct cw_pattern_novelty *right = b;
    if (left->surprise > right->surprise || left->surprise < right->surprise)
        return left->surprise > right->surprise ? -1 : 1;
    return (left->pattern_id > right->pattern_id) -
           (left->pattern_id < right->pattern_id);
}

/* Entries with something to tell, marked told. */
static size_t gather(struct novelty *novelty, int64_t from_at,
                     struct cw_pattern_novelty *found)
{
    size_t count = 0;
    for (size_t i = 0; i < novelty->count; i++) {
        struct novelty_entry *entry = &novelty->entries[i];
        if (entry->first_at <= from_at || entry->lines == entry->told_lines)
            continue;
        entry->told_lines = entry->lines;
        found[count++] = (struct cw_pattern_novelty){
            .pattern_id = (int64_t)entry->pattern_id,
            .template = {entry->text, entry->text_size},
            .severity = entry->severity,
            .count = (int64_t)entry->lines,
            .surprise = entry->surprise,
            .first_seen_at = entry->first_event_at};
    }
    qsort(found, count, sizeof(*found), by_surprise);
    return count < OUTPUT_NOVELTY_MAX ? count : OUTPUT_NOVELTY_MAX;
}

enum cw_status output_evidence(struct entity *entity, int64_t from_at,
                               struct cw_emit *emit, struct cw_error *err)
{
    struct cw_pattern_novelty found[NOVELTY_ENTRY_MAX];
    const size_t count = gather(&entity->novelty, from_at, found);
    if (count == 0)
        return CW_OK;
    const struct cw_evidence record = {
        .meta = cw_emit_meta(emit, entity->tenant, entity->domain,
                             cw_emit_now(emit)),
        .entity = entity_name(entity),
        .from_at = from_at,
        .to_at = cw_emit_now(emit),
        .coverage = 1.0,
        .new_patterns = found,
        .new_patterns_count = count};
    return cw_emit_put(emit, CW_TOPIC_EVIDENCE,
                       cw_route_domain(entity->tenant, entity->domain),
                       CW_TEXT(""), &record, err);
}
