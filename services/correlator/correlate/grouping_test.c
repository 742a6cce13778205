#include "correlate/correlate_kit.h"

#define TEST(name) static void name(void **state)

TEST(T2_a_repeat_of_an_alert_folds)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_fire(&kit, 30, "cart", "slow");
    kit_fire(&kit, 60, "cart", "slow");
    kit_wait(&kit, 61);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_fates(&kit, CW_FATE_PAGED), 1);
    assert_int_equal(kit_fates(&kit, CW_FATE_DEDUPED), 2);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_FIRING), 1);
    kit_close(&kit);
}

TEST(T3_outside_the_window_opens_a_new_incident)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "cart", "db");
    kit_fire(&kit, 10, "db", "errors");
    kit_fire(&kit, 10 + 11 * 60, "cart", "errors"); /* the window is 10 min */
    kit_wait(&kit, 700);
    assert_int_equal(kit_incidents(&kit), 2);
    kit_close(&kit);
}

TEST(T4_alerts_joined_by_an_edge_are_one_incident)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "cart", "db");
    kit_edge(&kit, 0, "blog", "cache");
    kit_fire(&kit, 10, "db", "disk full");
    kit_fire(&kit, 22, "cart", "errors");
    kit_fire(&kit, 25, "blog", "slow");
    kit_wait(&kit, 30);
    assert_int_equal(kit_incidents(&kit), 2);
    const struct cw_incident *joined = kit_incident(&kit, 0);
    assert_int_equal(joined->members_count, 2);
    assert_int_equal(joined->entities_count, 2);
    assert_text(joined->title, "db: disk full and 1 more on 2 services");
    assert_int_equal(kit_incident(&kit, 1)->members_count, 1);
    kit_close(&kit);
}

/* The turn-th order of four, 0 to 23. */
static void order_of(unsigned turn, const char *names[4])
{
    for (unsigned i = 4; i > 1; i--) {
        const char *last = names[i - 1];
        names[i - 1] = names[turn % i];
        names[turn % i] = last;
        turn /= i;
    }
}

/* db and cache are joined by api alone. */
TEST(T4_a_storm_of_one_moment_is_one_incident_in_any_order)
{
    (void)state;
    for (unsigned turn = 0; turn < 24; turn++) {
        const char *names[4] = {"db", "cache", "api", "web"};
        struct kit kit = {0};
        kit_open(&kit);
        kit_edge(&kit, 0, "web", "api");
        kit_edge(&kit, 0, "api", "db");
        kit_edge(&kit, 0, "api", "cache");
        order_of(turn, names);
        for (unsigned i = 0; i < 4; i++)
            kit_fire(&kit, 10, names[i], "down");
        kit_fire(&kit, 10, "mail", "down");
        kit_wait(&kit, 11);
        assert_int_equal(kit_incidents(&kit), 2);
        assert_int_equal(kit_incident(&kit, 0)->members_count, 4);
        assert_int_equal(kit_fates(&kit, CW_FATE_PAGED), 2);
        assert_int_equal(kit_fates(&kit, CW_FATE_GROUPED), 3);
        assert_int_equal(kit_notices(&kit, CW_TRANSITION_FIRING), 2);
        kit_close(&kit);
    }
}

/* An open incident takes in, too, who comes before the one that joins them. */
TEST(T4_who_comes_with_its_caller_joins_what_is_open)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "api", "db");
    kit_edge(&kit, 0, "api", "cache");
    kit_fire(&kit, 10, "db", "down");
    kit_fire(&kit, 20, "cache", "down");
    kit_fire(&kit, 20, "api", "down");
    kit_wait(&kit, 21);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_incident(&kit, 0)->members_count, 3);
    kit_close(&kit);
}

TEST(T4_what_comes_and_goes_in_one_moment_is_told)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_fire(&kit, 10, "db", "down");
    kit_fire(&kit, 10, "db", "down");
    kit_end(&kit, 10, "db", "down");
    kit_wait(&kit, 200);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_FIRING), 1);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    assert_int_equal(kit_fates(&kit, CW_FATE_PAGED), 1);
    assert_int_equal(kit_fates(&kit, CW_FATE_DEDUPED), 1);
    assert_int_equal(kit_fates(&kit, CW_FATE_RESOLUTION), 1);
    kit_close(&kit);
}

