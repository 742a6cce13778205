/* Claims of the ranker's core; each begins with the demand it shows. */
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

static struct cw_entity service(const char *name)
{
    return (struct cw_entity){CW_TEXT("service"), cw_text_of(name)};
}

static void begin(struct stage *stage, const struct ranker_config *config)
{
    struct cw_error err;

    *stage = (struct stage){.now_at = T0};
    assert_int_equal(
        cw_drive_create(&stage->drive, &ranker_core_type, config, &err), CW_OK);
}

static void end(struct stage *stage)
{
    cw_drive_destroy(&stage->drive);
}

static void give(struct stage *stage, enum cw_topic topic, const void *record)
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

static void pass(struct stage *stage, int64_t to_at)
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

static void calls(struct stage *stage, const char *caller, const char *callee)
{
    const struct cw_topology_edge edge = {.meta = meta,
                                          .caller = service(caller),
                                          .callee = service(callee),
                                          .kind = CW_TEXT("calls"),
                                          .source = CW_TEXT("declared"),
                                          .valid_from = T0 - 86400 * SECOND,
                                          .criticality = 1};

    give(stage, CW_TOPIC_TOPOLOGY, &edge);
}

/* One minute of one metric of a service, z at its worst, off since onset. */
static void deviates(struct stage *stage, const char *name, const char *metric,
                     enum cw_family family, double z, int64_t onset_at)
{
    const struct cw_deviation deviation = {
        .series_id = (int64_t)cw_hash_mix_text(cw_hash_text(cw_text_of(name)),
                                               cw_text_of(metric)),
        .metric = cw_text_of(metric),
        .family = family,
        .z = z,
        .actual = 10 + z,
        .expected = 10,
        .onset_at = onset_at};
    const struct cw_evidence evidence = {.meta = meta,
                                         .entity = service(name),
                                         .from_at = onset_at,
                                         .to_at = onset_at + MINUTE,
                                         .series_count = 4,
                                         .ready_count = 4,
                                         .coverage = 1,
                                         .deviations = &deviation,
                                         .deviations_count = 1};

    give(stage, CW_TOPIC_EVIDENCE, &evidence);
}

static void changes(struct stage *stage, const char *name, const char *key,
                    int64_t at)
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

static struct cw_member member(const char *name, const char *kind,
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

static void incident(struct stage *stage, enum cw_incident_status status,
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
static void tell_chain(struct stage *stage)
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

static void t18_the_dependency_is_named_before_its_louder_callers(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, NULL);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);

    assert_int_equal(cw_drive_output_count(stage.drive), 1);
    const struct cw_cause *cause = last_cause(&stage);
    assert_false(cause->unknown);
    assert_true(cw_text_is(cause->candidates[0].entity.name, "db"));
    assert_true(cw_text_is(cause->candidates[0].bucket, "root_cause"));
    assert_int_equal(cause->affected_entities, 3);
    assert_true(cause->confidence > 0.5);
    assert_true(cause->candidates[0].evidence_count >= 2);
    assert_true(cw_text_is(cause->recommendation.action, "restart_service"));
    end(&stage);
}

static void f6_a_pure_symptom_is_never_a_root_cause(void **state)
{
    struct stage stage;
    size_t critical = 0;

    (void)state;
    begin(&stage, NULL);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    assert_int_equal(cause->candidates_count, 3);
    for (size_t i = 1; i < 3; i++) {
        const struct cw_candidate *candidate = &cause->candidates[i];
        assert_false(cw_text_is(candidate->bucket, "root_cause"));
        critical += cw_text_is(candidate->bucket, "critical_failure");
        if (cw_text_is(candidate->bucket, "critical_failure"))
            assert_true(cw_text_is(candidate->entity.name, "cart"));
    }
    assert_int_equal(critical, 1);
    end(&stage);
}

static void f2_a_change_before_the_symptom_is_suspect(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, NULL);
    changes(&stage, "db", "812", T0 + 8 * MINUTE);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_candidate *first = &last_cause(&stage)->candidates[0];
    assert_true(cw_text_is(first->kind, "change"));
    assert_true(cw_text_is(first->label, "deploy 812 of db"));
    assert_true(cw_text_starts(first->evidence[0],
                               CW_TEXT("suspect: deploy 812 (new build) took "
                                       "effect 2 min before")));
    assert_true(cw_text_is(last_cause(&stage)->recommendation.action,
                           "rollback_deploy"));
    end(&stage);
}

