/*
 * stage - tests of decide: one core, what may be said to it, what it said.
 *
 * Place    core_test, life_test
 */
#ifndef REMEDIATOR_DECIDE_STAGE_H
#define REMEDIATOR_DECIDE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core.h"
#include "core/drive.h"

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define T0     (1700000000 * SECOND)

struct stage {
    struct cw_drive *drive;
    struct remedy_policies *policies;
    struct remediator_config config;
    int64_t now_at;
    bool restarts; /* before every record */
};

static const struct cw_meta meta = {.tenant = {"default", 7},
                                    .domain = {"default", 7}};

static inline void begin(struct stage *stage, const char *policies)
{
    struct cw_error err;

    *stage = (struct stage){.now_at = T0};
    assert_int_equal(remedy_policies_parse(&stage->policies, "test",
                                           cw_text_of(policies), &err),
                     CW_OK);
    stage->config.policies = stage->policies;
    stage->config.audit_key.id = CW_TEXT("k1");
    stage->config.audit_key.bytes = CW_TEXT("secret");
    assert_int_equal(cw_drive_create(&stage->drive, &remediator_core_type,
                                     &stage->config, &err),
                     CW_OK);
}

static inline void end(struct stage *stage)
{
    cw_drive_destroy(&stage->drive);
    remedy_policies_destroy(&stage->policies);
}

static inline void give(struct stage *stage, enum cw_topic topic,
                        const void *record, uint64_t route)
{
    struct cw_error err;
    const struct cw_item item = {
        .topic = topic,
        .stream_at = stage->now_at,
        .event_at = stage->now_at,
        .content_id = (uint64_t)stage->now_at,
        .route = route,
        .record = record,
    };

    if (stage->restarts)
        assert_int_equal(cw_drive_restart(stage->drive, &err), CW_OK);
    assert_int_equal(cw_drive_item(stage->drive, &item, &err), CW_OK);
    stage->now_at += SECOND;
    assert_int_equal(cw_drive_advance(stage->drive, stage->now_at, &err),
                     CW_OK);
    assert_int_equal(cw_drive_refused_count(stage->drive), 0);
}

static inline uint64_t domain_route(void)
{
    return cw_route_domain(CW_TEXT("default"), CW_TEXT("default"));
}

static inline void pass(struct stage *stage, int64_t span_us)
{
    struct cw_error err;

    stage->now_at += span_us;
    assert_int_equal(cw_drive_advance(stage->drive, stage->now_at, &err),
                     CW_OK);
}

/* Last revision of the last action put out. */
static const struct cw_action *last(const struct stage *stage)
{
    for (size_t i = cw_drive_output_count(stage->drive); i > 0; i--)
        if (cw_drive_output(stage->drive, i - 1)->topic == CW_TOPIC_ACTIONS)
            return cw_drive_output(stage->drive, i - 1)->record;
    fail_msg("no action");
    return NULL;
}

static inline size_t count_of(const struct stage *stage,
                              enum cw_action_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < cw_drive_output_count(stage->drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(stage->drive, i);
        if (out->topic == CW_TOPIC_ACTIONS)
            count += ((const struct cw_action *)out->record)->state == state;
    }
    return count;
}

