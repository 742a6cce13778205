#include "correlate/correlate_kit.h"

#define TEST(name) static void name(void **state)

TEST(T5_a_silenced_alert_enters_once_when_the_silence_ends)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
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
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
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
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
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

static void kit_context(struct kit *kit, double second, const char *id,
                        enum cw_family family)
{
    struct cw_anomaly anomaly = kit_anomaly(kit, second, "cart", id, 0.95);
    anomaly.family = family;
    anomaly.metric = CW_TEXT("memory.cached");
    kit_put(kit, CW_TOPIC_ANOMALIES, second, &anomaly);
}

static void kit_cache(struct kit *kit, double second, const char *id)
{
    kit_context(kit, second, id, CW_FAMILY_OTHER);
}

TEST(T14_what_hurts_nobody_holds_no_incident_open)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_cache(&kit, 1, "a1");
    kit_end(&kit, 100, "cart", "slow");
    /* Nor does it begin the quiet time anew. */
    kit_context(&kit, 120, "a2", CW_FAMILY_OCCUPANCY);
    kit_restart(&kit);
    kit_wait(&kit, 161);
    assert_int_equal(kit_incident(&kit, 0)->status,
                     CW_INCIDENT_STATUS_RESOLVED);
    assert_int_equal(kit_incident(&kit, 0)->members_count, 3);
    kit_cache(&kit, 200, "a3"); /* nor open it again */
    kit_wait(&kit, 202);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_REOPENED), 0);
    kit_fire(&kit, 300, "cart", "slow");
    kit_wait(&kit, 301);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_REOPENED), 1);
    kit_close(&kit);
}

/* Beyond the members that are written out the same holds. */
TEST(T14_a_counted_one_holds_it_only_when_it_tells_of_harm)
{
    for (int telling = 0; telling < 2; telling++) {
        (void)state;
        struct kit kit = {.config = correlate_config_default()};
        kit.config.member_max = 1;
        kit_open(&kit);
        kit_fire(&kit, 0, "cart", "slow");
        if (telling)
            kit_fire(&kit, 1, "cart", "failing");
        else
            kit_cache(&kit, 1, "a1");
        kit_end(&kit, 10, "cart", "slow");
        kit_restart(&kit);
        kit_wait(&kit, 80);
        assert_int_equal(kit_incident(&kit, 0)->members_count, 1);
        assert_int_equal(kit_incident(&kit, 0)->member_count, 2);
        assert_int_equal(kit_incident(&kit, 0)->status,
                         telling ? CW_INCIDENT_STATUS_OPEN
                                 : CW_INCIDENT_STATUS_RESOLVED);
        kit_close(&kit);
    }
}

TEST(T14_a_counted_one_that_ends_leaves_what_still_hurts)
{
    (void)state;
    struct kit kit = {.config = correlate_config_default()};
    kit.config.member_max = 1;
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_cache(&kit, 1, "a1");
    kit_restart(&kit);
    kit_even(&kit, 10, "cart", "a1");
    kit_wait(&kit, 80);
    assert_int_equal(kit_incident(&kit, 0)->status, CW_INCIDENT_STATUS_OPEN);
    kit_close(&kit);
}

TEST(T14_where_it_is_all_there_is_it_does)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_cache(&kit, 0, "a1");
    kit_cache(&kit, 1, "a2");
    kit_wait(&kit, 100);
    kit_even(&kit, 100, "cart", "a1");
    kit_wait(&kit, 170);
    assert_int_equal(kit_incident(&kit, 0)->status, CW_INCIDENT_STATUS_OPEN);
    kit_even(&kit, 170, "cart", "a2");
    kit_wait(&kit, 231);
    assert_int_equal(kit_incident(&kit, 0)->status,
                     CW_INCIDENT_STATUS_RESOLVED);
    kit_close(&kit);
}

/* Memory that grew was first; what hurts came after it, and went. */
TEST(T14_what_came_first_does_not_hold_it_when_what_hurts_is_over)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_cache(&kit, 0, "a1");
    kit_cache(&kit, 1, "a2");
    kit_fire(&kit, 2, "cart", "slow");
    kit_end(&kit, 100, "cart", "slow");
    kit_restart(&kit);
    kit_wait(&kit, 161);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_incident(&kit, 0)->status,
                     CW_INCIDENT_STATUS_RESOLVED);
    kit_close(&kit);
}

TEST(T14_reopens_the_same_id_within_the_window_and_not_after)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_end(&kit, 10, "cart", "slow");
    kit_fire(&kit, 80, "cart", "slow"); /* resolved at 70 */
    kit_wait(&kit, 81);
    assert_int_equal(kit_incidents(&kit), 1);
    assert_int_equal(kit_incident(&kit, 0)->reopened, 1);
    assert_int_equal(kit_incident(&kit, 0)->status, CW_INCIDENT_STATUS_OPEN);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_REOPENED), 1);
    kit_end(&kit, 90, "cart", "slow");
    kit_wait(&kit, 209); /* quiet has doubled: 120 s */
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    kit_wait(&kit, 211);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 2);
    kit_fire(&kit, 210 + 901, "cart", "slow");
    kit_wait(&kit, 210 + 902);
    assert_int_equal(kit_incidents(&kit), 2);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_FIRING), 2);
    kit_close(&kit);
}

