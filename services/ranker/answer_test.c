/* Claims about who is named, and why; each begins with the demand it shows. */
#include "stage.h"

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

/* Its caller fails loudly, and its processor works harder than usual. */
static void what_is_gone_explains_who_needs_it(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("shop", "metric", CW_FAMILY_ERRORS, at),
        member("cart", "metric", CW_FAMILY_AVAILABILITY, at)};
    struct cw_deviation none_left = {.series_id = 5,
                                     .metric = CW_TEXT("ps_count"),
                                     .family = CW_FAMILY_AVAILABILITY,
                                     .z = -12,
                                     .actual = 0,
                                     .expected = 1,
                                     .onset_at = at};
    const struct cw_evidence evidence = {.meta = meta,
                                         .entity = service("cart"),
                                         .from_at = at,
                                         .to_at = at + MINUTE,
                                         .series_count = 4,
                                         .ready_count = 4,
                                         .coverage = 1,
                                         .deviations = &none_left,
                                         .deviations_count = 1};

    (void)state;
    for (int left = 0; left < 2; left++) {
        none_left.actual = left;
        begin(&stage, NULL);
        calls(&stage, "shop", "cart");
        stage.now_at = at + MINUTE;
        deviates(&stage, "shop", "error_rate", CW_FAMILY_ERRORS, 2000, at);
        deviates(&stage, "shop", "cpu", CW_FAMILY_SATURATION, 40, at);
        give(&stage, CW_TOPIC_EVIDENCE, &evidence);
        incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 2, at);
        pass(&stage, stage.now_at + 6 * SECOND);
        const struct cw_candidate *first = &last_cause(&stage)->candidates[0];
        assert_true(cw_text_is(first->entity.name, left ? "shop" : "cart"));
        end(&stage);
    }
}

/* A host is as busy as what runs on it: one that eats it is named, not it;
 * when nobody, or everybody, works harder it is the host. */
static void who_eats_its_host_is_named_before_it(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const char *const names[] = {"catalog", "cart", "shop", "nginx"};
    const struct cw_member members[] = {
        member("shop", "metric", CW_FAMILY_LATENCY, at),
        member("catalog", "metric", CW_FAMILY_SATURATION, at),
        member("host", "metric", CW_FAMILY_SATURATION, at)};

    (void)state;
    for (int busy = 0; busy <= 4; busy += busy == 1 ? 3 : 1) {
        begin(&stage, NULL);
        calls(&stage, "shop", "catalog");
        for (int i = 0; i < 4; i++)
            depends(&stage, names[i], "host", "runs_on");
        stage.now_at = at + MINUTE;
        for (int i = 0; i < busy; i++)
            deviates(&stage, names[i], "cpu", CW_FAMILY_SATURATION, 40, at);
        deviates(&stage, "host", "cpu", CW_FAMILY_SATURATION, 80, at);
        deviates(&stage, "shop", "latency", CW_FAMILY_LATENCY, 60, at);
        incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 3, at);
        pass(&stage, stage.now_at + 6 * SECOND);
        const struct cw_candidate *first = &last_cause(&stage)->candidates[0];
        assert_true(
            cw_text_is(first->entity.name, busy == 1 ? "catalog" : "host"));
        end(&stage);
    }
}

/* Who is starved sees everybody late: the cache and the database show nothing
 * themselves. Who saw them late before it worked harder did so for them. */
static void what_only_the_busy_saw_is_a_symptom(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("shop", "metric", CW_FAMILY_LATENCY, at),
        member("catalog", "metric", CW_FAMILY_SATURATION, at),
        member("cache", "metric", CW_FAMILY_LATENCY, at)};

    (void)state;
    for (int late = 0; late < 2; late++) {
        begin(&stage, NULL);
        calls(&stage, "shop", "catalog");
        calls(&stage, "catalog", "cache");
        calls(&stage, "catalog", "db");
        stage.now_at = at + MINUTE;
        deviates(&stage, "shop", "latency", CW_FAMILY_LATENCY, 90, at);
        deviates(&stage, "catalog", "cpu", CW_FAMILY_SATURATION, 70,
                 late ? at + 20 * SECOND : at);
        deviates(&stage, "cache", "span.client.mean", CW_FAMILY_LATENCY, 50,
                 at + 14 * SECOND);
        deviates(&stage, "db", "span.client.mean", CW_FAMILY_LATENCY, 30,
                 at + 14 * SECOND);
        incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 3, at);
        pass(&stage, stage.now_at + 6 * SECOND);
        const struct cw_cause *cause = last_cause(&stage);
        const struct cw_candidate *first = &cause->candidates[0];
        assert_int_equal(cw_text_is(first->entity.name, "catalog"), !late);
        if (!late)
            assert_true(cw_text_is(first->evidence[1],
                                   "it calls nothing that could explain it"));
        for (size_t i = 0; i < cause->candidates_count; i++) {
            const struct cw_candidate *one = &cause->candidates[i];
            if (!cw_text_is(one->entity.name, "cache"))
                continue;
            assert_int_equal(cw_text_is(one->bucket, "root_cause"), late);
            if (!late)
                assert_true(cw_text_is(one->evidence[1],
                                       "catalog, which measured it, is itself "
                                       "busy: a symptom"));
        }
        end(&stage);
    }
}

