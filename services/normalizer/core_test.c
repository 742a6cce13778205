#include "desk.h"

#define SECOND INT64_C(1000000)

static void a_prometheus_sample_becomes_a_run_with_its_definition(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "prometheus",
              "{\"name\":\"request_latency_p90\",\"value\":\"0.25\","
              "\"timestamp\":\"2023-11-14T22:13:20Z\",\"labels\":{"
              "\"__name__\":\"request_latency_p90\",\"service\":\"carts\","
              "\"component\":\"carts-db\"}}\n");
    const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
    assert_int_equal(run->series_count, 1);
    assert_true(run->values[0] == 0.25);
    assert_int_equal(run->sampled_at[0], T0);
    assert_int_equal(run->event_at, T0);
    assert_int_equal(run->start_at_count, 0);
    assert_int_equal(run->definitions_count, 1);
    const struct cw_series_definition *definition = &run->definitions[0];
    assert_int_equal(definition->id, run->series[0]);
    assert_text(definition->name, "request_latency_p90");
    assert_text(definition->entity.kind, "service");
    assert_text(definition->entity.name, "carts");
    assert_int_equal(definition->family, CW_FAMILY_LATENCY);
    assert_int_equal(definition->kind, CW_METRIC_KIND_GAUGE);
    assert_int_equal(definition->labels_count, 2); /* __name__ is the name */
    assert_text(definition->tenant, "default");
    assert_int_equal((uint64_t)run->route,
                     cw_route_entity(CW_TEXT("default"), CW_TEXT("service"),
                                     CW_TEXT("carts")));
    cw_drive_destroy(&desk.drive);
}

static void a_definition_travels_once_in_2000_offsets_and_60_s(void **state)
{
    (void)state;
    static const char sample[] =
        "{\"name\":\"up\",\"value\":\"1\",\"labels\":{\"service\":\"a\"}}";
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "prometheus", sample);
    give_text(&desk, "prometheus", sample); /* 1 s later */
    desk.offset = 61;                       /* 61 s after the first */
    give_text(&desk, "prometheus", sample);
    const size_t want[] = {1, 0, 1};
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct cw_metric_run *run =
            cw_drive_output(desk.drive, i)->record;
        assert_int_equal(run->definitions_count, want[i]);
    }
    cw_drive_destroy(&desk.drive);
}

static void a_tombstone_is_no_dead_letter(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    const struct cw_raw raw = {.topic = CW_TEXT("prometheus"),
                               .timestamp_at = T0};
    give(&desk, &raw);
    assert_int_equal(cw_drive_output_count(desk.drive), 0);
    cw_drive_destroy(&desk.drive);
}

static void what_is_not_finite_is_dropped_without_a_letter(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "prometheus",
              "{\"name\":\"a\",\"value\":\"+Inf\"}"
              "{\"name\":\"a\",\"value\":\"NaN\"}"
              "{\"name\":\"a\",\"value\":\"-Inf\"}");
    assert_int_equal(cw_drive_output_count(desk.drive), 0);
    cw_drive_destroy(&desk.drive);
}

static void a_sample_a_day_away_from_kafkas_time_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *at;
        bool taken;
    } cases[] = {{"2023-11-13T22:13:20Z", true},
                 {"2023-11-13T22:13:19Z", false},
                 {"2023-11-15T22:13:20Z", true},
                 {"2023-11-15T22:13:21Z", false},
                 {"0001-01-01T00:00:00Z", false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char value[128];
        struct desk desk = open_with(&plain_config);
        (void)snprintf(value, sizeof(value),
                       "{\"name\":\"a\",\"value\":\"1\",\"timestamp\":\"%s\"}",
                       cases[i].at);
        give_text(&desk, "prometheus", value);
        assert_int_equal(count_of(&desk, CW_TOPIC_METRICS), cases[i].taken);
        assert_int_equal(count_of(&desk, CW_TOPIC_DEADLETTER), !cases[i].taken);
        cw_drive_destroy(&desk.drive);
    }
}

