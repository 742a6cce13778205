/* Claims of the remediator's core; each begins with the demand it shows. */
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

static void begin(struct stage *stage, const char *policies)
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

static void end(struct stage *stage)
{
    cw_drive_destroy(&stage->drive);
    remedy_policies_destroy(&stage->policies);
}

static void give(struct stage *stage, enum cw_topic topic, const void *record,
                 uint64_t route)
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

static uint64_t domain_route(void)
{
    return cw_route_domain(CW_TEXT("default"), CW_TEXT("default"));
}

static void pass(struct stage *stage, int64_t span_us)
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

static size_t count_of(const struct stage *stage, enum cw_action_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < cw_drive_output_count(stage->drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(stage->drive, i);
        if (out->topic == CW_TOPIC_ACTIONS)
            count += ((const struct cw_action *)out->record)->state == state;
    }
    return count;
}

static size_t count_notes(const struct stage *stage, const char *what)
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

static void incident(struct stage *stage, const char *id, const char *entity,
                     bool firing, enum cw_incident_status status)
{
    const struct cw_member member = {
        .member_id = CW_TEXT("m"),
        .kind = CW_TEXT("metric"),
        .entity = {CW_TEXT("service"), cw_text_of(entity)},
        .firing = firing,
        .started_at = T0};
    const struct cw_incident record = {.meta = meta,
                                       .incident_id = cw_text_of(id),
                                       .status = status,
                                       .started_at = T0,
                                       .opened_at = T0,
                                       .member_count = 1,
                                       .members = &member,
                                       .members_count = 1};

    give(stage, CW_TOPIC_INCIDENTS, &record, domain_route());
}

static void cause(struct stage *stage, const char *id, const char *entity,
                  double confidence)
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

static void opens(struct stage *stage, const char *id, const char *entity,
                  double confidence)
{
    incident(stage, id, entity, true, CW_INCIDENT_STATUS_OPEN);
    cause(stage, id, entity, confidence);
}

static void says(struct stage *stage, enum cw_said_kind kind, const char *by,
                 const char *target, const char *value)
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

static void kill_switch(struct stage *stage, const char *value)
{
    const struct cw_said said = {.meta = meta,
                                 .said_id = CW_TEXT("k"),
                                 .kind = CW_SAID_KIND_KILL_SWITCH,
                                 .by = CW_TEXT("ann"),
                                 .value = cw_text_of(value)};

    give(stage, CW_TOPIC_SAID, &said, CW_ROUTE_ALL);
}

static void result(struct stage *stage, const char *value)
{
    says(stage, CW_SAID_KIND_RESULT, "effect", NULL, value);
}

static void rollback_result(struct stage *stage, const char *value)
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

static void t21_level_1_asks_and_runs_when_approved(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ASKS);
    opens(&stage, "INC-1", "cart", 0.9);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_PROPOSED);
    assert_true(cw_text_is(last(&stage)->argv[1], "cart"));
    assert_true(cw_text_is(last(&stage)->blast_radius[1], "shop"));
    says(&stage, CW_SAID_KIND_APPROVE, "ann", NULL, "");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    assert_true(cw_text_is(last(&stage)->approved_by, "ann"));
    end(&stage);
}

static void t21_an_approval_expires(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ASKS);
    opens(&stage, "INC-1", "cart", 0.9);
    pass(&stage, 29 * MINUTE);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_PROPOSED);
    pass(&stage, 2 * MINUTE);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_EXPIRED);
    says(&stage, CW_SAID_KIND_APPROVE, "ann", NULL, "");
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_INTENDED), 0);
    assert_int_equal(count_notes(&stage, "approval_refused"), 1);
    end(&stage);
}

static void t21_an_approval_is_bound_to_hash_tenant_and_person(void **state)
{
    struct stage stage;
    static char id[32], hash[80];

    (void)state;
    begin(&stage, ASKS);
    opens(&stage, "INC-1", "cart", 0.9);
    (void)snprintf(id, sizeof(id), "%.*s",
                   CW_TEXT_ARG(last(&stage)->action_id));
    (void)snprintf(hash, sizeof(hash), "%.*s",
                   CW_TEXT_ARG(last(&stage)->action_hash));
    for (int i = 0; i < 4; i++) {
        struct cw_key_value bound = {CW_TEXT("action_hash"), cw_text_of(hash)};
        struct cw_said said = {.meta = meta,
                               .kind = CW_SAID_KIND_APPROVE,
                               .by = CW_TEXT("ann"),
                               .target = cw_text_of(id),
                               .parameters = &bound,
                               .parameters_count = 1};
        if (i == 0)
            bound.value = CW_TEXT("0000");
        if (i == 1)
            said.meta.tenant = CW_TEXT("other");
        if (i == 2)
            said.by = CW_TEXT("");
        if (i == 3)
            said.expires_at = stage.now_at;
        give(&stage, CW_TOPIC_SAID, &said, domain_route());
    }
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_INTENDED), 0);
    assert_int_equal(count_notes(&stage, "approval_refused"), 4);
    end(&stage);
}

