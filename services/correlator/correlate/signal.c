#include "correlate/signal.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "correlate/graph.h"
#include "correlate/title.h"

#define HOUR_US INT64_C(3600000000)

/* Alerts carry no family: a word of the title tells it, else OTHER. */
static const struct {
    const char *word;
    enum cw_family family;
} family_words[] = {
    {"latency", CW_FAMILY_LATENCY},
    {"slow", CW_FAMILY_LATENCY},
    {"duration", CW_FAMILY_LATENCY},
    {"response", CW_FAMILY_LATENCY},
    {"error", CW_FAMILY_ERRORS},
    {"5xx", CW_FAMILY_ERRORS},
    {"fail", CW_FAMILY_ERRORS},
    {"exception", CW_FAMILY_ERRORS},
    {"cpu", CW_FAMILY_SATURATION},
    {"memory", CW_FAMILY_SATURATION},
    {"disk", CW_FAMILY_SATURATION},
    {"queue", CW_FAMILY_SATURATION},
    {"down", CW_FAMILY_AVAILABILITY},
    {"unreachable", CW_FAMILY_AVAILABILITY},
    {"absent", CW_FAMILY_AVAILABILITY},
    {"unavailable", CW_FAMILY_AVAILABILITY},
    {"traffic", CW_FAMILY_TRAFFIC},
    {"requests", CW_FAMILY_TRAFFIC},
    {"log", CW_FAMILY_LOGS},
};

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool holds_word(struct cw_text text, const char *word)
{
    const size_t size = strlen(word);
    for (size_t at = 0; at + size <= text.size; at++) {
        size_t i = 0;
        while (i < size && lower(text.bytes[at + i]) == (unsigned char)word[i])
            i++;
        if (i == size)
            return true;
    }
    return false;
}

static enum cw_family family_of(struct cw_text title)
{
    for (size_t i = 0; i < sizeof(family_words) / sizeof(family_words[0]); i++)
        if (holds_word(title, family_words[i].word))
            return family_words[i].family;
    return CW_FAMILY_OTHER;
}

/* How sure an alert is of itself: what its severity stands for. */
static double alert_score(enum cw_severity severity)
{
    static const double scores[CW_SEVERITY_COUNT] = {
        [CW_SEVERITY_UNKNOWN] = 0.7,  [CW_SEVERITY_INFO] = 0.3,
        [CW_SEVERITY_WARNING] = 0.7,  [CW_SEVERITY_ERROR] = 0.9,
        [CW_SEVERITY_CRITICAL] = 1.0,
    };
    return scores[severity];
}

static enum cw_status check_names(struct cw_text tenant, struct cw_text domain,
                                  struct cw_entity entity, struct cw_error *err)
{
    if (tenant.size > CORR_NAME_SIZE || domain.size > CORR_NAME_SIZE)
        return cw_fail(err, CW_BAD_RECORD, "tenant or domain over %u bytes",
                       CORR_NAME_SIZE);
    if (entity.kind.size > CORR_NAME_SIZE || entity.name.size > CORR_NAME_SIZE)
        return cw_fail(err, CW_BAD_RECORD, "entity name over %u bytes",
                       CORR_NAME_SIZE);
    return CW_OK;
}

static bool is_drill(const struct cw_key_value *labels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cw_text_is(labels[i].key, "drill"))
            return cw_text_is(labels[i].value, "true");
    return false;
}

static size_t few(size_t count)
{
    return count < CORR_LABELS_MAX ? count : CORR_LABELS_MAX;
}

/* A start that cannot be (none, or ahead of the stream) is the event's time. */
static int64_t sane_start(int64_t starts_at, int64_t event_at,
                          int64_t stream_at)
{
    const bool sane = starts_at > 0 && starts_at <= stream_at + HOUR_US;
    return sane ? starts_at : event_at;
}

