#include "base/options_fixture.h"

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
    assert_non_null(strstr(markdown, "| required | Where Kafka is; needs a "
                                     "restart |\n"));
    free(help);
    free(markdown);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(what_is_printed_reads_back_the_same),
        CLAIM(the_hash_follows_decisions_only),
        CLAIM(a_reload_takes_what_may_change_and_names_the_rest),
        CLAIM(a_reload_with_a_fault_changes_nothing),
        CLAIM(a_reload_reads_secret_files_again),
        CLAIM(help_and_markdown_say_what_is_allowed),
    };
    return cmocka_run_group_tests_name("options_change", tests, NULL, NULL);
}
