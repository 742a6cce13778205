#include "correlate/correlate_kit.h"

#define TEST(name) static void name(void **state)
#define BEGIN(kit)                                                             \
    (void)state;                                                               \
    struct kit kit = {0};                                                      \
    kit_open(&kit)

TEST(T2_a_repeat_of_an_alert_folds)
{
    BEGIN(kit);
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
    BEGIN(kit);
    kit_edge(&kit, 0, "cart", "db");
    kit_fire(&kit, 10, "db", "disk");
    kit_fire(&kit, 10 + 11 * 60, "cart", "errors"); /* the window is 10 min */
    kit_wait(&kit, 700);
    assert_int_equal(kit_incidents(&kit), 2);
    kit_close(&kit);
}

TEST(T4_alerts_joined_by_an_edge_are_one_incident)
{
    BEGIN(kit);
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

TEST(F3_a_member_tells_rule_path_gap_and_reason)
{
    BEGIN(kit);
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

/* a - b - c - d - e in a row: c begins it, so a and e, two hops away, belong;
 * x, three hops away over e, does not, however close to a member it is. */
TEST(F4_no_chain_merge_over_the_core)
{
    BEGIN(kit);
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
    BEGIN(kit);
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
    BEGIN(kit);
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

TEST(T5_a_silenced_alert_enters_once_when_the_silence_ends)
{
    BEGIN(kit);
    kit_silence(&kit, 0, "s1", "cart", 600);
    kit_fire(&kit, 10, "cart", "slow");
    kit_fire(&kit, 20, "cart", "slow");
    kit_fire(&kit, 30, "cart", "brief");
    kit_end(&kit, 40, "cart", "brief");
    kit_wait(&kit, 599);
    kit_restart(&kit);
    assert_int_equal(kit_fates(&kit, CW_FATE_SILENCED), 2);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_FIRING), 0);
    kit_wait(&kit, 601);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_FIRING), 1);
    assert_int_equal(kit_fates(&kit, CW_FATE_PAGED), 1);
    const struct cw_incident *incident = kit_incident(&kit, 0);
    assert_int_equal(incident->members_count, 1);
    assert_int_equal(incident->opened_at, kit_at(600));
    assert_int_equal(incident->started_at, kit_at(10));
    /* Said again, the silence has run out for good. */
    kit_silence(&kit, 650, "s1", "cart", 600);
    kit_fire(&kit, 660, "cart", "other");
    kit_wait(&kit, 661);
    assert_int_equal(kit_fates(&kit, CW_FATE_SILENCED), 2);
    kit_close(&kit);
}

TEST(T5_a_silence_without_owner_reason_expiry_or_matcher_is_refused)
{
    BEGIN(kit);
    const struct cw_matcher matcher = {CW_TEXT("entity"), CW_TEXT("cart")};
    struct cw_said good = kit_said(&kit, 0, CW_SAID_KIND_SILENCE, "s");
    good.expires_at = kit_at(100);
    good.matchers = &matcher;
    good.matchers_count = 1;
    struct cw_said bad[4] = {good, good, good, good};
    bad[0].by = CW_TEXT("");
    bad[1].reason = CW_TEXT("");
    bad[2].expires_at = 0;
    bad[3].matchers_count = 0;
    for (size_t i = 0; i < 4; i++)
        kit_put(&kit, CW_TOPIC_SAID, 0, &bad[i]);
    kit_fire(&kit, 1, "cart", "slow");
    kit_wait(&kit, 2);
    assert_int_equal(cw_drive_refused_count(kit.drive), 4);
    assert_int_equal(kit_fates(&kit, CW_FATE_PAGED), 1);
    kit_close(&kit);
}