static void an_unknown_topic_is_told_by_its_bytes(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "whatever",
              "{\"name\":\"a\",\"labels\":{},\"value\":\"1\"}");
    assert_int_equal(count_of(&desk, CW_TOPIC_METRICS), 1);
    give_text(&desk, "whatever", "{\"nobody\":\"knows\"}");
    const struct cw_dead_letter *letter = only(&desk, CW_TOPIC_DEADLETTER);
    assert_text(letter->code, "unknown_format");
    cw_drive_destroy(&desk.drive);
}

static void a_tenant_comes_from_topic_then_header_then_default(void **state)
{
    (void)state;
    static const struct normalizer_topic rows[] = {
        {.topic = "ours", .format = "prometheus", .tenant = "acme"},
        {.topic = "free", .format = "prometheus"}};
    const struct normalizer_config config = {
        .topics = rows, .topic_count = COUNT(rows), .tenant = "house"};
    const struct cw_raw_header header = {CW_TEXT("tenant"), CW_TEXT("globex")};
    const char *const topics[] = {"ours", "free", "free"};
    const size_t headers[] = {1, 1, 0};
    const char *const want[] = {"acme", "globex", "house"};
    struct desk desk = open_with(&config);
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct cw_raw raw = {
            .topic = cw_text_of(topics[i]),
            .offset = (int64_t)i,
            .timestamp_at = T0 + (int64_t)i * 1000000,
            .has_value = true,
            .value = CW_TEXT("{\"name\":\"a\",\"value\":\"1\"}"),
            .headers = &header,
            .header_count = headers[i]};
        give(&desk, &raw);
        const struct cw_metric_run *run =
            cw_drive_output(desk.drive, i)->record;
        assert_text(run->definitions[0].tenant, want[i]);
        assert_text(run->definitions[0].domain, want[i]);
    }
    cw_drive_destroy(&desk.drive);
}

