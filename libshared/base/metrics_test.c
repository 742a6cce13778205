#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/metrics.h"

enum { RECORDS, BUSY, LAG, LATENCY, TINY, ROWS };

static const double bounds[] = {0.5, 1.0, 2.5};

static const struct cw_metric table[ROWS] = {
    [RECORDS] = {"causeway_records_total", CW_METRIC_COUNTER, "topic,result",
                 "Records taken.", CW_METRIC_STABLE, 0, NULL, 0, 0},
    [BUSY] = {"causeway_busy_seconds_total", CW_METRIC_COUNTER, "",
              "Time spent deciding.", CW_METRIC_STABLE, 1e-6, NULL, 0, 0},
    [LAG] = {"causeway_lag_seconds", CW_METRIC_GAUGE, "partition",
             "Distance to the end.", CW_METRIC_STABLE, 0, NULL, 0, 2},
    [LATENCY] = {"causeway_latency_seconds", CW_METRIC_HISTOGRAM, "",
                 "Time from in to out.", CW_METRIC_EVOLVING, 0, bounds, 3, 0},
    [TINY] = {"causeway_depth", CW_METRIC_GAUGE, "", "Depth of the queue.",
              CW_METRIC_EVOLVING, 0, NULL, 0, 0},
};

static int set_up(void **state)
{
    struct cw_metrics *metrics = NULL;
    struct cw_error err;
    assert_int_equal(cw_metrics_create(&metrics, "detector", table, ROWS, &err),
                     CW_OK);
    *state = metrics;
    return 0;
}

static int tear_down(void **state)
{
    struct cw_metrics *metrics = *state;
    cw_metrics_destroy(&metrics);
    assert_null(metrics);
    return 0;
}

/* The exposition, which the caller frees. Inlined, gcc 12 takes the result for
 * the address of the variable open_memstream was given. */
static char *__attribute__((noinline))
expose(struct cw_metrics *metrics, enum cw_metric_format format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cw_metrics_expose(metrics, format, out);
    (void)fclose(out);
    return text;
}

static void assert_shows(struct cw_metrics *metrics, const char *line)
{
    char *text = expose(metrics, CW_METRIC_PROMETHEUS);
    if (strstr(text, line) == NULL)
        fail_msg("not shown: %s\n%s", line, text);
    free(text);
}

static void assert_hides(struct cw_metrics *metrics, const char *part)
{
    char *text = expose(metrics, CW_METRIC_PROMETHEUS);
    if (strstr(text, part) != NULL)
        fail_msg("shown: %s\n%s", part, text);
    free(text);
}

static struct cw_cell *records(struct cw_metrics *metrics, const char *topic,
                               const char *result)
{
    const struct cw_text values[] = {cw_text_of(topic), cw_text_of(result)};
    return cw_metrics_cell(metrics, RECORDS, values);
}

static struct cw_cell *lag(struct cw_metrics *metrics, const char *partition)
{
    const struct cw_text value = cw_text_of(partition);
    return cw_metrics_cell(metrics, LAG, &value);
}

static void a_counter_counts_per_label_set(void **state)
{
    struct cw_metrics *m = *state;
    cw_cell_add(records(m, "logs", "taken"), 2);
    cw_cell_add(records(m, "logs", "refused"), 1);
    cw_cell_add(records(m, "logs", "taken"), 3);
    assert_shows(m, "# HELP causeway_records_total Records taken.\n"
                    "# TYPE causeway_records_total counter\n"
                    "causeway_records_total{service=\"detector\","
                    "topic=\"logs\",result=\"taken\"} 5\n"
                    "causeway_records_total{service=\"detector\","
                    "topic=\"logs\",result=\"refused\"} 1\n");
}

static void a_counter_of_microseconds_shows_seconds(void **state)
{
    struct cw_metrics *m = *state;
    assert_shows(m, "causeway_busy_seconds_total{service=\"detector\"} 0\n");
    cw_metrics_add(m, BUSY, 1250000);
    assert_shows(m, "causeway_busy_seconds_total{service=\"detector\"} 1.25\n");
}

/* By hand: 0.5 is in the first bucket (le is inclusive), 0.7 in the second,
 * 3 beyond the last; sum 4.2; NaN nowhere. */
static void a_histogram_cumulates(void **state)
{
    struct cw_metrics *m = *state;
    cw_metrics_observe(m, LATENCY, 0.5);
    cw_metrics_observe(m, LATENCY, 0.7);
    cw_metrics_observe(m, LATENCY, 3.0);
    cw_metrics_observe(m, LATENCY, (double)NAN);
#define L "causeway_latency_seconds"
    assert_shows(m, L "_bucket{service=\"detector\",le=\"0.5\"} 1\n" L
                      "_bucket{service=\"detector\",le=\"1\"} 2\n" L
                      "_bucket{service=\"detector\",le=\"2.5\"} 2\n" L
                      "_bucket{service=\"detector\",le=\"+Inf\"} 3\n" L
                      "_sum{service=\"detector\"} 4.2\n" L
                      "_count{service=\"detector\"} 3\n");
}

