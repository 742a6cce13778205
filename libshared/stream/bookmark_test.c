#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "base/time.h"
#include "stream/bookmark.h"

static int64_t parse(const char *text)
{
    return cw_bookmark_parse("slice", cw_text_of(text));
}

static void what_is_written_reads_back(void **state)
{
    static const int64_t times[] = {0, -1, 1700000000050000, CW_TIME_MAX - 1,
                                    1 - CW_TIME_MAX};
    char text[CW_BOOKMARK_TEXT_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        const size_t size = cw_bookmark_format("slice", times[i], text);
        assert_int_equal(size, strlen(text));
        assert_int_equal(parse(text), times[i]);
    }
    (void)cw_bookmark_format("stream", 1700000000012345, text);
    assert_string_equal(text, "stream=1700000000012345");
}

static void what_nobody_wrote_is_none(void **state)
{
    static const char *const texts[] = {
        "",          "slice",      "slice=",     "slice=x",
        "slice=1x",  "slice= 1",   "stream=1",   "slices=1",
        "slice=1-2", "slice=+1",   "slice=--1",  "slice=9214646400000000",
        "slice=-",   "slice=1e15", " slice=1",   "slice=99999999999999999999",
        "slice=1 ",  "Slice=1",    "slice=0x10", "slice=000000000000000000001",
    };
    (void)state;
    /* Leading zeros are a number like any other, as long as they fit. */
    for (size_t i = 0; i + 1 < sizeof(texts) / sizeof(texts[0]); i++)
        if (parse(texts[i]) != CW_BOOKMARK_NONE)
            fail_msg("'%s' was taken", texts[i]);
    assert_int_equal(parse(texts[sizeof(texts) / sizeof(texts[0]) - 1]), 1);
}

static void an_offset_carries_its_time_and_none_without(void **state)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(2);
    (void)state;
    rd_kafka_topic_partition_t *one =
        rd_kafka_topic_partition_list_add(list, "spans", 0);
    cw_bookmark_attach(one, "slice", CW_BOOKMARK_NONE);
    assert_null(one->metadata);
    assert_int_equal(one->metadata_size, 0);
    cw_bookmark_attach(one, "slice", 1700000000050000);
    const struct cw_text text = {one->metadata, one->metadata_size};
    assert_int_equal(cw_bookmark_parse("slice", text), 1700000000050000);
    rd_kafka_topic_partition_list_destroy(list); /* frees the text */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(what_nobody_wrote_is_none),
        cmocka_unit_test(an_offset_carries_its_time_and_none_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
