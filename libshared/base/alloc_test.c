/* Each allocation failed in turn: the linker sends malloc and its kin of our
 * code here (CMakeLists.txt). What leaks, AddressSanitizer tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/expand.h"
#include "base/log.h"
#include "base/map64.h"
#include "base/metrics.h"
#include "base/options.h"
#include "base/pack.h"
#include "base/reload.h"
#include "base/secret.h"
#include "base/watchdog.h"
#include "base/yaml.h"

/* The only state the wrappers can reach. */
static struct {
    bool armed;
    unsigned left; /* allocations that still succeed */
} failing;

static bool fails(void)
{
    if (!failing.armed)
        return false;
    return failing.left == 0 || failing.left-- == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* Fails the first allocation, then the second, until the work succeeds; until
 * then it must say CW_NO_MEMORY. Returns how often it failed. */
static unsigned fail_each(enum cw_status (*work)(struct cw_error *err))
{
    for (unsigned left = 0; left < 10000; left++) {
        struct cw_error err = {.status = CW_OK};
        failing.armed = true;
        failing.left = left;
        const enum cw_status status = work(&err);
        failing.armed = false;
        if (status == CW_OK)
            return left;
        assert_int_equal(status, CW_NO_MEMORY);
        assert_int_equal(err.status, CW_NO_MEMORY);
    }
    fail_msg("never succeeds");
    return 0;
}

static enum cw_status use_arena(struct cw_error *err)
{
    struct cw_arena *arena = NULL;
    enum cw_status status = cw_arena_create(&arena, 1 << 20, err);
    if (status == CW_OK && (cw_arena_take(arena, 100) == NULL ||
                            cw_arena_take(arena, 100000) == NULL))
        status = cw_fail(err, CW_NO_MEMORY, "arena full");
    cw_arena_destroy(&arena);
    return status;
}

static void arena_refuses(void **state)
{
    (void)state;
    assert_int_equal(fail_each(use_arena), 3);
}

static enum cw_status use_map(struct cw_error *err)
{
    struct cw_map64 *map = NULL;
    enum cw_status status = cw_map64_create(&map, 1000, err);
    for (uint64_t key = 0; status == CW_OK && key < 100; key++) {
        uint64_t value;
        status = cw_map64_put(map, key, key, err);
        if (status != CW_OK) { /* unchanged: all earlier keys are there */
            assert_int_equal(cw_map64_count(map), key);
            for (uint64_t i = 0; i < key; i++)
                assert_true(cw_map64_find(map, i, &value) && value == i);
        }
    }
    cw_map64_destroy(&map);
    return status;
}

static void map64_refuses_and_is_unchanged(void **state)
{
    (void)state;
    assert_int_equal(fail_each(use_map), 2 + 4); /* 16 slots to 256 */
}

static enum cw_status use_pack(struct cw_error *err)
{
    struct cw_pack pack;
    enum cw_status status = CW_OK;
    cw_pack_init(&pack, 1 << 20);
    for (uint64_t i = 0; i < 1000; i++)
        cw_pack_u64(&pack, i);
    if (pack.failed)
        status = cw_fail(err, CW_NO_MEMORY, "pack failed");
    else
        assert_int_equal(pack.size, 8000);
    cw_pack_fini(&pack);
    return status;
}

static void pack_turns_failed(void **state)
{
    (void)state;
    assert_int_equal(fail_each(use_pack), 6); /* 256 bytes to 8 KiB */
}

static enum cw_status use_yaml(struct cw_error *err)
{
    struct cw_arena *arena = NULL;
    const struct cw_yaml_entry *entries;
    const char *text;
    size_t count;
    enum cw_status status = cw_arena_create(&arena, 1 << 20, err);
    if (status == CW_OK)
        status = cw_yaml_read(CW_TEXT("a: {b: 1, c: [1, 2]}"), arena, &entries,
                              &count, err);
    if (status == CW_OK)
        status = cw_expand("${env:CW_NONE:-x}", arena, &text, err);
    cw_arena_destroy(&arena);
    return status;
}

static void yaml_and_expand_refuse(void **state)
{
    (void)state;
    assert_true(fail_each(use_yaml) >= 4);
}

static const struct cw_metric table[] = {
    {"causeway_x_total", CW_METRIC_COUNTER, "a", "x", CW_METRIC_STABLE, 0, NULL,
     0, 0},
};

static enum cw_status use_metrics(struct cw_error *err)
{
    struct cw_metrics *metrics = NULL;
    const struct cw_text value = CW_TEXT("v");
    const enum cw_status status =
        cw_metrics_create(&metrics, "test", table, 1, err);
    if (status == CW_OK) /* never NULL, memory or not */
        cw_cell_add(cw_metrics_cell(metrics, 0, &value), 1);
    cw_metrics_destroy(&metrics);
    return status;
}

static void metrics_refuse(void **state)
{
    (void)state;
    assert_true(fail_each(use_metrics) >= 8);
}

static void a_series_without_memory_is_dropped(void **state)
{
    (void)state;
    struct cw_metrics *metrics = NULL;
    struct cw_error err;
    const struct cw_text value = CW_TEXT("v");
    assert_int_equal(cw_metrics_create(&metrics, "test", table, 1, &err),
                     CW_OK);
    failing.armed = true;
    failing.left = 0;
    struct cw_cell *cell = cw_metrics_cell(metrics, 0, &value);
    failing.armed = false;
    assert_non_null(cell);
    cw_cell_add(cell, 5);
    assert_true(cw_cell_value(cw_metrics_cell(metrics, 0, &value)) == 0.0);
    cw_metrics_destroy(&metrics);
}

struct config {
    const char *brokers;
    const char *password;
};

static const struct cw_option options_table[] = {
    {"kafka.brokers", CW_OPT_TEXT, offsetof(struct config, brokers), "a", 0, 0,
     "", 0, "Brokers."},
    {"store.password", CW_OPT_TEXT, offsetof(struct config, password), "", 0, 0,
     "", CW_OPT_SECRET, "Password."},
};

static const char options_path[] = "/tmp/cw_alloc_options.yml";
static const char secret_path[] = "/tmp/cw_alloc_secret";

static enum cw_status use_options(struct cw_error *err)
{
    struct cw_options *options = NULL;
    struct config config = {"before", "before"};
    enum cw_status status =
        cw_options_load(&options, options_table, 2, options_path, &config, err);
    assert_true(status == CW_OK || strcmp(config.brokers, "before") == 0);
    if (status == CW_OK)
        status = cw_options_reload(options, &config, err);
    if (status == CW_BAD_CONFIG) /* a reader's fault that was no memory */
        status = cw_fail(err, CW_NO_MEMORY, "as a fault");
    cw_options_destroy(&options);
    return status;
}

static void write_file(const char *path, const char *text)
{
    (void)unlink(path);
    const int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0400);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(file);
}

