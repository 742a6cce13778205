/*
 * kafka_names - which client settings are the user's, which are ours, and what
 * Java's are called here.
 *
 * Place    options -> librdkafka, everything under "kafka."
 * Input    a name of a setting without "kafka.", "consumer.", "producer."
 * Source   librdkafka CONFIGURATION.md; Kafka's Java client configuration
 * Threads  pure; does not need librdkafka
 */
#ifndef CW_BASE_KAFKA_NAMES_H
#define CW_BASE_KAFKA_NAMES_H

#include <stdbool.h>

#include "base/status.h"

/* CW_BAD_CONFIG: the setting is ours to make, and err says why; or it is
 * Java's, and err names librdkafka's. Whether librdkafka knows a name at all
 * only librdkafka can say. */
CW_MUST_USE enum cw_status cw_kafka_name_check(const char *name,
                                               struct cw_error *err);

/* Its value must never be shown. */
bool cw_kafka_name_is_secret(const char *name);

/* Whether this librdkafka (rd_kafka_version(), 0xMMmmrrxx) can do what value
 * of name asks for. CW_BAD_CONFIG: no, and err is the sentence for people. */
CW_MUST_USE enum cw_status cw_kafka_version_check(const char *name,
                                                  const char *value,
                                                  unsigned library_version,
                                                  struct cw_error *err);

#endif
