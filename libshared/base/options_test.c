#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/options.h"

struct config {
    const char *brokers;
    const char *password;
    const char *mode;
    bool shadow;
    int64_t count;
    double weight;
    int64_t window_us;
    int64_t limit;
    int64_t port;
};

#define AT(field) offsetof(struct config, field)

static const struct cw_option table[] = {
    {"kafka.brokers", CW_OPT_TEXT, AT(brokers), NULL, 0, 0, "",
     CW_OPT_REQUIRED | CW_OPT_RESTART, "Where Kafka is."},
    {"store.password", CW_OPT_TEXT, AT(password), "", 0, 0, "", CW_OPT_SECRET,
     "Password of the role."},
    {"detector.mode", CW_OPT_CHOICE, AT(mode), "live", 0, 0, "live|shadow|off",
     0, "What happens to a decision."},
    {"detector.shadow", CW_OPT_BOOL, AT(shadow), "false", 0, 0, "", 0,
     "Score beside the model in force."},
    {"detector.warmup-count", CW_OPT_INT, AT(count), "30", 1, 1000, "samples",
     0, "Samples learned first."},
    {"detector.weight", CW_OPT_DOUBLE, AT(weight), "0.25", 0.001, 1, "", 0,
     "Share of the newest sample."},
    {"detector.window", CW_OPT_DURATION, AT(window_us), "5m", 1e6, 3.6e9, "", 0,
     "How far back it looks."},
    {"detector.limit", CW_OPT_SIZE, AT(limit), "1MiB", 1024, 0, "",
     CW_OPT_RESTART, "State it may hold."},
    {"admin.port", CW_OPT_INT, AT(port), "9090", 0, 65535, "", CW_OPT_LOCAL,
     "Port for probes and metrics. 0 = any free one."},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
    char folder[64];
    char file[80];
    char secret[80];
    struct cw_options *options;
    struct config config;
    struct cw_error err;
};

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    (void)snprintf(f.folder, sizeof(f.folder), "/tmp/cw_options_XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    (void)snprintf(f.file, sizeof(f.file), "%s/c.yml", f.folder);
    (void)snprintf(f.secret, sizeof(f.secret), "%s/secret", f.folder);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_options_destroy(&f->options);
    assert_null(f->options);
    (void)unlink(f->file);
    (void)unlink(f->secret);
    (void)rmdir(f->folder);
    return 0;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    (void)unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static enum cw_status load(struct fixture *f, const char *text)
{
    cw_options_destroy(&f->options);
    write_file(f->file, text, 0600);
    return cw_options_load(&f->options, table, COUNT(table), f->file,
                           &f->config, &f->err);
}

static void assert_loads(struct fixture *f, const char *text)
{
    if (load(f, text) != CW_OK)
        fail_msg("%s", f->err.text);
}

/* Some fault holds all of part. */
static void assert_fault(const struct fixture *f, const char *part)
{
    const size_t count = cw_options_fault_count(f->options);
    for (size_t i = 0; i < count; i++)
        if (strstr(cw_options_fault(f->options, i), part) != NULL)
            return;
    for (size_t i = 0; i < count; i++)
        print_message("fault: %s\n", cw_options_fault(f->options, i));
    fail_msg("no fault says: %s", part);
}

static void assert_refuses(struct fixture *f, const char *text,
                           const char *part)
{
    assert_int_equal(load(f, text), CW_BAD_CONFIG);
    assert_fault(f, part);
}

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
                        "kafka.brokers: is required: Where Kafka is.");
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

/* Lines without their comments: origins differ, values must not. */
static char *print_values(const struct cw_options *options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cw_options_print(options, out);
    (void)fclose(out);
    char *to = text;
    for (char *from = text; *from != '\0';) {
        char *comment = strstr(from, " # ");
        memmove(to, from, (size_t)(comment - from));
        to += comment - from;
        from = strchr(comment, '\n');
        *to++ = *from++;
    }
    *to = '\0';
    return text;
}

static void what_is_printed_reads_back_the_same(void **state)
{
    struct fixture *f = *state;
    char text[512];
    write_file(f->secret, "canary", 0400);
    (void)snprintf(text, sizeof(text),
                   "kafka.brokers: \"q\\\"\\\\ \\u00e9\\u0085\\n"
                   "$$$${env:X} #x\"\n"
                   "store.password: canary\nkafka.sasl.password: canary\n"
                   "kafka.ssl.key.password_file: %s\nkafka.linger.ms: 5\n"
                   "detector.weight: 0.1\n",
                   f->secret);
    assert_loads(f, text);
    const uint64_t hash = cw_options_hash(f->options);
    char *first = print_values(f->options);
    assert_null(strstr(first, "canary"));
    assert_non_null(strstr(first, "store.password: <secret>\n"));
    assert_non_null(strstr(first, "detector.window: 5m\n"));
    const char *brokers = f->config.brokers;
    char kept[64];
    (void)snprintf(kept, sizeof(kept), "%s", brokers);
    assert_loads(f, first);
    assert_string_equal(f->config.brokers, kept);
    char *second = print_values(f->options);
    assert_string_equal(first, second);
    assert_true(cw_options_hash(f->options) == hash);
    free(first);
    free(second);
}

