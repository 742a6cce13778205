/*
 * kafka_check - does this librdkafka take a setting?
 *
 * Place    options, while they are loaded -> [kafka_check] -> librdkafka
 * Input    a key below "kafka.", with or without consumer. or producer.
 * Output   what is wrong, what is allowed, and which name may have been meant
 * Threads  any
 */
#ifndef CW_STREAM_KAFKA_CHECK_H
#define CW_STREAM_KAFKA_CHECK_H

#include "base/status.h"

/* Tries it on a configuration of its own. CW_BAD_CONFIG; err never holds a
 * secret, nor the value of a name librdkafka does not know. */
CW_MUST_USE enum cw_status cw_kafka_check(const char *key, const char *value,
                                          struct cw_error *err);

#endif
