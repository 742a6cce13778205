#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "stream/follow.h"

/* Kafka's numbers of requests */
#define LIST_OFFSETS 2
#define HEARTBEAT    12

#define WAIT_US INT64_C(30000000)

/* A broker of librdkafka's own, with one topic in it. */
struct fixture {
    rd_kafka_t *handle;
    rd_kafka_mock_cluster_t *cluster;
    struct cw_log *log;
    struct cw_kafka kafka;
    struct cw_follow *follow;
};

static int set_up(void **state)
{
    static struct fixture f;
    static struct cw_clocks clock;
    char why[200];
    struct cw_error err;
    clock = cw_clock_system();
    f = (struct fixture){0};
    f.handle =
        rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    assert_non_null(f.handle);
    f.cluster = rd_kafka_mock_cluster_new(f.handle, 1);
    assert_non_null(f.cluster);
    assert_int_equal(rd_kafka_mock_topic_create(f.cluster, "t.actions", 2, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(cw_log_create(&f.log, "test", 2, &clock, &err), CW_OK);
    f.kafka = (struct cw_kafka){
        .brokers = rd_kafka_mock_cluster_bootstraps(f.cluster),
        .prefix = "t",
        .service = "test",
        .instance = "t-test-0",
        .log = f.log,
    };
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_follow_close(&f->follow);
    cw_log_destroy(&f->log);
    rd_kafka_mock_cluster_destroy(f->cluster);
    rd_kafka_destroy(f->handle);
    return 0;
}

/* From names that are gone afterwards. */
static void open_follow(struct fixture *f)
{
    char group[] = "t.effect";
    char topic[] = "t.actions";
    const char *const topics[] = {topic};
    const struct cw_follow_config config = {.kafka = &f->kafka,
                                            .group = group,
                                            .topics = topics,
                                            .topic_count = 1,
                                            .session_us = 3000000};
    struct cw_error err;
    assert_int_equal(cw_follow_open(&f->follow, &config, &err), CW_OK);
    memset(group, '?', sizeof(group) - 1);
    memset(topic, '?', sizeof(topic) - 1);
}

/* How often there was no answer until it was assigned; -1 = it never was. */
static int unanswered_until_assigned(struct fixture *f)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t until_us = cw_clock_monotonic_us(&clock) + WAIT_US;
    int unanswered = 0;
    while (!cw_follow_assigned(f->follow)) {
        const rd_kafka_message_t *message;
        struct cw_error err;
        const enum cw_status status =
            cw_follow_next(f->follow, 50, &message, &err);
        assert_true(status == CW_OK || status == CW_UNAVAILABLE);
        unanswered += status == CW_UNAVAILABLE ? 1 : 0;
        if (cw_clock_monotonic_us(&clock) > until_us)
            return -1;
    }
    return unanswered;
}

static void an_assignment_is_begun(void **state)
{
    struct fixture *f = *state;
    open_follow(f);
    assert_int_equal(unanswered_until_assigned(f), 0);
}

/* Topics just made have no leader for a moment. Nobody comes or goes then, so
 * the group would not assign it again by itself. */
static void an_assignment_that_could_not_be_begun_is_begun_again(void **state)
{
    struct fixture *f = *state;
    /* More than one: librdkafka itself asks again, now and then. */
    for (int i = 0; i < 6; i++)
        rd_kafka_mock_push_request_errors(f->cluster, LIST_OFFSETS, 1,
                                          RD_KAFKA_RESP_ERR_UNKNOWN);
    open_follow(f);
    assert_true(unanswered_until_assigned(f) > 0);
}

/* A broker that comes back with a group as it was before the last restart of a
 * member fences the member that now is: librdkafka's consumer is dead then. */
static void one_that_is_fenced_is_assigned_again(void **state)
{
    struct fixture *f = *state;
    const struct cw_clocks clock = cw_clock_system();
    open_follow(f);
    assert_int_equal(unanswered_until_assigned(f), 0);
    rd_kafka_mock_push_request_errors(f->cluster, HEARTBEAT, 1,
                                      RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
    const int64_t until_us = cw_clock_monotonic_us(&clock) + WAIT_US;
    while (cw_follow_assigned(f->follow)) {
        const rd_kafka_message_t *message;
        struct cw_error err;
        assert_int_equal(cw_follow_next(f->follow, 50, &message, &err), CW_OK);
        assert_true(cw_clock_monotonic_us(&clock) < until_us);
    }
    assert_true(unanswered_until_assigned(f) >= 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_assignment_is_begun),
        TEST(an_assignment_that_could_not_be_begun_is_begun_again),
        TEST(one_that_is_fenced_is_assigned_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
