#include "base/options_fixture.h"

static void defaults_hold_when_the_file_is_silent(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "kafka.brokers: a:9092\n");
    assert_string_equal(f->config.brokers, "a:9092");
    assert_string_equal(f->config.password, "");
    assert_string_equal(f->config.mode, "live");
    assert_false(f->config.shadow);
    assert_int_equal(f->config.count, 30);
    assert_true(f->config.weight == 0.25);
    assert_int_equal(f->config.window_us, 300000000);
    assert_int_equal(f->config.limit, 1048576);
    assert_int_equal(f->config.port, 9090);
}

static void nested_and_dotted_keys_are_the_same(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "kafka:\n  brokers: [a:9092, b:9092]\n"
                    "detector:\n  window: 90s\n  shadow: true\n"
                    "  warmup-count: 7\n"
                    "detector.weight: 1e-2\ndetector.limit: 64KiB\n"
                    "detector.mode: 'shadow'\nadmin:\n");
    assert_string_equal(f->config.brokers, "a:9092,b:9092");
    assert_int_equal(f->config.window_us, 90000000);
    assert_true(f->config.shadow);
    assert_int_equal(f->config.count, 7);
    assert_true(f->config.weight == 0.01);
    assert_int_equal(f->config.limit, 65536);
    assert_string_equal(f->config.mode, "shadow");
}

static void every_fault_is_told_at_once_with_its_line(void **state)
{
    struct fixture *f = *state;
    char want[256];
    f->config.count = 77;
    assert_int_equal(load(f, "detector:\n"
                             "  window: 5x\n"
                             "  windw: 5m\n"
                             "  warmup-count: 0\n"
                             "  mode: dead\n"
                             "  shadow: yes\n"
                             "  weight: nan\n"
                             "  limit: 64KB\n"
                             "zebra: 1\n"),
                     CW_BAD_CONFIG);
    const char *const faults[] = {
        ":2: detector.window: \"5x\" must be a duration like",
        ":3: detector.windw: unknown option; did you mean detector.window?",
        ":4: detector.warmup-count: \"0\" must be 1 to 1000",
        ":5: detector.mode: \"dead\" must be one of live|shadow|off",
        ":6: detector.shadow: \"yes\" must be true or false",
        ":7: detector.weight: \"nan\" must be a number",
        ":8: detector.limit: \"64KB\" must be a size like",
        ":9: zebra: unknown option",
    };
    for (size_t i = 0; i < COUNT(faults); i++) {
        (void)snprintf(want, sizeof(want), "%s%s", f->file, faults[i]);
        const char *is = cw_options_fault(f->options, i);
        assert_memory_equal(is, want, strlen(want)); /* in the file's order */
    }
    assert_string_equal(cw_options_fault(f->options, 8),
                        "kafka.brokers: is required: Where Kafka is");
    assert_int_equal(cw_options_fault_count(f->options), 9);
    assert_non_null(strstr(f->err.text, "9 faults"));
    assert_int_equal(f->config.count, 77); /* target untouched */
}

static void at_most_fifty_faults_are_kept(void **state)
{
    struct fixture *f = *state;
    char text[60 * 8] = "";
    for (size_t i = 0; i < 59; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "z%02u: 1\n", (unsigned)i);
    assert_int_equal(load(f, text), CW_BAD_CONFIG);
    assert_int_equal(cw_options_fault_count(f->options), 50);
}

static void both_sides_of_each_limit(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "{kafka.brokers: a, detector.window: 1s}");
    assert_loads(f, "{kafka.brokers: a, detector.window: 1h}");
    assert_loads(f, "{kafka.brokers: a, detector.limit: 1KiB}");
    assert_loads(f, "{kafka.brokers: a, detector.warmup-count: 1000}");
    assert_refuses(f, "{kafka.brokers: a, detector.window: 999999us}",
                   "must be 1s to 1h");
    assert_refuses(f, "{kafka.brokers: a, detector.window: 3600001ms}",
                   "must be 1s to 1h");
    assert_refuses(f, "{kafka.brokers: a, detector.limit: 1023}",
                   "must be at least 1KiB");
    assert_refuses(f, "{kafka.brokers: a, detector.warmup-count: 1001}",
                   "must be 1 to 1000");
}

