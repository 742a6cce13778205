#include "base/kafka_names.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))
#define FIRST_WITH_SCRAM 0x02060100u /* 2.6.1 */

struct remark {
    const char *name;
    const char *text;
};

/* Settings a promise hangs on. */
static const struct remark owned[] = {
    {"isolation.level",
     "is always read_committed: output of an aborted transaction must never "
     "be read"},
    {"transactional.id",
     "is made from service and instance, so that a successor fences us"},
    {"group.id", "is the name of the service, one group each"},
    {"group.instance.id",
     "is made from the stable identity, so that a restart moves no partition"},
    {"enable.auto.commit",
     "is always false: offsets are committed with the output"},
    {"enable.auto.offset.store",
     "is always false: offsets are committed with the output"},
    {"enable.idempotence", "is always true: transactions need it"},
    {"partition.assignment.strategy",
     "is always range: partitions with the same number stay together"},
    {"auto.offset.reset",
     "is set per topic: earliest on raw, error inside, so that a gap is loud"},
    {"bootstrap.servers", "is called kafka.brokers here"},
    {"metadata.broker.list", "is called kafka.brokers here"},
};

/* Java's names with librdkafka's. */
static const struct remark javas[] = {
    {"ssl.truststore.location",
     "ssl.ca.location, with the certificates in PEM"},
    {"ssl.truststore.password", "nothing: ssl.ca.location needs no password"},
    {"ssl.truststore.type", "nothing: ssl.ca.location is always PEM"},
    {"ssl.truststore.certificates", "ssl.ca.pem"},
    {"ssl.keystore.type", "nothing: ssl.keystore.location is always PKCS#12"},
    {"ssl.keystore.key", "ssl.key.pem"},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem"},
    {"ssl.protocol", "nothing: OpenSSL agrees on the newest"},
    {"ssl.enabled.protocols", "nothing: OpenSSL agrees on the newest"},
    {"sasl.jaas.config", "sasl.username and sasl.password"},
    {"sasl.login.callback.handler.class", "sasl.oauthbearer.method"},
    {"sasl.client.callback.handler.class", "sasl.oauthbearer.method"},
    {"buffer.memory", "queue.buffering.max.kbytes"},
    {"max.poll.records", "nothing: a batch ends by time and by size"},
    {"fetch.max.wait.ms", "fetch.wait.max.ms"},
    {"reconnect.backoff.max", "reconnect.backoff.max.ms"},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes"},
    {"send.buffer.bytes", "socket.send.buffer.bytes"},
    {"default.api.timeout.ms", "socket.timeout.ms"},
    {"key.deserializer", "nothing: the bytes are Avro"},
    {"value.deserializer", "nothing: the bytes are Avro"},
    {"key.serializer", "nothing: the bytes are Avro"},
    {"value.serializer", "nothing: the bytes are Avro"},
    {"metric.reporters", "nothing: see /metrics"},
};

static const char *const secrets[] = {
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.client.secret",
};

static const char *find(const struct remark *remarks, size_t count,
                        const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(remarks[i].name, name) == 0)
            return remarks[i].text;
    return NULL;
}

enum cw_status cw_kafka_name_check(const char *name, struct cw_error *err)
{
    const char *text = find(owned, COUNT(owned), name);
    if (text != NULL)
        return cw_fail(err, CW_BAD_CONFIG, "cannot be set: %s %s", name, text);
    text = find(javas, COUNT(javas), name);
    if (text != NULL)
        return cw_fail(err, CW_BAD_CONFIG,
                       "is a name of Java's client; librdkafka has %s", text);
    return CW_OK;
}

bool cw_kafka_name_is_secret(const char *name)
{
    for (size_t i = 0; i < COUNT(secrets); i++)
        if (strcmp(secrets[i], name) == 0)
            return true;
    return false;
}

enum cw_status cw_kafka_version_check(const char *name, const char *value,
                                      unsigned library_version,
                                      struct cw_error *err)
{
    const bool mechanism = strcmp(name, "sasl.mechanism") == 0 ||
                           strcmp(name, "sasl.mechanisms") == 0;
    if (mechanism && strncasecmp(value, "SCRAM-", 6) == 0 &&
        library_version < FIRST_WITH_SCRAM)
        return cw_fail(err, CW_BAD_CONFIG,
                       "%s needs librdkafka 2.6.1 or newer, this is %u.%u.%u: "
                       "its SCRAM nonce is refused by Kafka 4. Use mTLS, or "
                       "PLAIN over TLS, or a newer librdkafka",
                       value, library_version >> 24,
                       library_version >> 16 & 0xFFu,
                       library_version >> 8 & 0xFFu);
    return CW_OK;
}
