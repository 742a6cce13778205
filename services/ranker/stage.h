/*
 * stage - tests of the ranker: one core, what may be said to it.
 *
 * Place    core_test, answer_test, change_test
 */
#ifndef RANKER_STAGE_H
#define RANKER_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <math.h>

#include "core.h"
#include "core/drive.h"

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define T0     (1700000000 * SECOND) /* 2023-11-14 22:13:20Z */

struct stage {
    struct cw_drive *drive;
    int64_t now_at;
    bool restarts; /* before every record */
};

static const struct cw_meta meta = {
    .tenant = {"default", 7}, .domain = {"default", 7}, .stream_at = T0};

static inline struct cw_entity service(const char *name)
{
    return (struct cw_entity){CW_TEXT("service"), cw_text_of(name)};
}

static inline void begin(struct stage *stage,
                         const struct ranker_config *config)
{
    struct cw_error err;

    *stage = (struct stage){.now_at = T0};
    assert_int_equal(
        cw_drive_create(&stage->drive, &ranker_core_type, config, &err), CW_OK);
}

static inline void end(struct stage *stage)
{
    cw_drive_destroy(&stage->drive);
}

static inline void give(struct stage *stage, enum cw_topic topic,
                        const void *record)
{
    struct cw_error err;
    const struct cw_item item = {
        .topic = topic,
        .stream_at = stage->now_at,
        .event_at = stage->now_at,
        .content_id = (uint64_t)stage->now_at,
        .route = cw_route_domain(CW_TEXT("default"), CW_TEXT("default")),
        .record = record,
    };

    if (stage->restarts)
        assert_int_equal(cw_drive_restart(stage->drive, &err), CW_OK);
    assert_int_equal(cw_drive_item(stage->drive, &item, &err), CW_OK);
    assert_int_equal(cw_drive_refused_count(stage->drive), 0);
    stage->now_at += SECOND / 10;
}

static inline void pass(struct stage *stage, int64_t to_at)
{
    struct cw_error err;

    stage->now_at = to_at;
    assert_int_equal(cw_drive_advance(stage->drive, to_at, &err), CW_OK);
}

static const struct cw_cause *last_cause(const struct stage *stage)
{
    const size_t count = cw_drive_output_count(stage->drive);

    assert_true(count > 0);
    return cw_drive_output(stage->drive, count - 1)->record;
}

/* ---- what the stage can say --------------------------------------------- */

static inline void depends(struct stage *stage, const char *caller,
                           const char *callee, const char *kind)
{
    const struct cw_topology_edge edge = {.meta = meta,
                                          .caller = service(caller),
                                          .callee = service(callee),
                                          .kind = cw_text_of(kind),
                                          .source = CW_TEXT("declared"),
                                          .valid_from = T0 - 86400 * SECOND,
                                          .criticality = 1};

    give(stage, CW_TOPIC_TOPOLOGY, &edge);
}

static inline void calls(struct stage *stage, const char *caller,
                         const char *callee)
{
    depends(stage, caller, callee, "calls");
}

/* Calls of one minute, some of which failed. */
static inline void counts(struct stage *stage, const char *caller,
                          const char *callee, double count, double errors)
{
    const struct cw_edge edge = {.meta = meta,
                                 .from_at = stage->now_at,
                                 .to_at = stage->now_at + SECOND,
                                 .caller = service(caller),
                                 .callee = service(callee),
                                 .kind = CW_TEXT("calls"),
                                 .count = count,
                                 .errors = errors};

    give(stage, CW_TOPIC_EDGES, &edge);
}

/* One metric of a service, z at its worst, off since onset; it is next to never
 * so far out by itself. */
static inline struct cw_deviation deviation_of(const char *name,
                                               const char *metric,
                                               enum cw_family family, double z,
                                               int64_t onset_at)
{
    return (struct cw_deviation){
        .series_id = (int64_t)cw_hash_mix_text(cw_hash_text(cw_text_of(name)),
                                               cw_text_of(metric)),
        .metric = cw_text_of(metric),
        .family = family,
        .z = z,
        .actual = 10 + z,
        .expected = 10,
        .onset_at = onset_at,
        .p_value = 1e-9};
}

