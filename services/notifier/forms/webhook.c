#include "webhook.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "plain.h"

#define ENTITIES_MAX   100
#define CANDIDATES_MAX 5
#define TEXT_MAX_COUNT 1000

static json_t *text_of(struct cw_arena *arena, struct cw_text text)
{
    const struct cw_text clean = notifier_plain(arena, text, TEXT_MAX_COUNT);
    return json_stringn(clean.bytes ? clean.bytes : "", clean.size);
}

static json_t *time_of(int64_t at)
{
    char text[CW_TIME_TEXT_SIZE];
    (void)cw_time_format(at, text);
    return at > 0 ? json_string(text) : json_null();
}

struct cw_text notifier_webhook_key(const struct cw_notice *notice,
                                    struct cw_text target,
                                    struct cw_arena *arena)
{
    const struct cw_text own = notice->meta.idempotency_key.size > 0
                                   ? notice->meta.idempotency_key
                                   : notice->notice_id;
    /* Any bytes may be in it, so a header carries a hash of it. */
    uint64_t hash = cw_hash_mix_text(0, notice->meta.tenant);
    hash = cw_hash_mix_text(hash, own);
    hash = cw_hash_mix_text(hash, target);
    return cw_arena_print(arena, "causeway-%016" PRIx64, hash);
}

static json_t *entities_of(const struct cw_notice *notice,
                           struct cw_arena *arena)
{
    json_t *list = json_array();
    for (size_t i = 0; i < notice->entities_count && i < ENTITIES_MAX; i++)
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o}", "kind",
                            text_of(arena, notice->entities[i].kind), "name",
                            text_of(arena, notice->entities[i].name)));
    return list;
}

static json_t *texts_of(const struct cw_text *texts, size_t count, size_t max,
                        struct cw_arena *arena)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count && i < max; i++)
        (void)json_array_append_new(list, text_of(arena, texts[i]));
    return list;
}

static json_t *cause_of(const struct cw_cause *cause, struct cw_arena *arena)
{
    if (cause == NULL)
        return json_null();
    json_t *candidates = json_array();
    for (size_t i = 0; i < cause->candidates_count && i < CANDIDATES_MAX; i++) {
        const struct cw_candidate *one = &cause->candidates[i];
        (void)json_array_append_new(
            candidates,
            json_pack("{s:o, s:o, s:f, s:o}", "label",
                      text_of(arena, one->label), "bucket",
                      text_of(arena, one->bucket), "probability",
                      one->probability, "evidence",
                      texts_of(one->evidence, one->evidence_count, 5, arena)));
    }
    return json_pack(
        "{s:b, s:f, s:o, s:o, s:o, s:o}", "unknown", cause->unknown,
        "confidence", cause->confidence, "missing",
        texts_of(cause->missing, cause->missing_count, 10, arena), "summary",
        text_of(arena, cause->summary), "recommended_action",
        text_of(arena, cause->recommendation.text), "candidates", candidates);
}

static enum cw_status dump(json_t *message, struct cw_arena *arena,
                           struct cw_text *body, struct cw_error *err)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    json_decref(message);
    if (text == NULL)
        return cw_fail(err, CW_NO_MEMORY, "message");
    const struct cw_text copy = cw_arena_text(arena, cw_text_of(text));
    free(text);
    if (copy.bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "message");
    *body = copy;
    return CW_OK;
}

enum cw_status notifier_webhook(const struct notifier_facts *facts,
                                struct cw_arena *arena, struct cw_text *body,
                                struct cw_error *err)
{
    const struct cw_notice *notice = facts->notice;
    const struct notifier_story story = notifier_story_tell(facts, arena);
    json_t *message = json_pack(
        "{s:i, s:s, s:o, s:o, s:o, s:s, s:i, s:s, s:o, s:o, s:b}", "version", 1,
        "type", "causeway.notice", "id", text_of(arena, notice->notice_id),
        "tenant", text_of(arena, notice->meta.tenant), "incident_id",
        text_of(arena, notice->incident_id), "transition",
        notifier_transition_word(notice->transition), "number",
        (int)notice->number, "severity", cw_severity_name(notice->severity),
        "title", text_of(arena, notice->title), "domain",
        text_of(arena, notice->meta.domain), "drill", (int)notice->drill);
    json_t *rest = json_pack(
        "{s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "started_at",
        time_of(notice->started_at), "decided_at", time_of(notice->decided_at),
        "entities", entities_of(notice, arena), "member_count",
        (int)notice->member_count, "why", text_of(arena, notice->why), "cause",
        cause_of(facts->cause, arena), "acknowledge",
        text_of(arena, story.command), "url", text_of(arena, story.url), "text",
        texts_of(story.lines, story.count, STORY_LINES, arena));
    if (message != NULL && rest != NULL)
        (void)json_object_update(message, rest);
    else {
        json_decref(message);
        message = NULL;
    }
    json_decref(rest);
    return dump(message, arena, body, err);
}