static void a_config_with_a_format_nobody_knows_is_refused(void **state)
{
    (void)state;
    static const struct normalizer_topic rows[] = {
        {.topic = "t", .format = "morse"}, {.topic = "t", .unit = "days"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_error err = {0};
        struct cw_core *core = NULL;
        const struct normalizer_config config = {.topics = &rows[i],
                                                 .topic_count = 1};
        assert_int_equal(normalizer_core_type.create(&core, &config, &err),
                         CW_BAD_CONFIG);
        assert_null(core);
    }
}

/* parts == emitted + dropped + refused; records == taken + tombstones +
 * refused: 8 values below. Parts: 1 good, 1 not finite, 1 refused, 2 good and
 * 1 refused, none twice, none of the empty list, 1 refused: 7. */
static void nothing_received_is_lost_from_the_counts(void **state)
{
    (void)state;
    static const char *const values[] = {
        "{\"name\":\"a\",\"value\":\"1\"}",
        "{\"name\":\"a\",\"value\":\"NaN\"}",
        "{\"name\":\"a\",\"value\":\"x\"}",
        "{\"name\":\"a\",\"value\":\"1\"}\n{\n{\"name\":\"b\",\"value\":\"1\"}",
        "{",
        "",
        "[]",
        ("{\"name\":\"a\",\"value\":\"1\","
         "\"timestamp\":\"2001-01-01T00:00:00Z\"}"),
    };
    struct cw_error err = {0};
    struct cw_core *core = NULL;
    struct cw_arena *arena = NULL;
    assert_int_equal(normalizer_core_type.create(&core, &plain_config, &err),
                     CW_OK);
    assert_int_equal(cw_arena_create(&arena, 16 << 20, &err), CW_OK);
    for (size_t i = 0; i <= COUNT(values); i++) {
        const bool tombstone = i == COUNT(values);
        const struct cw_raw raw = {
            .topic = CW_TEXT("prometheus"),
            .offset = (int64_t)i,
            .timestamp_at = T0,
            .has_value = !tombstone,
            .value = cw_text_of(tombstone ? NULL : values[i])};
        const struct cw_item item = {.stream_at = T0, .record = &raw};
        struct cw_emit emit = {.arena = arena, .now_at = T0};
        assert_int_equal(normalizer_core_type.step(core, 0, &item, &emit, &err),
                         CW_OK);
    }
    const struct normalizer_counts *counts = normalizer_counts(core);
    assert_int_equal(counts->records, 9);
    assert_int_equal(counts->tombstones, 1);
    assert_int_equal(counts->refused_records, 2);
    assert_int_equal(counts->taken, 6);
    assert_int_equal(counts->parts, 7);
    assert_int_equal(counts->emitted[COUNT_POINTS], 3);
    assert_int_equal(counts->dropped[COUNT_DROP_NON_FINITE], 1);
    assert_int_equal(counts->refused_parts, 3);
    assert_int_equal(counts->dead_letters, 5);
    assert_int_equal(counts->dead_letters_by[CW_BAD_RECORD], 5);
    assert_int_equal(counts->definitions, 2);
    normalizer_core_type.destroy(&core);
    cw_arena_destroy(&arena);
}

/* Two drives, one restarted between any two records: the same outputs, but
 * for definitions, which may repeat. */
static void a_restart_changes_nothing_but_definitions(void **state)
{
    (void)state;
    static const char sample[] =
        "{\"name\":\"a\",\"value\":\"1\",\"labels\":{\"service\":\"s\"}}";
    struct cw_error err = {0};
    struct desk plain = open_with(&plain_config);
    struct desk cut = open_with(&plain_config);
    for (size_t i = 0; i < 5; i++) {
        give_text(&plain, "prometheus", sample);
        give_text(&cut, "prometheus", sample);
        assert_int_equal(cw_drive_restart(cut.drive, &err), CW_OK);
    }
    assert_int_equal(cw_drive_output_count(plain.drive), 5);
    assert_int_equal(cw_drive_output_count(cut.drive), 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(
            cw_metric_run_content_id(cw_drive_output(plain.drive, i)->record),
            cw_metric_run_content_id(cw_drive_output(cut.drive, i)->record));
    cw_drive_destroy(&plain.drive);
    cw_drive_destroy(&cut.drive);
}

static void alerts_carry_their_own_status(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(
        &desk, "alerts",
        "{\"version\":\"4\",\"status\":\"firing\",\"groupKey\":\"k\","
        "\"externalURL\":\"http://am\",\"alerts\":[{\"status\":\"resolved\","
        "\"labels\":{\"alertname\":\"Down\",\"severity\":\"critical\","
        "\"instance\":\"web-01:9100\",\"job\":\"node\"},\"annotations\":{"
        "\"summary\":\"web-01 is down\"},\"startsAt\":\"2023-11-14T22:10:00Z\","
        "\"endsAt\":\"2023-11-14T22:13:00Z\",\"fingerprint\":\"f1\"},"
        "{\"status\":\"firing\",\"labels\":{\"alertname\":\"Slow\","
        "\"service\":\"cart\"},\"startsAt\":\"2023-11-01T00:00:00Z\","
        "\"endsAt\":\"0001-01-01T00:00:00Z\"}]}");
    assert_int_equal(cw_drive_output_count(desk.drive), 2);
    const struct cw_event *down = cw_drive_output(desk.drive, 0)->record;
    assert_int_equal(down->status, CW_EVENT_STATUS_RESOLVED);
    assert_int_equal(down->severity, CW_SEVERITY_CRITICAL);
    assert_text(down->title, "web-01 is down");
    assert_text(down->dedup_key, "f1");
    assert_text(down->entity.kind, "host");
    assert_text(down->entity.name, "web-01");
    assert_int_equal(down->ends_at, T0 - 20 * SECOND);
    assert_int_equal(down->event_at, down->ends_at);
    const struct cw_event *slow = cw_drive_output(desk.drive, 1)->record;
    assert_int_equal(slow->status, CW_EVENT_STATUS_FIRING);
    assert_text(slow->title, "Slow");
    assert_text(slow->entity.name, "cart");
    assert_int_equal(slow->ends_at, 0);
    assert_int_equal(slow->event_at, T0); /* old: a repeat */
    assert_int_equal(slow->dedup_key.size, 16);
    cw_drive_destroy(&desk.drive);
}

static void a_change_and_a_topology_become_events(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "changes",
              "{\"change\":\"deploy\",\"service\":\"cart\",\"id\":\"812\","
              "\"version\":\"1.4.2\",\"at\":\"2023-11-14T22:13:00Z\"}");
    give_text(&desk, "topology",
              "{\"edges\":[{\"source\":\"shop\",\"target\":\"cart\"},"
              "{\"source\":\"cart\",\"target\":{\"kind\":\"database\","
              "\"name\":\"orders\"},\"kind\":\"stores_in\"},{\"source\":\"x\"}"
              "]}");
    const struct cw_event *change = cw_drive_output(desk.drive, 0)->record;
    assert_int_equal(change->kind, CW_EVENT_KIND_CHANGE);
    assert_text(change->change_kind, "deploy");
    assert_text(change->dedup_key, "812");
    assert_text(change->title, "deploy of cart 1.4.2");
    assert_text(change->entity.name, "cart");
    assert_int_equal(change->event_at, T0 - 20 * SECOND);
    const struct cw_event *topology = cw_drive_output(desk.drive, 1)->record;
    assert_int_equal(topology->kind, CW_EVENT_KIND_TOPOLOGY);
    assert_int_equal(topology->edges_count, 2);
    assert_text(topology->edges[0].kind, "calls");
    assert_text(topology->edges[1].target.kind, "database");
    const struct cw_dead_letter *letter = only(&desk, CW_TOPIC_DEADLETTER);
    assert_int_equal(letter->index, 2);
    cw_drive_destroy(&desk.drive);
}

static void commands_are_routed_and_named_by_content(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "raw.commands",
              "{\"kind\":\"acknowledge\",\"target\":\"INC-1\",\"by\":\"ana\","
              "\"parameters\":{\"request_id\":\"r1\",\"n\":{\"a\":[1,2]}}}");
    give_text(&desk, "raw.commands",
              "{\"kind\":\"acknowledge\",\"target\":\"INC-1\",\"by\":\"ana\","
              "\"parameters\":{\"request_id\":\"r1\",\"n\":{\"a\":[1,2]}}}");
    give_text(&desk, "raw.commands",
              "{\"kind\":\"kill-switch\",\"by\":\"ana\","
              "\"value\":\"stop\"}");
    give_text(&desk, "raw.commands",
              "{\"kind\":\"kill-switch\",\"by\":\"ana\","
              "\"value\":\"stop\"}");
    const struct cw_said *said[4];
    assert_int_equal(cw_drive_output_count(desk.drive), 4);
    for (size_t i = 0; i < 4; i++)
        said[i] = cw_drive_output(desk.drive, i)->record;
    assert_int_equal(said[0]->kind, CW_SAID_KIND_ACKNOWLEDGE);
    assert_text(said[0]->target, "INC-1");
    assert_int_equal(said[0]->parameters_count, 2);
    assert_text(said[0]->parameters[1].value, "{\"a\":[1,2]}");
    assert_true(cw_text_equal(said[0]->said_id, said[1]->said_id));
    assert_int_equal(cw_drive_output(desk.drive, 0)->route,
                     cw_route_domain(CW_TEXT("default"), CW_TEXT("default")));
    assert_int_equal(said[2]->kind, CW_SAID_KIND_KILL_SWITCH);
    assert_true(cw_drive_output(desk.drive, 2)->route == CW_ROUTE_ALL);
    assert_false(cw_text_equal(said[2]->said_id, said[3]->said_id));
    cw_drive_destroy(&desk.drive);
}

