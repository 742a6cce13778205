/*
 * mirror - the headers of a message: ours, and for tools that read no Avro why
 * a dead letter is one, and what people consume as CloudEvents say it.
 *
 * Place    producer: sealed message -> [mirror] -> Kafka headers
 * Output   CW_FLIGHT_HEADER when the message is part of a flight; the headers
 *          of record/dead_letter when it is one; ce_id, ce_source, ce_type,
 *          ce_specversion, ce_time and content-type on incidents, causes,
 *          actions and notices. ce_id is the idempotency key, or else the
 *          content: a repeat has the same, a new revision another
 * Source   CloudEvents 1.0.2, Kafka Protocol Binding, binary content mode
 * Threads  pure
 */
#ifndef CW_STREAM_MIRROR_H
#define CW_STREAM_MIRROR_H

#include <librdkafka/rdkafka.h>

#include "core/outbox.h"

/* NULL: none are needed. The caller owns them. service is who says it. scratch
 * is used until it returns; without memory there the mirror is left out, the
 * letter is not. */
rd_kafka_headers_t *cw_mirror_headers(const struct cw_message *message,
                                      const char *service,
                                      struct cw_arena *scratch);

#endif