static void the_hash_follows_decisions_only(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "kafka.brokers: a\n");
    const uint64_t hash = cw_options_hash(f->options);
    assert_loads(f, "kafka.brokers: b\nadmin.port: 1\nstore.password: x\n"
                    "kafka.linger.ms: 9\ndetector.window: 300s\n");
    assert_true(cw_options_hash(f->options) == hash);
    assert_loads(f, "kafka.brokers: a\ndetector.window: 301s\n");
    assert_true(cw_options_hash(f->options) != hash);
}

static void a_reload_takes_what_may_change_and_names_the_rest(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "kafka.brokers: a\nkafka.linger.ms: 1\n");
    const char *brokers = f->config.brokers;
    write_file(f->file,
               "kafka.brokers: b\ndetector.window: 1s\n"
               "kafka.retries: 1\n",
               0600);
    assert_int_equal(cw_options_reload(f->options, &f->config, &f->err), CW_OK);
    assert_int_equal(f->config.window_us, 1000000);
    assert_ptr_equal(f->config.brokers, brokers);
    assert_string_equal(brokers, "a");
    assert_int_equal(cw_options_change_count(f->options), 4);
    const struct cw_option_change want[] = {{"kafka.brokers", true},
                                            {"detector.window", false},
                                            {"linger.ms", true},
                                            {"retries", true}};
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct cw_option_change *is = cw_options_change(f->options, i);
        assert_string_equal(is->name, want[i].name);
        assert_int_equal(is->kept, want[i].kept);
    }
}

static void a_reload_with_a_fault_changes_nothing(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "kafka.brokers: a\ndetector.window: 2s\n");
    const uint64_t hash = cw_options_hash(f->options);
    write_file(f->file, "kafka.brokers: a\ndetector.window: 3s\nzebra: 1\n",
               0600);
    assert_int_equal(cw_options_reload(f->options, &f->config, &f->err),
                     CW_BAD_CONFIG);
    assert_fault(f, "c.yml:3: zebra");
    assert_int_equal(f->config.window_us, 2000000);
    assert_true(cw_options_hash(f->options) == hash);
    write_file(f->file, "kafka.brokers: a\ndetector.window: 3s\n", 0600);
    assert_int_equal(cw_options_reload(f->options, &f->config, &f->err), CW_OK);
    assert_int_equal(f->config.window_us, 3000000);
    assert_int_equal(cw_options_fault_count(f->options), 0);
}

static void a_reload_reads_secret_files_again(void **state)
{
    struct fixture *f = *state;
    char text[256];
    write_file(f->secret, "old", 0400);
    (void)snprintf(text, sizeof(text),
                   "kafka.brokers: a\nstore.password_file: %s\n", f->secret);
    assert_loads(f, text);
    const char *old = f->config.password;
    write_file(f->secret, "new", 0400);
    assert_int_equal(cw_options_reload(f->options, &f->config, &f->err), CW_OK);
    assert_string_equal(f->config.password, "new");
    assert_string_equal(old, "old"); /* still there for who holds it */
}

static char *capture(void (*write)(const struct cw_option *, size_t, FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    write(table, COUNT(table), out);
    (void)fclose(out);
    return text;
}

static void help_and_markdown_say_what_is_allowed(void **state)
{
    (void)state;
    char *help = capture(cw_options_help);
    assert_non_null(strstr(help, "  detector.window  duration, 1s to 1h, "
                                 "default 5m\n      How far back it looks.\n"));
    assert_non_null(strstr(help, "whole number, samples, 1 to 1000, "));
    char *markdown = capture(cw_options_markdown);
    assert_non_null(strstr(markdown,
                           "| `detector.mode` | `CAUSEWAY_DETECTOR_MODE` | "
                           "live\\|shadow\\|off | live | What happens to a "
                           "decision. |\n"));
    assert_non_null(strstr(markdown, "| required | Where Kafka is. Needs a "
                                     "restart. |\n"));
    free(help);
    free(markdown);
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
        CLAIM(what_is_printed_reads_back_the_same),
        CLAIM(the_hash_follows_decisions_only),
        CLAIM(a_reload_takes_what_may_change_and_names_the_rest),
        CLAIM(a_reload_with_a_fault_changes_nothing),
        CLAIM(a_reload_reads_secret_files_again),
        CLAIM(help_and_markdown_say_what_is_allowed),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