static void a_command_that_lacks_something_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{\"kind\":\"acknowledge\",\"by\":\"ana\"}",
        "{\"kind\":\"kill_switch\",\"value\":\"pause\"}",
        "{\"kind\":\"silence\",\"matchers\":{\"entity\":\"cart\"}}",
        "{\"kind\":\"silence\",\"expires_at\":\"2023-11-15T00:00:00Z\"}",
        "{\"kind\":\"label\",\"target\":\"INC-1\",\"value\":\"maybe\"}",
        "{\"kind\":\"dance\",\"target\":\"INC-1\"}",
        "{\"target\":\"INC-1\"}",
        "{\"kind\":\"resolve\",\"target\":\"INC-1\",\"expires_at\":\"soon\"}",
        ("{\"kind\":\"silence\",\"matchers\":{\"entity\":\"\"},"
         "\"expires_at\":1}"),
        "7",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct desk desk = open_with(&plain_config);
        give_text(&desk, "raw.commands", refused[i]);
        (void)only(&desk, CW_TOPIC_DEADLETTER);
        assert_int_equal(cw_drive_output_count(desk.drive), 1);
        cw_drive_destroy(&desk.drive);
    }
}

static void secrets_do_not_leave(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "changes",
              "{\"change\":\"config\",\"service\":\"cart\",\"routing_key\":"
              "\"R0123456789\",\"title\":\"set password=hunter2 for "
              "ana@example.com\"}");
    const struct cw_event *change = only(&desk, CW_TOPIC_EVENTS);
    assert_text(change->title, "set password=[secret] for [email]");
    for (size_t i = 0; i < change->labels_count; i++)
        if (cw_text_is(change->labels[i].key, "routing_key"))
            assert_text(change->labels[i].value, "[secret]");
    cw_drive_destroy(&desk.drive);
}

