/*
 * mirror - the headers of a message: ours, and for a dead letter why it is one,
 * for tools that read no Avro.
 *
 * Place    producer: sealed message -> [mirror] -> Kafka headers
 * Output   CW_FLIGHT_HEADER when the message is part of a flight; the headers
 *          of record/dead_letter when it is one
 * Threads  pure
 */
#ifndef CW_STREAM_MIRROR_H
#define CW_STREAM_MIRROR_H

#include <librdkafka/rdkafka.h>

#include "core/outbox.h"

/* NULL: none are needed. The caller owns them. scratch is used until it
 * returns; without memory there the mirror is left out, the letter is not. */
rd_kafka_headers_t *cw_mirror_headers(const struct cw_message *message,
                                      struct cw_arena *scratch);

#endif