/* One minute of the service in which nothing else is off. */
static inline void shows(struct stage *stage, const char *name,
                         const struct cw_deviation *deviation)
{
    const struct cw_evidence evidence = {.meta = meta,
                                         .entity = service(name),
                                         .from_at = deviation->onset_at,
                                         .to_at = deviation->onset_at + MINUTE,
                                         .series_count = 4,
                                         .ready_count = 4,
                                         .coverage = 1,
                                         .deviations = deviation,
                                         .deviations_count = 1};

    give(stage, CW_TOPIC_EVIDENCE, &evidence);
}

static inline void deviates(struct stage *stage, const char *name,
                            const char *metric, enum cw_family family, double z,
                            int64_t onset_at)
{
    const struct cw_deviation deviation =
        deviation_of(name, metric, family, z, onset_at);
    shows(stage, name, &deviation);
}

/* Forty error lines of a kind never seen before, in the minute from at on. */
static inline void says(struct stage *stage, const char *name, const char *line,
                        int64_t at)
{
    const struct cw_pattern_novelty novelty = {
        .pattern_id = (int64_t)cw_hash_text(cw_text_of(line)),
        .template = cw_text_of(line),
        .severity = 17,
        .count = 40,
        .surprise = 30,
        .first_seen_at = at};
    const struct cw_evidence evidence = {.meta = meta,
                                         .entity = service(name),
                                         .from_at = at,
                                         .to_at = at + MINUTE,
                                         .coverage = 1,
                                         .new_patterns = &novelty,
                                         .new_patterns_count = 1};

    give(stage, CW_TOPIC_EVIDENCE, &evidence);
}

static inline void changes(struct stage *stage, const char *name,
                           const char *key, int64_t at)
{
    const struct cw_event event = {.tenant = CW_TEXT("default"),
                                   .domain = CW_TEXT("default"),
                                   .kind = CW_EVENT_KIND_CHANGE,
                                   .source = CW_TEXT("ci"),
                                   .dedup_key = cw_text_of(key),
                                   .change_kind = CW_TEXT("deploy"),
                                   .title = CW_TEXT("new build"),
                                   .entity = service(name),
                                   .starts_at = at,
                                   .event_at = at,
                                   .stream_at = stage->now_at};

    give(stage, CW_TOPIC_EVENTS, &event);
}

static inline struct cw_member member(const char *name, const char *kind,
                                      enum cw_family family, int64_t at)
{
    return (struct cw_member){.member_id = cw_text_of(name),
                              .kind = cw_text_of(kind),
                              .entity = service(name),
                              .title = CW_TEXT("it is ill"),
                              .family = family,
                              .severity = CW_SEVERITY_ERROR,
                              .firing = true,
                              .started_at = at,
                              .joined_at = at,
                              .score = 0.9};
}

static inline void incident(struct stage *stage, enum cw_incident_status status,
                            const struct cw_member *members, size_t count,
                            int64_t started_at)
{
    const struct cw_incident record = {.meta = meta,
                                       .incident_id = CW_TEXT("INC-2345A"),
                                       .status = status,
                                       .severity = CW_SEVERITY_ERROR,
                                       .started_at = started_at,
                                       .opened_at = stage->now_at,
                                       .members = members,
                                       .members_count = count,
                                       .member_count = (int32_t)count};

    give(stage, CW_TOPIC_INCIDENTS, &record);
}

/* shop -> cart -> db; db's memory is full, the others wait for it. */
static inline void tell_chain(struct stage *stage)
{
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("shop", "metric", CW_FAMILY_LATENCY, at + 20 * SECOND),
        member("cart", "metric", CW_FAMILY_LATENCY, at + 10 * SECOND),
        member("db", "metric", CW_FAMILY_SATURATION, at),
    };

    calls(stage, "shop", "cart");
    calls(stage, "cart", "db");
    if (stage->now_at < at + MINUTE)
        stage->now_at = at + MINUTE;
    deviates(stage, "db", "memory_used", CW_FAMILY_SATURATION, 40, at);
    deviates(stage, "cart", "latency_p90", CW_FAMILY_LATENCY, 45,
             at + 10 * SECOND);
    deviates(stage, "shop", "latency_p90", CW_FAMILY_LATENCY, 60,
             at + 20 * SECOND);
    incident(stage, CW_INCIDENT_STATUS_OPEN, members, 3, at);
}

#endif