static void f2_a_change_after_the_symptom_is_never_suspect(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, NULL);
    changes(&stage, "db", "812", T0 + 10 * MINUTE + 1);
    changes(&stage, "shop", "813", T0 + 11 * MINUTE);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    for (size_t i = 0; i < cause->candidates_count; i++)
        assert_true(cw_text_is(cause->candidates[i].kind, "entity"));
    end(&stage);
}

static void f2_suspects_are_at_most_five(void **state)
{
    struct stage stage;
    static char names[8][8];
    struct cw_member members[8];
    size_t suspects = 0;

    (void)state;
    begin(&stage, NULL);
    for (size_t i = 0; i < 8; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "s%zu", i);
        changes(&stage, names[i], names[i], T0 + MINUTE);
        members[i] =
            member(names[i], "metric", CW_FAMILY_SATURATION, T0 + 5 * MINUTE);
    }
    stage.now_at = T0 + 6 * MINUTE;
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 8, T0 + 5 * MINUTE);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    for (size_t i = 0; i < cause->candidates_count; i++)
        suspects += cw_text_is(cause->candidates[i].kind, "change");
    assert_int_equal(suspects, 5);
    end(&stage);
}

static void u10_the_loudest_is_not_blamed_for_what_is_not_seen(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("shop", "metric", CW_FAMILY_LATENCY, at)};

    (void)state;
    begin(&stage, NULL);
    calls(&stage, "shop", "bank"); /* never sends anything */
    stage.now_at = at + MINUTE;
    deviates(&stage, "shop", "latency_p90", CW_FAMILY_LATENCY, 60, at);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 1, at);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    assert_true(cause->unknown);
    assert_true(cw_text_is(cause->missing[0], "telemetry of bank"));
    assert_true(cw_text_is(cause->title, "Cause unknown"));
    assert_int_equal(cause->recommendation.action.size, 0);
    end(&stage);
}

static void u10_equals_without_a_graph_are_unknown(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("a", "metric", CW_FAMILY_SATURATION, at),
        member("b", "metric", CW_FAMILY_SATURATION, at),
        member("c", "metric", CW_FAMILY_SATURATION, at)};

    (void)state;
    begin(&stage, NULL);
    stage.now_at = at + MINUTE;
    deviates(&stage, "a", "cpu", CW_FAMILY_SATURATION, 20, at);
    deviates(&stage, "b", "cpu", CW_FAMILY_SATURATION, 20, at);
    deviates(&stage, "c", "cpu", CW_FAMILY_SATURATION, 20, at);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 3, at);
    pass(&stage, stage.now_at + 6 * SECOND);
    assert_true(last_cause(&stage)->unknown);
    end(&stage);
}

static void without_a_graph_the_most_severe_is_first(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("front", "metric", CW_FAMILY_LATENCY, at)};

    (void)state;
    begin(&stage, NULL);
    stage.now_at = at + MINUTE;
    deviates(&stage, "front", "latency", CW_FAMILY_LATENCY, 20, at);
    deviates(&stage, "carts", "cpu", CW_FAMILY_SATURATION, 300, at);
    deviates(&stage, "users", "cpu", CW_FAMILY_SATURATION, 2, 0);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 1, at);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    assert_false(cause->unknown);
    assert_true(cw_text_is(cause->candidates[0].entity.name, "carts"));
    assert_int_equal(cause->candidates_count, 2); /* users is well */
    end(&stage);
}

static void a_killed_process_is_found_by_its_silence(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("shop", "metric", CW_FAMILY_ERRORS, at),
        member("cart", "missing", CW_FAMILY_AVAILABILITY, at + 30 * SECOND)};

    (void)state;
    begin(&stage, NULL);
    calls(&stage, "shop", "cart");
    stage.now_at = at + MINUTE;
    deviates(&stage, "shop", "error_rate", CW_FAMILY_ERRORS, 200, at);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 2, at);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    assert_true(cw_text_is(cause->candidates[0].entity.name, "cart"));
    assert_true(cw_text_is(cause->title, "cart: stopped reporting"));
    assert_true(cw_text_is(cause->recommendation.action, "restart_service"));
    end(&stage);
}

static void u16_the_graph_is_that_of_the_first_symptom(void **state)
{
    struct stage stage;
    struct cw_topology_edge later = {.meta = meta,
                                     .caller = service("db"),
                                     .callee = service("backup"),
                                     .kind = CW_TEXT("calls"),
                                     .source = CW_TEXT("declared"),
                                     .valid_from = T0 + 15 * MINUTE,
                                     .criticality = 1};

    (void)state;
    begin(&stage, NULL);
    tell_chain(&stage);
    give(&stage, CW_TOPIC_TOPOLOGY, &later); /* declared after the fault */
    deviates(&stage, "backup", "disk", CW_FAMILY_SATURATION, 3,
             T0 + 10 * MINUTE);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    assert_true(cw_text_is(cause->candidates[0].entity.name, "db"));
    for (size_t i = 0; i < cause->candidates_count; i++)
        assert_false(cw_text_is(cause->candidates[i].entity.name, "backup"));
    end(&stage);
}

