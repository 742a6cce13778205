/* csv: rows in, cells out. */
#include "csv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct cw_arena *arena;

static int set_up(void **state)
{
    struct cw_error err;
    (void)state;
    return cw_arena_create(&arena, 1 << 20, &err) == CW_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cw_arena_destroy(&arena);
    return 0;
}

static size_t split(const char *line, struct cw_text *cells)
{
    size_t count = 0;
    assert_true(csv_split(cw_text_of(line), arena, cells, &count));
    return count;
}

static void a_row_has_its_cells(void **state)
{
    struct cw_text cells[CSV_CELLS_MAX];
    (void)state;
    assert_int_equal(split("a,,\"b,\"\"c\"\"\",d\r", cells), 4);
    assert_true(cw_text_is(cells[0], "a"));
    assert_true(cw_text_is(cells[1], ""));
    assert_true(cw_text_is(cells[2], "b,\"c\""));
    assert_true(cw_text_is(cells[3], "d"));
}

/* "a," is two cells, the second empty. */
static void an_empty_last_cell_counts(void **state)
{
    struct cw_text cells[CSV_CELLS_MAX];
    (void)state;
    assert_int_equal(split("a,", cells), 2);
    assert_true(cw_text_is(cells[1], ""));
    assert_int_equal(split("", cells), 1);
}

static void broken_quotes_are_refused(void **state)
{
    struct cw_text cells[CSV_CELLS_MAX];
    size_t count;
    (void)state;
    assert_false(csv_split(CW_TEXT("a,\"b"), arena, cells, &count));
    assert_false(csv_split(CW_TEXT("\"a\"b,c"), arena, cells, &count));
}

static void what_is_written_reads_back(void **state)
{
    static const char *const texts[] = {"plain", "a,b", "say \"x\"", ""};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *written = NULL;
        size_t size = 0;
        struct cw_text cells[CSV_CELLS_MAX];
        FILE *out = open_memstream(&written, &size);
        csv_write(cw_text_of(texts[i]), out);
        assert_int_equal(fclose(out), 0);
        assert_int_equal(split(written, cells), 1);
        assert_true(cw_text_is(cells[0], texts[i]));
        free(written);
    }
}

/* 2014-02-14T14:30:00Z = 1392388200 s. */
static void times_are_read_in_every_usual_form(void **state)
{
    static const char *const same[] = {"2014-02-14 14:30:00",
                                       "2014-02-14T14:30:00Z",
                                       "1392388200",
                                       "1392388200000",
                                       "1392388200.0",
                                       "2014-02-14 14:30",
                                       "2014-02-14T16:30:00+02:00"};
    int64_t at;
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_true(csv_time(cw_text_of(same[i]), &at));
        assert_int_equal(at, INT64_C(1392388200000000));
    }
    assert_true(csv_time(CW_TEXT("1970-01-02"), &at));
    assert_int_equal(at, INT64_C(86400000000));
    assert_false(csv_time(CW_TEXT("timestamp"), &at));
    assert_false(csv_time(CW_TEXT(""), &at));
}

static void a_missing_number_is_nan_and_a_word_is_none(void **state)
{
    double number = 0;
    (void)state;
    assert_true(csv_number(CW_TEXT(" 2.5 "), &number) && number == 2.5);
    assert_true(csv_number(CW_TEXT(""), &number) && isnan(number));
    assert_true(csv_number(CW_TEXT("NaN"), &number) && isnan(number));
    assert_true(csv_number(CW_TEXT("null"), &number) && isnan(number));
    assert_false(csv_number(CW_TEXT("value"), &number));
    assert_false(csv_number(CW_TEXT("1 2"), &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_has_its_cells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_last_cell_counts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(broken_quotes_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_written_reads_back, set_up,
                                        tear_down),
        cmocka_unit_test(times_are_read_in_every_usual_form),
        cmocka_unit_test(a_missing_number_is_nan_and_a_word_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