/* Twelve sessions wait for a lock; those who wait for them fail by far more
 * standard deviations, more threads of them wait, and they say so. Later the
 * calls are known to be slow as well. A database that merely gets less to do is
 * no cause. */
static void t18_severities_of_different_metrics_do_not_decide(void **state)
{
    enum { EARLY, LATER, IDLE, STORIES };
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("db", "metric", CW_FAMILY_OTHER, at),
        member("catalog", "metric", CW_FAMILY_LATENCY, at),
        member("cart", "metric", CW_FAMILY_ERRORS, at)};

    (void)state;
    for (int story = 0; story < STORIES; story++) {
        const bool idle = story == IDLE;
        begin(&stage, NULL);
        calls(&stage, "catalog", "db");
        calls(&stage, "cart", "db");
        stage.now_at = at + MINUTE;
        deviates(&stage, "db", idle ? "queries" : "lock_waits",
                 idle ? CW_FAMILY_TRAFFIC : CW_FAMILY_OTHER, idle ? -17 : 17,
                 at);
        if (story == LATER) { /* what the locks did is louder than they are */
            deviates(&stage, "db", "log.errors", CW_FAMILY_ERRORS, 60, at);
            deviates(&stage, "db", "latency", CW_FAMILY_LATENCY, 1000, at);
        }
        deviates(&stage, "catalog", "latency", CW_FAMILY_LATENCY, 160, at);
        deviates(&stage, "cart", "latency", CW_FAMILY_LATENCY, 500, at);
        if (!idle) {
            deviates(&stage, "cart", "threads", CW_FAMILY_AVAILABILITY, 30, at);
            says(&stage, "cart", "GET <*> failed: statement timeout", at);
        }
        incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 3, at);
        pass(&stage, stage.now_at + 6 * SECOND);
        const struct cw_cause *cause = last_cause(&stage);
        assert_false(cause->unknown);
        assert_true(
            cw_text_is(cause->candidates[0].entity.name, idle ? "cart" : "db"));
        if (!idle)
            assert_true(
                cw_text_is(cause->recommendation.action, "kill_lock_holder"));
        end(&stage);
    }
}

/* The processor time of an idle database is 0, and 100 deviations more each
 * minute; memory was given back minutes before. Neither made the calls slow. */
static void u10_what_happens_by_itself_is_no_cause(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    struct cw_member members[] = {
        member("catalog", "metric", CW_FAMILY_SATURATION, at),
        member("shop", "metric", CW_FAMILY_LATENCY, at - 5 * MINUTE),
        member("db", "metric", CW_FAMILY_OTHER, at + 5 * SECOND)};

    (void)state;
    members[2].score = 0.5;
    begin(&stage, NULL);
    calls(&stage, "catalog", "db");
    calls(&stage, "shop", "catalog");
    stage.now_at = at - 3 * MINUTE;
    deviates(&stage, "db", "memory_buffered", CW_FAMILY_OTHER, -900,
             stage.now_at);
    stage.now_at = at + MINUTE;
    struct cw_deviation often =
        deviation_of("db", "cpu", CW_FAMILY_SATURATION, 143, at);
    often.p_value = 0.03;
    shows(&stage, "db", &often);
    deviates(&stage, "catalog", "cpu", CW_FAMILY_SATURATION, 100, at);
    deviates(&stage, "shop", "latency", CW_FAMILY_LATENCY, 120, at);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 3, at - 5 * MINUTE);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    assert_false(cause->unknown);
    assert_true(cw_text_is(cause->candidates[0].entity.name, "catalog"));
    end(&stage);
}

/* One incident that never closed: a database that was slow ten minutes ago,
 * and calls that fail now. */
static void what_is_over_explains_less_of_what_fires(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    struct cw_member members[] = {
        member("db", "metric", CW_FAMILY_SATURATION, at),
        member("cart", "metric", CW_FAMILY_SATURATION, at + 8 * MINUTE)};

    (void)state;
    for (int over = 0; over < 2; over++) {
        members[0].firing = !over;
        begin(&stage, NULL);
        calls(&stage, "cart", "db");
        stage.now_at = at;
        deviates(&stage, "db", "memory", CW_FAMILY_SATURATION, 300, at);
        stage.now_at = at + 9 * MINUTE;
        deviates(&stage, "cart", "cpu", CW_FAMILY_SATURATION, 60,
                 at + 8 * MINUTE);
        incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 2, at);
        pass(&stage, stage.now_at + 6 * SECOND);
        const struct cw_candidate *first = &last_cause(&stage)->candidates[0];
        assert_true(cw_text_is(first->entity.name, over ? "cart" : "db"));
        end(&stage);
    }
}