enum cw_status corr_signal_of_event(struct corr_signal *signal,
                                    const struct cw_event *event,
                                    uint64_t fingerprint,
                                    struct cw_arena *arena,
                                    struct cw_error *err)
{
    const enum cw_status status =
        check_names(event->tenant, event->domain, event->entity, err);
    if (status != CW_OK)
        return status;
    const struct cw_text id =
        cw_arena_print(arena, "%016llx", (unsigned long long)fingerprint);
    if (id.size == 0)
        return cw_fail(err, CW_NO_MEMORY, "alert id");
    const struct cw_text title =
        event->title.size > 0 ? event->title : event->dedup_key;
    *signal = (struct corr_signal){
        .id = cw_hash_mix(fingerprint, (uint64_t)CORR_ALERT),
        .entity_id = corr_entity_id(event->entity),
        .series = fingerprint,
        .kind = CORR_ALERT,
        .strength = alert_score(event->severity),
        .drill = is_drill(event->labels, event->labels_count),
        .source = event->source,
        .labels = event->labels,
        .labels_count = few(event->labels_count),
    };
    signal->member = (struct cw_member){
        .member_id = id,
        .kind = CW_TEXT("alert"),
        .entity = event->entity,
        .title = cw_utf8_prefix(title, CORR_TITLE_SIZE),
        .family = family_of(title),
        .severity = event->severity,
        .firing = true,
        .started_at =
            sane_start(event->starts_at, event->event_at, event->stream_at),
        .score = alert_score(event->severity),
    };
    return CW_OK;
}

/* Indexed by enum cw_anomaly_kind. */
static const struct {
    const char *name;
    enum corr_signal_kind kind;
} anomaly_kinds[CW_ANOMALY_KIND_COUNT] = {
    [CW_ANOMALY_KIND_METRIC] = {"metric", CORR_METRIC},
    [CW_ANOMALY_KIND_MISSING] = {"missing", CORR_MISSING},
    [CW_ANOMALY_KIND_NEW_PATTERN] = {"new_pattern", CORR_NEW_PATTERN},
    [CW_ANOMALY_KIND_PATTERN_RATE] = {"pattern_rate", CORR_PATTERN_RATE},
};

enum cw_status corr_signal_of_anomaly(struct corr_signal *signal,
                                      const struct cw_anomaly *anomaly,
                                      struct cw_arena *arena,
                                      struct cw_error *err)
{
    const enum cw_status status = check_names(
        anomaly->meta.tenant, anomaly->meta.domain, anomaly->entity, err);
    if (status != CW_OK)
        return status;
    if (anomaly->anomaly_id.size == 0 ||
        anomaly->anomaly_id.size > CORR_NAME_SIZE)
        return cw_fail(err, CW_BAD_RECORD, "anomaly id of %zu bytes",
                       anomaly->anomaly_id.size);
    const enum corr_signal_kind kind = anomaly_kinds[anomaly->kind].kind;
    *signal = (struct corr_signal){
        .id = cw_hash_mix(cw_hash_text(anomaly->anomaly_id), 0),
        .entity_id = corr_entity_id(anomaly->entity),
        .series = (uint64_t)anomaly->series_id,
        .kind = kind,
        .strength = anomaly->score,
        .drill = is_drill(anomaly->labels, anomaly->labels_count),
        .metric = cw_utf8_prefix(anomaly->metric, CORR_TITLE_SIZE),
        .source = CW_TEXT("causeway"),
        .labels = anomaly->labels,
        .labels_count = few(anomaly->labels_count),
    };
    signal->member = (struct cw_member){
        .member_id = anomaly->anomaly_id,
        .kind = cw_text_of(anomaly_kinds[anomaly->kind].name),
        .entity = anomaly->entity,
        .title = corr_title_anomaly(anomaly, arena),
        .family = anomaly->family,
        .severity = anomaly->severity,
        .firing = true,
        .started_at = sane_start(anomaly->started_at, anomaly->meta.event_at,
                                 anomaly->meta.stream_at),
        .evident_at = anomaly->evident_at,
        .score = anomaly->score,
        .actual = anomaly->actual,
        .expected = anomaly->expected,
    };
    return CW_OK;
}

