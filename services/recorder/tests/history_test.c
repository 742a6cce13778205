/* What the history says of a day, and how long it is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>

#include "world.h"

static void the_measures_follow_the_worked_example(void **state)
{
    (void)state;
    struct world world = world_make();
    world_store_incident(&world, "INC-22222", WORLD_NOON,
                         CW_INCIDENT_STATUS_RESOLVED);
    world_store_incident(&world, "INC-33333", WORLD_NOON + 3600 * SECOND_US,
                         CW_INCIDENT_STATUS_OPEN);
    const struct cw_incident drill = {.meta = world_meta(1, WORLD_NOON),
                                      .incident_id = CW_TEXT("INC-44444"),
                                      .started_at = WORLD_NOON,
                                      .opened_at =
                                          WORLD_NOON + 9000 * SECOND_US,
                                      .drill = true};
    world_store(&world, CW_TOPIC_INCIDENTS, &drill);
    static const enum cw_fate fates[] = {CW_FATE_PAGED,    CW_FATE_GROUPED,
                                         CW_FATE_GROUPED,  CW_FATE_DEDUPED,
                                         CW_FATE_SILENCED, CW_FATE_RESOLUTION};
    for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
        const struct cw_ledger_entry entry = {
            .meta = world_meta(0, WORLD_NOON + (int64_t)i),
            .entity = {CW_TEXT("service"), CW_TEXT("cart")},
            .fate = fates[i]};
        world_store(&world, CW_TOPIC_LEDGER, &entry);
    }
    /* An exercise is no noise. */
    const struct cw_ledger_entry drilled = {
        .meta = world_meta(0, WORLD_NOON + SECOND_US),
        .entity = {CW_TEXT("service"), CW_TEXT("cart")},
        .incident_id = CW_TEXT("INC-44444"),
        .fate = CW_FATE_SILENCED};
    world_store(&world, CW_TOPIC_LEDGER, &drilled);
    world_assert(&world,
                 "SELECT row(day, incidents, mean_s, median_s, p95_s) FROM "
                 "causeway.mttd_daily",
                 "(2026-03-01,2,20.0,20.0,20.0)");
    world_assert(&world,
                 "SELECT row(incidents, mean_s) FROM causeway.mtta_daily",
                 "(1,60.0)");
    world_assert(&world,
                 "SELECT row(incidents, mean_s) FROM causeway.mttr_daily",
                 "(1,600.0)");
    world_assert(&world,
                 "SELECT row(alerts, incidents, pages, grouped, deduplicated, "
                 "silenced, resolutions, reduction) FROM "
                 "causeway.noise_reduction_daily",
                 "(5,2,1,2,1,1,1,0.8000)");
    world_assert(&world,
                 "SELECT row(suppressed, confirmed) FROM causeway.missed_daily",
                 "(1,0)");
    world_assert(&world, "SELECT incident_id FROM causeway.incident_overview",
                 "INC-33333");
    world_assert(&world, "SELECT count(*) FROM causeway.open_incidents", "2");
    world_assert(&world,
                 "SELECT probable_cause FROM causeway.incident_overview",
                 "not ranked yet");
    world_drop(&world);
}

/* worst_sources looks back from now, so its rows are of now. */
static void a_drill_makes_nobody_a_bad_source(void **state)
{
    (void)state;
    struct world world = world_make();
    const struct cw_incident drill = {.meta = world_meta(1, WORLD_NOON),
                                      .incident_id = CW_TEXT("INC-44444"),
                                      .started_at = WORLD_NOON,
                                      .opened_at = WORLD_NOON,
                                      .drill = true};
    world_store(&world, CW_TOPIC_INCIDENTS, &drill);
    world_run(&world,
              "INSERT INTO causeway.ledger (tenant, domain, at, alert_id, "
              "kind, entity_kind, entity, title, fate, incident_id, reason, "
              "content_id) SELECT 'default', 'default', now(), x, '', "
              "'service', x, '', 'PAGED', i, '', n FROM (VALUES ('cart', "
              "'INC-44444', 1), ('shop', 'INC-22222', 2)) AS v (x, i, n)");
    world_assert(&world,
                 "SELECT string_agg(entity, ' ') FROM causeway.worst_sources",
                 "shop");
    world_drop(&world);
}

