/* Claims of the core about what is proposed and what may run; each begins with
 * the demand it shows. */
#include "stage.h"

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
