/* retries: a letter is put in once, however often one asks. */
#include "retries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct retries *make(void)
{
    struct retries *retries = NULL;
    struct cw_error err;
    assert_int_equal(retries_create(&retries, "cw.deadletter", &err), CW_OK);
    return retries;
}

static void choose(struct retries *retries, int64_t at, const char *topic,
                   int32_t partition, int64_t offset)
{
    const struct cw_dead_letter letter = {
        .topic = cw_text_of(topic), .partition = partition, .offset = offset};
    struct cw_error err;
    assert_int_equal(retries_choose(retries, 0, at, &letter, &err), CW_OK);
}

static void what_was_found_is_not_wanted_again(void **state)
{
    struct retries *retries = make();
    (void)state;
    choose(retries, 17, "logs", 0, 5);
    choose(retries, 18, "logs", 0, 6);
    retries_found(retries, CW_TEXT("cw.deadletter/0/17"));
    retries_found(retries, CW_TEXT("cw.deadletter/0/17"));
    assert_false(retries_wants(retries, 0, 17));
    assert_true(retries_wants(retries, 0, 18));
    assert_int_equal(retries_chosen(retries), 2);
    assert_int_equal(retries_found_count(retries), 1);
    retries_destroy(&retries);
}

static void headers_of_others_mean_nothing(void **state)
{
    static const char *const names[] = {"other.deadletter/0/17",
                                        "cw.deadletter/1/17",
                                        "cw.deadletter/0/1",
                                        "cw.deadletter/0/170",
                                        "",
                                        "garbage"};
    struct retries *retries = make();
    (void)state;
    choose(retries, 17, "logs", 0, 5);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        retries_found(retries, cw_text_of(names[i]));
    assert_true(retries_wants(retries, 0, 17));
    assert_int_equal(retries_found_count(retries), 0);
    retries_destroy(&retries);
}

static void a_letter_that_came_meanwhile_is_not_wanted(void **state)
{
    struct retries *retries = make();
    (void)state;
    choose(retries, 17, "logs", 0, 5);
    assert_false(retries_wants(retries, 0, 19));
    assert_false(retries_wants(retries, 3, 17));
    retries_destroy(&retries);
}

/* logs/0 at 9, 4, 7 is looked at from 4 on; logs/1 from 2 on. */
static void each_raw_partition_is_looked_at_from_its_first_record(void **state)
{
    struct retries *retries = make();
    size_t count = 0;
    (void)state;
    choose(retries, 1, "logs", 0, 9);
    choose(retries, 2, "logs", 1, 2);
    choose(retries, 3, "logs", 0, 4);
    choose(retries, 4, "logs", 0, 7);
    const struct retries_place *places = retries_places(retries, &count);
    assert_int_equal(count, 2);
    assert_string_equal(places[0].topic, "logs");
    assert_int_equal(places[0].offset, 4);
    assert_int_equal(places[1].partition, 1);
    assert_int_equal(places[1].offset, 2);
    retries_destroy(&retries);
}

static void only_whole_raw_records_can_be_put_in_again(void **state)
{
    const struct cw_dead_letter raw = {
        .topic = CW_TEXT("logs"), .index = -1, .message = CW_TEXT("no JSON")};
    struct cw_dead_letter other = raw;
    (void)state;
    assert_true(retries_can(&raw));
    other.index = 0; /* a part */
    assert_false(retries_can(&other));
    other = raw;
    other.offset = -1; /* an item of our topic logs, refused by a core */
    assert_false(retries_can(&other));
    other = raw;
    other.retry = 1000;
    assert_false(retries_can(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_whole_raw_records_can_be_put_in_again),
        cmocka_unit_test(what_was_found_is_not_wanted_again),
        cmocka_unit_test(headers_of_others_mean_nothing),
        cmocka_unit_test(a_letter_that_came_meanwhile_is_not_wanted),
        cmocka_unit_test(each_raw_partition_is_looked_at_from_its_first_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