static void a_series_beyond_the_bound_is_dropped_and_counted(void **state)
{
    struct cw_metrics *m = *state;
    cw_cell_set(lag(m, "0"), 1.0);
    cw_cell_set(lag(m, "1"), 2.0);
    cw_cell_set(lag(m, "2"), 3.0);
    cw_cell_set(lag(m, "3"), 4.0);
    assert_hides(m, "partition=\"2\"");
    assert_shows(m, "causeway_metrics_dropped_labels_total{service="
                    "\"detector\",metric=\"causeway_lag_seconds\"} 2\n");
}

static void a_removed_series_is_gone_and_its_place_free(void **state)
{
    struct cw_metrics *m = *state;
    const struct cw_text zero = CW_TEXT("0");
    cw_cell_set(lag(m, "0"), 7.0);
    cw_cell_set(lag(m, "1"), 2.0);
    cw_metrics_remove(m, LAG, &zero);
    cw_metrics_remove(m, LAG, &zero); /* absent already: nothing */
    assert_hides(m, "partition=\"0\"");
    assert_shows(m, "causeway_lag_seconds{service=\"detector\","
                    "partition=\"1\"} 2\n");
    assert_true(cw_cell_value(lag(m, "2")) == 0.0); /* not the old 7 */
    assert_shows(m, "partition=\"2\"} 0\n");
    assert_hides(m, "dropped");
}

static void a_family_without_series_has_no_head(void **state)
{
    struct cw_metrics *m = *state;
    assert_hides(m, "causeway_records_total");
}

static void label_values_are_escaped_and_bounded(void **state)
{
    struct cw_metrics *m = *state;
    char text[300];
    memset(text, 'x', sizeof(text));
    const struct cw_text values[] = {CW_TEXT("a\"b\\c\nd\xff"),
                                     {text, sizeof(text)}};
    cw_cell_add(cw_metrics_cell(m, RECORDS, values), 1);
    cw_cell_add(cw_metrics_cell(m, RECORDS, values), 1); /* found again */
    text[128] = '\0';
    char line[400];
    (void)snprintf(line, sizeof(line),
                   "topic=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\",result=\"%s\"} 2\n",
                   text);
    assert_shows(m, line);
}

static void openmetrics_differs_where_it_must(void **state)
{
    struct cw_metrics *m = *state;
    cw_metrics_observe(m, LATENCY, 0.7);
    char *text = expose(m, CW_METRIC_OPENMETRICS);
    assert_non_null(strstr(text, "# TYPE causeway_busy_seconds counter\n"
                                 "causeway_busy_seconds_total{"));
    assert_non_null(strstr(text, "le=\"1.0\"} 1\n"));
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    free(text);
}

static void the_accept_header_chooses(void **state)
{
    (void)state;
    assert_int_equal(cw_metrics_format_of(NULL), CW_METRIC_PROMETHEUS);
    assert_int_equal(cw_metrics_format_of("text/plain"), CW_METRIC_PROMETHEUS);
    assert_int_equal(
        cw_metrics_format_of("application/openmetrics-text;version=1.0.0,*/*"),
        CW_METRIC_OPENMETRICS);
}

static void the_process_tells_about_itself(void **state)
{
    struct cw_metrics *m = *state;
    char *text = expose(m, CW_METRIC_PROMETHEUS);
    const char *resident = strstr(text, "\nprocess_resident_memory_bytes ");
    const char *start = strstr(text, "\nprocess_start_time_seconds ");
    assert_non_null(resident);
    assert_non_null(start);
    assert_true(strtod(strchr(resident, ' '), NULL) > 1e5);
    assert_true(strtod(strchr(start, ' '), NULL) > 1.6e9);
    assert_non_null(strstr(text, "causeway_build_info{service=\"detector\","
                                 "version=\"" CW_VERSION "\"} 1\n"));
    free(text);
}

static void a_refused_configuration_leaves_time_and_hash(void **state)
{
    struct cw_metrics *m = *state;
    cw_metrics_config(m, true, UINT64_C(0xFFFF000000000005), 1500000);
    cw_metrics_config(m, false, 9, 2500000);
    assert_shows(m, "causeway_config_last_reload_successful{"
                    "service=\"detector\"} 0\n");
    assert_shows(m, "timestamp_seconds{service=\"detector\"} 1.5\n");
    assert_shows(m, "causeway_config_hash{service=\"detector\"} 5\n");
}

