#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>
#include <string.h>

#include "stream/stream_metrics.h"

/* A program with two rows of its own, and a core that counts three numbers. */
static const struct cw_metric own[] = {
    {"causeway_test_lines_total", CW_METRIC_COUNTER, "outcome", "lines",
     CW_METRIC_EVOLVING, 0, NULL, 0, 8},
    {"causeway_test_open", CW_METRIC_GAUGE, "", "open now", CW_METRIC_EVOLVING,
     0, NULL, 0, 0},
};
static const struct cw_core_counter counters[] = {
    {0, "taken"}, {0, "dropped"}, {1, NULL}};
static const struct cw_core_type type = {
    .name = "test", .counters = counters, .counter_count = 3};

struct fixture {
    struct cw_metric *table;
    struct cw_metrics *metrics;
};

static int set_up(void **state)
{
    struct cw_error err;
    const size_t count = cw_stream_metric_count + 2;
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->table = calloc(count, sizeof(*f->table));
    assert_non_null(f->table);
    memcpy(f->table, cw_stream_metrics,
           cw_stream_metric_count * sizeof(*f->table));
    memcpy(f->table + cw_stream_metric_count, own, sizeof(own));
    assert_int_equal(
        cw_metrics_create(&f->metrics, "test", f->table, count, &err), CW_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_metrics_destroy(&f->metrics);
    free(f->table);
    free(f);
    return 0;
}

static bool exposes(const struct fixture *f, const char *line)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    cw_metrics_expose(f->metrics, CW_METRIC_PROMETHEUS, out);
    assert_int_equal(fclose(out), 0);
    const bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

static void what_counts_is_a_counter(void **state)
{
    (void)state;
    for (size_t i = 0; i < cw_stream_metric_count; i++) {
        const char *name = cw_stream_metrics[i].name;
        const char *total = strstr(name, "_total");
        const bool counter = total != NULL && strlen(total) == 6;
        assert_int_equal(counter,
                         cw_stream_metrics[i].type == CW_METRIC_COUNTER);
    }
}

static void counters_rise_and_gauges_follow(void **state)
{
    struct fixture *f = *state;
    struct cw_loop_state now = {.messages_in = 7,
                                .flow = {.items = 5, .tasks = 2, .held = 100}};
    now.flow.letters.by[CW_BAD_RECORD] = 3;
    cw_stream_metrics_set(f->metrics, "a", &now);
    cw_stream_metrics_set(f->metrics, "a", &now); /* not twice as much */
    now.flow.items = 9;
    now.flow.tasks = 1;
    cw_stream_metrics_set(f->metrics, "a", &now);
    static const char *const lines[] = {
        "# TYPE causeway_stream_items_total counter\n",
        "causeway_stream_messages_in_total{service=\"test\",role=\"a\"} 7\n",
        "causeway_stream_items_total{service=\"test\",role=\"a\"} 9\n",
        "causeway_stream_tasks{service=\"test\",role=\"a\"} 1\n",
        ("causeway_dead_letters_total{service=\"test\",role=\"a\","
         "reason=\"bad_record\"} 3\n"),
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (!exposes(f, lines[i]))
            fail_msg("not exposed: %s", lines[i]);
    assert_false(exposes(f, "reason=\"too_large\""));
}

/* 4 lines of a partition that has gone and 2 of today's are 6; open is only
 * what there is now, and nothing when the last partition has gone. */
static void cores_count_on_over_partitions(void **state)
{
    struct fixture *f = *state;
    struct cw_flow_state now = {.gone = {4, 1, 50}, .there = {2, 0, 3}};
    cw_stream_metrics_core(f->metrics, own, &type, &now);
    assert_true(
        exposes(f, "test_lines_total{service=\"test\",outcome=\"taken\"} 6\n"));
    assert_true(exposes(
        f, "test_lines_total{service=\"test\",outcome=\"dropped\"} 1\n"));
    assert_true(exposes(f, "test_open{service=\"test\"} 3\n"));
    now = (struct cw_flow_state){.gone = {6, 1, 53}};
    cw_stream_metrics_core(f->metrics, own, &type, &now);
    assert_true(
        exposes(f, "test_lines_total{service=\"test\",outcome=\"taken\"} 6\n"));
    assert_true(exposes(f, "test_open{service=\"test\"} 0\n"));
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(what_counts_is_a_counter),
        CLAIM(counters_rise_and_gauges_follow),
        CLAIM(cores_count_on_over_partitions),
    };
    return cmocka_run_group_tests_name("stream_metrics", tests, NULL, NULL);
}