/* Its name has 25 bits: after some thousand incidents one comes back. */
static void of_two_incidents_with_one_name_the_later_stands(void **state)
{
    (void)state;
    struct world world = world_make();
    const struct cw_incident old = {.meta = world_meta(40, WORLD_NOON),
                                    .incident_id = CW_TEXT("INC-22222"),
                                    .title = CW_TEXT("old"),
                                    .started_at = WORLD_NOON - SECOND_US,
                                    .opened_at = WORLD_NOON - SECOND_US};
    const struct cw_cause old_cause = {.meta = world_meta(40, WORLD_NOON),
                                       .incident_id = CW_TEXT("INC-22222"),
                                       .title = CW_TEXT("the old cause")};
    const int64_t later = WORLD_NOON + 86400 * SECOND_US;
    const struct cw_incident fresh = {.meta = world_meta(1, later),
                                      .incident_id = CW_TEXT("INC-22222"),
                                      .title = CW_TEXT("new"),
                                      .started_at = later,
                                      .opened_at = later};
    const struct cw_cause cause = {.meta = world_meta(1, later + SECOND_US),
                                   .incident_id = CW_TEXT("INC-22222"),
                                   .title = CW_TEXT("the new cause")};
    world_store(&world, CW_TOPIC_INCIDENTS, &old);
    world_store(&world, CW_TOPIC_CAUSES, &old_cause);
    world_store(&world, CW_TOPIC_INCIDENTS, &fresh);
    world_assert(&world,
                 "SELECT row(title, probable_cause) FROM "
                 "causeway.incident_overview",
                 "(new,\"not ranked yet\")");
    world_store(&world, CW_TOPIC_CAUSES, &cause);
    world_store(&world, CW_TOPIC_INCIDENTS, &old);
    world_store(&world, CW_TOPIC_CAUSES, &old_cause);
    world_assert(&world,
                 "SELECT row(title, probable_cause) FROM "
                 "causeway.incident_overview",
                 "(new,\"the new cause\")");
    world_drop(&world);
}

/* What is over goes; what is in force stays. */
static void what_grows_is_kept_as_long_as_said(void **state)
{
    (void)state;
    struct world world = world_make();
    world_run(
        &world,
        "INSERT INTO causeway.topology_edges SELECT 'default', 'd', 's', 'a', "
        "'s', 'b' || n, 'call', '', 0, 0, '2026-03-01', CASE n WHEN 1 THEN "
        "timestamptz '2026-03-02' END, 1, '2026-03-01', n FROM "
        "generate_series(1, 2) AS n;"
        "INSERT INTO causeway.said SELECT 'default', 'x' || n, 'd', 'SILENCE', "
        "'ana', '', '', '', timestamptz '2026-03-02' + n * interval '1 year', "
        "'[]', '[]', '2026-03-01', n FROM generate_series(0, 1) AS n");
    world_store_incident(&world, "INC-22222", WORLD_NOON,
                         CW_INCIDENT_STATUS_RESOLVED);
    world_store_incident(&world, "INC-33333", WORLD_NOON,
                         CW_INCIDENT_STATUS_OPEN);
    world_run(&world, "INSERT INTO causeway.members SELECT 'default', i, 'm', "
                      "'', '', '', '', '', '', true, now(), NULL, NULL, 0, 0, "
                      "0, 0, '', '', '{}' FROM unnest('{INC-22222, "
                      "INC-33333}'::text[]) AS i");
    world_run(&world, "UPDATE causeway.retention SET keep_days = 300");
    world_assert(&world,
                 "SELECT string_agg(relation || ' ' || dropped, ', ') FROM "
                 "causeway.apply_retention(date '2026-03-04' + 300) WHERE "
                 "relation IN ('members', 'said', 'topology_edges')",
                 "members 1, said 1, topology_edges 1");
    world_assert(&world, "SELECT incident_id FROM causeway.members",
                 "INC-33333");
    world_assert(&world, "SELECT callee FROM causeway.topology_edges", "b2");
    world_assert(&world, "SELECT said_id FROM causeway.said", "x1");
    world_drop(&world);
}