TEST(T14_a_person_acknowledges_and_resolves)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
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

TEST(T14_what_was_said_before_the_reopening_is_not_said_again)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    char id[16] = {0};
    kit_fire(&kit, 0, "cart", "slow");
    kit_wait(&kit, 1);
    const struct cw_text name = kit_incident(&kit, 0)->incident_id;
    memcpy(id, name.bytes, name.size);
    kit_say(&kit, 30, CW_SAID_KIND_RESOLVE, "r1", id);
    kit_fire(&kit, 60, "cart", "slow");
    kit_restart(&kit);
    kit_say(&kit, 90, CW_SAID_KIND_RESOLVE, "r1", id); /* delivered twice */
    kit_wait(&kit, 91);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_REOPENED), 1);
    kit_close(&kit);
}

TEST(T14_a_log_line_still_new_does_not_hold_an_incident_open)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    struct cw_anomaly line = kit_anomaly(&kit, 1, "cart", "n1", 0.99);
    line.kind = CW_ANOMALY_KIND_NEW_PATTERN;
    kit_put(&kit, CW_TOPIC_ANOMALIES, 1, &line);
    kit_end(&kit, 10, "cart", "slow");
    kit_wait(&kit, 71);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    assert_false(kit_incident(&kit, 0)->members[1].firing);
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
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
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

TEST(U14_whoever_got_firing_gets_resolved_though_silenced_since)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
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
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    kit_fire(&kit, 3600, "cart", "slow");
    kit_wait(&kit, 3600 + 86399);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 0);
    kit_wait(&kit, 3600 + 86401);
    assert_int_equal(kit_notices(&kit, CW_TRANSITION_RESOLVED), 1);
    kit_close(&kit);
}

TEST(U17_a_restart_alone_says_nothing)
{
    (void)state;
    struct kit kit = {0};
    kit_open(&kit);
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

TEST(a_counted_log_line_ends_too)
{
    (void)state;
    struct kit kit = {.config = correlate_config_default()};
    kit.config.member_max = 1;
    kit_open(&kit);
    kit_fire(&kit, 0, "cart", "slow");
    struct cw_anomaly line = kit_anomaly(&kit, 1, "cart", "n1", 0.99);
    line.kind = CW_ANOMALY_KIND_NEW_PATTERN;
    kit_put(&kit, CW_TOPIC_ANOMALIES, 1, &line);
    kit_end(&kit, 10, "cart", "slow");
    kit_even(&kit, 20, "cart", "n1");
    kit_wait(&kit, 81);
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
        cmocka_unit_test(T5_a_silenced_alert_enters_once_when_the_silence_ends),
        cmocka_unit_test(
            T5_a_silence_without_owner_reason_expiry_or_matcher_is_refused),
        cmocka_unit_test(
            T14_resolves_when_all_members_ended_and_it_stayed_quiet),
        cmocka_unit_test(T14_what_hurts_nobody_holds_no_incident_open),
        cmocka_unit_test(T14_a_counted_one_holds_it_only_when_it_tells_of_harm),
        cmocka_unit_test(T14_a_counted_one_that_ends_leaves_what_still_hurts),
        cmocka_unit_test(T14_where_it_is_all_there_is_it_does),
        cmocka_unit_test(
            T14_what_came_first_does_not_hold_it_when_what_hurts_is_over),
        cmocka_unit_test(
            T14_reopens_the_same_id_within_the_window_and_not_after),
        cmocka_unit_test(T14_a_person_acknowledges_and_resolves),
        cmocka_unit_test(
            T14_what_was_said_before_the_reopening_is_not_said_again),
        cmocka_unit_test(
            T14_a_log_line_still_new_does_not_hold_an_incident_open),
        cmocka_unit_test(T16_an_alert_must_be_said_often_enough),
        cmocka_unit_test(T16_what_does_not_fire_opens_nothing),
        cmocka_unit_test(
            U14_whoever_got_firing_gets_resolved_though_silenced_since),
        cmocka_unit_test(
            U14_an_alert_whose_source_fell_silent_is_resolved_in_the_end),
        cmocka_unit_test(U17_a_restart_alone_says_nothing),
        cmocka_unit_test(members_beyond_the_bound_are_counted_and_end),
        cmocka_unit_test(a_counted_log_line_ends_too),
        cmocka_unit_test(a_full_domain_sheds_with_a_reason),
    };
    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
