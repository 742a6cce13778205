#include "desk.h"

static void lines_and_objects_run_together_are_read_alike(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "{\"name\":\"a\",\"value\":\"1\"}\n{\"name\":\"b\",\"value\":\"2\"}\n",
        "{\"name\":\"a\",\"value\":\"1\"}{\"name\":\"b\",\"value\":\"2\"}",
        "\xef\xbb\xbf{\"name\":\"a\",\"value\":\"1\"}\r\n"
        "{\"name\":\"b\",\"value\":\"2\"}\r\n",
        "[{\"name\":\"a\",\"value\":\"1\"},{\"name\":\"b\",\"value\":2}]",
    };
    int64_t first = 0;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct desk desk = open_with(&plain_config);
        give_text(&desk, "prometheus", forms[i]);
        const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
        assert_int_equal(run->series_count, 2);
        assert_text(run->definitions[0].name, "a");
        assert_text(run->definitions[1].name, "b");
        assert_true(run->values[1] == 2.0);
        first = i == 0 ? run->series[0] : first;
        assert_int_equal(run->series[0], first);
        cw_drive_destroy(&desk.drive);
    }
}

static void a_bad_line_leaves_alone_and_the_good_go_on(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "prometheus",
              "{\"name\":\"a\",\"value\":\"1\"}\n{\"name\":\"b\",\n"
              "{\"name\":\"c\",\"value\":\"3\"}\n{\"name\":\"d\","
              "\"value\":\"x\"}\n");
    const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
    assert_int_equal(run->series_count, 2);
    assert_int_equal(count_of(&desk, CW_TOPIC_DEADLETTER), 2);
    const struct cw_dead_letter *first = letter_at(&desk, 0);
    const struct cw_dead_letter *second = letter_at(&desk, 1);
    assert_int_equal(first->index, 1);
    assert_text(first->value, "{\"name\":\"b\",");
    assert_text(first->code, "bad_record");
    assert_int_equal(second->index, 3);
    assert_text(second->value, "{\"name\":\"d\",\"value\":\"x\"}");
    cw_drive_destroy(&desk.drive);
}

/* A value of several lines is found behind 15 that never close; behind 16, a
 * value has its line (documents.c: UNCLOSED_MAX), which makes four parts of a.
 * Found by fuzzing change. */
static void many_that_never_close_are_taken_by_the_line(void **state)
{
    static const struct {
        unsigned unclosed;
        size_t series;
        size_t letters;
    } cases[] = {{15, 2, 15}, {16, 1, 20}, {100, 1, 104}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct desk desk = open_with(&plain_config);
        char text[2048] = "";
        size_t size = 0;
        for (unsigned n = 0; n < cases[i].unclosed; n++)
            size += (size_t)snprintf(text + size, sizeof(text) - size, "[\n");
        (void)snprintf(text + size, sizeof(text) - size,
                       "{\"name\":\"a\",\n\"value\":\"1\"}\n"
                       "{\"name\":\"b\",\"value\":\"2\"}\n");
        give_text(&desk, "prometheus", text);
        const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
        assert_int_equal(run->series_count, cases[i].series);
        assert_int_equal(count_of(&desk, CW_TOPIC_DEADLETTER),
                         cases[i].letters);
        cw_drive_destroy(&desk.drive);
    }
}

static void a_record_that_is_not_json_leaves_whole(void **state)
{
    (void)state;
    struct desk desk = open_with(&plain_config);
    give_text(&desk, "prometheus", "{\"name\":");
    const struct cw_dead_letter *letter = only(&desk, CW_TOPIC_DEADLETTER);
    assert_int_equal(letter->index, -1);
    assert_text(letter->value, "{\"name\":");
    assert_text(letter->service, "normalizer");
    assert_text(letter->topic, "prometheus");
    assert_int_equal(cw_drive_output_count(desk.drive), 1);
    cw_drive_destroy(&desk.drive);
}

static void a_record_of_too_many_parts_is_refused_whole(void **state)
{
    (void)state;
    static const struct normalizer_config config = {.parts_max = 2};
    struct desk desk = open_with(&config);
    give_text(&desk, "prometheus",
              "[{\"name\":\"a\",\"value\":1},{\"name\":\"b\",\"value\":1}]");
    assert_int_equal(count_of(&desk, CW_TOPIC_METRICS), 1);
    give_text(&desk, "prometheus",
              "[{\"name\":\"a\",\"value\":1},{\"name\":\"b\",\"value\":1},"
              "{\"name\":\"c\",\"value\":1}]");
    assert_int_equal(count_of(&desk, CW_TOPIC_METRICS), 1);
    const struct cw_dead_letter *letter = only(&desk, CW_TOPIC_DEADLETTER);
    assert_text(letter->code, "too_large");
    assert_int_equal(letter->index, -1);
    give_text(&desk, "prometheus", "]]]]"); /* nor is more of it read */
    letter = letter_at(&desk, 1);
    assert_text(letter->code, "too_large");
    assert_text(letter->message,
                "record of 4 bytes and 3 parts is too much at once");
    cw_drive_destroy(&desk.drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_objects_run_together_are_read_alike),
        cmocka_unit_test(a_bad_line_leaves_alone_and_the_good_go_on),
        cmocka_unit_test(many_that_never_close_are_taken_by_the_line),
        cmocka_unit_test(a_record_that_is_not_json_leaves_whole),
        cmocka_unit_test(a_record_of_too_many_parts_is_refused_whole),
    };
    return cmocka_run_group_tests_name("documents", tests, NULL, NULL);
}
