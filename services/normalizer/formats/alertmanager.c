/*
 * alertmanager - Prometheus Alertmanager webhook, version 4 (and the same
 * shape from Grafana unified alerting).
 *
 * Input    {"version":"4","externalURL":..,"alerts":[{"status","labels",
 *          "annotations","startsAt","endsAt","fingerprint"}]}
 * Output   one alert an element of alerts, with its own status: one body mixes
 *          firing and resolved
 * Limits   endsAt of the year 1 = open. Event time is startsAt (endsAt when
 *          resolved) while near the record's, else the record's: a firing
 *          alert is repeated for days. Without a fingerprint (Alertmanager
 *          before 0.20) the hash of its labels takes its place
 * Source   prometheus/alertmanager notify/webhook, template.Data
 */
#include "format.h"

#include "base/hash.h"
#include "../severity.h"

#define NEAR_US INT64_C(3600000000) /* an hour: older is a repeat */

static void add_texts(struct labels *labels, struct tree_value object)
{
    struct tree_walk walk = tree_walk_of(object);
    struct cw_text key;
    struct tree_value value;
    while (walk.object && tree_walk_next(&walk, &key, &value))
        labels_add(labels, key, tree_string(value));
}

static struct cw_text text_of(struct tree_value object, const char *key)
{
    return tree_string(tree_get(object, cw_text_of(key)));
}

/* 0: absent, or the year 1 that stands for open. */
static int64_t instant_at(struct tree_value alert, const char *key)
{
    const struct cw_text text = text_of(alert, key);
    int64_t at;
    size_t used;
    if (!instant_parse(text, &at, &used) || at < 0)
        return 0;
    return at;
}

static int64_t near_kafka(const struct draft *draft, int64_t at)
{
    const int64_t apart = at - draft_kafka_at(draft);
    return apart < NEAR_US && -apart < NEAR_US ? at : 0;
}

static struct cw_text fingerprint_of(struct tree_value alert,
                                     const struct labels *labels,
                                     struct cw_arena *arena)
{
    const struct cw_text given = text_of(alert, "fingerprint");
    if (given.size > 0)
        return given;
    uint64_t hash = 0;
    for (size_t i = 0; i < labels->count; i++) {
        hash = cw_hash_mix_text(hash, labels->items[i].key);
        hash = cw_hash_mix_text(hash, labels->items[i].value);
    }
    return cw_arena_print(arena, "%016llx", (unsigned long long)hash);
}

static struct cw_text first_text(struct cw_text a, struct cw_text b)
{
    return a.size > 0 ? a : b;
}

/* The label decides; an annotation of that name is a writer's habit. */
static enum cw_severity severity_of(const struct labels *labels,
                                    struct tree_value notes)
{
    const struct cw_text label =
        first_text(labels_find(labels, CW_TEXT("severity")),
                   labels_find(labels, CW_TEXT("priority")));
    return severity_of_alert(first_text(label, text_of(notes, "severity")));
}

static void read_alert(struct draft *draft, struct tree_value alert,
                       struct tree_value body)
{
    struct labels labels;
    const struct tree_value notes = tree_get(alert, CW_TEXT("annotations"));
    const struct cw_text status =
        first_text(text_of(alert, "status"), text_of(body, "status"));
    const bool resolved = cw_text_is(status, "resolved");
    if (!resolved && !cw_text_is(status, "firing")) {
        draft_refuse(draft, CW_BAD_RECORD, "alert neither firing nor resolved");
        return;
    }
    labels_clear(&labels);
    add_texts(&labels, tree_get(alert, CW_TEXT("labels")));
    labels_sort(&labels);
    struct cw_event event = {.kind = CW_EVENT_KIND_ALERT};
    event.source =
        first_text(text_of(body, "externalURL"), CW_TEXT("alertmanager"));
    event.dedup_key = fingerprint_of(alert, &labels, draft_arena(draft));
    event.status = resolved ? CW_EVENT_STATUS_RESOLVED : CW_EVENT_STATUS_FIRING;
    event.severity = severity_of(&labels, notes);
    event.title =
        first_text(text_of(notes, "summary"),
                   first_text(text_of(notes, "title"),
                              labels_find(&labels, CW_TEXT("alertname"))));
    event.detail =
        first_text(text_of(notes, "description"), text_of(notes, "message"));
    event.starts_at = instant_at(alert, "startsAt");
    event.ends_at = resolved ? instant_at(alert, "endsAt") : 0;
    event.event_at =
        near_kafka(draft, resolved ? event.ends_at : event.starts_at);
    if (event.starts_at == 0)
        event.starts_at = draft_kafka_at(draft);
    draft_add_event(draft, &event, &labels);
}

void read_alertmanager(struct draft *draft, struct tree_value element)
{
    const struct tree_value alerts = tree_get(element, CW_TEXT("alerts"));
    if (tree_type_of(alerts) != TREE_ARRAY) {
        draft_refuse(draft, CW_BAD_RECORD, "webhook without alerts");
        return;
    }
    struct tree_walk walk = tree_walk_of(alerts);
    struct tree_value alert;
    size_t index = 0;
    while (tree_walk_next(&walk, NULL, &alert)) {
        draft_part(draft, index++, (struct cw_text){"", 0});
        read_alert(draft, alert, element);
    }
    if (index == 0)
        draft_drop(draft, COUNT_DROP_SILENT);
}
