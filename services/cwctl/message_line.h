/*
 * message_line - a Kafka message as one JSON object.
 *
 * Place    topics tail, topics export, deadletter -> [message_line] -> stdout
 * Output   of our topics {"topic","partition","offset","timestamp_ms","key",
 *          "record"}; of others "value" or "value_base64" and "headers"
 *          instead of "record", as replay reads it
 * Threads  pure
 */
#ifndef CWCTL_MESSAGE_LINE_H
#define CWCTL_MESSAGE_LINE_H

#include <jansson.h>
#include <librdkafka/rdkafka.h>

#include "base/arena.h"
#include "record/record_type.h"

/* Its record, when it is one of ours; lent by message and arena. False: it is
 * not, or no schema known here wrote it. */
bool message_record(const rd_kafka_message_t *message, struct cw_arena *arena,
                    const struct cw_record_type **type, const void **record);

/* A new object, NULL when out of memory. record NULL: as raw bytes. */
json_t *message_line(const rd_kafka_message_t *message,
                     const struct cw_record_type *type, const void *record,
                     struct cw_arena *arena);

/* Puts text as NAME, or as NAME_base64 when it is no UTF-8. */
void message_put_bytes(json_t *object, const char *name,
                       const char *name_base64, struct cw_text bytes,
                       struct cw_arena *arena);

/* The value at a dotted path ("entity.name", "members.0.kind") as text, in the
 * arena; empty when there is none. */
struct cw_text message_path(const json_t *object, struct cw_text path,
                            struct cw_arena *arena);

#endif