static json_t *labels_of(const struct cw_notice *notice, struct cw_arena *arena)
{
    static const char *const severities[] = {"none", "info", "warning",
                                             "critical", "critical"};
    _Static_assert(sizeof(severities) / sizeof(severities[0]) ==
                       CW_SEVERITY_COUNT,
                   "every severity has Prometheus' word");
    const struct cw_text first = notice->entities_count > 0
                                     ? notice->entities[0].name
                                     : (struct cw_text){"", 0};
    return json_pack(
        "{s:s, s:o, s:s, s:o, s:o}", "alertname", "CausewayIncident",
        "incident", text_of(arena, notice->incident_id), "severity",
        severities[notice->severity], "tenant",
        text_of(arena, notice->meta.tenant), "entity", text_of(arena, first));
}

static json_t *annotations_of(const struct notifier_facts *facts,
                              const struct notifier_story *story,
                              struct cw_arena *arena)
{
    struct cw_text all = {"", 0};
    for (size_t i = 0; i < story->count; i++)
        all = cw_arena_print(arena, "%.*s%s%.*s", CW_TEXT_ARG(all),
                             i ? "\n" : "", CW_TEXT_ARG(story->lines[i]));
    return json_pack("{s:o, s:o}", "summary",
                     text_of(arena, facts->notice->title), "description",
                     json_stringn(all.bytes ? all.bytes : "", all.size));
}

static json_t *alert_of(const struct notifier_facts *facts,
                        const struct notifier_story *story,
                        struct cw_arena *arena)
{
    const struct cw_notice *notice = facts->notice;
    const bool over = notice->transition == CW_TRANSITION_RESOLVED;
    char fingerprint[17];
    (void)snprintf(fingerprint, sizeof(fingerprint), "%016" PRIx64,
                   cw_hash_mix_text(cw_hash_text(notice->meta.tenant),
                                    notice->incident_id));
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "status",
        over ? "resolved" : "firing", "labels", labels_of(notice, arena),
        "annotations", annotations_of(facts, story, arena), "startsAt",
        time_of(notice->started_at), "endsAt",
        over ? time_of(notice->decided_at)
             : json_string("0001-01-01T00:00:00Z"),
        "generatorURL", text_of(arena, story->url), "fingerprint", fingerprint);
}

enum cw_status notifier_webhook_alertmanager(const struct notifier_facts *facts,
                                             struct cw_text receiver,
                                             struct cw_arena *arena,
                                             struct cw_text *body,
                                             struct cw_error *err)
{
    const struct cw_notice *notice = facts->notice;
    const struct notifier_story story = notifier_story_tell(facts, arena);
    const struct cw_text id =
        notifier_plain(arena, notice->incident_id, TEXT_MAX_COUNT);
    const struct cw_text group =
        cw_arena_print(arena, "{}:{incident=\"%.*s\"}", CW_TEXT_ARG(id));
    json_t *message = json_pack(
        "{s:s, s:o, s:i, s:s, s:o, s:{s:o}, s:o, s:o, s:s, s:[o]}", "version",
        "4", "groupKey", text_of(arena, group), "truncatedAlerts", 0, "status",
        notice->transition == CW_TRANSITION_RESOLVED ? "resolved" : "firing",
        "receiver", text_of(arena, receiver), "groupLabels", "incident",
        text_of(arena, notice->incident_id), "commonLabels",
        labels_of(notice, arena), "commonAnnotations",
        annotations_of(facts, &story, arena), "externalURL",
        facts->console_url ? facts->console_url : "", "alerts",
        alert_of(facts, &story, arena));
    return dump(message, arena, body, err);
}