TEST(F3_a_member_tells_rule_path_gap_and_reason)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "web", "cart");
    kit_edge(&kit, 0, "cart", "db");
    kit_fire(&kit, 10, "db", "disk full");
    kit_fire(&kit, 22, "web", "errors");
    kit_wait(&kit, 30);
    const struct cw_incident *incident = kit_incident(&kit, 0);
    assert_int_equal(incident->members_count, 2);
    const struct cw_reason *reason = &incident->members[1].reason;
    assert_text(reason->rule, "topology");
    assert_int_equal(reason->path_count, 3);
    assert_text(reason->path[1], "cart");
    assert_int_equal(reason->gap_us, 12 * KIT_SECOND);
    assert_text(reason->text, "2 hops from where it began (db - cart - web), "
                              "12 s after the start");
    kit_close(&kit);
}

/* No edge joins them; an agent or the way to the broker broke. */
TEST(T10_many_that_fall_silent_together_are_one_incident)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "a", "b");
    const char *const names[] = {"x", "y", "z"};
    for (int i = 0; i < 3; i++) {
        struct cw_anomaly anomaly =
            kit_anomaly(&kit, 10 + i, names[i], names[i], 0.9);
        anomaly.kind = CW_ANOMALY_KIND_MISSING;
        kit_put(&kit, CW_TOPIC_ANOMALIES, 10 + i, &anomaly);
    }
    kit_wait(&kit, 30);
    assert_int_equal(kit_incidents(&kit), 1);
    const struct cw_incident *incident = kit_incident(&kit, 0);
    assert_int_equal(incident->members_count, 3);
    assert_text(incident->members[1].reason.rule, "same_silence");
    kit_close(&kit);
}

/* a - b - c - d - e in a row: c begins it, so a and e, two hops away, belong;
 * x, three hops away over e, does not, however close to a member it is. */
TEST(F4_no_chain_merge_over_the_core)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "a", "b");
    kit_edge(&kit, 0, "b", "c");
    kit_edge(&kit, 0, "c", "d");
    kit_edge(&kit, 0, "d", "e");
    kit_edge(&kit, 0, "e", "x");
    kit_fire(&kit, 10, "c", "slow");
    kit_fire(&kit, 11, "d", "slow");
    kit_fire(&kit, 12, "e", "slow");
    kit_fire(&kit, 13, "x", "slow");
    kit_wait(&kit, 20);
    assert_int_equal(kit_incidents(&kit), 2);
    assert_int_equal(kit_incident(&kit, 0)->members_count, 3);
    assert_text(kit_incident(&kit, 1)->entities[0].name, "x");
    kit_close(&kit);
}

TEST(F4_an_old_incident_takes_only_its_own_entities)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "cart", "db");
    for (int minute = 0; minute <= 30; minute += 5) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%d", minute);
        kit_fire(&kit, minute * 60, "db", key);
    }
    kit_fire(&kit, 31 * 60, "cart", "errors"); /* max-age is 30 min */
    kit_fire(&kit, 31 * 60, "db", "again");
    kit_wait(&kit, 32 * 60);
    assert_int_equal(kit_incidents(&kit), 2);
    assert_int_equal(kit_incident(&kit, 0)->members_count, 8);
    assert_int_equal(kit_incident(&kit, 1)->members_count, 1);
    kit_close(&kit);
}

/* Two callees of one caller: joined only while the caller is a member. */
TEST(F4_a_common_caller_joins_only_as_a_member)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "web", "cart");
    kit_edge(&kit, 0, "web", "pay");
    kit_fire(&kit, 10, "cart", "slow");
    kit_fire(&kit, 11, "pay", "slow");
    kit_wait(&kit, 12);
    assert_int_equal(kit_incidents(&kit), 2);
    kit_close(&kit);

    struct kit other = {0};
    kit_open(&other);
    kit_edge(&other, 0, "web", "cart");
    kit_edge(&other, 0, "web", "pay");
    kit_fire(&other, 10, "cart", "slow");
    kit_fire(&other, 11, "web", "slow");
    kit_fire(&other, 12, "pay", "slow");
    kit_wait(&other, 13);
    assert_int_equal(kit_incidents(&other), 1);
    kit_close(&other);
}

TEST(a_strong_anomaly_opens_alone_and_a_weak_one_waits_in_vain)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "x", "y"); /* or time alone would join them */
    kit_odd(&kit, 0, "cart", "a1", 0.95);
    kit_odd(&kit, 5, "blog", "a2", 0.60);
    kit_wait(&kit, 64);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_text(kit_incident(&kit, 0)->title, "cart: latency up 4.2x");
    assert_int_equal(kit_count(&kit, CW_TOPIC_LEDGER), 1);
    kit_wait(&kit, 66);
    assert_int_equal(kit_fates(&kit, CW_FATE_INFORMATION), 1);
    kit_close(&kit);
}

