/* Claims of the answer: which changes are suspect. */
#include "stage.h"

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

/* An onset is an estimate: a change between it and the first symptom that is
 * evident may have made it. */
static void f2_a_change_before_a_symptom_is_evident_is_suspect(void **state)
{
    static const struct {
        int64_t changed_at;
        bool suspect;
    } cases[] = {{T0 + 5 * MINUTE + SECOND, true},
                 {T0 + 5 * MINUTE + 12 * SECOND, true},
                 {T0 + 5 * MINUTE + 12 * SECOND + 1, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;
        struct cw_member members[] = {
            member("db", "metric", CW_FAMILY_SATURATION, T0 + 5 * MINUTE),
            member("shop", "metric", CW_FAMILY_LATENCY, T0 + 6 * MINUTE),
            /* a slow average: does not tell when it began */
            member("cart", "metric", CW_FAMILY_LATENCY, T0 + 3 * MINUTE)};
        members[0].evident_at = T0 + 5 * MINUTE + 12 * SECOND;
        begin(&stage, NULL);
        changes(&stage, "db", "812", cases[i].changed_at);
        stage.now_at = T0 + 6 * MINUTE;
        incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 3, T0 + 5 * MINUTE);
        pass(&stage, stage.now_at + 6 * SECOND);
        const struct cw_candidate *first = &last_cause(&stage)->candidates[0];
        assert_int_equal(cw_text_is(first->kind, "change"), cases[i].suspect);
        assert_true(
            !cases[i].suspect ||
            cw_text_starts(first->evidence[0],
                           CW_TEXT("suspect: deploy 812 (new build) took "
                                   "effect before the first symptom was")));
        end(&stage);
    }
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

/* What a repair said of itself. */
static void ran(struct stage *stage, const char *id, const char *value,
                const char *action, const char *name, const char *phase)
{
    const struct cw_key_value parameters[] = {
        {CW_TEXT("action"), cw_text_of(action)},
        {CW_TEXT("entity"), cw_text_of(name)},
        {CW_TEXT("phase"), cw_text_of(phase)}};
    const struct cw_said said = {.meta = meta,
                                 .said_id = cw_text_of(id),
                                 .kind = CW_SAID_KIND_RESULT,
                                 .value = cw_text_of(value),
                                 .parameters = parameters,
                                 .parameters_count = 3};

    give(stage, CW_TOPIC_SAID, &said);
}

static bool suspects(struct stage *stage, const char *key)
{
    char label[32];
    bool found = false;

    (void)snprintf(label, sizeof(label), "deploy %s of db", key);
    tell_chain(stage);
    pass(stage, stage->now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(stage);
    for (size_t i = 0; i < cause->candidates_count; i++)
        found |= cw_text_is(cause->candidates[i].label, label);
    return found;
}

/* Two deploys; a rollback takes the later back, once however often it is told.
 * What failed, or took back something else, changed nothing. */
static void f2_a_deploy_that_was_rolled_back_is_no_suspect(void **state)
{
    static const struct {
        const char *value, *action, *name;
        const char *suspect;
    } cases[] = {
        {"succeeded", "rollback_deploy", "db", "811"},
        {"failed", "rollback_deploy", "db", "812"},
        {"succeeded", "restart_service", "db", "812"},
        {"succeeded", "revert_config", "db", "812"},
        {"succeeded", "rollback_deploy", "cart", "812"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;
        begin(&stage, NULL);
        stage.restarts = true;
        changes(&stage, "db", "811", T0 + 7 * MINUTE);
        changes(&stage, "db", "812", T0 + 8 * MINUTE);
        stage.now_at = T0 + 9 * MINUTE;
        for (int told = 0; told < 2; told++)
            ran(&stage, "r", cases[i].value, cases[i].action, cases[i].name,
                "run");
        assert_true(suspects(&stage, cases[i].suspect));
        end(&stage);
    }
}

/* The repair of the incident itself does not clear what caused it; nor does
 * one that was taken back. */
static void f2_a_rollback_clears_only_what_comes_after_it(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, NULL);
    changes(&stage, "db", "812", T0 + 8 * MINUTE);
    stage.now_at = T0 + 11 * MINUTE;
    ran(&stage, "r", "succeeded", "rollback_deploy", "db", "run");
    assert_true(suspects(&stage, "812"));
    end(&stage);

    begin(&stage, NULL);
    changes(&stage, "db", "812", T0 + 8 * MINUTE);
    stage.now_at = T0 + 9 * MINUTE;
    ran(&stage, "r", "succeeded", "rollback_deploy", "db", "run");
    ran(&stage, "s", "succeeded", "rollback_deploy", "db", "rollback");
    assert_true(suspects(&stage, "812"));
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f2_a_change_before_the_symptom_is_suspect),
        cmocka_unit_test(f2_a_change_after_the_symptom_is_never_suspect),
        cmocka_unit_test(f2_a_change_before_a_symptom_is_evident_is_suspect),
        cmocka_unit_test(f2_suspects_are_at_most_five),
        cmocka_unit_test(f2_a_deploy_that_was_rolled_back_is_no_suspect),
        cmocka_unit_test(f2_a_rollback_clears_only_what_comes_after_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
