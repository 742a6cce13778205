/*
 * pass_through - what the log itself costs: reads topics from their beginning
 * to their end as a service of ours would, and puts a share of the bytes back
 * in transactions that carry the offsets. Nothing is looked at.
 *
 *   pass_through BROKERS OUT SHARE TOPIC...
 *
 * Output   one JSON line: messages and bytes in, bytes out, commits, wall and
 *          processor seconds from the assignment to the last commit
 * Limits   the settings of libshared/stream/kafka.c; a commit each 50 ms
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "stream/kafka.h"

#define COMMIT_US  ((int64_t)50000)
#define OUT_MAX    ((uint64_t)32 << 20) /* bytes of one transaction */
#define CALL_MS    30000
#define TOPICS_MAX 32

struct pass {
    struct cw_kafka kafka;
    rd_kafka_t *consumer;
    rd_kafka_t *producer;
    rd_kafka_topic_partition_list_t *partitions;
    const char *out;
    double share;
    double credit; /* bytes owed to the output */
    uint64_t messages, bytes_in, bytes_out, commits;
    uint64_t open_bytes; /* in the transaction */
    int ended;
    double wall_s, cpu_s; /* when it began */
};

static double seconds_of(clockid_t id)
{
    struct timespec at;
    (void)clock_gettime(id, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "pass_through: %s: %s\n", what, why);
    exit(1);
}

static void must(rd_kafka_error_t *error, const char *what)
{
    if (error != NULL)
        fail(what, rd_kafka_error_string(error));
}

static rd_kafka_t *open_handle(const struct pass *pass, bool consumes)
{
    const char *const mine[][2] = {
        {"group.id", "pass-through"},
        {"enable.auto.commit", "false"},
        {"auto.offset.reset", "earliest"},
        {"isolation.level", "read_committed"},
        {"enable.partition.eof", "true"},
        {"enable.auto.offset.store", "false"},
    };
    struct cw_error err = {0};
    rd_kafka_conf_t *conf;
    char why[200];
    if (cw_kafka_conf(&conf, &pass->kafka,
                      consumes ? CW_KAFKA_CONSUMER : CW_KAFKA_PRODUCER,
                      &err) != CW_OK)
        fail("settings", err.text);
    rd_kafka_conf_set_log_cb(conf, NULL);
    for (size_t i = 0; consumes && i < sizeof(mine) / sizeof(mine[0]); i++)
        if (cw_kafka_set(conf, mine[i][0], mine[i][1], &err) != CW_OK)
            fail("settings", err.text);
    if (!consumes &&
        cw_kafka_set(conf, "transactional.id", "pass-through", &err) != CW_OK)
        fail("settings", err.text);
    rd_kafka_t *handle =
        rd_kafka_new(consumes ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf,
                     why, sizeof(why));
    if (handle == NULL)
        fail("client", why);
    return handle;
}

static void add_topic(struct pass *pass, const char *name)
{
    const struct rd_kafka_metadata *found;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(pass->producer, name, NULL);
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(pass->producer, 0, topic, &found, CALL_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || found->topic_cnt != 1)
        fail(name, rd_kafka_err2str(code));
    for (int i = 0; i < found->topics[0].partition_cnt; i++)
        rd_kafka_topic_partition_list_add(pass->partitions, name,
                                          found->topics[0].partitions[i].id)
            ->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_metadata_destroy(found);
    rd_kafka_topic_destroy(topic);
}

static void put_once(struct pass *pass, const rd_kafka_message_t *message)
{
    rd_kafka_resp_err_t code;
    while ((code = rd_kafka_producev(
                pass->producer, RD_KAFKA_V_TOPIC(pass->out),
                RD_KAFKA_V_PARTITION(message->partition),
                RD_KAFKA_V_VALUE(message->payload, message->len),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END)) ==
           RD_KAFKA_RESP_ERR__QUEUE_FULL)
        (void)rd_kafka_poll(pass->producer, 10);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("produce", rd_kafka_err2str(code));
}