static void two_approvers_must_be_two_people(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ASKS "    approvers: 2\n");
    opens(&stage, "INC-1", "cart", 0.9);
    says(&stage, CW_SAID_KIND_APPROVE, "ann", NULL, "");
    says(&stage, CW_SAID_KIND_APPROVE, "ann", NULL, "");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_PROPOSED);
    says(&stage, CW_SAID_KIND_APPROVE, "bob", NULL, "");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    assert_true(cw_text_is(last(&stage)->approved_by, "ann,bob"));
    end(&stage);
}

static void t21_level_2_runs_unless_rejected(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ASKS "    level: 2\n    veto: 30s\n");
    opens(&stage, "INC-1", "cart", 0.9);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_PROPOSED);
    pass(&stage, 31 * SECOND);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    result(&stage, "succeeded");
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_RESOLVED);
    opens(&stage, "INC-2", "db", 0.9);
    says(&stage, CW_SAID_KIND_REJECT, "ann", NULL, "");
    pass(&stage, MINUTE);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_REFUSED);
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_INTENDED), 1);
    end(&stage);
}

static void t21_level_3_needs_its_confidence(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    opens(&stage, "INC-1", "cart", 0.79);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_PROPOSED);
    opens(&stage, "INC-2", "db", 0.8);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    end(&stage);
}

static void t21_nothing_runs_for_a_resolved_incident(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_RESOLVED);
    cause(&stage, "INC-1", "cart", 0.9);
    cause(&stage, "INC-9", "cart", 0.9); /* never heard of */
    assert_int_equal(cw_drive_output_count(stage.drive), 0);
    opens(&stage, "INC-2", "db", 0.9);
    incident(&stage, "INC-2", "db", false, CW_INCIDENT_STATUS_RESOLVED);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_REFUSED);
    end(&stage);
}

static void f13_a_dry_run_shows_all_and_runs_nothing(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS "    dry_run: true\n");
    opens(&stage, "INC-1", "cart", 0.99);
    assert_true(last(&stage)->dry_run);
    assert_true(cw_text_is(last(&stage)->argv[0], "/bin/r"));
    assert_int_equal(last(&stage)->blast_radius_count, 2);
    says(&stage, CW_SAID_KIND_APPROVE, "ann", NULL, "");
    pass(&stage, 60 * MINUTE);
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_INTENDED), 0);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_EXPIRED);
    end(&stage);
}

static void f14_one_action_at_a_time_and_then_a_cooldown(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    opens(&stage, "INC-1", "cart", 0.9);
    opens(&stage, "INC-2", "db", 0.9); /* running: 1 */
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_REFUSED);
    assert_true(cw_text_is(last(&stage)->reason,
                           "as many actions as allowed are under way"));
    end(&stage);
    begin(&stage, ACTS);
    opens(&stage, "INC-1", "cart", 0.9);
    result(&stage, "succeeded");
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_RESOLVED);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_VERIFIED);
    opens(&stage, "INC-2", "cart", 0.9);
    assert_true(cw_text_is(last(&stage)->reason,
                           "the target cools down after another action"));
    pass(&stage, 11 * MINUTE);
    opens(&stage, "INC-3", "cart", 0.9);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    end(&stage);
}

static void f14_the_caps_of_target_and_domain_hold(void **state)
{
    struct stage stage;
    char id[16];

    (void)state;
    begin(&stage,
          "caps: {domain: 3}\n" ACTS "    caps: {target: 2, window: 2h}\n");
    for (int i = 0; i < 3; i++) {
        (void)snprintf(id, sizeof(id), "INC-%d", i);
        opens(&stage, id, "cart", 0.9);
        if (i < 2)
            result(&stage, "succeeded");
        incident(&stage, id, "cart", false, CW_INCIDENT_STATUS_RESOLVED);
        pass(&stage, 11 * MINUTE);
    }
    assert_true(cw_text_is(last(&stage)->reason,
                           "cap of actions on this target reached"));
    opens(&stage, "INC-4", "db", 0.9);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    result(&stage, "succeeded");
    opens(&stage, "INC-5", "web", 0.9);
    assert_true(cw_text_is(last(&stage)->reason,
                           "cap of actions in this domain reached"));
    end(&stage);
}

