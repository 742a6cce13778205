/*
 * kafka - how every client of ours talks to the brokers.
 *
 * Place    producer, consumer, reader, cwctl -> [kafka] -> librdkafka
 * Input    the user's settings, verbatim; ours on top where we own them
 * Output   a configured handle; librdkafka's own log mapped to ours, without
 *          its noise: one "reconnecting" line a minute
 * Threads  the log callback comes from librdkafka's threads
 */
#ifndef CW_STREAM_KAFKA_H
#define CW_STREAM_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "base/log.h"
#include "base/options.h"
#include "base/status.h"

struct cw_lags;

struct cw_kafka {
    const char *brokers;
    const char *prefix;               /* of every topic and group: "causeway" */
    const char *service;              /* "detector" */
    const char *instance;             /* stable identity: "detector-0" */
    const struct cw_options *options; /* passthrough; NULL = none */
    struct cw_log *log;               /* borrowed */
    struct cw_lags *lags; /* where consumers tell their lag; NULL = nowhere */
};

enum cw_kafka_role { CW_KAFKA_PRODUCER, CW_KAFKA_CONSUMER };

/* The settings of a role; the caller owns it. CW_BAD_CONFIG names the
 * setting librdkafka refused and where it was written. */
CW_MUST_USE enum cw_status cw_kafka_conf(rd_kafka_conf_t **made,
                                         const struct cw_kafka *kafka,
                                         enum cw_kafka_role role,
                                         struct cw_error *err);

/* Sets one of ours. CW_BROKEN when librdkafka does not know it. */
CW_MUST_USE enum cw_status cw_kafka_set(rd_kafka_conf_t *conf, const char *name,
                                        const char *value,
                                        struct cw_error *err);

/* "<prefix>.<name>" into text of size bytes. */
void cw_kafka_topic_name(const struct cw_kafka *kafka, const char *name,
                         char *text, size_t size);

/* Status of a librdkafka error: retriable ones become CW_UNAVAILABLE,
 * authorisation CW_NOT_AUTHORISED, fenced or stale ownership CW_FENCED. */
enum cw_status cw_kafka_status(rd_kafka_resp_err_t code);

#endif