static void put(struct pass *pass, const rd_kafka_message_t *message)
{
    pass->credit += pass->share * (double)message->len;
    while (message->len > 0 && pass->credit >= (double)message->len) {
        put_once(pass, message);
        pass->credit -= (double)message->len;
        pass->bytes_out += message->len;
        pass->open_bytes += message->len;
    }
}

static void take(struct pass *pass, const rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        pass->ended++;
        return;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("consume", rd_kafka_message_errstr(message));
    pass->messages++;
    pass->bytes_in += message->len;
    put(pass, message);
}

static void commit(struct pass *pass)
{
    rd_kafka_topic_partition_list_t *offsets =
        rd_kafka_topic_partition_list_copy(pass->partitions);
    (void)rd_kafka_position(pass->consumer, offsets);
    rd_kafka_consumer_group_metadata_t *group =
        rd_kafka_consumer_group_metadata(pass->consumer);
    if (rd_kafka_flush(pass->producer, CALL_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("flush", "not acknowledged");
    must(rd_kafka_send_offsets_to_transaction(pass->producer, offsets, group,
                                              CALL_MS),
         "offsets");
    must(rd_kafka_commit_transaction(pass->producer, CALL_MS), "commit");
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
    pass->commits++;
    pass->open_bytes = 0;
}

static void run(struct pass *pass)
{
    const struct cw_clocks clock = cw_clock_system();
    int64_t due_us = 0;
    bool news = false;
    while (pass->ended < pass->partitions->cnt || news) {
        rd_kafka_message_t *message =
            pass->ended < pass->partitions->cnt
                ? rd_kafka_consumer_poll(pass->consumer, 10)
                : NULL;
        const int64_t now_us = cw_clock_monotonic_us(&clock);
        if (message != NULL && !news &&
            message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            must(rd_kafka_begin_transaction(pass->producer), "begin");
            due_us = now_us + COMMIT_US;
            news = true;
        }
        if (message != NULL) {
            take(pass, message);
            rd_kafka_message_destroy(message);
        }
        if (news && (now_us >= due_us || pass->open_bytes > OUT_MAX ||
                     pass->ended == pass->partitions->cnt)) {
            commit(pass);
            news = false;
        }
    }
}

int main(int count, char **arguments)
{
    struct pass pass = {0};
    if (count < 5 || count > 4 + TOPICS_MAX) {
        (void)fprintf(stderr,
                      "usage: pass_through BROKERS OUT SHARE TOPIC...\n");
        return 64;
    }
    pass.kafka = (struct cw_kafka){.brokers = arguments[1],
                                   .prefix = "bench",
                                   .service = "pass-through",
                                   .instance = "pass-through"};
    pass.out = arguments[2];
    pass.share = strtod(arguments[3], NULL);
    pass.producer = open_handle(&pass, false);
    pass.consumer = open_handle(&pass, true);
    pass.partitions = rd_kafka_topic_partition_list_new(TOPICS_MAX);
    must(rd_kafka_init_transactions(pass.producer, CALL_MS), "transactions");
    for (int i = 4; i < count; i++)
        add_topic(&pass, arguments[i]);
    pass.wall_s = seconds_of(CLOCK_MONOTONIC);
    pass.cpu_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    const rd_kafka_resp_err_t code =
        rd_kafka_assign(pass.consumer, pass.partitions);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("assign", rd_kafka_err2str(code));
    run(&pass);
    printf("{\"messages\":%llu,\"bytes_in\":%llu,\"bytes_out\":%llu,"
           "\"commits\":%llu,\"seconds\":%.3f,\"cpu\":%.3f}\n",
           (unsigned long long)pass.messages, (unsigned long long)pass.bytes_in,
           (unsigned long long)pass.bytes_out, (unsigned long long)pass.commits,
           seconds_of(CLOCK_MONOTONIC) - pass.wall_s,
           seconds_of(CLOCK_PROCESS_CPUTIME_ID) - pass.cpu_s);
    (void)rd_kafka_consumer_close(pass.consumer);
    rd_kafka_destroy(pass.consumer);
    rd_kafka_destroy(pass.producer);
    rd_kafka_topic_partition_list_destroy(pass.partitions);
    return 0;
}
