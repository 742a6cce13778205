/*
 * teller - puts records into Kafka outside any transaction: what people and
 * effects say, into raw topics and records of effects.
 *
 * Place    recorder (outbox), notifier, effect loops, cwctl -> raw topics
 * Output   idempotent, acknowledged by all in-sync replicas before say returns
 * Limits   waits up to timeout_us for the acknowledgement; what timed out may
 *          still arrive: its reader drops repeats by their content id
 * Threads  one owner thread
 */
#ifndef CW_STREAM_TELLER_H
#define CW_STREAM_TELLER_H

#include "stream/kafka.h"

struct cw_teller;

struct cw_tell {
    const char *topic;  /* full name */
    int32_t partition;  /* RD_KAFKA_PARTITION_UA: by the key's hash */
    struct cw_text key; /* empty = none */
    struct cw_text value;
};

CW_MUST_USE enum cw_status cw_teller_create(struct cw_teller **made,
                                            const struct cw_kafka *kafka,
                                            struct cw_error *err);
void cw_teller_destroy(struct cw_teller **teller);

/* Sends all and waits until all are acknowledged. CW_UNAVAILABLE,
 * CW_NOT_FOUND (no such topic), CW_NOT_AUTHORISED. */
CW_MUST_USE enum cw_status cw_teller_say(struct cw_teller *teller,
                                         const struct cw_tell *tells,
                                         size_t count, int64_t timeout_us,
                                         struct cw_error *err);

#endif
