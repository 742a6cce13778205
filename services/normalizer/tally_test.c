#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>
#include <string.h>

#include "tally.h"

static bool exposes(struct cw_metrics *metrics, const char *line)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    cw_metrics_expose(metrics, CW_METRIC_PROMETHEUS, out);
    assert_int_equal(fclose(out), 0);
    const bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

/* Two cores: one was at 5 records when it was lost, another comes and counts
 * from 0 to 2; the process has seen 7. */
static void a_new_core_goes_on_where_the_last_one_ended(void **state)
{
    struct normalizer_tally tally = {0};
    struct normalizer_counts counts = {.records = 3, .taken = 3};
    struct normalizer_counts told = {0};
    (void)state;
    normalizer_tally_add(&tally, &counts, &told);
    counts.records = 5;
    counts.emitted[COUNT_LOGS] = 4;
    normalizer_tally_add(&tally, &counts, &told);
    counts = (struct normalizer_counts){.records = 2};
    told = (struct normalizer_counts){0};
    normalizer_tally_add(&tally, &counts, &told);
    const struct normalizer_counts sum = normalizer_tally_read(&tally);
    assert_int_equal(sum.records, 7);
    assert_int_equal(sum.taken, 3);
    assert_int_equal(sum.emitted[COUNT_LOGS], 4);
}

static void every_reason_is_a_series_of_its_own(void **state)
{
    struct normalizer_tally tally = {0};
    struct normalizer_counts told = {0};
    struct normalizer_counts counts = {.records = 4, .taken = 2, .parts = 3};
    struct cw_metrics *metrics = NULL;
    struct cw_error err;
    (void)state;
    counts.refused_records = 2;
    counts.refused_records_by[CW_BAD_RECORD] = 1;
    counts.refused_records_by[CW_TOO_LARGE] = 1;
    counts.refused_parts_by[CW_BAD_RECORD] = 3;
    counts.dropped[COUNT_DROP_STALE] = 6;
    counts.emitted[COUNT_POINTS] = 9;
    normalizer_tally_add(&tally, &counts, &told);
    assert_int_equal(cw_metrics_create(&metrics, "normalizer",
                                       normalizer_metrics,
                                       normalizer_metric_count, &err),
                     CW_OK);
    normalizer_tally_collect(&tally, metrics, 0);
    normalizer_tally_collect(&tally, metrics, 0); /* not twice as much */
    static const char *const lines[] = {
        "received_total{service=\"normalizer\",outcome=\"refused\"} 2\n",
        "emitted_total{service=\"normalizer\",kind=\"points\"} 9\n",
        "discarded_total{service=\"normalizer\",reason=\"stale\"} 6\n",
        "refused_total{service=\"normalizer\",of=\"record\","
        "reason=\"too_large\"} 1\n",
        "refused_total{service=\"normalizer\",of=\"part\","
        "reason=\"bad_record\"} 3\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (!exposes(metrics, lines[i]))
            fail_msg("not exposed: %s", lines[i]);
    cw_metrics_destroy(&metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_core_goes_on_where_the_last_one_ended),
        cmocka_unit_test(every_reason_is_a_series_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