/* PostgreSQL takes no NUL, so none leaves; found by fuzzing otlp_metrics. */
static void a_name_of_nothing_but_nul_names_nobody(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "prometheus",
              "{\"name\":\"up\",\"value\":\"1\",\"labels\":{\"service\":"
              "\"\\u0000\\u0000\"}}");
    const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
    assert_text(run->definitions[0].entity.kind, "source");
    assert_text(run->definitions[0].entity.name, "prometheus");
    cw_drive_destroy(&desk.drive);

    desk = open_with(&plain_config); /* who has another name has that */
    give_text(&desk, "prometheus",
              "{\"name\":\"up\",\"value\":\"1\",\"labels\":{\"service\":"
              "\"\\u0000\",\"host\":\"web-1\"}}");
    run = only(&desk, CW_TOPIC_METRICS);
    assert_text(run->definitions[0].entity.name, "web-1");
    give_text(&desk, "prometheus", "{\"name\":\"\\u0000\",\"value\":\"1\"}");
    assert_text(letter_at(&desk, 0)->message, "sample without a name");
    give_text(&desk, "topology",
              "{\"edges\":[{\"source\":\"a\",\"target\":\"\\u0000\"}]}");
    assert_text(letter_at(&desk, 1)->message, "edge without source or target");
    cw_drive_destroy(&desk.drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prometheus_sample_becomes_a_run_with_its_definition),
        cmocka_unit_test(a_definition_travels_once_in_2000_offsets_and_60_s),
        cmocka_unit_test(a_tombstone_is_no_dead_letter),
        cmocka_unit_test(what_is_not_finite_is_dropped_without_a_letter),
        cmocka_unit_test(a_sample_a_day_away_from_kafkas_time_is_refused),
        cmocka_unit_test(an_unknown_topic_is_told_by_its_bytes),
        cmocka_unit_test(a_tenant_comes_from_topic_then_header_then_default),
        cmocka_unit_test(a_config_with_a_format_nobody_knows_is_refused),
        cmocka_unit_test(nothing_received_is_lost_from_the_counts),
        cmocka_unit_test(a_restart_changes_nothing_but_definitions),
        cmocka_unit_test(alerts_carry_their_own_status),
        cmocka_unit_test(a_change_and_a_topology_become_events),
        cmocka_unit_test(commands_are_routed_and_named_by_content),
        cmocka_unit_test(a_command_that_lacks_something_is_refused),
        cmocka_unit_test(secrets_do_not_leave),
        cmocka_unit_test(a_name_of_nothing_but_nul_names_nobody),
    };
    return cmocka_run_group_tests_name("normalizer core", tests, NULL, NULL);
}
