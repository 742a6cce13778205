/*
 * Real producers' bytes, which are not ours to keep here: skipped unless the
 * variable CW_FORMATS names a folder of them. Each line: file, topic it is
 * given to, and how many items of each kind must come out.
 */
#include "desk.h"

#include <stdlib.h>

#include "json_shim.h"

#define FILE_SIZE_MAX (1 << 20)

struct sample {
    const char *file;
    const char *topic;
    bool captured; /* lines of {"ts":[1,ms],"value_text":".."} */
    size_t points;
    size_t logs;
    size_t spans;
    size_t events;
    size_t letters;
};

#define ANY SIZE_MAX

static const struct sample samples[] = {
    {"otlp_proto/metrics_cumulative_0.bin", "otlp_metrics", false, 9, 0, 0, 0,
     0},
    {"otlp_proto/metrics_cumulative_2.bin", "otlp_metrics", false, 9, 0, 0, 0,
     0},
    {"otlp_proto/metrics_delta_2.bin", "otlp_metrics", false, 10, 0, 0, 0, 0},
    {"otlp_proto/metrics_exphist_2.bin", "otlp_metrics", false, 9, 0, 0, 0, 0},
    {"otlp_proto/metrics_delta_2.bin", "some", false, 10, 0, 0, 0, 0},
    {"otlp_proto/logs.bin", "otlp_logs", false, 0, 2, 0, 0, 0},
    {"otlp_proto/logs.bin", "some", false, 0, 2, 0, 0, 0},
    {"otlp_proto/spans.bin", "otlp_spans", false, 0, 0, 2, 0, 0},
    {"otlp_proto/spans.bin", "some", false, 0, 0, 2, 0, 0},
    {"prometheus_kafka_adapter/expected_samples.ndjson", "prometheus", false, 1,
     0, 0, 0, 0},
    {"collectd_json/kafka_records_write_kafka_json.ndjson", "collectd", true,
     ANY, 0, 0, 0, 0},
    {"collectd_json/collectd.json", "collectd", false, 10, 0, 0, 2, 0},
    {"collectd_json/event.json", "collectd", false, 0, 0, 0, 1, 0},
    {"beats_ecs_json/metricbeat_system_cpu.json", "logs", false, 27, 0, 0, 0,
     0},
    {"rsyslog_omkafka/kafka_records_default_template.ndjson", "syslog", true, 0,
     ANY, 0, 0, 0},
    {"rsyslog_omkafka/kafka_records_syslogprotocol23.ndjson", "syslog", true, 0,
     ANY, 0, 0, 0},
    {"rsyslog_omkafka/kafka_records_jsonmesg.ndjson", "syslog", true, 0, ANY, 0,
     0, 0},
    {"rsyslog_omkafka/kafka_records_json_template.ndjson", "syslog", true, 0,
     ANY, 0, 0, 0},
    {"rsyslog_omkafka/kafka_records_json_template.ndjson", "some", true, 0, ANY,
     0, 0, 0},
    {"syslog_ng_kafka/kafka_records_default.ndjson", "syslog", true, 0, ANY, 0,
     0, 0},
    {"syslog_ng_kafka/kafka_records_format_json.ndjson", "syslog", true, 0, ANY,
     0, 0, 0},
    {"syslog_raw/octet_counting_best_effort_tcp_1st_utf8_ok.txt", "syslog",
     false, 0, 1, 0, 0, 0},
    {"syslog_raw/octet_counting_strict_tcp_1st_avg_ok.txt", "syslog", false, 0,
     1, 0, 0, 0},
    {"syslog_raw/rfc3164_strict_udp.txt", "syslog", false, 0, 1, 0, 0, 0},
    {"syslog_raw/rfc5424_strict_udp_average.txt", "some", false, 0, 1, 0, 0, 0},
    {"alertmanager_webhook/captured_0001_alertmanager.json", "alerts", false, 0,
     0, 0, 2, 0},
    {"alertmanager_webhook/captured_0002_alertmanager.json", "some", false, 0,
     0, 0, 1, 0},
    {"alertmanager_webhook/captured_0003_alertmanager.json", "alerts", false, 0,
     0, 0, 2, 0},
    {"alertmanager_webhook/captured_0004_alertmanager.json", "alerts", false, 0,
     0, 0, 1, 0},
    {"alertmanager_webhook/alerta_prometheus_v4_alert.json", "alerts", false, 0,
     0, 0, 1, 0},
    {"zipkin_json_v2/collector_kafkaexporter_spans.json", "zipkin", false, 0, 0,
     2, 0, 0},
    {"zipkin_json_v2/pyzipkin_v2_json_0.json", "zipkin", false, 0, 0, ANY, 0,
     0},
    {"zipkin_json_v2/resources__zipkin2-chinese.json", "zipkin", false, 0, 0,
     ANY, 0, 0},
    {"zipkin_json_v2/resources__zipkin2-client.json", "zipkin", false, 0, 0, 1,
     0, 0},
    {"zipkin_json_v2/testdata__ascend.json", "zipkin", false, 0, 0, ANY, 0, 0},
    {"zipkin_json_v2/testdata__envoy.json", "zipkin", false, 0, 0, ANY, 0, 0},
    {"zipkin_json_v2/testdata__messaging.json", "some", false, 0, 0, ANY, 0, 0},
    {"zipkin_json_v2/testdata__messaging2.json", "zipkin", false, 0, 0, ANY, 0,
     0},
    {"zipkin_json_v2/testdata__messaging-kafka.json", "zipkin", false, 0, 0,
     ANY, 0, 0},
    {"zipkin_json_v2/testdata__simple-db-p6.json", "zipkin", false, 0, 0, ANY,
     0, 0},
    {"zipkin_json_v2/testdata__skew.json", "zipkin", false, 0, 0, ANY, 0, 0},
    {"zipkin_json_v2/testdata__yelp.json", "zipkin", false, 0, 0, ANY, 0, 0},
    {"zipkin_json_v2/zipkin_v2_notimestamp.json", "zipkin", false, 0, 0, ANY, 0,
     0},
    {"zipkin_json_v2/zipkin_v2_single.json", "zipkin", false, 0, 0, ANY, 0, 0},
};