TEST(T14_resolves_when_all_members_ended_and_it_stayed_quiet)
{
    BEGIN(kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_fire(&kit, 1, "cart", "errors");
    kit_end(&kit, 100, "cart", "slow");
    kit_wait(&kit, 400); /* one member recovered: not the incident */
    assert_int_equal(kit_incident(&kit, 0)->status, CW_INCIDENT_STATUS_OPEN);
    kit_end(&kit, 400, "cart", "errors");
    kit_wait(&kit, 459);
    assert_int_equal(kit_incident(&kit, 0)->status, CW_INCIDENT_STATUS_OPEN);
    kit_wait(&kit, 461);
    const struct cw_incident *incident = kit_incident(&kit, 0);
    assert_int_equal(incident->status, CW_INCIDENT_STATUS_RESOLVED);
    assert_int_equal(incident->resolved_at, kit_at(460));
    assert_text(incident->resolved_by, "recovered");
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    kit_wait(&kit, 460 + 15 * 60 + 1);
    assert_int_equal(kit_incident(&kit, 0)->status, CW_INCIDENT_STATUS_CLOSED);
    assert_int_equal(kit_count(&kit, CW_TOPIC_NOTICES), 2);
    kit_close(&kit);
}

TEST(T14_reopens_the_same_id_within_the_window_and_not_after)
{
    BEGIN(kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_end(&kit, 10, "cart", "slow");
    kit_fire(&kit, 80, "cart", "slow"); /* resolved at 70 */
    kit_wait(&kit, 81);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_incident(&kit, 0)->reopened, 1);
    assert_int_equal(kit_incident(&kit, 0)->status, CW_INCIDENT_STATUS_OPEN);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_REOPENED), 1);
    kit_end(&kit, 90, "cart", "slow");
    kit_wait(&kit, 211); /* quiet has doubled: 120 s */
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 2);
    kit_fire(&kit, 210 + 901, "cart", "slow");
    kit_wait(&kit, 210 + 902);
    assert_int_equal(kit_incidents(&kit), 2);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_FIRING), 2);
    kit_close(&kit);
}

TEST(T14_a_person_acknowledges_and_resolves)
{
    BEGIN(kit);
    char id[16] = {0};
    kit_fire(&kit, 0, "cart", "slow");
    kit_wait(&kit, 1);
    const struct cw_text name = kit_incident(&kit, 0)->incident_id;
    memcpy(id, name.bytes, name.size);
    kit_say(&kit, 20, CW_SAID_KIND_ACKNOWLEDGE, "a1", id);
    kit_say(&kit, 21, CW_SAID_KIND_ACKNOWLEDGE, "a1", id);
    kit_wait(&kit, 22);
    assert_int_equal(kit_incident(&kit, 0)->status,
                     CW_INCIDENT_STATUS_ACKNOWLEDGED);
    assert_int_equal(kit_incident(&kit, 0)->acknowledged_at, kit_at(20));
    assert_text(kit_incident(&kit, 0)->acknowledged_by, "ada");
    kit_say(&kit, 30, CW_SAID_KIND_RESOLVE, "r1", id);
    kit_wait(&kit, 31);
    const struct cw_incident *incident = kit_incident(&kit, 0);
    assert_int_equal(incident->status, CW_INCIDENT_STATUS_RESOLVED);
    assert_text(incident->resolved_by, "ada");
    assert_false(incident->members[0].firing);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_ACKNOWLEDGED), 1);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    kit_close(&kit);
}

TEST(T16_an_alert_must_be_said_often_enough)
{
    (void)state;
    struct kit kit = {.config = correlate_config_default()};
    kit.config.min_count = 3;
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_fire(&kit, 10, "cart", "slow");
    kit_wait(&kit, 11);
    assert_int_equal(kit_incidents(&kit), 0);
    kit_fire(&kit, 20, "cart", "slow");
    kit_wait(&kit, 21);
    assert_int_equal(kit_incidents(&kit), 1);
    kit_fire(&kit, 100, "blog", "rare");
    kit_wait(&kit, 200);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_fates(&kit, CW_FATE_INFORMATION), 1);
    kit_close(&kit);
}

TEST(T16_what_does_not_fire_opens_nothing)
{
    BEGIN(kit);
    kit_alert(&kit, 0, "cart", "note", CW_EVENT_STATUS_NONE);
    kit_end(&kit, 1, "cart", "never seen");
    struct cw_event change = kit_event(&kit, 2, CW_EVENT_KIND_CHANGE);
    change.entity = kit_service("cart");
    kit_put(&kit, CW_TOPIC_EVENTS, 2, &change);
    struct cw_event info = kit_event(&kit, 3, CW_EVENT_KIND_ALERT);
    info.severity = CW_SEVERITY_INFO;
    info.status = CW_EVENT_STATUS_FIRING;
    info.entity = kit_service("cart");
    kit_put(&kit, CW_TOPIC_EVENTS, 3, &info);
    kit_wait(&kit, 10);
    assert_int_equal(kit_count(&kit, CW_TOPIC_INCIDENTS), 0);
    assert_int_equal(kit_fates(&kit, CW_FATE_INFORMATION), 2);
    assert_int_equal(kit_fates(&kit, CW_FATE_RESOLUTION), 1);
    kit_close(&kit);
}

