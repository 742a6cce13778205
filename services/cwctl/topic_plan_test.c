/* topic_plan: what an installation needs, against what is there. */
#include "topic_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A cluster of one broker with the topics given. */
static rd_kafka_metadata_t cluster(rd_kafka_metadata_topic_t *topics, int count)
{
    return (rd_kafka_metadata_t){
        .broker_cnt = 1, .topic_cnt = count, .topics = topics};
}

static const struct planned_topic *find(const struct topic_plan *plan,
                                        const char *name)
{
    for (size_t i = 0; i < topic_plan_count(plan); i++)
        if (strcmp(topic_plan_at(plan, i)->name, name) == 0)
            return topic_plan_at(plan, i);
    return NULL;
}

static const char *setting(const struct planned_topic *topic, const char *name)
{
    for (size_t i = 0; i < topic->setting_count; i++)
        if (strcmp(topic->settings[i].name, name) == 0)
            return topic->settings[i].value;
    return "";
}

static void a_first_plan_names_every_topic(void **state)
{
    static const char *const raw[] = {"logs:3", "metrics_raw"};
    const rd_kafka_metadata_t metadata = cluster(NULL, 0);
    const struct topic_plan_setup setup = {
        .prefix = "cw", .raw = raw, .raw_count = 2, .metadata = &metadata};
    struct topic_plan *plan = NULL;
    struct cw_error err;
    (void)state;
    assert_int_equal(topic_plan_create(&plan, &setup, &err), CW_OK);
    assert_int_equal(topic_plan_partitions(plan), 16);
    assert_int_equal(topic_plan_replication(plan), 1);
    assert_int_equal(find(plan, "cw.incidents")->partitions, 16);
    assert_string_equal(setting(find(plan, "cw.incidents"), "cleanup.policy"),
                        "compact,delete");
    assert_string_equal(
        setting(find(plan, "cw.incidents"), "min.compaction.lag.ms"),
        "21600000"); /* 6 h */
    assert_string_equal(setting(find(plan, "cw.metrics"), "retention.ms"),
                        "86400000"); /* a day */
    assert_string_equal(setting(find(plan, "cw.audit"), "retention.ms"), "-1");
    assert_non_null(find(plan, "cw.snapshots.correlate"));
    assert_non_null(find(plan, "cw.verdicts.detector"));
    assert_null(find(plan, "cw.snapshots.normalizer"));
    assert_int_equal(find(plan, "cw.manifest")->partitions, 1);
    assert_int_equal(find(plan, "logs")->partitions, 3);
    assert_int_equal(find(plan, "metrics_raw")->partitions, 1);
    assert_non_null(find(plan, "raw.commands"));
    topic_plan_destroy(&plan);
}

static void another_partition_count_is_refused(void **state)
{
    const rd_kafka_metadata_t metadata = cluster(NULL, 0);
    const struct cw_manifest before = {.partitions = 4};
    struct topic_plan_setup setup = {.prefix = "cw",
                                     .partitions = 8,
                                     .before = &before,
                                     .metadata = &metadata};
    struct topic_plan *plan = NULL;
    struct cw_error err;
    (void)state;
    assert_int_equal(topic_plan_create(&plan, &setup, &err), CW_BAD_CONFIG);
    setup.partitions = 0;
    assert_int_equal(topic_plan_create(&plan, &setup, &err), CW_OK);
    assert_int_equal(topic_plan_partitions(plan), 4);
    topic_plan_destroy(&plan);
}

static void a_topic_that_is_there_keeps_its_partitions(void **state)
{
    char name[] = "logs";
    char ours[] = "cw.incidents";
    rd_kafka_metadata_topic_t topics[] = {{.topic = name, .partition_cnt = 5},
                                          {.topic = ours, .partition_cnt = 2}};
    static const char *const raw[] = {"logs"};
    static const char *const wrong[] = {"logs:3"};
    const rd_kafka_metadata_t metadata = cluster(topics, 2);
    struct topic_plan_setup setup = {
        .prefix = "cw", .raw = raw, .raw_count = 1, .metadata = &metadata};
    struct topic_plan *plan = NULL;
    struct cw_error err;
    (void)state;
    assert_int_equal(topic_plan_create(&plan, &setup, &err), CW_OK);
    assert_int_equal(find(plan, "logs")->partitions, 5);
    assert_int_equal(find(plan, "logs")->state, TOPIC_THERE);
    assert_int_equal(find(plan, "cw.incidents")->state, TOPIC_DIFFERS);
    topic_plan_destroy(&plan);
    setup.raw = wrong;
    assert_int_equal(topic_plan_create(&plan, &setup, &err), CW_BAD_CONFIG);
}

