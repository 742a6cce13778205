/*
 * chain_check - holds what the chain left on a broker against a replay of the
 * same raw log, its recorded ticks and rulings: a's records and b's compacted
 * final records must be equal.
 *
 *   chain_check BROKERS PREFIX
 *
 * Exit 0 equal, 1 different or loud, 69 the broker cannot be read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/wire.h"
#include "sim_world.h"
#include "stream/reader.h"

#define READ_US ((int64_t)120000000)

struct check {
    struct cw_kafka kafka;
    struct sim_log log;
    struct sim_world *recorded;
    struct sim_world *replayed;
    struct cw_arena *arena;
    /* of the topic being read */
    enum cw_topic topic;
    uint32_t partition;
    bool of_b;
};

static enum cw_status take_raw(void *to, const rd_kafka_message_t *message,
                               struct cw_error *err)
{
    struct check *check = to;
    const uint32_t p = check->partition;
    rd_kafka_timestamp_type_t type;
    struct sim_record *grown = realloc(
        check->log.records[p], (check->log.counts[p] + 1) * sizeof(*grown));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "raw log");
    check->log.records[p] = grown;
    struct sim_record *record = &grown[check->log.counts[p]++];
    *record = (struct sim_record){
        .timestamp_at = rd_kafka_message_timestamp(message, &type) * 1000};
    const size_t size = message->len < sizeof(record->value)
                            ? message->len
                            : sizeof(record->value) - 1;
    memcpy(record->value, message->payload, size);
    if (record->timestamp_at > check->log.end_at)
        check->log.end_at = record->timestamp_at;
    return CW_OK;
}

static enum cw_status take_message(void *to, const rd_kafka_message_t *message,
                                   struct cw_error *err)
{
    struct check *check = to;
    const struct cw_message copy = {
        .topic = check->topic,
        .partition = check->partition,
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
    };
    return sim_world_put(check->recorded, &copy, err);
}

static enum cw_status take_verdict(void *to, const rd_kafka_message_t *message,
                                   struct cw_error *err)
{
    struct check *check = to;
    const struct cw_record_type *type;
    const void *record;
    cw_arena_reset(check->arena);
    const enum cw_status status =
        cw_wire_open((struct cw_text){message->payload, message->len},
                     check->arena, &type, &record, err);
    if (status != CW_OK)
        return status;
    const struct cw_verdict *verdict = record;
    const struct cw_source_ruling ruling = {
        .slice_at = verdict->slice_at,
        .topic = cw_topic_find(verdict->topic),
        .source = (uint64_t)verdict->source,
        .absent = verdict->ruling == CW_RULING_ABSENT,
    };
    return sim_world_give_ruling(check->recorded, check->of_b, check->partition,
                                 &ruling, err);
}

static enum cw_status read_topic(struct check *check, const char *suffix,
                                 cw_reader_take *take, struct cw_error *err)
{
    char name[128];
    enum cw_status status = CW_OK;
    (void)snprintf(name, sizeof(name), "%s.%s", check->kafka.prefix, suffix);
    for (uint32_t p = 0; p < SIM_PARTITIONS && status == CW_OK; p++) {
        check->partition = p;
        const struct cw_reader_range whole = {
            name, (int32_t)p, RD_KAFKA_OFFSET_BEGINNING, READ_US};
        status = cw_reader_read(&check->kafka, &whole, take, check, err);
    }
    return status;
}

static enum cw_status read_all(struct check *check, struct cw_error *err)
{
    static const enum cw_topic topics[] = {CW_TOPIC_CLOCK, CW_TOPIC_ANOMALIES,
                                           CW_TOPIC_INCIDENTS};
    enum cw_status status = CW_OK;
    for (uint32_t p = 0; p < SIM_RAW_PARTITIONS && status == CW_OK; p++) {
        check->partition = p;
        const struct cw_reader_range whole = {
            sim_raw_topics[p], 0, RD_KAFKA_OFFSET_BEGINNING, READ_US};
        status = cw_reader_read(&check->kafka, &whole, take_raw, check, err);
    }
    if (status == CW_OK)
        status = sim_world_recorded(&check->recorded, &check->log, err);
    for (size_t i = 0; i < 3 && status == CW_OK; i++) {
        check->topic = topics[i];
        status = read_topic(check, cw_topic_spec(topics[i])->name, take_message,
                            err);
    }
    if (status == CW_OK)
        status = read_topic(check, "verdicts.detector", take_verdict, err);
    check->of_b = true;
    if (status == CW_OK)
        status = read_topic(check, "verdicts.correlate", take_verdict, err);
    return status;
}

static int compare(const struct check *check)
{
    size_t a_count, b_count, a_again, b_again;
    const uint64_t a = sim_world_a_digest(check->recorded, &a_count);
    const uint64_t b = sim_world_b_digest(check->recorded, &b_count);
    const uint64_t a2 = sim_world_a_digest(check->replayed, &a_again);
    const uint64_t b2 = sim_world_b_digest(check->replayed, &b_again);
    printf("raw %zu + %zu; a %zu records live, %zu replayed, digests %s; "
           "b %zu live, %zu replayed, digests %s\n",
           check->log.counts[0], check->log.counts[1], a_count, a_again,
           a == a2 ? "equal" : "DIFFERENT", b_count, b_again,
           b == b2 ? "equal" : "DIFFERENT");
    return a == a2 && b == b2 && a_count > 0 && b_count > 0 ? 0 : 1;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        (void)fprintf(stderr, "usage: chain_check BROKERS PREFIX\n");
        return 64;
    }
    struct cw_error err = {0};
    struct cw_log *log = NULL;
    const struct cw_clocks clock = cw_clock_system();
    struct check check = {.kafka = {.brokers = arguments[1],
                                    .prefix = arguments[2],
                                    .service = "check",
                                    .instance = "check"}};
    enum cw_status status =
        cw_log_create(&log, "chain_check", STDERR_FILENO, &clock, &err);
    check.kafka.log = log;
    if (status == CW_OK)
        status = cw_arena_create(&check.arena, (size_t)1 << 30, &err);
    if (status == CW_OK)
        status = read_all(&check, &err);
    if (status != CW_OK) {
        (void)fprintf(stderr, "chain_check: %s\n", err.text);
        return 69;
    }
    check.log.end_at += (int64_t)3700 * 1000000;
    status =
        sim_world_replayed(&check.replayed, &check.log, check.recorded, &err);
    if (status != CW_OK)
        (void)fprintf(stderr, "chain_check: replay: %s\n", err.text);
    const int code = status == CW_OK ? compare(&check) : 1;
    sim_world_destroy(&check.recorded);
    sim_world_destroy(&check.replayed);
    sim_log_free(&check.log);
    cw_arena_destroy(&check.arena);
    cw_log_destroy(&log);
    return code;
}
