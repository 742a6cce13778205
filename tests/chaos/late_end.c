/*
 * late_end - a few transactions through the producer of the loop, for the
 * suite of the same name: late_end.py holds one of its requests on the way.
 *
 *   late_end BROKERS ID PARTITIONS TRANSACTIONS commit|abort
 *
 * Transaction i puts the records i/0..i/3 on causeway.metrics, spread over
 * PARTITIONS, and commits offset i+1 of raw.one for group late-end.ID.
 * abort: the first attempt of transaction 0 is aborted before its commit and
 * sent again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/producer.h"

#define RECORDS 4

struct run {
    bool spoil_next;
};

static bool spoil(void *context)
{
    struct run *run = context;
    const bool spoiled = run->spoil_next;
    run->spoil_next = false;
    return spoiled;
}

static enum cw_status transact(struct cw_producer *producer, const char *id,
                               int number, uint32_t partitions,
                               const rd_kafka_consumer_group_metadata_t *group,
                               struct cw_error *err)
{
    char values[RECORDS][64];
    struct cw_message messages[RECORDS];
    for (int i = 0; i < RECORDS; i++) {
        (void)snprintf(values[i], sizeof(values[i]), "%s/%d/%d", id, number, i);
        messages[i] = (struct cw_message){
            .topic = CW_TOPIC_METRICS,
            .partition = (uint32_t)i % partitions,
            .value = cw_text_of(values[i]),
        };
    }
    rd_kafka_topic_partition_list_t *offsets =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, "raw.one", 0)->offset =
        number + 1;
    const enum cw_status status =
        cw_producer_commit(producer, messages, RECORDS, offsets, group, err);
    rd_kafka_topic_partition_list_destroy(offsets);
    return status;
}

static enum cw_status run_all(struct cw_log *log, char **arguments,
                              struct cw_error *err)
{
    const char *id = arguments[2];
    const uint32_t partitions = (uint32_t)strtoul(arguments[3], NULL, 10);
    const int count = (int)strtol(arguments[4], NULL, 10);
    struct run run = {strcmp(arguments[5], "abort") == 0};
    struct cw_producer *producer = NULL;
    char group_id[128];
    const struct cw_kafka kafka = {.brokers = arguments[1],
                                   .prefix = "causeway",
                                   .service = "late-end",
                                   .instance = id,
                                   .log = log};
    const struct cw_producer_config config = {.kafka = &kafka,
                                              .transactional_id = id,
                                              .spoil = spoil,
                                              .context = &run,
                                              .give_up_us = 60000000};
    (void)snprintf(group_id, sizeof(group_id), "late-end.%s", id);
    rd_kafka_consumer_group_metadata_t *group =
        rd_kafka_consumer_group_metadata_new(group_id);
    enum cw_status status = cw_producer_create(&producer, &config, err);
    for (int i = 0; i < count && status == CW_OK; i++)
        status = transact(producer, id, i, partitions, group, err);
    if (producer != NULL) {
        const struct cw_producer_counts counts = cw_producer_counts(producer);
        printf("commits %llu aborts %llu tainted %llu replaced %llu\n",
               (unsigned long long)counts.commits,
               (unsigned long long)counts.aborts,
               (unsigned long long)counts.tainted,
               (unsigned long long)counts.replaced);
    }
    cw_producer_destroy(&producer);
    rd_kafka_consumer_group_metadata_destroy(group);
    return status;
}

int main(int count, char **arguments)
{
    struct cw_error err = {0};
    struct cw_log *log = NULL;
    const struct cw_clocks clock = cw_clock_system();
    if (count != 6) {
        (void)fprintf(stderr, "usage: late_end BROKERS ID PARTITIONS "
                              "TRANSACTIONS commit|abort\n");
        return 64;
    }
    enum cw_status status =
        cw_log_create(&log, "late_end", STDERR_FILENO, &clock, &err);
    if (status == CW_OK)
        status = run_all(log, arguments, &err);
    cw_log_destroy(&log);
    if (status != CW_OK)
        (void)fprintf(stderr, "late_end: %s\n", err.text);
    return status == CW_OK ? 0 : 1;
}
