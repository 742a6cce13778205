/* Claims of life about what becomes of an action; each begins with the demand
 * it shows. */
#include "stage.h"

#include <stdlib.h>

#include <jansson.h>

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

/* What only differs, as the connections a pool has kept, is no symptom beside
 * one; alone it is (0057). */
static void f15_context_holds_no_verdict_back(void **state)
{
    struct stage stage;
    struct cw_member two[] = {member("cart", CW_FAMILY_LATENCY, true),
                              member("cart", CW_FAMILY_OCCUPANCY, true)};

    (void)state;
    begin(&stage, ACTS);
    incident_of(&stage, "INC-1", two, 2, CW_INCIDENT_STATUS_OPEN);
    cause(&stage, "INC-1", "cart", 0.9);
    result(&stage, "succeeded");
    two[1].firing = false;
    incident_of(&stage, "INC-1", two, 2, CW_INCIDENT_STATUS_OPEN);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_SUCCEEDED);
    two[0].firing = false;
    two[1].firing = true;
    incident_of(&stage, "INC-1", two, 2, CW_INCIDENT_STATUS_OPEN);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_VERIFIED);
    end(&stage);

    begin(&stage, ACTS);
    incident_of(&stage, "INC-1", two + 1, 1, CW_INCIDENT_STATUS_OPEN);
    cause(&stage, "INC-1", "cart", 0.9);
    result(&stage, "succeeded");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_SUCCEEDED);
    two[1].firing = false;
    incident_of(&stage, "INC-1", two + 1, 1, CW_INCIDENT_STATUS_OPEN);
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

/* Neither by a person nor by itself; and what was asked for is not lost: it may
 * fire again, and nobody would ask a second time. */
static void u9_nothing_is_repaired_while_nothing_fires(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ASKS);
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_OPEN);
    cause(&stage, "INC-1", "cart", 0.9);
    says(&stage, CW_SAID_KIND_APPROVE, "ann", NULL, "");
    assert_int_equal(count_notes(&stage, "approval_refused"), 1);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_PROPOSED);
    incident(&stage, "INC-1", "cart", true, CW_INCIDENT_STATUS_OPEN);
    says(&stage, CW_SAID_KIND_APPROVE, "ann", NULL, "");
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    end(&stage);

    begin(&stage, ACTS);
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_OPEN);
    cause(&stage, "INC-1", "cart", 0.9);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_PROPOSED);
    assert_true(cw_text_is(last(&stage)->reason, "waits for approval"));
    end(&stage);
}

static void u9_what_is_pre_approved_waits_for_something_to_fire(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, ASKS "    level: 2\n    veto: 10s\n");
    stage.restarts = true;
    opens(&stage, "INC-1", "cart", 0.9);
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_OPEN);
    pass(&stage, MINUTE);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_PROPOSED);
    incident(&stage, "INC-1", "cart", true, CW_INCIDENT_STATUS_OPEN);
    pass(&stage, MINUTE);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_INTENDED);
    end(&stage);

    begin(&stage, ASKS "    level: 2\n    veto: 10s\n");
    opens(&stage, "INC-1", "cart", 0.9);
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_OPEN);
    pass(&stage, MINUTE);
    incident(&stage, "INC-1", "cart", false, CW_INCIDENT_STATUS_RESOLVED);
    assert_int_equal(last(&stage)->state, CW_ACTION_STATE_EXPIRED);
    end(&stage);
}

/* For tests/integration/audit_verify.py: the chain as lines of JSON. */
static void write_chain(const struct cw_audit *links, size_t count)
{
    const char *path = getenv("CW_AUDIT_OUT");
    FILE *out = path != NULL ? fopen(path, "we") : NULL;

    for (size_t i = 0; i < count && out != NULL; i++) {
        json_t *json = cw_audit_json(&links[i], false);
        assert_non_null(json);
        assert_int_equal(json_dumpf(json, out, JSON_COMPACT), 0);
        assert_int_equal(fputc('\n', out), '\n');
        json_decref(json);
    }
    if (out != NULL)
        assert_int_equal(fclose(out), 0);
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
    write_chain(links, count);
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
        cmocka_unit_test(f15_a_symptom_that_is_gone_verifies),
        cmocka_unit_test(f15_context_holds_no_verdict_back),
        cmocka_unit_test(f15_a_symptom_that_stays_rolls_back),
        cmocka_unit_test(u9_a_symptom_back_in_time_is_ineffective_and_stops),
        cmocka_unit_test(u1_what_is_not_known_is_never_run_again),
        cmocka_unit_test(u1_an_unknown_one_is_verified_by_state),
        cmocka_unit_test(
            f16_the_kill_switch_stops_queued_and_new_over_restarts),
        cmocka_unit_test(f16_what_ran_in_spite_of_a_stop_is_told),
        cmocka_unit_test(a_name_from_telemetry_cannot_enter_a_command),
        cmocka_unit_test(a_changed_cause_withdraws_what_it_proposed),
        cmocka_unit_test(u9_nothing_is_repaired_while_nothing_fires),
        cmocka_unit_test(u9_what_is_pre_approved_waits_for_something_to_fire),
        cmocka_unit_test(f17_every_decision_stands_in_one_whole_chain),
        cmocka_unit_test(u2_a_restart_anywhere_changes_no_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