TEST(two_weak_anomalies_on_neighbours_confirm_each_other)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "cart", "db");
    kit_odd(&kit, 10, "db", "a1", 0.60);
    kit_odd(&kit, 11, "blog", "a0", 0.60);
    kit_odd(&kit, 40, "cart", "a2", 0.50);
    kit_wait(&kit, 41);
    kit_restart(&kit);
    kit_wait(&kit, 42);
    assert_int_equal(kit_incidents(&kit), 1);
    const struct cw_incident *incident = kit_incident(&kit, 0);
    assert_int_equal(incident->members_count, 2);
    assert_text(incident->members[0].member_id, "a1");
    assert_text(incident->members[1].reason.rule, "company");
    assert_int_equal(incident->members[0].evident_at, kit_at(10.5));
    assert_int_equal(incident->opened_at, kit_at(40));
    assert_int_equal(incident->started_at, kit_at(10));
    kit_close(&kit);
}

/* Two of it wake nobody; the first sign of harm opens, and takes them in. */
static void joins_but_never_opens(enum cw_anomaly_kind kind,
                                  enum cw_family family, double score)
{
    struct kit kit = {0};
    kit_open(&kit);
    for (int i = 0; i < 2; i++) {
        struct cw_anomaly odd =
            kit_anomaly(&kit, i, "cart", i == 0 ? "n1" : "n2", score);
        odd.kind = kind;
        odd.family = family;
        kit_put(&kit, CW_TOPIC_ANOMALIES, i, &odd);
    }
    kit_wait(&kit, 10);
    assert_int_equal(kit_incidents(&kit), 0);
    kit_odd(&kit, 10, "cart", "a1", 0.5);
    kit_wait(&kit, 11);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_incident(&kit, 0)->members_count, 3);
    assert_text(kit_incident(&kit, 0)->members[0].member_id, "a1");
    kit_close(&kit);
}

TEST(new_log_lines_alone_never_open_but_join)
{
    (void)state;
    joins_but_never_opens(CW_ANOMALY_KIND_NEW_PATTERN, CW_FAMILY_LOGS, 0.99);
}

/* Memory given back, and some more of it used. */
TEST(T14_metrics_that_tell_of_no_harm_never_open_in_pairs_but_join)
{
    (void)state;
    joins_but_never_opens(CW_ANOMALY_KIND_METRIC, CW_FAMILY_OTHER, 0.7);
}

TEST(an_anomaly_that_grows_strong_opens_later)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_odd(&kit, 0, "cart", "a1", 0.6);
    kit_wait(&kit, 100);
    struct cw_anomaly grown = kit_anomaly(&kit, 0, "cart", "a1", 0.6);
    grown.status = CW_ANOMALY_STATUS_UPDATED;
    grown.peak_score = 0.97;
    kit_put(&kit, CW_TOPIC_ANOMALIES, 120, &grown);
    kit_wait(&kit, 121);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_incident(&kit, 0)->opened_at, kit_at(120));
    assert_int_equal(kit_incident(&kit, 0)->started_at, kit_at(0));
    kit_close(&kit);
}

TEST(U5_late_data_moves_the_start_and_raises_the_revision)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "cart", "db");
    kit_fire(&kit, 100, "cart", "errors");
    kit_wait(&kit, 101);
    struct cw_event late = kit_event(&kit, 130, CW_EVENT_KIND_ALERT);
    late.status = CW_EVENT_STATUS_FIRING;
    late.dedup_key = CW_TEXT("disk");
    late.entity = kit_service("db");
    late.starts_at = kit_at(70);
    kit_put(&kit, CW_TOPIC_EVENTS, 130, &late);
    kit_wait(&kit, 131);
    const struct cw_incident *incident = kit_incident(&kit, 0);
    assert_int_equal(incident->started_at, kit_at(70));
    assert_int_equal(incident->opened_at, kit_at(100));
    assert_int_equal(incident->meta.revision, 2);
    assert_int_equal(incident->members[1].reason.gap_us, -30 * KIT_SECOND);
    kit_close(&kit);
}

