/*
 * correlate_kit - short words for the tests of the correlator: say something
 * at a second, look at what came out.
 *
 * Place    *_test.c of correlate, correlator_bench
 * Input    seconds after KIT_T0; services by name
 * Threads  one test
 */
#ifndef CORRELATE_KIT_H
#define CORRELATE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "core/drive.h"
#include "correlate/core.h"

#define KIT_T0     INT64_C(1700000000000000)
#define KIT_SECOND INT64_C(1000000)

struct kit {
    struct cw_drive *drive;
    struct correlate_config config;
    struct cw_text tenant;
    struct cw_text domain;
};

static inline int64_t kit_at(double second)
{
    return KIT_T0 + (int64_t)(second * 1e6);
}

static inline void kit_open(struct kit *kit)
{
    struct cw_error err = {0};
    if (kit->config.resolve == NULL)
        kit->config = correlate_config_default();
    kit->tenant = CW_TEXT("acme");
    kit->domain = CW_TEXT("shop");
    if (cw_drive_create(&kit->drive, &correlate_core_type, &kit->config,
                        &err) != CW_OK)
        fail_msg("%s", err.text);
}

static inline void kit_close(struct kit *kit)
{
    cw_drive_destroy(&kit->drive);
}

static inline void kit_put(struct kit *kit, enum cw_topic topic, double second,
                           const void *record)
{
    struct cw_error err = {0};
    const struct cw_item item = {
        .topic = topic,
        .stream_at = kit_at(second),
        .event_at = kit_at(second),
        .route = cw_route_domain(kit->tenant, kit->domain),
        .record = record,
    };
    if (cw_drive_item(kit->drive, &item, &err) != CW_OK)
        fail_msg("%s", err.text);
}

/* Time passes up to the second and closes the slices in between. */
static inline void kit_wait(struct kit *kit, double second)
{
    struct cw_error err = {0};
    if (cw_drive_advance(kit->drive, kit_at(second), &err) != CW_OK)
        fail_msg("%s", err.text);
}

static inline void kit_restart(struct kit *kit)
{
    struct cw_error err = {0};
    if (cw_drive_restart(kit->drive, &err) != CW_OK)
        fail_msg("%s", err.text);
}

static inline struct cw_entity kit_service(const char *name)
{
    return (struct cw_entity){CW_TEXT("service"), cw_text_of(name)};
}

static inline struct cw_event kit_event(const struct kit *kit, double second,
                                        enum cw_event_kind kind)
{
    return (struct cw_event){
        .stream_at = kit_at(second),
        .event_at = kit_at(second),
        .tenant = kit->tenant,
        .domain = kit->domain,
        .kind = kind,
        .source = CW_TEXT("alertmanager"),
        .severity = CW_SEVERITY_ERROR,
        .starts_at = kit_at(second),
    };
}

static inline void kit_alert(struct kit *kit, double second,
                             const char *service, const char *key,
                             enum cw_event_status status)
{
    struct cw_event event = kit_event(kit, second, CW_EVENT_KIND_ALERT);
    event.dedup_key = cw_text_of(key);
    event.title = cw_text_of(key);
    event.status = status;
    event.entity = kit_service(service);
    kit_put(kit, CW_TOPIC_EVENTS, second, &event);
}

static inline void kit_fire(struct kit *kit, double second, const char *service,
                            const char *key)
{
    kit_alert(kit, second, service, key, CW_EVENT_STATUS_FIRING);
}

static inline void kit_end(struct kit *kit, double second, const char *service,
                           const char *key)
{
    kit_alert(kit, second, service, key, CW_EVENT_STATUS_RESOLVED);
}

static inline struct cw_anomaly kit_anomaly(const struct kit *kit,
                                            double second, const char *service,
                                            const char *id, double score)
{
    return (struct cw_anomaly){
        .meta = {.tenant = kit->tenant,
                 .domain = kit->domain,
                 .event_at = kit_at(second),
                 .stream_at = kit_at(second)},
        .anomaly_id = cw_text_of(id),
        .status = CW_ANOMALY_STATUS_OPENED,
        .kind = CW_ANOMALY_KIND_METRIC,
        .family = CW_FAMILY_LATENCY,
        .severity = CW_SEVERITY_WARNING,
        .entity = kit_service(service),
        .series_id = (int64_t)cw_hash_text(cw_text_of(id)),
        .metric = CW_TEXT("http.server.duration"),
        .started_at = kit_at(second),
        .evident_at = kit_at(second + 0.5),
        .opened_at = kit_at(second),
        .actual = 0.42,
        .expected = 0.1,
        .score = score,
        .peak_score = score,
    };
}

static inline void kit_odd(struct kit *kit, double second, const char *service,
                           const char *id, double score)
{
    const struct cw_anomaly anomaly =
        kit_anomaly(kit, second, service, id, score);
    kit_put(kit, CW_TOPIC_ANOMALIES, second, &anomaly);
}