/* compact,delete for a year; what is there says value of name. */
static const struct planned_topic *compared(struct topic_plan *plan,
                                            const char *topic, const char *name,
                                            const char *value)
{
    topic_plan_compare(plan, topic, name, value);
    return find(plan, topic);
}

static void settings_that_would_lose_records_differ(void **state)
{
    char incidents[] = "cw.incidents";
    char audit[] = "cw.audit";
    char metrics[] = "cw.metrics";
    char logs[] = "logs";
    rd_kafka_metadata_topic_t topics[] = {
        {.topic = incidents, .partition_cnt = 16},
        {.topic = audit, .partition_cnt = 16},
        {.topic = metrics, .partition_cnt = 16},
        {.topic = logs, .partition_cnt = 1}};
    static const char *const raw[] = {"logs"};
    const rd_kafka_metadata_t metadata = cluster(topics, 4);
    const struct topic_plan_setup setup = {
        .prefix = "cw", .raw = raw, .raw_count = 1, .metadata = &metadata};
    struct topic_plan *plan = NULL;
    struct cw_error err;
    (void)state;
    assert_int_equal(topic_plan_create(&plan, &setup, &err), CW_OK);
    /* The same in another order, more, and what nobody asked for. */
    assert_int_equal(
        compared(plan, incidents, "cleanup.policy", "delete,compact")->state,
        TOPIC_THERE);
    assert_int_equal(compared(plan, incidents, "retention.ms", "-1")->state,
                     TOPIC_THERE);
    assert_int_equal(compared(plan, incidents, "segment.bytes", "1")->state,
                     TOPIC_THERE);
    assert_int_equal(compared(plan, metrics, "retention.ms", "86400000")->state,
                     TOPIC_THERE);
    assert_int_equal(compared(plan, logs, "cleanup.policy", "compact")->state,
                     TOPIC_THERE); /* its owner's */
    /* A day less a millisecond. */
    const struct planned_topic *less =
        compared(plan, metrics, "retention.ms", "86399999");
    assert_int_equal(less->state, TOPIC_DIFFERS);
    assert_string_equal(less->differs,
                        "retention.ms is 86399999, 86400000 is needed");
    assert_false(less->unusable);
    assert_int_equal(compared(plan, audit, "retention.ms", "999999999")->state,
                     TOPIC_DIFFERS); /* for ever is needed */
    const struct planned_topic *other =
        compared(plan, incidents, "cleanup.policy", "delete");
    assert_int_equal(other->state, TOPIC_DIFFERS);
    assert_true(other->unusable);
    assert_non_null(strstr(other->differs, "cleanup.policy is delete"));
    topic_plan_destroy(&plan);
}

static void earlier_raw_topics_stay(void **state)
{
    static const char *const raw[] = {"more:2"};
    const struct cw_raw_topic old = {CW_TEXT("old"), 7, CW_TEXT("zipkin")};
    const struct cw_manifest before = {
        .partitions = 4, .raw_topics = &old, .raw_topics_count = 1};
    const rd_kafka_metadata_t metadata = cluster(NULL, 0);
    const struct topic_plan_setup setup = {.prefix = "cw",
                                           .raw = raw,
                                           .raw_count = 1,
                                           .before = &before,
                                           .metadata = &metadata};
    struct topic_plan *plan = NULL;
    struct cw_error err;
    size_t count;
    (void)state;
    assert_int_equal(topic_plan_create(&plan, &setup, &err), CW_OK);
    assert_int_equal(find(plan, "old")->partitions, 7);
    assert_int_equal(find(plan, "more")->partitions, 2);
    (void)topic_plan_raw(plan, &count);
    assert_int_equal(count, 2 + 4); /* and the four raw.* */
    topic_plan_destroy(&plan);
}

static void names_that_are_none_are_refused(void **state)
{
    static const char *const refused[] = {"",    ":3",   "a:0",    "a:x",
                                          "a b", "a:1x", "a:99999"};
    const rd_kafka_metadata_t metadata = cluster(NULL, 0);
    struct cw_error err;
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct topic_plan *plan = NULL;
        const struct topic_plan_setup setup = {.prefix = "cw",
                                               .raw = &refused[i],
                                               .raw_count = 1,
                                               .metadata = &metadata};
        assert_int_equal(topic_plan_create(&plan, &setup, &err), CW_BAD_CONFIG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_plan_names_every_topic),
        cmocka_unit_test(another_partition_count_is_refused),
        cmocka_unit_test(a_topic_that_is_there_keeps_its_partitions),
        cmocka_unit_test(settings_that_would_lose_records_differ),
        cmocka_unit_test(earlier_raw_topics_stay),
        cmocka_unit_test(names_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