static void yaml_that_is_not_settings_is_refused_where_it_stands(void **state)
{
    struct fixture *f = *state;
    assert_refuses(f, "a: [1\n", "c.yml:2:1: ");
    assert_refuses(f, "- a\n", "c.yml:1:1: the file must hold");
    assert_refuses(f, "detector:\n  - window: 5m\n",
                   "c.yml:2:5: a list may hold plain values only");
    assert_refuses(f, "a: &x 1\nb: *x\n", "c.yml:2:4: aliases");
    assert_refuses(f, "a: 1\n---\nb: 1\n", "second document");
    assert_refuses(f, "kafka.brokers: \"a\\0b\"\n", "c.yml:1:16: a NUL");
    assert_refuses(f, "kafka.brokers: a\nadmin.port:\n",
                   "c.yml:2: admin.port: has no value");
    assert_refuses(f, "kafka.brokers: a\nadmin: {port: 1}\nadmin.port: 2\n",
                   "c.yml:3: admin.port: set twice, first at");
    assert_refuses(f, "kafka.brokers: a\nadmin: {port: 1}\nadmin.port: 2\n",
                   "c.yml:2");
    assert_refuses(f,
                   "{a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: "
                   "{n: {o: {p: {q: 1}}}}}}}}}}}}}}}}}",
                   "nested too deeply");
}

static void a_file_that_is_not_there_is_a_fault(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cw_options_load(&f->options, table, COUNT(table),
                                     "/nowhere/c.yml", &f->config, &f->err),
                     CW_BAD_CONFIG);
    assert_fault(f, "/nowhere/c.yml: No such file");
}

static void the_environment_wins_over_the_file(void **state)
{
    struct fixture *f = *state;
    (void)setenv("CAUSEWAY_DETECTOR_WARMUP_COUNT", "12", 1);
    assert_loads(f, "kafka.brokers: a\ndetector.warmup-count: 7\n");
    assert_int_equal(f->config.count, 12);
    (void)setenv("CAUSEWAY_DETECTOR_WARMUP_COUNT", "many", 1);
    assert_refuses(f, "kafka.brokers: a\n",
                   "env CAUSEWAY_DETECTOR_WARMUP_COUNT: "
                   "detector.warmup-count: \"many\"");
    (void)setenv("CAUSEWAY_DETECTOR_WARMUP_COUNT", "\xff", 1);
    assert_refuses(f, "kafka.brokers: a\n", "is not UTF-8");
    (void)unsetenv("CAUSEWAY_DETECTOR_WARMUP_COUNT");
}

static void without_a_file_the_environment_is_enough(void **state)
{
    struct fixture *f = *state;
    (void)setenv("CAUSEWAY_KAFKA_BROKERS", "e:9092", 1);
    assert_int_equal(cw_options_load(&f->options, table, COUNT(table), NULL,
                                     &f->config, &f->err),
                     CW_OK);
    (void)unsetenv("CAUSEWAY_KAFKA_BROKERS");
    assert_string_equal(f->config.brokers, "e:9092");
    assert_int_equal(cw_options_passthrough_count(f->options), 0);
}

static void variables_in_the_file_are_put_in(void **state)
{
    struct fixture *f = *state;
    (void)setenv("CW_TEST_HOST", "h", 1);
    assert_loads(f, "kafka.brokers: ${env:CW_TEST_HOST}:${env:NO_X:-9092},"
                    "$${env:Y}\n");
    assert_string_equal(f->config.brokers, "h:9092,${env:Y}");
    (void)unsetenv("CW_TEST_HOST");
    assert_refuses(f, "kafka.brokers: ${env:CW_TEST_HOST}\n",
                   "c.yml:1: kafka.brokers: ${env:CW_TEST_HOST}: the "
                   "variable is not set");
    assert_refuses(f, "kafka.brokers: ${env:CW\n", "${env: without }");
}

static void a_secret_comes_by_file_and_is_never_shown(void **state)
{
    struct fixture *f = *state;
    char text[256];
    write_file(f->secret, "canary\n", 0400);
    (void)snprintf(text, sizeof(text),
                   "kafka.brokers: a\nstore.password_file: %s\n", f->secret);
    assert_loads(f, text);
    assert_string_equal(f->config.password, "canary");
    (void)strncat(text, "store.password: x\n", 32);
    assert_refuses(f, text,
                   "store.password: also given as "
                   "store.password_file");
    (void)snprintf(text, sizeof(text),
                   "kafka.brokers: a\nadmin.port_file: %s\n", f->secret);
    assert_refuses(f, text, "admin.port_file: unknown option");
}