static void days_come_and_go(void **state)
{
    (void)state;
    struct world world = world_make();
    const struct cw_ledger_entry early = {.meta = world_meta(0, WORLD_NOON)};
    world_store(&world, CW_TOPIC_LEDGER, &early);
    world_assert(&world, "SELECT tableoid::regclass FROM causeway.ledger",
                 "causeway.ledger_default");
    world_assert(
        &world,
        "SELECT string_agg(relation || ' ' || added || ' ' || dropped, "
        "', ') FROM causeway.apply_retention('2026-02-28')",
        "anomalies 4 0, ledger 4 0, deliveries 0 0, members 0 0, "
        "notices 0 0, outbox 0 0, refused_rows 0 0, said 0 0, topology_edges 0 "
        "0");
    world_assert(&world, "SELECT tableoid::regclass FROM causeway.ledger",
                 "causeway.ledger_20260301");
    world_assert(
        &world,
        "SELECT string_agg(relation || ' ' || added || ' ' || dropped, "
        "', ') FROM causeway.apply_retention('2026-02-28')",
        "anomalies 0 0, ledger 0 0, deliveries 0 0, members 0 0, "
        "notices 0 0, outbox 0 0, refused_rows 0 0, said 0 0, topology_edges 0 "
        "0");
    /* 400 days later the first of March is one day too old. */
    world_assert(&world,
                 "SELECT sum(dropped) FROM causeway.apply_retention("
                 "date '2026-03-02' + 400)",
                 "6");
    world_assert(&world, "SELECT count(*) FROM causeway.ledger", "0");
    world_drop(&world);
}

/* An incident of three members has a revision a slice: what stayed as it was is
 * not written again. */
static void of_an_incident_only_members_that_changed_are_written(void **state)
{
    (void)state;
    struct world world = world_make();
    const struct cw_member first[] = {
        {.member_id = CW_TEXT("a"), .title = CW_TEXT("a is slow")},
        {.member_id = CW_TEXT("b"), .title = CW_TEXT("b is slow")},
        {.member_id = CW_TEXT("c"), .title = CW_TEXT("c is slow")}};
    const struct cw_member second[] = {
        {.member_id = CW_TEXT("a"), .title = CW_TEXT("a is slow")},
        {.member_id = CW_TEXT("b"), .title = CW_TEXT("b fails")},
        {.member_id = CW_TEXT("d"), .title = CW_TEXT("d is slow")}};
    struct cw_incident incident = {.meta = world_meta(1, WORLD_NOON),
                                   .incident_id = CW_TEXT("INC-22222"),
                                   .members = first,
                                   .members_count = 3};
    world_store(&world, CW_TOPIC_INCIDENTS, &incident);
    char *before = world_value(
        &world, "SELECT xmin FROM causeway.members WHERE member_id = 'a'");
    incident.meta = world_meta(2, WORLD_NOON + SECOND_US);
    incident.members = second;
    world_store(&world, CW_TOPIC_INCIDENTS, &incident);
    world_assert(&world,
                 "SELECT string_agg(title, ', ' ORDER BY member_id) FROM "
                 "causeway.members",
                 "a is slow, b fails, d is slow");
    world_assert(&world,
                 "SELECT xmin FROM causeway.members WHERE member_id = 'a'",
                 before);
    world_assert(
        &world, "SELECT count(DISTINCT xmin::text) FROM causeway.members", "2");
    free(before);
    world_drop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_measures_follow_the_worked_example),
        cmocka_unit_test(a_drill_makes_nobody_a_bad_source),
        cmocka_unit_test(of_two_incidents_with_one_name_the_later_stands),
        cmocka_unit_test(of_an_incident_only_members_that_changed_are_written),
        cmocka_unit_test(what_grows_is_kept_as_long_as_said),
        cmocka_unit_test(days_come_and_go),
    };
    return cmocka_run_group_tests_name("recorder.history", tests, NULL, NULL);
}