static void f15_a_symptom_that_is_gone_verifies(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    opens(&stage, "INC-1", "cart", 0.9);
    result(&stage, "started");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_STARTED);
    result(&stage, "succeeded");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_SUCCEEDED);
    assert_int_equal(last(&stage)->exit_code, 7);
    assert_true(cw_text_is(last(&stage)->output, "done"));
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_OPEN);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_VERIFIED);
    end(&stage);
}

static void f15_a_symptom_that_stays_rolls_back(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS "    rollback: [/bin/undo]\n    max_attempts: 1\n");
    opens(&stage, "INC-1", "cart", 0.9);
    result(&stage, "succeeded");
    pass(&stage, 2 * MINUTE);
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_INEFFECTIVE), 1);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_ROLLING_BACK);
    rollback_result(&stage, "succeeded");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_ROLLED_BACK);
    assert_int_equal(count_notes(&stage, "escalate"), 1);
    end(&stage);
}

static void u9_a_symptom_back_in_time_is_ineffective_and_stops(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS "    max_attempts: 2\n");
    opens(&stage, "INC-1", "cart", 0.9);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
        assert_int_equal(last(&stage)->attempt, i + 1);
        result(&stage, "succeeded");
        incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_OPEN);
        assert_int_equal(last(&stage)->state, CW_ACTION_STATE_VERIFIED);
        incident(&stage, "INC-1", "cart", true, CW_INCIDENT_STATUS_OPEN);
        assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INEFFECTIVE);
        pass(&stage, 9 * MINUTE); /* the cooldown is kept */
        assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INEFFECTIVE);
        pass(&stage, 2 * MINUTE);
    }
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_INTENDED), 2);
    assert_int_equal(count_notes(&stage, "escalate"), 1);
    pass(&stage, 60 * MINUTE);
    opens(&stage, "INC-2", "cart", 0.9); /* nor for the next incident */
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_REFUSED);
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_INTENDED), 2);
    end(&stage);
}

static void u1_what_is_not_known_is_never_run_again(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    opens(&stage, "INC-1", "cart", 0.9);
    result(&stage, "started");
    pass(&stage, 2 * MINUTE); /* no result within timeout and grace */
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_UNKNOWN);
    pass(&stage, 60 * MINUTE);
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_INTENDED), 1);
    assert_int_equal(count_notes(&stage, "escalate"), 1);
    end(&stage);
}

static void u1_an_unknown_one_is_verified_by_state(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    opens(&stage, "INC-1", "cart", 0.9);
    result(&stage, "unknown");
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_OPEN);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_VERIFIED);
    end(&stage);
}

static void f16_the_kill_switch_stops_queued_and_new_over_restarts(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    stage.restarts = true;
    opens(&stage, "INC-1", "cart", 0.9);
    kill_switch(&stage, "stop");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_REFUSED);
    assert_true(cw_text_is(last(&stage)->reason, "kill switch by ann"));
    opens(&stage, "INC-2", "db", 0.9);
    assert_true(cw_text_is(last(&stage)->reason, "the kill switch is on"));
    kill_switch(&stage, "start");
    pass(&stage, 30 * MINUTE);
    opens(&stage, "INC-3", "web", 0.9);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    assert_int_equal(count_notes(&stage, "stop"), 1);
    assert_int_equal(count_notes(&stage, "start"), 1);
    end(&stage);
}

static void f16_what_ran_in_spite_of_a_stop_is_told(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    opens(&stage, "INC-1", "cart", 0.9);
    kill_switch(&stage, "stop");
    result(&stage, "succeeded"); /* the two crossed */
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_SUCCEEDED);
    end(&stage);
}

static void a_name_from_telemetry_cannot_enter_a_command(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ACTS);
    opens(&stage, "INC-1", "cart; reboot", 0.9);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_REFUSED);
    assert_int_equal(last(&stage)->argv_count, 0);
    end(&stage);
}

