/* heard: how far the slowest task of a stage has come. */
#include "heard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(rd_kafka_topic_partition_list_t *list, const char *topic,
                int32_t partition, const char *metadata)
{
    rd_kafka_topic_partition_t *place =
        rd_kafka_topic_partition_list_add(list, topic, partition);
    if (metadata == NULL)
        return;
    place->metadata = strdup(metadata); /* freed by the list */
    place->metadata_size = strlen(metadata);
}

static void the_slowest_task_counts(void **state)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(4);
    (void)state;
    add(list, "a", 0, "slice=1000");
    add(list, "b", 0, "slice=3000"); /* the task of 0 is there */
    add(list, "a", 1, "slice=2000");
    add(list, "b", 1, NULL);
    assert_int_equal(heard_decided(list), 2000);
    rd_kafka_topic_partition_list_destroy(list);
}

static void a_task_without_a_word_was_never_heard(void **state)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(4);
    (void)state;
    assert_int_equal(heard_decided(list), HEARD_NEVER);
    add(list, "a", 0, "slice=1000");
    add(list, "a", 1, "somebody reset this group");
    assert_int_equal(heard_decided(list), HEARD_NEVER);
    rd_kafka_topic_partition_list_destroy(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slowest_task_counts),
        cmocka_unit_test(a_task_without_a_word_was_never_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
