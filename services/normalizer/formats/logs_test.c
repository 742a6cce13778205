/* ecs, rsyslog: what a line becomes. */
#include "../desk.h"

static const struct cw_log *only_log(struct desk *desk, const char *topic,
                                     const char *value)
{
    *desk = open_with(&plain_config);
    give_text(desk, topic, value);
    return only(desk, CW_TOPIC_LOGS);
}

static struct cw_text attribute(const struct cw_log *log, const char *key)
{
    for (size_t i = 0; i < log->attributes_count; i++)
        if (cw_text_is(log->attributes[i].key, key))
            return log->attributes[i].value;
    return CW_TEXT("");
}

static void nested_and_flat_ecs_are_one(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "{\"@timestamp\":\"2023-11-14T22:13:21.5Z\",\"message\":\"no stock\","
        "\"log\":{\"level\":\"error\"},\"service\":{\"name\":\"cart\"},"
        "\"trace\":{\"id\":\"4BF92F3577B34DA6A3CE929D0E0E4736\"},"
        "\"span\":{\"id\":\"00f067aa0ba902b7\"},"
        "\"agent\":{\"type\":\"filebeat\"},\"ecs\":{\"version\":\"8.0\"}}",
        "{\"@timestamp\":\"2023-11-14T22:13:21.5Z\",\"message\":\"no stock\","
        "\"log.level\":\"ERROR\",\"service.name\":\"cart\","
        "\"trace.id\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
        "\"span.id\":\"00f067aa0ba902b7\"}",
    };
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct desk desk;
        const struct cw_log *log = only_log(&desk, "logs", forms[i]);
        assert_text(log->body, "no stock");
        assert_int_equal(log->severity, 17);
        assert_int_equal(log->event_at, T0 + 1500000);
        assert_int_equal(log->stream_at, T0);
        assert_text(log->entity.kind, "service");
        assert_text(log->entity.name, "cart");
        assert_text(log->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_text(log->span_id, "00f067aa0ba902b7");
        assert_int_equal(log->attributes_count, 1); /* service.name */
        assert_int_equal((uint64_t)log->route,
                         cw_route_entity(CW_TEXT("default"), CW_TEXT("service"),
                                         CW_TEXT("cart")));
        cw_drive_destroy(&desk.drive);
    }
}

static void a_pod_without_service_is_its_workload(void **state)
{
    (void)state;
    struct desk desk;
    const struct cw_log *log = only_log(
        &desk, "logs",
        "{\"@timestamp\":1700000000.25,\"log\":\"hello\\n\",\"kubernetes\":{"
        "\"pod\":{\"name\":\"cart-5f55b6cf68-77cfw\"}}}");
    assert_text(log->body, "hello");
    assert_int_equal(log->event_at, T0 + 250000);
    assert_text(log->entity.kind, "service");
    assert_text(log->entity.name, "cart");
    cw_drive_destroy(&desk.drive);
}

static void a_docker_line_inside_a_message_is_unwrapped(void **state)
{
    (void)state;
    struct desk desk;
    const struct cw_log *log =
        only_log(&desk, "logs",
                 "{\"message\":\"{\\\"log\\\":\\\"16:42:22 WARN  slow \\\\u00e9"
                 "\\\\n\\\",\\\"stream\\\":\\\"stdout\\\"}\"}");
    assert_text(log->body, "16:42:22 WARN  slow \xc3\xa9");
    assert_int_equal(log->severity, 13);
    assert_text(log->entity.kind, "source");
    assert_text(log->entity.name, "logs");
    cw_drive_destroy(&desk.drive);
}

static void broken_text_in_json_is_mended(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *body;
    } cases[] = {
        {"{\"message\":\"a\xff"
         "b\"}",
         "a\xef\xbf\xbd"
         "b"},
        {"{\"message\":\"a\\ud800b\"}", "a\xef\xbf\xbd"
                                        "b"},
        {"{\"message\":\"a\tb\"}", "a b"},
        {"{\"message\":\"a\\ud83d\\ude00b\"}", "a\xf0\x9f\x98\x80"
                                               "b"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct desk desk;
        const struct cw_log *log = only_log(&desk, "logs", cases[i].value);
        assert_text(log->body, cases[i].body);
        cw_drive_destroy(&desk.drive);
    }
}

static void levels_are_read_in_every_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        int severity;
    } cases[] = {
        {"\"level\":\"warn\"", 13},
        {"\"level\":30", 9},
        {"\"level\":50", 17},
        {"\"level\":3", 17},
        {"\"syslogseverity\":\"2\"", 18},
        {"\"severity\":\"CRIT\"", 18},
        {"\"PRIORITY\":\"notice\"", 10},
        {"\"x\":1", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char value[128];
        struct desk desk;
        (void)snprintf(value, sizeof(value), "{\"message\":\"m\",%s}",
                       cases[i].field);
        assert_int_equal(only_log(&desk, "logs", value)->severity,
                         cases[i].severity);
        cw_drive_destroy(&desk.drive);
    }
}