TEST(a_strong_anomaly_opens_alone_and_a_weak_one_waits_in_vain)
{
    BEGIN(kit);
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
    BEGIN(kit);
    kit_edge(&kit, 0, "cart", "db");
    kit_odd(&kit, 10, "db", "a1", 0.60);
    kit_odd(&kit, 11, "blog", "a0", 0.60);
    kit_odd(&kit, 40, "cart", "a2", 0.50);
    kit_wait(&kit, 41);
    assert_int_equal(kit_incidents(&kit), 1);
    const struct cw_incident *incident = kit_incident(&kit, 0);
    assert_int_equal(incident->members_count, 2);
    assert_text(incident->members[0].member_id, "a1");
    assert_text(incident->members[1].reason.rule, "company");
    assert_int_equal(incident->opened_at, kit_at(40));
    assert_int_equal(incident->started_at, kit_at(10));
    kit_close(&kit);
}

TEST(new_log_lines_alone_never_open_but_join)
{
    BEGIN(kit);
    struct cw_anomaly line = kit_anomaly(&kit, 0, "cart", "n1", 0.99);
    line.kind = CW_ANOMALY_KIND_NEW_PATTERN;
    kit_put(&kit, CW_TOPIC_ANOMALIES, 0, &line);
    line = kit_anomaly(&kit, 1, "cart", "n2", 0.99);
    line.kind = CW_ANOMALY_KIND_NEW_PATTERN;
    kit_put(&kit, CW_TOPIC_ANOMALIES, 1, &line);
    kit_wait(&kit, 10);
    assert_int_equal(kit_incidents(&kit), 0);
    kit_odd(&kit, 10, "cart", "a1", 0.5);
    kit_wait(&kit, 11);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_incident(&kit, 0)->members_count, 3);
    assert_text(kit_incident(&kit, 0)->members[0].member_id, "a1");
    kit_close(&kit);
}

TEST(an_anomaly_that_grows_strong_opens_later)
{
    BEGIN(kit);
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
    BEGIN(kit);
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

TEST(U14_whoever_got_firing_gets_resolved_though_silenced_since)
{
    BEGIN(kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_silence(&kit, 10, "s1", "cart", 5000);
    kit_restart(&kit);
    kit_end(&kit, 20, "cart", "slow");
    kit_wait(&kit, 100);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_FIRING), 1);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    kit_close(&kit);
}

TEST(U14_an_alert_whose_source_fell_silent_is_resolved_in_the_end)
{
    BEGIN(kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_fire(&kit, 3600, "cart", "slow");
    kit_wait(&kit, 3600 + 86399);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 0);
    kit_wait(&kit, 3600 + 86401);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    kit_close(&kit);
}

