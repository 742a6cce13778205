#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stream/service_options.h"
#include "stream/settings.h"

struct core_config {
    int64_t window_us;
};

/* All of a process in one struct, as main.c has it. */
static struct process {
    struct cw_service_options common;
    struct core_config core;
} process;

static const struct cw_option core_rows[] = {
    {"core.window", CW_OPT_DURATION, offsetof(struct core_config, window_us),
     "5m", 1e6, 3.6e9, "", 0, "what a decision looks at"},
};

static const struct cw_option_group groups[] = {{core_rows, 1, &process.core}};

static const struct cw_program program = {
    .name = "test",
    .summary = "a test",
    .options = &process.common,
    .stall = "45s",
    .groups = groups,
    .group_count = 1,
};

static struct cw_settings made(void)
{
    struct cw_settings settings;
    struct cw_error err;
    memset(&process, 0, sizeof(process));
    assert_int_equal(cw_settings_init(&settings, &program, &err), CW_OK);
    return settings;
}

/* A file that the test may write again; gone with its descriptor. */
static int file_of(const char *text, char path[64])
{
    (void)snprintf(path, 64, "/tmp/settings_test.XXXXXX");
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    return file;
}

static void rows_of_groups_reach_their_struct(void **state)
{
    char path[64];
    struct cw_error err;
    struct cw_settings settings = made();
    const int file =
        file_of("kafka:\n  brokers: b:9092\ncore:\n  window: 7m\n", path);
    (void)state;
    assert_int_equal(settings.row_count, cw_service_option_count + 1);
    assert_int_equal(cw_settings_load(&settings, path, &err), CW_OK);
    assert_string_equal(process.common.brokers, "b:9092");
    assert_int_equal(process.core.window_us, INT64_C(7) * 60 * 1000000);
    assert_int_equal(process.common.stall_limit_us, INT64_C(45) * 1000000);
    (void)close(file);
    (void)unlink(path);
    cw_settings_fini(&settings);
}

/* Else the same records would be decided by two configurations, and a replay
 * could not tell where one ended. */
static void a_reload_does_not_reach_a_running_core(void **state)
{
    static const char changed[] = "log.level: debug\nkafka:\n  brokers: "
                                  "b:9092\ncore:\n  window: 9m\n";
    char path[64];
    struct cw_error err;
    struct cw_settings settings = made();
    const int file =
        file_of("kafka:\n  brokers: b:9092\ncore:\n  window: 7m\n", path);
    (void)state;
    assert_int_equal(cw_settings_load(&settings, path, &err), CW_OK);
    assert_int_equal(pwrite(file, changed, sizeof(changed) - 1, 0),
                     (ssize_t)sizeof(changed) - 1);
    assert_int_equal(cw_options_reload(settings.options, &process, &err),
                     CW_OK);
    assert_int_equal(process.core.window_us, INT64_C(7) * 60 * 1000000);
    assert_string_equal(process.common.log_level, "debug");
    assert_int_equal(cw_options_change_count(settings.options), 2);
    (void)close(file);
    (void)unlink(path);
    cw_settings_fini(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_groups_reach_their_struct),
        cmocka_unit_test(a_reload_does_not_reach_a_running_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