static size_t read_file(const char *folder, const char *name, char *bytes)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s", path);
    const size_t size = fread(bytes, 1, FILE_SIZE_MAX, file);
    (void)fclose(file);
    return size;
}

static void give_bytes(struct desk *desk, const char *topic,
                       struct cw_text value)
{
    const struct cw_raw raw = {.topic = cw_text_of(topic),
                               .offset = desk->offset,
                               .timestamp_at = T0 + desk->offset,
                               .has_value = true,
                               .value = value};
    desk->offset++;
    give(desk, &raw);
}

static void give_captured(struct desk *desk, const char *topic,
                          struct cw_text lines)
{
    struct cw_error err = {0};
    struct tree_parser *parser = NULL;
    assert_int_equal(tree_parser_create(&parser, FILE_SIZE_MAX, &err), CW_OK);
    while (lines.size > 0) {
        const char *end = memchr(lines.bytes, '\n', lines.size);
        const size_t size =
            end == NULL ? lines.size : (size_t)(end - lines.bytes) + 1;
        struct tree_value root;
        enum tree_fault fault;
        assert_int_equal(tree_parse(parser, (struct cw_text){lines.bytes, size},
                                    &root, &fault, &err),
                         CW_OK);
        give_bytes(desk, topic,
                   tree_string(tree_get(root, CW_TEXT("value_text"))));
        lines.bytes += size;
        lines.size -= size;
    }
    tree_parser_destroy(&parser);
}

static size_t points_of(const struct desk *desk)
{
    size_t count = 0;
    for (size_t i = 0; i < cw_drive_output_count(desk->drive); i++) {
        const struct cw_drive_output *output = cw_drive_output(desk->drive, i);
        if (output->topic == CW_TOPIC_METRICS)
            count +=
                ((const struct cw_metric_run *)output->record)->series_count;
    }
    return count;
}

static void print(const struct desk *desk)
{
    if (getenv("CW_FORMATS_SHOW") == NULL)
        return;
    for (size_t i = 0; i < cw_drive_output_count(desk->drive); i++) {
        const struct cw_drive_output *output = cw_drive_output(desk->drive, i);
        const struct cw_record_type *type = cw_topic_item_type(output->topic);
        json_t *json = type->json(output->record, true);
        char *text = json_dumps(json, JSON_COMPACT);
        print_message("%s\n", text);
        free(text);
        json_decref(json);
    }
}

static bool fits(const struct sample *sample, const char *what, size_t want,
                 size_t got)
{
    if (want == got || (want == ANY && got > 0))
        return true;
    print_error("%s: %zu %s, wanted %zu\n", sample->file, got, what, want);
    return false;
}

static bool try_sample(const char *folder, const struct sample *sample)
{
    static char bytes[FILE_SIZE_MAX];
    /* Captured at many times: no skew is too much here. */
    static const struct normalizer_config config = {.max_skew_us =
                                                        INT64_MAX / 2};
    const size_t size = read_file(folder, sample->file, bytes);
    struct desk desk = open_with(&config);
    if (sample->captured)
        give_captured(&desk, sample->topic, (struct cw_text){bytes, size});
    else
        give_bytes(&desk, sample->topic, (struct cw_text){bytes, size});
    print(&desk);
    bool good = fits(sample, "points", sample->points, points_of(&desk));
    good &= fits(sample, "logs", sample->logs, count_of(&desk, CW_TOPIC_LOGS));
    good &=
        fits(sample, "spans", sample->spans, count_of(&desk, CW_TOPIC_SPANS));
    good &= fits(sample, "events", sample->events,
                 count_of(&desk, CW_TOPIC_EVENTS));
    good &= fits(sample, "letters", sample->letters,
                 count_of(&desk, CW_TOPIC_DEADLETTER));
    cw_drive_destroy(&desk.drive);
    return good;
}

static void what_real_producers_wrote_is_read(void **state)
{
    (void)state;
    const char *folder = getenv("CW_FORMATS");
    bool good = true;
    if (folder == NULL)
        skip();
    for (size_t i = 0; i < COUNT(samples); i++)
        good &= try_sample(folder, &samples[i]);
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_real_producers_wrote_is_read),
    };
    return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