static void set_depth(void *context)
{
    cw_metrics_set(context, TINY, 42.0);
}

static void collectors_run_before_each_exposition(void **state)
{
    struct cw_metrics *m = *state;
    struct cw_error err;
    for (int i = 0; i < 8; i++)
        assert_int_equal(cw_metrics_on_collect(m, set_depth, m, &err), CW_OK);
    assert_int_equal(cw_metrics_on_collect(m, set_depth, m, &err), CW_FULL);
    assert_shows(m, "causeway_depth{service=\"detector\"} 42\n");
}

static void *count_many(void *context)
{
    struct cw_metrics *m = context;
    for (int i = 0; i < 5000; i++) {
        cw_metrics_add(m, BUSY, 1);
        cw_metrics_observe(m, LATENCY, 1.0);
        cw_cell_add(records(m, "logs", i % 2 ? "a" : "b"), 1);
    }
    return NULL;
}

static void threads_lose_no_count(void **state)
{
    struct cw_metrics *m = *state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, m), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_shows(m, "causeway_busy_seconds_total{service=\"detector\"} 0.02\n");
    assert_shows(m, "causeway_latency_seconds_sum{service=\"detector\"} "
                    "20000\n");
    assert_true(cw_cell_value(records(m, "logs", "a")) == 10000.0);
}

static void a_table_that_breaks_a_rule_is_refused(void **state)
{
    static const double falling[] = {1.0, 1.0};
    const struct cw_metric refused[] = {
        {"up", CW_METRIC_GAUGE, "", "h", CW_METRIC_STABLE, 0, NULL, 0, 0},
        {"causeway_X", CW_METRIC_GAUGE, "", "h", CW_METRIC_STABLE, 0, NULL, 0,
         0},
        {"causeway_x", CW_METRIC_COUNTER, "", "h", CW_METRIC_STABLE, 0, NULL, 0,
         0},
        {"causeway_x_total", CW_METRIC_GAUGE, "", "h", CW_METRIC_STABLE, 0,
         NULL, 0, 0},
        {"causeway_x", CW_METRIC_GAUGE, "", "", CW_METRIC_STABLE, 0, NULL, 0,
         0},
        {"causeway_x", CW_METRIC_GAUGE, "a,b,c,d,e", "h", CW_METRIC_STABLE, 0,
         NULL, 0, 0},
        {"causeway_x", CW_METRIC_GAUGE, "a b", "h", CW_METRIC_STABLE, 0, NULL,
         0, 0},
        {"causeway_x", CW_METRIC_HISTOGRAM, "", "h", CW_METRIC_STABLE, 0,
         falling, 2, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct cw_metrics *metrics = NULL;
        struct cw_error err;
        assert_int_equal(cw_metrics_create(&metrics, "x", &refused[i], 1, &err),
                         CW_BROKEN);
        assert_null(metrics);
    }
}

static void the_markdown_has_a_row_each(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cw_metrics_markdown(table, ROWS, out);
    cw_metrics_markdown_common(out);
    (void)fclose(out);
    assert_non_null(strstr(text, "| `causeway_records_total` | counter | "
                                 "topic,result | Records taken. | stable |\n"));
    assert_non_null(strstr(text, "| `causeway_build_info` | gauge |"));
    free(text);
}

int main(int count, char **arguments)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(a_counter_counts_per_label_set),
        CLAIM(a_counter_of_microseconds_shows_seconds),
        CLAIM(a_histogram_cumulates),
        CLAIM(a_series_beyond_the_bound_is_dropped_and_counted),
        CLAIM(a_removed_series_is_gone_and_its_place_free),
        CLAIM(a_family_without_series_has_no_head),
        CLAIM(label_values_are_escaped_and_bounded),
        CLAIM(openmetrics_differs_where_it_must),
        CLAIM(the_process_tells_about_itself),
        CLAIM(a_refused_configuration_leaves_time_and_hash),
        CLAIM(collectors_run_before_each_exposition),
        CLAIM(threads_lose_no_count),
        cmocka_unit_test(the_accept_header_chooses),
        cmocka_unit_test(a_table_that_breaks_a_rule_is_refused),
        cmocka_unit_test(the_markdown_has_a_row_each),
    };
    if (count == 2) { /* an exposition for promtool check metrics */
        struct cw_metrics *m = NULL;
        void *state = NULL;
        (void)set_up(&state);
        m = state;
        cw_cell_add(records(m, "logs", "taken"), 2);
        cw_metrics_observe(m, LATENCY, 0.5);
        cw_metrics_expose(m,
                          strcmp(arguments[1], "open") == 0
                              ? CW_METRIC_OPENMETRICS
                              : CW_METRIC_PROMETHEUS,
                          stdout);
        return tear_down(&state);
    }
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
