/* zipkin, collectd. */
#include "../desk.h"

static void a_zipkin_span_keeps_its_sides(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(
        &desk, "zipkin",
        "[{\"traceId\":\"a1\",\"id\":\"b2\",\"parentId\":\"1\",\"kind\":"
        "\"CLIENT\",\"name\":\"get\",\"timestamp\":1700000000000005,"
        "\"duration\":1500,\"localEndpoint\":{\"serviceName\":\"shop\"},"
        "\"remoteEndpoint\":{\"serviceName\":\"cart\"},\"tags\":{\"error\":"
        "\"\",\"http.path\":\"/api\"}},"
        "{\"traceId\":\"a1\",\"id\":\"b3\",\"timestamp\":1700000000000006,"
        "\"localEndpoint\":{\"serviceName\":\"cart\"},\"kind\":\"SERVER\","
        "\"remoteEndpoint\":{\"serviceName\":\"shop\"},\"shared\":true}]");
    assert_int_equal(count_of(&desk, CW_TOPIC_SPANS), 2);
    const struct cw_span *client = cw_drive_output(desk.drive, 0)->record;
    assert_text(client->trace_id, "000000000000000000000000000000a1");
    assert_text(client->span_id, "00000000000000b2");
    assert_text(client->parent_id, "0000000000000001");
    assert_int_equal(client->kind, CW_SPAN_KIND_CLIENT);
    assert_int_equal(client->event_at, T0 + 5);
    assert_int_equal(client->duration_us, 1500);
    assert_true(client->failed);
    assert_true(client->sample_weight == 1.0);
    assert_text(client->entity.name, "shop");
    assert_text(client->peer.kind, "service");
    assert_text(client->peer.name, "cart");
    const struct cw_span *server = cw_drive_output(desk.drive, 1)->record;
    assert_int_equal(server->kind, CW_SPAN_KIND_SERVER);
    assert_false(server->failed);
    assert_int_equal(server->peer.name.size, 0);
    assert_int_equal(server->parent_id.size, 0);
    assert_int_equal(server->route, client->route); /* one trace, one place */
    cw_drive_destroy(&desk.drive);
}

static void a_span_without_ids_is_refused_alone(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "zipkin",
              "[{\"traceId\":\"a1\",\"id\":\"b2\"},{\"traceId\":\"0000\","
              "\"id\":\"b2\"},{\"traceId\":\"a1\",\"id\":\"zz\"},{"
              "\"traceId\":\"a1\",\"id\":\"b2\",\"timestamp\":\"soon\"},7]");
    assert_int_equal(count_of(&desk, CW_TOPIC_SPANS), 1);
    /* Items of a list cannot stand alone: one letter for all four. */
    const struct cw_dead_letter *letter = only(&desk, CW_TOPIC_DEADLETTER);
    assert_int_equal(letter->index, 1);
    assert_true(cw_text_starts(letter->message, CW_TEXT("4 parts refused")));
    cw_drive_destroy(&desk.drive);
}

static void collectd_values_are_rates_and_null_is_dropped(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "collectd",
              "[{\"values\":[null,2.5],\"dstypes\":[\"derive\",\"derive\"],"
              "\"dsnames\":[\"rx\",\"tx\"],\"time\":1700000000.250,"
              "\"interval\":10.000,\"host\":\"web-1\",\"plugin\":\"interface\","
              "\"plugin_instance\":\"eth0\",\"type\":\"if_octets\","
              "\"type_instance\":\"\"}]");
    const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
    assert_int_equal(run->series_count, 1);
    assert_true(run->values[0] == 2.5);
    assert_int_equal(run->sampled_at[0], T0 + 250000);
    assert_text(run->definitions[0].name, "interface.if_octets.tx");
    assert_int_equal(run->definitions[0].kind, CW_METRIC_KIND_RATE);
    assert_int_equal(run->definitions[0].interval_us, 10000000);
    assert_text(run->definitions[0].entity.kind, "host");
    assert_text(run->definitions[0].entity.name, "web-1");
    cw_drive_destroy(&desk.drive);
}

static void collectd_plugins_name_their_entity(void **state)
{
    (void)state;
    static const struct {
        const char *plugin;
        const char *instance;
        const char *kind;
        const char *name;
    } cases[] = {
        {"cpu", "0", "host", "web-1"},
        {"processes", "", "host", "web-1"},
        {"processes", "shop", "service", "shop"},
        {"nginx", "", "service", "nginx"},
        {"postgresql", "orders", "service", "orders"},
        {"curl_json", "cart", "service", "cart"},
        {"df", "var", "volume", "web-1:var"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char value[400];
        struct desk desk = open_with(&plain_config);
        (void)snprintf(value, sizeof(value),
                       "{\"values\":[1],\"dstypes\":[\"gauge\"],\"dsnames\":["
                       "\"value\"],\"time\":1700000000,\"interval\":1,"
                       "\"host\":\"web-1\",\"plugin\":\"%s\","
                       "\"plugin_instance\":\"%s\",\"type\":\"t\","
                       "\"type_instance\":\"u\"}",
                       cases[i].plugin, cases[i].instance);
        give_text(&desk, "collectd", value);
        const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
        assert_text(run->definitions[0].entity.kind, cases[i].kind);
        assert_text(run->definitions[0].entity.name, cases[i].name);
        cw_drive_destroy(&desk.drive);
    }
}

static void a_collectd_notification_is_an_alert(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "collectd",
              "[{\"host\":\"h\",\"message\":\"disk\",\"plugin\":\"df\","
              "\"plugin_instance\":\"root\",\"severity\":\"FAILURE\","
              "\"time\":1700000000.0,\"type\":\"t\",\"type_instance\":\"\"}]");
    const struct cw_event *event = only(&desk, CW_TOPIC_EVENTS);
    assert_int_equal(event->status, CW_EVENT_STATUS_FIRING);
    assert_int_equal(event->severity, CW_SEVERITY_CRITICAL);
    assert_text(event->entity.name, "h:root");
    cw_drive_destroy(&desk.drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zipkin_span_keeps_its_sides),
        cmocka_unit_test(a_span_without_ids_is_refused_alone),
        cmocka_unit_test(collectd_values_are_rates_and_null_is_dropped),
        cmocka_unit_test(collectd_plugins_name_their_entity),
        cmocka_unit_test(a_collectd_notification_is_an_alert),
    };
    return cmocka_run_group_tests_name("agents", tests, NULL, NULL);
}