static inline size_t count_notes(const struct stage *stage, const char *what)
{
    size_t count = 0;

    for (size_t i = 0; i < cw_drive_output_count(stage->drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(stage->drive, i);
        if (out->topic == CW_TOPIC_AUDIT)
            count +=
                cw_text_is(((const struct cw_audit *)out->record)->what, what);
    }
    return count;
}

/* ---- what the stage can say --------------------------------------------- */

static inline void incident_of(struct stage *stage, const char *id,
                               const struct cw_member *members, size_t count,
                               enum cw_incident_status status)
{
    const struct cw_incident record = {.meta = meta,
                                       .incident_id = cw_text_of(id),
                                       .status = status,
                                       .started_at = T0,
                                       .opened_at = T0,
                                       .member_count = (int32_t)count,
                                       .members = members,
                                       .members_count = count};

    give(stage, CW_TOPIC_INCIDENTS, &record, domain_route());
}

static inline struct cw_member member(const char *entity, enum cw_family family,
                                      bool firing)
{
    return (struct cw_member){
        .member_id = CW_TEXT("m"),
        .kind = CW_TEXT("metric"),
        .entity = {CW_TEXT("service"), cw_text_of(entity)},
        .family = family,
        .firing = firing,
        .started_at = T0};
}

static inline void incident(struct stage *stage, const char *id,
                            const char *entity, bool firing,
                            enum cw_incident_status status)
{
    const struct cw_member one = member(entity, CW_FAMILY_LATENCY, firing);

    incident_of(stage, id, &one, 1, status);
}

static inline void cause(struct stage *stage, const char *id,
                         const char *entity, double confidence)
{
    const struct cw_candidate candidates[] = {
        {.entity = {CW_TEXT("service"), cw_text_of(entity)},
         .kind = CW_TEXT("entity"),
         .label = cw_text_of(entity),
         .bucket = CW_TEXT("root_cause")},
        {.entity = {CW_TEXT("service"), CW_TEXT("shop")},
         .kind = CW_TEXT("entity"),
         .label = CW_TEXT("shop"),
         .bucket = CW_TEXT("impact")}};
    const struct cw_cause record = {
        .meta = meta,
        .incident_id = cw_text_of(id),
        .confidence = confidence,
        .candidates = candidates,
        .candidates_count = 2,
        .recommendation = {.action = CW_TEXT("restart_service"),
                           .target = {CW_TEXT("service"), cw_text_of(entity)}}};

    give(stage, CW_TOPIC_CAUSES, &record, domain_route());
}

static inline void opens(struct stage *stage, const char *id,
                         const char *entity, double confidence)
{
    incident(stage, id, entity, true, CW_INCIDENT_STATUS_OPEN);
    cause(stage, id, entity, confidence);
}

static inline void says(struct stage *stage, enum cw_said_kind kind,
                        const char *by, const char *target, const char *value)
{
    static char hash[80], id[32];
    struct cw_said said = {.meta = meta,
                           .said_id = CW_TEXT("s"),
                           .kind = kind,
                           .by = cw_text_of(by),
                           .value = cw_text_of(value)};

    (void)snprintf(hash, sizeof(hash), "%.*s",
                   CW_TEXT_ARG(last(stage)->action_hash));
    (void)snprintf(id, sizeof(id), "%.*s", CW_TEXT_ARG(last(stage)->action_id));
    said.target = cw_text_of(target != NULL ? target : id);
    const struct cw_key_value parameters[] = {
        {CW_TEXT("action_hash"), cw_text_of(hash)},
        {CW_TEXT("exit_code"), CW_TEXT("7")},
        {CW_TEXT("output"), CW_TEXT("done")}};
    said.parameters = parameters;
    said.parameters_count = 3;
    give(stage, CW_TOPIC_SAID, &said, domain_route());
}

static inline void kill_switch(struct stage *stage, const char *value)
{
    const struct cw_said said = {.meta = meta,
                                 .said_id = CW_TEXT("k"),
                                 .kind = CW_SAID_KIND_KILL_SWITCH,
                                 .by = CW_TEXT("ann"),
                                 .value = cw_text_of(value)};

    give(stage, CW_TOPIC_SAID, &said, CW_ROUTE_ALL);
}

static inline void result(struct stage *stage, const char *value)
{
    says(stage, CW_SAID_KIND_RESULT, "effect", NULL, value);
}

static inline void rollback_result(struct stage *stage, const char *value)
{
    static char id[32];
    const struct cw_key_value phase = {CW_TEXT("phase"), CW_TEXT("rollback")};

    (void)snprintf(id, sizeof(id), "%.*s", CW_TEXT_ARG(last(stage)->action_id));
    const struct cw_said said = {.meta = meta,
                                 .said_id = CW_TEXT("r"),
                                 .kind = CW_SAID_KIND_RESULT,
                                 .by = CW_TEXT("effect"),
                                 .target = cw_text_of(id),
                                 .value = cw_text_of(value),
                                 .parameters = &phase,
                                 .parameters_count = 1};
    give(stage, CW_TOPIC_SAID, &said, domain_route());
}

#define ASKS "policies:\n  - name: restart\n    argv: [/bin/r, \"{entity}\"]\n"
#define ACTS                                                                   \
    ASKS "    level: 3\n    auto_confidence: 0.8\n    timeout: 10s\n"          \
         "    cooldown: 10m\n    verify_within: 2m\n"

#endif
