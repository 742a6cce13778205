/* Claims of where a scan begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "scan.h"

#define TOPIC "t"

static void produce(rd_kafka_t *producer, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(TOPIC),
                                           RD_KAFKA_V_PARTITION(0),
                                           RD_KAFKA_V_VALUE("x", 1),
                                           RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(producer, 30000),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}

static rd_kafka_t *consumer_of(rd_kafka_mock_cluster_t *cluster)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *const settings[][2] = {
        {"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster)},
        {"group.id", "g"},
        {"enable.auto.commit", "false"}};

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        assert_int_equal(rd_kafka_conf_set(conf, settings[i][0], settings[i][1],
                                           why, sizeof(why)),
                         RD_KAFKA_CONF_OK);
    rd_kafka_t *handle =
        rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    assert_non_null(handle);
    (void)rd_kafka_poll_set_consumer(handle);
    return handle;
}

/* Nothing is as late yet: the answer to what was just asked for comes between
 * this and the first fetch, and has to be read. */
static void what_comes_after_the_question_is_read(void **state)
{
    char why[256];
    struct cw_error err;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    (void)state;
    assert_int_equal(
        rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof(why)),
        RD_KAFKA_CONF_OK);
    rd_kafka_t *producer =
        rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    assert_non_null(producer);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_handle_mock_cluster(producer);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, TOPIC, 1, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    produce(producer, 3);

    rd_kafka_t *handle = consumer_of(cluster);
    rd_kafka_topic_partition_list_t *places =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(places, TOPIC, 0);
    assert_int_equal(
        scan_seek(handle, INT64_C(4102444800) * 1000000, places, &err), CW_OK);
    produce(producer, 1);
    (void)rd_kafka_assign(handle, places);
    rd_kafka_message_t *message = rd_kafka_consumer_poll(handle, 10000);
    assert_non_null(message);
    assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(message->offset, 3);
    rd_kafka_message_destroy(message);
    rd_kafka_topic_partition_list_destroy(places);
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    rd_kafka_destroy(producer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_after_the_question_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