struct cw_text corr_signal_label(const struct corr_signal *signal,
                                 struct cw_text name)
{
    const struct cw_member *member = &signal->member;
    if (cw_text_is(name, "entity"))
        return member->entity.name;
    if (cw_text_is(name, "kind"))
        return member->entity.kind;
    if (cw_text_is(name, "metric"))
        return signal->metric;
    if (cw_text_is(name, "source"))
        return signal->source;
    if (cw_text_is(name, "severity"))
        return cw_text_of(cw_severity_name(member->severity));
    if (cw_text_is(name, "title"))
        return member->title;
    for (size_t i = 0; i < signal->labels_count; i++)
        if (cw_text_equal(signal->labels[i].key, name))
            return signal->labels[i].value;
    return (struct cw_text){"", 0};
}

static struct corr_signal keep_all(struct corr_keep *keep,
                                   const struct corr_signal *signal)
{
    struct corr_signal kept = *signal;
    kept.labels = corr_keep_labels(keep, signal->labels, signal->labels_count);
    kept.member = corr_keep_member(keep, &signal->member);
    kept.metric = corr_keep_text(keep, signal->metric);
    kept.source = corr_keep_text(keep, signal->source);
    return kept;
}

struct corr_signal *corr_signal_keep(const struct corr_signal *signal)
{
    struct corr_keep keep = {0};
    (void)corr_keep_room(&keep, sizeof(*signal));
    (void)keep_all(&keep, signal);
    keep.base = malloc(keep.used);
    if (keep.base == NULL)
        return NULL;
    keep.used = 0;
    struct corr_signal *kept = corr_keep_room(&keep, sizeof(*kept));
    *kept = keep_all(&keep, signal);
    return kept;
}

void corr_signal_save(const struct corr_signal *signal, struct cw_pack *out)
{
    cw_pack_u64(out, signal->id);
    cw_pack_u64(out, signal->series);
    cw_pack_u8(out, (uint8_t)signal->kind);
    cw_pack_u8(out, (uint8_t)signal->again);
    cw_pack_bool(out, signal->drill);
    cw_pack_f64(out, signal->strength);
    cw_member_encode(&signal->member, out);
    cw_pack_text(out, signal->metric);
    cw_pack_text(out, signal->source);
    cw_pack_u32(out, (uint32_t)signal->labels_count);
    for (size_t i = 0; i < signal->labels_count; i++) {
        cw_pack_text(out, signal->labels[i].key);
        cw_pack_text(out, signal->labels[i].value);
    }
}

static enum cw_status load_labels(struct corr_signal *signal,
                                  struct cw_unpack *in, struct cw_arena *arena,
                                  struct cw_error *err)
{
    const uint32_t count = cw_unpack_count(in, 8);
    struct cw_key_value *labels = cw_arena_take(arena, count * sizeof(*labels));
    if (labels == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%u labels", count);
    for (uint32_t i = 0; i < count; i++) {
        labels[i].key = cw_unpack_text(in);
        labels[i].value = cw_unpack_text(in);
    }
    signal->labels = labels;
    signal->labels_count = count;
    return in->failed ? cw_fail(err, CW_BAD_STATE, "labels") : CW_OK;
}

enum cw_status corr_signal_load(struct corr_signal *signal,
                                struct cw_unpack *in, struct cw_arena *arena,
                                struct cw_error *err)
{
    *signal = (struct corr_signal){.id = cw_unpack_u64(in)};
    signal->series = cw_unpack_u64(in);
    const uint8_t kind = cw_unpack_u8(in);
    const uint8_t again = cw_unpack_u8(in);
    signal->drill = cw_unpack_bool(in);
    signal->strength = cw_unpack_f64(in);
    if (kind > CORR_ALERT || again > CORR_GROWN)
        return cw_fail(err, CW_BAD_STATE, "signal of kind %u", kind);
    signal->kind = (enum corr_signal_kind)kind;
    signal->again = (enum corr_again)again;
    const enum cw_status status =
        cw_member_decode(&signal->member, in, arena, err);
    if (status != CW_OK)
        return status;
    signal->metric = cw_unpack_text(in);
    signal->source = cw_unpack_text(in);
    signal->entity_id = corr_entity_id(signal->member.entity);
    return load_labels(signal, in, arena, err);
}
