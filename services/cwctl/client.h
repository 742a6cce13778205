/*
 * client - how a call of cwctl talks to Kafka.
 *
 * Place    commands over topics: options, environment, file -> [client]
 * Input    --config, else $XDG_CONFIG_HOME/cwctl.yml (~/.config), else
 *          /etc/causeway/cwctl.yml; the environment wins over the file, an
 *          option of the call over both. Anything under kafka. goes to
 *          librdkafka
 * Threads  one owner thread
 */
#ifndef CWCTL_CLIENT_H
#define CWCTL_CLIENT_H

#include "command.h"
#include "stream/kafka.h"

#define CLIENT_CALL_MS  10000
#define CLIENT_NAME_MAX 256

struct client;

/* CW_BAD_CONFIG: every fault has been said, or there are no brokers. Nothing
 * is connected yet. */
CW_MUST_USE enum cw_status client_open(struct client **made, struct call *call,
                                       struct cw_error *err);
void client_close(struct client **client);

/* Lent for the client's life. */
const struct cw_kafka *client_kafka(const struct client *client);
const char *client_postgres(const struct client *client); /* "" = none */

/* A handle for questions and administration, connected or CW_UNAVAILABLE; lent
 * for the client's life. */
CW_MUST_USE enum cw_status
client_handle(struct client *client, rd_kafka_t **handle, struct cw_error *err);

/* Every topic there is; the caller frees it (rd_kafka_metadata_destroy). */
CW_MUST_USE enum cw_status client_metadata(struct client *client,
                                           const rd_kafka_metadata_t **metadata,
                                           struct cw_error *err);
/* 0: no such topic. */
int client_partitions(const rd_kafka_metadata_t *metadata, const char *topic);

/* "<prefix>.<name>"; text of CLIENT_NAME_MAX. */
void client_topic(const struct client *client, const char *name, char *text);

#endif