static void a_changed_cause_withdraws_what_it_proposed(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ASKS);
    opens(&stage, "INC-1", "cart", 0.9);
    cause(&stage, "INC-1", "cart", 0.95); /* the same again: nothing */
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_PROPOSED), 1);
    cause(&stage, "INC-1", "db", 0.9);
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_EXPIRED), 1);
    assert_int_equal(count_of(&stage, CW_ACTION_STATE_PROPOSED), 2);
    assert_true(cw_text_is(last(&stage)->target.name, "db"));
    end(&stage);
}

static void f17_every_decision_stands_in_one_whole_chain(void **state)
{
    struct stage stage;
    struct cw_audit links[64];
    size_t count = 0, actions = 0, bad = 0;
    struct cw_error err;

    (void)state;
    begin(&stage, ACTS);
    stage.restarts = true;
    opens(&stage, "INC-1", "cart", 0.9);
    result(&stage, "started");
    result(&stage, "succeeded");
    pass(&stage, 30 * MINUTE);
    for (size_t i = 0; i < cw_drive_output_count(stage.drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(stage.drive, i);
        actions += out->topic == CW_TOPIC_ACTIONS;
        if (out->topic == CW_TOPIC_AUDIT && count < 64)
            links[count++] = *(const struct cw_audit *)out->record;
    }
    assert_true(actions >= 5 && count >= actions);
    assert_int_equal(cw_audit_verify(links, count, NULL,
                                     &stage.config.audit_key, &bad, &err),
                     CW_OK);
    links[2].what = CW_TEXT("nothing");
    assert_int_equal(cw_audit_verify(links, count, NULL,
                                     &stage.config.audit_key, &bad, &err),
                     CW_BAD_RECORD);
    assert_int_equal(bad, 2);
    end(&stage);
}

static uint64_t digest_of_story(bool restarts)
{
    struct stage stage;

    begin(&stage, ACTS "    rollback: [/bin/undo]\n");
    stage.restarts = restarts;
    opens(&stage, "INC-1", "cart", 0.9);
    result(&stage, "started");
    result(&stage, "failed");
    rollback_result(&stage, "succeeded");
    pass(&stage, 12 * MINUTE);
    opens(&stage, "INC-2", "db", 0.5);
    result(&stage, "succeeded");
    kill_switch(&stage, "stop");
    pass(&stage, 20 * MINUTE);
    kill_switch(&stage, "start");
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_RESOLVED);
    pass(&stage, 40 * MINUTE);
    const uint64_t digest = cw_drive_digest(stage.drive);
    assert_true(cw_drive_output_count(stage.drive) > 10);
    end(&stage);
    return digest;
}

static void u2_a_restart_anywhere_changes_no_output(void **state)
{
    (void)state;
    assert_true(digest_of_story(false) == digest_of_story(true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t21_level_1_asks_and_runs_when_approved),
        cmocka_unit_test(t21_an_approval_expires),
        cmocka_unit_test(t21_an_approval_is_bound_to_hash_tenant_and_person),
        cmocka_unit_test(two_approvers_must_be_two_people),
        cmocka_unit_test(t21_level_2_runs_unless_rejected),
        cmocka_unit_test(t21_level_3_needs_its_confidence),
        cmocka_unit_test(t21_nothing_runs_for_a_resolved_incident),
        cmocka_unit_test(f13_a_dry_run_shows_all_and_runs_nothing),
        cmocka_unit_test(f14_one_action_at_a_time_and_then_a_cooldown),
        cmocka_unit_test(f14_the_caps_of_target_and_domain_hold),
        cmocka_unit_test(f15_a_symptom_that_is_gone_verifies),
        cmocka_unit_test(f15_a_symptom_that_stays_rolls_back),
        cmocka_unit_test(u9_a_symptom_back_in_time_is_ineffective_and_stops),
        cmocka_unit_test(u1_what_is_not_known_is_never_run_again),
        cmocka_unit_test(u1_an_unknown_one_is_verified_by_state),
        cmocka_unit_test(
            f16_the_kill_switch_stops_queued_and_new_over_restarts),
        cmocka_unit_test(f16_what_ran_in_spite_of_a_stop_is_told),
        cmocka_unit_test(a_name_from_telemetry_cannot_enter_a_command),
        cmocka_unit_test(a_changed_cause_withdraws_what_it_proposed),
        cmocka_unit_test(f17_every_decision_stands_in_one_whole_chain),
        cmocka_unit_test(u2_a_restart_anywhere_changes_no_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