static void options_refuse_and_leave_the_target(void **state)
{
    (void)state;
    write_file(options_path, "kafka:\n"
                             "  brokers: ${env:CW_NONE:-b}\n"
                             "  linger.ms: 1\n"
                             "  sasl.password_file: /tmp/cw_alloc_secret\n"
                             "store.password_file: /tmp/cw_alloc_secret\n");
    write_file(secret_path, "canary");
    assert_true(fail_each(use_options) > 20);
    (void)unlink(options_path);
    (void)unlink(secret_path);
}

static void do_nothing(void *context)
{
    (void)context;
}

static enum cw_status use_threads(struct cw_error *err)
{
    struct cw_log *log = NULL;
    struct cw_reload *reload = NULL;
    struct cw_watchdog *watchdog = NULL;
    const struct cw_clocks clock = cw_clock_system();
    enum cw_status status = cw_log_create(&log, "test", 2, &clock, err);
    if (status == CW_OK)
        status = cw_reload_create(&reload, do_nothing, NULL, err);
    const struct cw_watchdog_config config = {
        .name = "x", .limit_us = 1000000, .clock = clock, .log = log};
    if (status == CW_OK)
        status = cw_watchdog_start(&watchdog, &config, err);
    cw_watchdog_stop(&watchdog);
    cw_reload_destroy(&reload);
    cw_log_destroy(&log);
    return status;
}

static void log_reload_and_watchdog_refuse(void **state)
{
    (void)state;
    assert_int_equal(fail_each(use_threads), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_refuses),
        cmocka_unit_test(map64_refuses_and_is_unchanged),
        cmocka_unit_test(pack_turns_failed),
        cmocka_unit_test(yaml_and_expand_refuse),
        cmocka_unit_test(metrics_refuse),
        cmocka_unit_test(a_series_without_memory_is_dropped),
        cmocka_unit_test(options_refuse_and_leave_the_target),
        cmocka_unit_test(log_reload_and_watchdog_refuse),
    };
    return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
