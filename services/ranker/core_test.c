/* Claims about when an answer is given, changed, and kept. */
#include "stage.h"

static void incidents_due_together_are_all_answered(void **state)
{
    struct stage stage;
    char ids[20][16];
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member ill =
        member("cart", "metric", CW_FAMILY_SATURATION, at);

    (void)state;
    begin(&stage, NULL);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "INC-%d", i);
        const struct cw_incident record = {.meta = meta,
                                           .incident_id = cw_text_of(ids[i]),
                                           .started_at = at,
                                           .opened_at = at + MINUTE,
                                           .members = &ill,
                                           .members_count = 1,
                                           .member_count = 1};
        stage.now_at = at + MINUTE;
        give(&stage, CW_TOPIC_INCIDENTS, &record);
    }
    pass(&stage, at + 3 * MINUTE);
    assert_int_equal(cw_drive_output_count(stage.drive), 20);
    end(&stage);
}

/* A minute of warnings about carts; then its database dies of another thing. */
static void an_incident_that_got_worse_is_looked_at_at_once(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    struct cw_member members[] = {
        member("cart", "metric", CW_FAMILY_LATENCY, at),
        member("db", "missing", CW_FAMILY_AVAILABILITY, at + 100 * SECOND)};
    struct cw_incident record = {.meta = meta,
                                 .incident_id = CW_TEXT("INC-2345A"),
                                 .severity = CW_SEVERITY_WARNING,
                                 .started_at = at,
                                 .opened_at = at,
                                 .members = members,
                                 .members_count = 1,
                                 .member_count = 1};

    (void)state;
    begin(&stage, NULL);
    calls(&stage, "cart", "db");
    stage.now_at = at;
    deviates(&stage, "cart", "latency", CW_FAMILY_LATENCY, 20, at);
    give(&stage, CW_TOPIC_INCIDENTS, &record);
    pass(&stage, at + 100 * SECOND);
    record.severity = CW_SEVERITY_ERROR;
    record.members_count = 2;
    record.member_count = 2;
    give(&stage, CW_TOPIC_INCIDENTS, &record);
    pass(&stage, at + 106 * SECOND);
    assert_true(
        cw_text_is(last_cause(&stage)->candidates[0].entity.name, "db"));
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
        char id[24];
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

/* A repair stirs things up: cart came back cold. With nothing firing that is
 * no other cause; what fires again is looked at again. */
static void u9_when_nothing_fires_what_was_said_stands(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    struct cw_member members[] = {
        member("cart", "metric", CW_FAMILY_ERRORS, at + 10 * SECOND),
        member("db", "metric", CW_FAMILY_SATURATION, at)};

    (void)state;
    begin(&stage, NULL);
    stage.restarts = true;
    calls(&stage, "cart", "db");
    stage.now_at = at + MINUTE;
    deviates(&stage, "db", "memory_used", CW_FAMILY_SATURATION, 40, at);
    deviates(&stage, "cart", "errors", CW_FAMILY_ERRORS, 40, at + 10 * SECOND);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 2, at);
    pass(&stage, stage.now_at + 6 * SECOND);
    const size_t count = cw_drive_output_count(stage.drive);
    assert_true(
        cw_text_is(last_cause(&stage)->candidates[0].entity.name, "db"));

    members[0].firing = members[1].firing = false;
    deviates(&stage, "db", "memory_used", CW_FAMILY_SATURATION, 5,
             at + 3 * MINUTE);
    deviates(&stage, "cart", "cpu", CW_FAMILY_SATURATION, 900, at + 3 * MINUTE);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 2, at);
    pass(&stage, stage.now_at + 10 * MINUTE);
    assert_int_equal(cw_drive_output_count(stage.drive), count);

    members[0].firing = true;
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 2, at);
    pass(&stage, stage.now_at + 2 * MINUTE);
    assert_true(cw_drive_output_count(stage.drive) > count);
    assert_true(
        cw_text_is(last_cause(&stage)->candidates[0].entity.name, "cart"));
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incidents_due_together_are_all_answered),
        cmocka_unit_test(an_incident_that_got_worse_is_looked_at_at_once),
        cmocka_unit_test(an_unchanged_answer_is_not_told_again),
        cmocka_unit_test(a_resolved_incident_is_let_go_with_its_last_answer),
        cmocka_unit_test(a_reopened_incident_goes_on_from_its_revision),
        cmocka_unit_test(a_wrong_cause_label_lowers_within_its_bound),
        cmocka_unit_test(u2_a_restart_anywhere_changes_no_output),
        cmocka_unit_test(u9_when_nothing_fires_what_was_said_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
