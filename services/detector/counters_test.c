#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "counters.h"

static uint64_t number_of(const uint64_t *numbers, enum detector_metric row,
                          const char *value)
{
    for (size_t i = 0; i < DETECTOR_COUNTER_COUNT; i++)
        if (detector_counters[i].row == row &&
            (value == NULL
                 ? detector_counters[i].value == NULL
                 : detector_counters[i].value != NULL &&
                       strcmp(detector_counters[i].value, value) == 0))
            return numbers[i];
    return UINT64_MAX;
}

static void every_count_is_on_its_row(void **state)
{
    const struct detector_counts counts = {.samples = 1,
                                           .duplicates = 2,
                                           .backward = 3,
                                           .bad = 4,
                                           .resets = 5,
                                           .parked = 6,
                                           .unknown = 7,
                                           .derived = 12,
                                           .refused_series = 8,
                                           .opened = 9,
                                           .closed = 10,
                                           .forgotten = 11};
    static const struct {
        enum detector_metric row;
        const char *value;
        uint64_t number;
    } rows[] = {
        {DETECTOR_METRIC_SAMPLES, "taken", 1},
        {DETECTOR_METRIC_SAMPLES, "duplicate", 2},
        {DETECTOR_METRIC_SAMPLES, "backward", 3},
        {DETECTOR_METRIC_SAMPLES, "bad", 4},
        {DETECTOR_METRIC_SAMPLES, "unknown", 7},
        {DETECTOR_METRIC_RESETS, NULL, 5},
        {DETECTOR_METRIC_PARKED, NULL, 6},
        {DETECTOR_METRIC_SERIES, NULL, 13},
        {DETECTOR_METRIC_REFUSED, NULL, 8},
        {DETECTOR_METRIC_FORGOTTEN, NULL, 11},
        {DETECTOR_METRIC_DERIVED, NULL, 12},
        {DETECTOR_METRIC_EPISODES, "opened", 9},
        {DETECTOR_METRIC_EPISODES, "closed", 10},
    };
    uint64_t numbers[CW_CORE_COUNTERS_MAX];
    (void)state;
    detector_count(&counts, 13, numbers);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(number_of(numbers, rows[i].row, rows[i].value),
                         rows[i].number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_count_is_on_its_row),
    };
    return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