static void a_secret_file_others_can_read_is_refused(void **state)
{
    struct fixture *f = *state;
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "kafka.brokers: a\nstore.password_file: %s\n", f->secret);
    assert_refuses(f, text, "No such file");
    write_file(f->secret, "canary\n", 0404);
    assert_refuses(f, text, "has mode 0404");
    write_file(f->secret, "canary\n", 0420);
    assert_refuses(f, text, "has mode 0420");
    write_file(f->secret, "\n", 0400);
    assert_refuses(f, text, "is empty");
    write_file(f->secret, "canary", 0440);
    assert_loads(f, text);
}

static const struct cw_passthrough *extra(const struct fixture *f,
                                          const char *key)
{
    for (size_t i = 0; i < cw_options_passthrough_count(f->options); i++) {
        const struct cw_passthrough *found =
            cw_options_passthrough(f->options, i);
        if (strcmp(found->key, key) == 0)
            return found;
    }
    fail_msg("no setting %s", key);
    return NULL;
}

static void settings_for_librdkafka_pass_verbatim(void **state)
{
    struct fixture *f = *state;
    char text[512];
    write_file(f->secret, "canary", 0400);
    (void)setenv("CAUSEWAY_KAFKA_SASL_USERNAME", "me", 1);
    (void)setenv("CAUSEWAY_KAFKA_PORT_9092_TCP", "tcp://10.0.0.1:9092", 1);
    (void)setenv("CAUSEWAY_KAFKA_SERVICE_HOST", "10.0.0.1", 1);
    (void)snprintf(text, sizeof(text),
                   "kafka:\n  brokers: a\n  ssl.ca.location: /x/${env:N:-y}\n"
                   "  sasl.username: you\n  sasl.password_file: %s\n"
                   "  consumer:\n    fetch.min.bytes: 1\n",
                   f->secret);
    assert_loads(f, text);
    (void)unsetenv("CAUSEWAY_KAFKA_SASL_USERNAME");
    (void)unsetenv("CAUSEWAY_KAFKA_PORT_9092_TCP");
    (void)unsetenv("CAUSEWAY_KAFKA_SERVICE_HOST");
    assert_int_equal(cw_options_passthrough_count(f->options), 4);
    assert_string_equal(cw_options_passthrough(f->options, 0)->key,
                        "consumer.fetch.min.bytes");
    assert_string_equal(extra(f, "ssl.ca.location")->value, "/x/y");
    assert_string_equal(extra(f, "sasl.username")->value, "me");
    assert_string_equal(extra(f, "sasl.username")->origin,
                        "env CAUSEWAY_KAFKA_SASL_USERNAME");
    assert_string_equal(extra(f, "sasl.password")->value, "canary");
    assert_true(extra(f, "sasl.password")->secret);
    assert_non_null(strstr(extra(f, "ssl.ca.location")->origin, "c.yml:3"));
}

static void settings_that_are_ours_or_javas_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_refuses(f, "kafka.isolation.level: read_uncommitted\n",
                   "kafka.isolation.level: cannot be set: isolation.level is "
                   "always read_committed");
    assert_refuses(f, "kafka.consumer.group.id: x\n", "is the name of");
    assert_refuses(f, "kafka.ssl.truststore.location: /x\n",
                   "is a name of Java's client; librdkafka has "
                   "ssl.ca.location");
    assert_refuses(f, "kafka: {\"a: b\": 1}\n", "is no name of a setting");
    assert_refuses(f, "kafka.linger.ms: 1\nkafka: {linger.ms: 2}\n",
                   "kafka.linger.ms: set twice");
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(defaults_hold_when_the_file_is_silent),
        CLAIM(nested_and_dotted_keys_are_the_same),
        CLAIM(every_fault_is_told_at_once_with_its_line),
        CLAIM(at_most_fifty_faults_are_kept),
        CLAIM(both_sides_of_each_limit),
        CLAIM(yaml_that_is_not_settings_is_refused_where_it_stands),
        CLAIM(a_file_that_is_not_there_is_a_fault),
        CLAIM(the_environment_wins_over_the_file),
        CLAIM(without_a_file_the_environment_is_enough),
        CLAIM(variables_in_the_file_are_put_in),
        CLAIM(a_secret_comes_by_file_and_is_never_shown),
        CLAIM(a_secret_file_others_can_read_is_refused),
        CLAIM(settings_for_librdkafka_pass_verbatim),
        CLAIM(settings_that_are_ours_or_javas_are_refused),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