static inline void kit_even(struct kit *kit, double second, const char *service,
                            const char *id)
{
    struct cw_anomaly anomaly = kit_anomaly(kit, second, service, id, 0.5);
    anomaly.status = CW_ANOMALY_STATUS_CLOSED;
    anomaly.closed_at = kit_at(second);
    kit_put(kit, CW_TOPIC_ANOMALIES, second, &anomaly);
}

static inline void kit_edge(struct kit *kit, double second, const char *caller,
                            const char *callee)
{
    const struct cw_declared_edge edge = {
        kit_service(caller), kit_service(callee), CW_TEXT("calls")};
    struct cw_event event = kit_event(kit, second, CW_EVENT_KIND_TOPOLOGY);
    event.edges = &edge;
    event.edges_count = 1;
    kit_put(kit, CW_TOPIC_EVENTS, second, &event);
}

static inline struct cw_said kit_said(const struct kit *kit, double second,
                                      enum cw_said_kind kind, const char *id)
{
    return (struct cw_said){
        .meta = {.tenant = kit->tenant,
                 .domain = kit->domain,
                 .event_at = kit_at(second),
                 .stream_at = kit_at(second)},
        .said_id = cw_text_of(id),
        .kind = kind,
        .by = CW_TEXT("ada"),
        .reason = CW_TEXT("planned work"),
    };
}

static inline void kit_say(struct kit *kit, double second,
                           enum cw_said_kind kind, const char *id,
                           const char *target)
{
    struct cw_said said = kit_said(kit, second, kind, id);
    said.target = cw_text_of(target);
    kit_put(kit, CW_TOPIC_SAID, second, &said);
}

static inline void kit_silence(struct kit *kit, double second, const char *id,
                               const char *service, double until)
{
    const struct cw_matcher matcher = {CW_TEXT("entity"), cw_text_of(service)};
    struct cw_said said = kit_said(kit, second, CW_SAID_KIND_SILENCE, id);
    said.expires_at = kit_at(until);
    said.matchers = &matcher;
    said.matchers_count = 1;
    kit_put(kit, CW_TOPIC_SAID, second, &said);
}

/* The index-th record of a topic since the last clear; NULL = fewer. */
static inline const void *kit_record(const struct kit *kit, enum cw_topic topic,
                                     size_t index)
{
    const size_t count = cw_drive_output_count(kit->drive);
    for (size_t i = 0; i < count; i++) {
        const struct cw_drive_output *out = cw_drive_output(kit->drive, i);
        if (out->topic == topic && index-- == 0)
            return out->record;
    }
    return NULL;
}

static inline size_t kit_count(const struct kit *kit, enum cw_topic topic)
{
    size_t found = 0;
    while (kit_record(kit, topic, found) != NULL)
        found++;
    return found;
}

static inline size_t kit_fates(const struct kit *kit, enum cw_fate fate)
{
    size_t found = 0;
    const struct cw_ledger_entry *entry;
    for (size_t i = 0; (entry = kit_record(kit, CW_TOPIC_LEDGER, i)) != NULL;
         i++)
        found += entry->fate == fate;
    return found;
}

static inline size_t kit_notices(const struct kit *kit,
                                 enum cw_transition transition)
{
    size_t found = 0;
    const struct cw_notice *notice;
    for (size_t i = 0; (notice = kit_record(kit, CW_TOPIC_NOTICES, i)) != NULL;
         i++)
        found += notice->transition == transition;
    return found;
}

/* Last revision of the index-th incident by first sight; NULL = fewer. */
static inline const struct cw_incident *kit_incident(const struct kit *kit,
                                                     size_t index)
{
    const struct cw_incident *wanted = NULL;
    const struct cw_incident *record;
    size_t seen = 0;
    for (size_t i = 0;
         (record = kit_record(kit, CW_TOPIC_INCIDENTS, i)) != NULL; i++) {
        const bool first = record->meta.revision == 1 && seen++ == index;
        if (first || (wanted != NULL &&
                      cw_text_equal(wanted->incident_id, record->incident_id)))
            wanted = record;
    }
    return wanted;
}

static inline size_t kit_incidents(const struct kit *kit)
{
    size_t count = 0;
    while (kit_incident(kit, count) != NULL)
        count++;
    return count;
}

#define assert_text(text, want)                                                \
    assert_string_equal(cw_text_is(text, want)                                 \
                            ? (want)                                           \
                            : kit_terminated((char[256]){0}, text),            \
                        want)

static inline const char *kit_terminated(char out[256], struct cw_text text)
{
    memcpy(out, text.bytes, text.size < 255 ? text.size : 255);
    return out;
}

#endif
