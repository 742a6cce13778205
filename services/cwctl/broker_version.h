/*
 * broker_version - the version of Kafka a broker tells of itself.
 *
 * Place    doctor: DescribeConfigs -> [broker_version] -> a word
 * Output   inter.broker.protocol.version, as "3.7-IV4"; Kafka 4 has no such
 *          setting, and the protocol says no version either: ""
 * Threads  one owner thread
 */
#ifndef CWCTL_BROKER_VERSION_H
#define CWCTL_BROKER_VERSION_H

#include "client.h"

#define BROKER_VERSION_SIZE 64

/* CW_NOT_AUTHORISED: it needs DescribeConfigs on the cluster. */
CW_MUST_USE enum cw_status broker_version_ask(char version[BROKER_VERSION_SIZE],
                                              struct client *client,
                                              int32_t broker,
                                              struct cw_error *err);

#endif