static void an_unchanged_answer_is_not_told_again(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, NULL);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 10 * MINUTE);
    assert_int_equal(cw_drive_output_count(stage.drive), 1);
    end(&stage);
}

static void a_resolved_incident_is_let_go_with_its_last_answer(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, NULL);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);
    incident(&stage, CW_INCIDENT_STATUS_RESOLVED, NULL, 0, T0 + 10 * MINUTE);
    deviates(&stage, "shop", "cpu", CW_FAMILY_SATURATION, 900,
             T0 + 10 * MINUTE);
    pass(&stage, stage.now_at + 10 * MINUTE);
    assert_int_equal(cw_drive_output_count(stage.drive), 1);
    end(&stage);
}

static void a_reopened_incident_goes_on_from_its_revision(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, NULL);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);
    assert_int_equal(last_cause(&stage)->meta.revision, 1);
    incident(&stage, CW_INCIDENT_STATUS_RESOLVED, NULL, 0, T0 + 10 * MINUTE);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);
    assert_int_equal(last_cause(&stage)->meta.revision, 2);
    end(&stage);
}

static void a_wrong_cause_label_lowers_within_its_bound(void **state)
{
    struct stage stage;
    double before = 0;

    (void)state;
    begin(&stage, NULL);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);
    before = last_cause(&stage)->candidates[0].score;
    for (int i = 0; i < 100; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "label-%d", i);
        const struct cw_said said = {.meta = meta,
                                     .said_id = cw_text_of(id),
                                     .kind = CW_SAID_KIND_LABEL,
                                     .by = CW_TEXT("ann"),
                                     .target = CW_TEXT("INC-2345A"),
                                     .value = CW_TEXT("wrong-cause")};
        give(&stage, CW_TOPIC_SAID, &said);
    }
    incident(&stage, CW_INCIDENT_STATUS_RESOLVED, NULL, 0, T0 + 10 * MINUTE);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 6 * SECOND);
    /* Worked: 0.5 * ln(1 / 101) = -2.3, clipped to -1, times weight 0.5. */
    assert_true(fabs(last_cause(&stage)->candidates[0].score - before + 0.5) <
                1e-9);
    end(&stage);
}

static uint64_t digest_of_chain(bool restarts)
{
    struct stage stage;

    begin(&stage, NULL);
    stage.restarts = restarts;
    changes(&stage, "cart", "77", T0 + 9 * MINUTE);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 20 * SECOND);
    deviates(&stage, "shop", "cpu", CW_FAMILY_SATURATION, 900,
             T0 + 10 * MINUTE);
    pass(&stage, stage.now_at + 2 * MINUTE);
    tell_chain(&stage);
    pass(&stage, stage.now_at + 5 * MINUTE);
    assert_true(cw_drive_output_count(stage.drive) >= 2);
    const uint64_t digest = cw_drive_digest(stage.drive);
    end(&stage);
    return digest;
}

static void u2_a_restart_anywhere_changes_no_output(void **state)
{
    (void)state;
    assert_true(digest_of_chain(false) == digest_of_chain(true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t18_the_dependency_is_named_before_its_louder_callers),
        cmocka_unit_test(f6_a_pure_symptom_is_never_a_root_cause),
        cmocka_unit_test(f2_a_change_before_the_symptom_is_suspect),
        cmocka_unit_test(f2_a_change_after_the_symptom_is_never_suspect),
        cmocka_unit_test(f2_suspects_are_at_most_five),
        cmocka_unit_test(u10_the_loudest_is_not_blamed_for_what_is_not_seen),
        cmocka_unit_test(u10_equals_without_a_graph_are_unknown),
        cmocka_unit_test(without_a_graph_the_most_severe_is_first),
        cmocka_unit_test(a_killed_process_is_found_by_its_silence),
        cmocka_unit_test(u16_the_graph_is_that_of_the_first_symptom),
        cmocka_unit_test(an_unchanged_answer_is_not_told_again),
        cmocka_unit_test(a_resolved_incident_is_let_go_with_its_last_answer),
        cmocka_unit_test(a_reopened_incident_goes_on_from_its_revision),
        cmocka_unit_test(a_wrong_cause_label_lowers_within_its_bound),
        cmocka_unit_test(u2_a_restart_anywhere_changes_no_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
