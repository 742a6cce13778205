#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>
#include <string.h>

#include "stream/lags.h"

enum { MESSAGES, SECONDS, ROWS };

static const struct cw_metric table[ROWS] = {
    [MESSAGES] = {"causeway_consumer_lag", CW_METRIC_GAUGE,
                  "role,topic,partition", "Behind.", CW_METRIC_STABLE, 0, NULL,
                  0, CW_LAGS_MAX},
    [SECONDS] = {"causeway_consumer_lag_seconds", CW_METRIC_GAUGE,
                 "role,topic,partition", "Behind.", CW_METRIC_STABLE, 0, NULL,
                 0, CW_LAGS_MAX},
};

struct fixture {
    struct cw_lags *lags;
    struct cw_metrics *metrics;
    char *text;
    size_t size;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct cw_error err;
    f = (struct fixture){0};
    assert_int_equal(cw_lags_create(&f.lags, &err), CW_OK);
    assert_int_equal(cw_metrics_create(&f.metrics, "test", table, ROWS, &err),
                     CW_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_lags_destroy(&f->lags);
    cw_metrics_destroy(&f->metrics);
    free(f->text);
    return 0;
}

static void say(struct fixture *f, const struct cw_lag *lags, size_t count)
{
    cw_lags_begin(f->lags);
    for (size_t i = 0; i < count; i++)
        cw_lags_add(f->lags, &lags[i]);
    cw_lags_end(f->lags);
}

static bool exposes(struct fixture *f, const char *line)
{
    free(f->text);
    f->text = NULL;
    cw_lags_expose(f->lags, f->metrics, MESSAGES, SECONDS, "detector");
    FILE *out = open_memstream(&f->text, &f->size);
    assert_non_null(out);
    cw_metrics_expose(f->metrics, CW_METRIC_PROMETHEUS, out);
    assert_int_equal(fclose(out), 0);
    return strstr(f->text, line) != NULL;
}

static void what_is_owned_is_told_by_topic_and_partition(void **state)
{
    static const struct cw_lag lags[] = {{"cw.metrics", 0, 7, 1.5},
                                         {"cw.metrics", 1, 0, 0.0}};
    struct fixture *f = *state;
    say(f, lags, 2);
    assert_true(exposes(f, "causeway_consumer_lag{service=\"test\",role="
                           "\"detector\",topic=\"cw.metrics\",partition="
                           "\"0\"} 7\n"));
    assert_true(exposes(f, "causeway_consumer_lag_seconds{service=\"test\","
                           "role=\"detector\",topic=\"cw.metrics\","
                           "partition=\"0\"} 1.5\n"));
    assert_true(exposes(f, "partition=\"1\"} 0\n"));
}

static void what_went_to_another_is_told_no_more(void **state)
{
    static const struct cw_lag before[] = {{"cw.metrics", 0, 7, 1.0},
                                           {"cw.metrics", 1, 9, 1.0}};
    static const struct cw_lag after[] = {{"cw.metrics", 1, 4, 1.0}};
    struct fixture *f = *state;
    say(f, before, 2);
    assert_true(exposes(f, "partition=\"0\"} 7\n"));
    say(f, after, 1);
    assert_false(exposes(f, "partition=\"0\""));
    assert_true(exposes(f, "partition=\"1\"} 4\n"));
    say(f, NULL, 0);
    assert_false(exposes(f, "partition="));
}

static void more_than_fit_are_left_out(void **state)
{
    struct fixture *f = *state;
    cw_lags_begin(f->lags);
    for (int32_t i = 0; i <= (int32_t)CW_LAGS_MAX; i++)
        cw_lags_add(f->lags, &(struct cw_lag){"cw.metrics", i, 1, 0.0});
    cw_lags_end(f->lags);
    assert_true(exposes(f, "partition=\"1023\"} 1\n"));
    assert_false(exposes(f, "partition=\"1024\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_owned_is_told_by_topic_and_partition),
        TEST(what_went_to_another_is_told_no_more),
        TEST(more_than_fit_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