/* The host was busy for minutes and nobody suffered; then a process died. */
static void a_trouble_of_before_does_not_explain(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("shop", "metric", CW_FAMILY_ERRORS, at),
        member("cart", "metric", CW_FAMILY_AVAILABILITY, at)};

    (void)state;
    for (int fresh = 0; fresh < 2; fresh++) {
        begin(&stage, NULL);
        calls(&stage, "shop", "cart");
        calls(&stage, "cart", "host");
        stage.now_at = at - MINUTE;
        deviates(&stage, "host", "cpu", CW_FAMILY_SATURATION, 200,
                 fresh ? at : at - 4 * MINUTE);
        stage.now_at = at + MINUTE;
        deviates(&stage, "shop", "error_rate", CW_FAMILY_ERRORS, 10, at);
        deviates(&stage, "cart", "ps_count", CW_FAMILY_AVAILABILITY, -50, at);
        incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 2, at);
        pass(&stage, stage.now_at + 6 * SECOND);
        const struct cw_candidate *first = &last_cause(&stage)->candidates[0];
        assert_true(cw_text_is(first->entity.name, fresh ? "host" : "cart"));
        end(&stage);
    }
}

static void calls_that_fail_into_silence_are_an_edge(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("cart", "metric", CW_FAMILY_ERRORS, at)};

    (void)state;
    begin(&stage, NULL);
    calls(&stage, "cart", "db");
    counts(&stage, "cart", "db", 1000, 0);
    stage.now_at = at + MINUTE;
    counts(&stage, "cart", "db", 1000, 800);
    deviates(&stage, "cart", "error_rate", CW_FAMILY_ERRORS, 8, at);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 1, at);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_cause *cause = last_cause(&stage);
    assert_true(cw_text_is(cause->candidates[0].kind, "edge"));
    assert_true(cw_text_is(cause->candidates[0].label, "cart -> db"));
    assert_true(cw_text_is(cause->candidates[0].entity.name, "db"));
    assert_true(cw_text_starts(
        cause->candidates[0].evidence[0],
        CW_TEXT("80 % more of the calls from cart fail than before")));
    assert_true(cw_text_is(cause->recommendation.action, "check_network"));
    end(&stage);
}

static void new_error_lines_make_a_pattern_the_candidate(void **state)
{
    struct stage stage;
    const int64_t at = T0 + 10 * MINUTE;
    const struct cw_member members[] = {
        member("cart", "new_pattern", CW_FAMILY_LOGS, at)};

    (void)state;
    begin(&stage, NULL);
    stage.now_at = at + MINUTE;
    says(&stage, "cart", "no space left on <*>", at);
    incident(&stage, CW_INCIDENT_STATUS_OPEN, members, 1, at);
    pass(&stage, stage.now_at + 6 * SECOND);
    const struct cw_candidate *first = &last_cause(&stage)->candidates[0];
    assert_true(cw_text_is(first->kind, "pattern"));
    assert_true(cw_text_is(first->evidence[1],
                           "new log pattern, 40 lines: no space left on <*>"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t18_the_dependency_is_named_before_its_louder_callers),
        cmocka_unit_test(f6_a_pure_symptom_is_never_a_root_cause),
        cmocka_unit_test(u10_the_loudest_is_not_blamed_for_what_is_not_seen),
        cmocka_unit_test(u10_equals_without_a_graph_are_unknown),
        cmocka_unit_test(without_a_graph_the_most_severe_is_first),
        cmocka_unit_test(a_killed_process_is_found_by_its_silence),
        cmocka_unit_test(what_is_gone_explains_who_needs_it),
        cmocka_unit_test(who_eats_its_host_is_named_before_it),
        cmocka_unit_test(what_only_the_busy_saw_is_a_symptom),
        cmocka_unit_test(t18_severities_of_different_metrics_do_not_decide),
        cmocka_unit_test(u10_what_happens_by_itself_is_no_cause),
        cmocka_unit_test(what_is_over_explains_less_of_what_fires),
        cmocka_unit_test(a_trouble_of_before_does_not_explain),
        cmocka_unit_test(calls_that_fail_into_silence_are_an_edge),
        cmocka_unit_test(new_error_lines_make_a_pattern_the_candidate),
        cmocka_unit_test(u16_the_graph_is_that_of_the_first_symptom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
