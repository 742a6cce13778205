/*
 * reader - everything committed on a topic-partition, from its beginning (or
 * an offset) to its end, once.
 *
 * Place    restore (snapshots, verdicts), manifest, cwctl topics tail
 * Limits   ends at the end of partition under read_committed, never by offset
 *          arithmetic: control records are invisible
 * Threads  one owner thread
 */
#ifndef CW_STREAM_READER_H
#define CW_STREAM_READER_H

#include "stream/kafka.h"

/* Called for each message in order; it is lent until the call returns. */
typedef enum cw_status cw_reader_take(void *to,
                                      const rd_kafka_message_t *message,
                                      struct cw_error *err);

struct cw_reader_range {
    const char *topic;
    int32_t partition;
    int64_t offset; /* where it begins: RD_KAFKA_OFFSET_BEGINNING or a number */
    int64_t timeout_us;
};

/* CW_UNAVAILABLE after timeout_us without the end; CW_NOT_FOUND. */
CW_MUST_USE enum cw_status cw_reader_read(const struct cw_kafka *kafka,
                                          const struct cw_reader_range *range,
                                          cw_reader_take *take, void *to,
                                          struct cw_error *err);

#endif