TEST(U16_an_edge_that_ended_before_the_symptom_joins_nothing)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_edge(&kit, 0, "cart", "db");
    kit_edge(&kit, 0, "blog", "cache");
    const struct cw_declared_edge edge = {kit_service("cart"),
                                          kit_service("db"), CW_TEXT("calls")};
    struct cw_event gone = kit_event(&kit, 50, CW_EVENT_KIND_TOPOLOGY);
    gone.status = CW_EVENT_STATUS_RESOLVED;
    gone.edges = &edge;
    gone.edges_count = 1;
    kit_put(&kit, CW_TOPIC_EVENTS, 50, &gone);
    kit_fire(&kit, 100, "db", "disk");
    kit_fire(&kit, 101, "cart", "errors");
    kit_wait(&kit, 102);
    assert_int_equal(kit_incidents(&kit), 2);
    const struct cw_topology_edge *told =
        kit_record(&kit, CW_TOPIC_TOPOLOGY, 2);
    assert_int_equal(told->valid_from, kit_at(0));
    assert_int_equal(told->valid_to, kit_at(50));
    kit_close(&kit);
}

TEST(U16_a_seen_edge_ends_after_half_an_hour_without_calls)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    struct cw_edge edge = {
        .meta = {.tenant = kit.tenant, .domain = kit.domain},
        .from_at = kit_at(0),
        .to_at = kit_at(5),
        .caller = kit_service("cart"),
        .callee = kit_service("db"),
        .kind = CW_TEXT("calls"),
        .count = 50,
    };
    kit_put(&kit, CW_TOPIC_EDGES, 6, &edge);
    kit_wait(&kit, 1700);
    assert_int_equal(kit_count(&kit, CW_TOPIC_TOPOLOGY), 1);
    const struct cw_topology_edge *told =
        kit_record(&kit, CW_TOPIC_TOPOLOGY, 0);
    assert_true(told->weight == 600.0); /* 50 in 5 s */
    assert_text(told->source, "seen");
    kit_restart(&kit);
    kit_wait(&kit, 1900);
    assert_int_equal(kit_count(&kit, CW_TOPIC_TOPOLOGY), 2);
    told = kit_record(&kit, CW_TOPIC_TOPOLOGY, 1);
    assert_int_equal(told->valid_to, kit_at(5));
    kit_close(&kit);
}

TEST(a_domain_without_topology_groups_by_time_alone)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_fire(&kit, 40, "db", "slow");
    kit_fire(&kit, 80, "mail", "slow"); /* 40 s later, 80 s from the start */
    kit_wait(&kit, 81);
    assert_int_equal(kit_incidents(&kit), 2);
    assert_text(kit_incident(&kit, 0)->members[1].reason.rule, "same_time");
    kit_close(&kit);
}

TEST(two_domains_never_meet)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit.domain = CW_TEXT("bank");
    kit_fire(&kit, 1, "cart", "slow");
    kit_wait(&kit, 2);
    assert_int_equal(kit_incidents(&kit), 2);
    assert_int_equal(kit_fates(&kit, CW_FATE_PAGED), 2);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T2_a_repeat_of_an_alert_folds),
        cmocka_unit_test(T3_outside_the_window_opens_a_new_incident),
        cmocka_unit_test(T4_alerts_joined_by_an_edge_are_one_incident),
        cmocka_unit_test(T4_a_storm_of_one_moment_is_one_incident_in_any_order),
        cmocka_unit_test(T4_who_comes_with_its_caller_joins_what_is_open),
        cmocka_unit_test(T4_what_comes_and_goes_in_one_moment_is_told),
        cmocka_unit_test(F3_a_member_tells_rule_path_gap_and_reason),
        cmocka_unit_test(T10_many_that_fall_silent_together_are_one_incident),
        cmocka_unit_test(F4_no_chain_merge_over_the_core),
        cmocka_unit_test(F4_an_old_incident_takes_only_its_own_entities),
        cmocka_unit_test(F4_a_common_caller_joins_only_as_a_member),
        cmocka_unit_test(
            a_strong_anomaly_opens_alone_and_a_weak_one_waits_in_vain),
        cmocka_unit_test(two_weak_anomalies_on_neighbours_confirm_each_other),
        cmocka_unit_test(new_log_lines_alone_never_open_but_join),
        cmocka_unit_test(
            T14_metrics_that_tell_of_no_harm_never_open_in_pairs_but_join),
        cmocka_unit_test(an_anomaly_that_grows_strong_opens_later),
        cmocka_unit_test(U5_late_data_moves_the_start_and_raises_the_revision),
        cmocka_unit_test(
            U16_an_edge_that_ended_before_the_symptom_joins_nothing),
        cmocka_unit_test(U16_a_seen_edge_ends_after_half_an_hour_without_calls),
        cmocka_unit_test(a_domain_without_topology_groups_by_time_alone),
        cmocka_unit_test(two_domains_never_meet),
    };
    return cmocka_run_group_tests_name("grouping", tests, NULL, NULL);
}