TEST(U16_an_edge_that_ended_before_the_symptom_joins_nothing)
{
    BEGIN(kit);
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
    BEGIN(kit);
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

TEST(U17_a_restart_alone_says_nothing)
{
    BEGIN(kit);
    kit_edge(&kit, 0, "cart", "db");
    kit_fire(&kit, 10, "db", "disk");
    kit_odd(&kit, 11, "blog", "a1", 0.5);
    kit_silence(&kit, 12, "s1", "mail", 500);
    kit_fire(&kit, 13, "mail", "queue");
    kit_wait(&kit, 20);
    cw_drive_clear(kit.drive);
    for (int i = 0; i < 5; i++)
        kit_restart(&kit);
    kit_wait(&kit, 30);
    assert_int_equal(cw_drive_output_count(kit.drive), 0);
    kit_close(&kit);
}

TEST(a_domain_without_topology_groups_by_time_alone)
{
    BEGIN(kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_fire(&kit, 20, "db", "slow");
    kit_fire(&kit, 300, "mail", "slow");
    kit_wait(&kit, 301);
    assert_int_equal(kit_incidents(&kit), 2);
    assert_text(kit_incident(&kit, 0)->members[1].reason.rule, "same_time");
    kit_close(&kit);
}

TEST(two_domains_never_meet)
{
    BEGIN(kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit.domain = CW_TEXT("bank");
    kit_fire(&kit, 1, "cart", "slow");
    kit_wait(&kit, 2);
    assert_int_equal(kit_incidents(&kit), 2);
    assert_int_equal(kit_fates(&kit, CW_FATE_PAGED), 2);
    kit_close(&kit);
}

TEST(members_beyond_the_bound_are_counted_and_end)
{
    (void)state;
    struct kit kit = {.config = correlate_config_default()};
    kit.config.member_max = 3;
    kit_open(&kit);
    for (int i = 0; i < 6; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%d", i);
        kit_fire(&kit, i, "cart", key);
    }
    kit_fire(&kit, 7, "cart", "k5");
    kit_restart(&kit);
    assert_int_equal(kit_incident(&kit, 0)->members_count, 3);
    assert_int_equal(kit_incident(&kit, 0)->member_count, 6);
    assert_int_equal(kit_fates(&kit, CW_FATE_GROUPED), 5);
    assert_int_equal(kit_fates(&kit, CW_FATE_DEDUPED), 1);
    for (int i = 0; i < 6; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 0);
        kit_end(&kit, 100 + i * 100, "cart", key);
        kit_wait(&kit, 190 + i * 100);
    }
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    kit_close(&kit);
}

TEST(a_full_domain_sheds_with_a_reason)
{
    (void)state;
    struct kit kit = {.config = correlate_config_default()};
    kit.config.open_max = 1;
    kit.config.wait_max = 1;
    kit_open(&kit);
    kit_edge(&kit, 0, "x", "y");
    kit_fire(&kit, 1, "cart", "slow");
    kit_fire(&kit, 2, "blog", "slow");
    kit_odd(&kit, 3, "mail", "a1", 0.5);
    kit_odd(&kit, 4, "news", "a2", 0.5);
    kit_wait(&kit, 5);
    assert_int_equal(kit_fates(&kit, CW_FATE_SHED), 2);
    const struct cw_ledger_entry *shed = kit_record(&kit, CW_TOPIC_LEDGER, 1);
    assert_text(shed->reason, "not taken in: 1 incidents are open");
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T2_a_repeat_of_an_alert_folds),
        cmocka_unit_test(T3_outside_the_window_opens_a_new_incident),
        cmocka_unit_test(T4_alerts_joined_by_an_edge_are_one_incident),
        cmocka_unit_test(F3_a_member_tells_rule_path_gap_and_reason),
        cmocka_unit_test(F4_no_chain_merge_over_the_core),
        cmocka_unit_test(F4_an_old_incident_takes_only_its_own_entities),
        cmocka_unit_test(F4_a_common_caller_joins_only_as_a_member),
        cmocka_unit_test(T5_a_silenced_alert_enters_once_when_the_silence_ends),
        cmocka_unit_test(
            T5_a_silence_without_owner_reason_expiry_or_matcher_is_refused),
        cmocka_unit_test(
            T14_resolves_when_all_members_ended_and_it_stayed_quiet),
        cmocka_unit_test(
            T14_reopens_the_same_id_within_the_window_and_not_after),
        cmocka_unit_test(T14_a_person_acknowledges_and_resolves),
        cmocka_unit_test(T16_an_alert_must_be_said_often_enough),
        cmocka_unit_test(T16_what_does_not_fire_opens_nothing),
        cmocka_unit_test(
            a_strong_anomaly_opens_alone_and_a_weak_one_waits_in_vain),
        cmocka_unit_test(two_weak_anomalies_on_neighbours_confirm_each_other),
        cmocka_unit_test(new_log_lines_alone_never_open_but_join),
        cmocka_unit_test(an_anomaly_that_grows_strong_opens_later),
        cmocka_unit_test(U5_late_data_moves_the_start_and_raises_the_revision),
        cmocka_unit_test(
            U14_whoever_got_firing_gets_resolved_though_silenced_since),
        cmocka_unit_test(
            U14_an_alert_whose_source_fell_silent_is_resolved_in_the_end),
        cmocka_unit_test(
            U16_an_edge_that_ended_before_the_symptom_joins_nothing),
        cmocka_unit_test(U16_a_seen_edge_ends_after_half_an_hour_without_calls),
        cmocka_unit_test(U17_a_restart_alone_says_nothing),
        cmocka_unit_test(a_domain_without_topology_groups_by_time_alone),
        cmocka_unit_test(two_domains_never_meet),
        cmocka_unit_test(members_beyond_the_bound_are_counted_and_end),
        cmocka_unit_test(a_full_domain_sheds_with_a_reason),
    };
    return cmocka_run_group_tests_name("correlate", tests, NULL, NULL);
}