static void syslog_lines_are_read_in_their_four_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *host;
        const char *source;
        const char *body;
        int severity;
        int64_t at;
    } cases[] = {
        {"<34>1 2023-11-14T22:13:00Z web su 1021 ID47 [x@1 a=\"b\\\"c\" "
         "d=\"e\"]"
         " \xef\xbb\xbfit failed\n",
         "web", "su", "it failed", 18, T0 - 20000000},
        {"<34>Nov 14 22:13:00 web su[1021]: it failed", "web", "su",
         "it failed", 18, T0 - 20000000},
        {"2023-11-14T23:13:00+01:00 web su[1021]: it failed\n", "web", "su",
         "it failed", 0, T0 - 20000000},
        {"2023-11-14T22:13:00.5Z web postgres[47] ERROR:  no key\n", "web",
         "postgres", "ERROR:  no key", 17, T0 - 19500000},
        {"<13>1 - - - - - - hello", NULL, "", "hello", 10, T0},
        {"23 <1>1 - - - - - - hello", NULL, "", "hello", 19, T0},
        {"just a line", NULL, "", "just a line", 0, T0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct desk desk;
        const struct cw_log *log = only_log(&desk, "syslog", cases[i].line);
        assert_text(log->body, cases[i].body);
        assert_text(log->source, cases[i].source);
        assert_int_equal(log->severity, cases[i].severity);
        assert_int_equal(log->event_at, cases[i].at);
        assert_text(log->entity.kind, cases[i].host ? "host" : "source");
        assert_text(log->entity.name, cases[i].host ? cases[i].host : "syslog");
        cw_drive_destroy(&desk.drive);
    }
}

static void structured_data_become_attributes(void **state)
{
    (void)state;
    struct desk desk;
    const struct cw_log *log = only_log(&desk, "syslog",
                                        "<29>1 2023-11-14T22:13:00Z w s 2 3 "
                                        "[origin][meta a=\"1\" b=\"x]y\"] m");
    assert_text(attribute(log, "a"), "1");
    assert_text(attribute(log, "b"), "x]y");
    assert_text(attribute(log, "process.pid"), "2");
    assert_text(log->body, "m");
    cw_drive_destroy(&desk.drive);
}

static void several_lines_of_syslog_are_several_logs(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "syslog",
              "<13>Nov 14 22:13:00 h a: one\r\n\r\n"
              "<13>Nov 14 22:13:00 h a: two\n");
    assert_int_equal(count_of(&desk, CW_TOPIC_LOGS), 2);
    cw_drive_destroy(&desk.drive);
}

static void a_line_without_header_belongs_to_the_one_before(void **state)
{
    (void)state;
    struct desk desk;
    const struct cw_log *log =
        only_log(&desk, "syslog",
                 "2023-11-14T22:13:00+00:00 db postgres[1]: ERROR: key\n"
                 "DETAIL: exists\n");
    assert_text(log->body, "ERROR: key\nDETAIL: exists");
    cw_drive_destroy(&desk.drive);
}

static void json_templates_of_rsyslog_are_read_too(void **state)
{
    (void)state;
    struct desk desk;
    const struct cw_log *log = only_log(
        &desk, "syslog",
        "{ \"msg\": \" it\\/failed\", \"rawmsg\": \"<34>x\", \"timereported\": "
        "\"2023-11-14T22:13:00+00:00\", \"hostname\": \"web\", "
        "\"syslogseverity\": \"2\", \"programname\": \"su\", \"uuid\": null }");
    assert_text(log->body, " it/failed");
    assert_text(log->source, "su");
    assert_int_equal(log->severity, 18);
    assert_text(log->entity.name, "web");
    assert_int_equal(log->event_at, T0 - 20000000);
    cw_drive_destroy(&desk.drive);
}

static void a_metricbeat_document_becomes_points(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "logs",
              "{\"@timestamp\":\"2023-11-14T22:13:20.000Z\",\"event\":{"
              "\"module\":\"system\"},\"host\":{\"name\":\"web-1\"},"
              "\"metricset\":{\"name\":\"cpu\",\"period\":10000},\"system\":{"
              "\"cpu\":{\"user\":{\"pct\":0.5,\"ticks\":7}}}}");
    const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
    assert_int_equal(run->series_count, 2);
    assert_text(run->definitions[0].name, "system.cpu.user.pct");
    assert_int_equal(run->definitions[0].interval_us, 10000000);
    assert_int_equal(run->definitions[1].kind, CW_METRIC_KIND_CUMULATIVE);
    assert_text(run->definitions[0].entity.kind, "host");
    assert_text(run->definitions[0].entity.name, "web-1");
    cw_drive_destroy(&desk.drive);
}

static void a_log_that_says_nothing_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{\"@timestamp\":\"2023-11-14T22:13:20Z\"}", "7", "\"text\"",
        "{\"message\":\"m\",\"@timestamp\":\"yesterday\"}",
        "{\"message\":\"m\",\"@timestamp\":\"2023-11-10T22:13:20Z\"}"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct desk desk = open_with(&plain_config);
        give_text(&desk, "logs", refused[i]);
        (void)only(&desk, CW_TOPIC_DEADLETTER);
        assert_int_equal(cw_drive_output_count(desk.drive), 1);
        cw_drive_destroy(&desk.drive);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_and_flat_ecs_are_one),
        cmocka_unit_test(a_pod_without_service_is_its_workload),
        cmocka_unit_test(a_docker_line_inside_a_message_is_unwrapped),
        cmocka_unit_test(broken_text_in_json_is_mended),
        cmocka_unit_test(levels_are_read_in_every_spelling),
        cmocka_unit_test(syslog_lines_are_read_in_their_four_shapes),
        cmocka_unit_test(structured_data_become_attributes),
        cmocka_unit_test(several_lines_of_syslog_are_several_logs),
        cmocka_unit_test(a_line_without_header_belongs_to_the_one_before),
        cmocka_unit_test(json_templates_of_rsyslog_are_read_too),
        cmocka_unit_test(a_metricbeat_document_becomes_points),
        cmocka_unit_test(a_log_that_says_nothing_is_refused),
    };
    return cmocka_run_group_tests_name("logs", tests, NULL, NULL);
}
