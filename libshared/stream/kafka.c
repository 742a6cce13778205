#include "stream/kafka.h"

#include <stdio.h>
#include <string.h>

#include "base/kafka_names.h"

struct setting {
    const char *name;
    const char *value;
};

/* Defaults that serve; the user may say otherwise. */
static const struct setting common[] = {
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "2000"},
    {"topic.metadata.refresh.interval.ms", "60000"},
    {"log.connection.close", "false"},
    {"allow.auto.create.topics", "false"},
};

static const struct setting consuming[] = {
    {"fetch.wait.max.ms", "100"},
    {"fetch.error.backoff.ms", "50"},
    {"queued.min.messages", "10000"},
    {"queued.max.messages.kbytes", "65536"},
    {"fetch.message.max.bytes", "4194304"},
    {"session.timeout.ms", "8000"},
    {"heartbeat.interval.ms", "1000"},
    {"max.poll.interval.ms", "600000"},
};

static const struct setting producing[] = {
    {"linger.ms", "0"},
    {"retry.backoff.ms", "2"},
    {"queue.buffering.max.messages", "1000000"},
    {"queue.buffering.max.kbytes", "1048576"},
    {"message.max.bytes", "4194304"},
    {"compression.type", "lz4"},
    {"transaction.timeout.ms", "10000"},
    {"message.timeout.ms", "10000"},
};

enum cw_status cw_kafka_set(rd_kafka_conf_t *conf, const char *name,
                            const char *value, struct cw_error *err)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) ==
        RD_KAFKA_CONF_OK)
        return CW_OK;
    return cw_fail(err, CW_BROKEN, "%s=%s: %s", name, value, why);
}

static enum cw_status set_all(rd_kafka_conf_t *conf,
                              const struct setting *settings, size_t count,
                              struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status = cw_kafka_set(conf, settings[i].name, settings[i].value, err);
    return status;
}

/* "consumer.x" goes to consumers only, "producer.x" to producers only. */
static const char *name_for(const char *key, enum cw_kafka_role role)
{
    static const char consumer[] = "consumer.";
    static const char producer[] = "producer.";
    if (strncmp(key, consumer, sizeof(consumer) - 1) == 0)
        return role == CW_KAFKA_CONSUMER ? key + sizeof(consumer) - 1 : NULL;
    if (strncmp(key, producer, sizeof(producer) - 1) == 0)
        return role == CW_KAFKA_PRODUCER ? key + sizeof(producer) - 1 : NULL;
    return key;
}

static enum cw_status set_passthrough(rd_kafka_conf_t *conf,
                                      const struct cw_kafka *kafka,
                                      enum cw_kafka_role role,
                                      struct cw_error *err)
{
    const size_t count = kafka->options == NULL
                             ? 0
                             : cw_options_passthrough_count(kafka->options);
    for (size_t i = 0; i < count; i++) {
        const struct cw_passthrough *one =
            cw_options_passthrough(kafka->options, i);
        const char *name = name_for(one->key, role);
        char why[200];
        if (name == NULL)
            continue;
        const enum cw_status status = cw_kafka_version_check(
            name, one->value, (uint32_t)rd_kafka_version(), err);
        if (status != CW_OK)
            return status;
        if (rd_kafka_conf_set(conf, name, one->value, why, sizeof(why)) !=
            RD_KAFKA_CONF_OK)
            return cw_fail(err, CW_BAD_CONFIG, "%s: kafka.%s: %s", one->origin,
                           one->key, why);
    }
    return CW_OK;
}

static bool is_noise(const char *facility)
{
    static const char *const noise[] = {
        "FAIL",  "ERROR",      "CONNECT",         "REQTMOUT",
        "FAIL/", "BROKERFAIL", "GETSUBSCRIPTIONS"};
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
        if (strcmp(facility, noise[i]) == 0)
            return true;
    return false;
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility,
                   const char *text)
{
    const struct cw_kafka *kafka = rd_kafka_opaque(handle);
    if (kafka == NULL)
        return;
    if (is_noise(facility))
        CW_LOG(kafka->log, DEBUG, "kafka_client", cw_kv_str("what", facility),
               cw_kv_str("text", text));
    else if (level <= 3)
        CW_LOG(kafka->log, ERROR, "kafka_client", cw_kv_str("what", facility),
               cw_kv_str("text", text));
    else
        CW_LOG(kafka->log, INFO, "kafka_client", cw_kv_str("what", facility),
               cw_kv_str("text", text));
}

/* What trying again will not mend is told; the rest is a broker away. A
 * consumer hears of it as a message. */
static void on_error(rd_kafka_t *handle, int code, const char *text,
                     void *opaque)
{
    const struct cw_kafka *kafka = opaque;
    (void)handle;
    if (kafka == NULL || kafka->log == NULL ||
        (cw_kafka_status((rd_kafka_resp_err_t)code) != CW_NOT_AUTHORISED &&
         code != RD_KAFKA_RESP_ERR__SSL))
        return;
    CW_LOG(kafka->log, ERROR, "kafka_refused_us",
           cw_kv_str("code", rd_kafka_err2name((rd_kafka_resp_err_t)code)),
           cw_kv_str("text", text));
}

enum cw_status cw_kafka_conf(rd_kafka_conf_t **made,
                             const struct cw_kafka *kafka,
                             enum cw_kafka_role role, struct cw_error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    union {
        const struct cw_kafka *borrowed;
        void *opaque;
    } self = {kafka};
    rd_kafka_conf_set_opaque(conf, self.opaque);
    rd_kafka_conf_set_log_cb(conf, on_log);
    const bool consumes = role == CW_KAFKA_CONSUMER;
    if (!consumes)
        rd_kafka_conf_set_error_cb(conf, on_error);
    enum cw_status status =
        set_all(conf, common, sizeof(common) / sizeof(common[0]), err);
    if (status == CW_OK)
        status = consumes
                     ? set_all(conf, consuming,
                               sizeof(consuming) / sizeof(consuming[0]), err)
                     : set_all(conf, producing,
                               sizeof(producing) / sizeof(producing[0]), err);
    if (status == CW_OK)
        status = set_passthrough(conf, kafka, role, err);
    if (status == CW_OK)
        status = cw_kafka_set(conf, "bootstrap.servers", kafka->brokers, err);
    if (status == CW_OK)
        status = cw_kafka_set(conf, "client.id", kafka->instance, err);
    if (status != CW_OK)
        rd_kafka_conf_destroy(conf);
    else
        *made = conf;
    return status;
}

void cw_kafka_topic_name(const struct cw_kafka *kafka, const char *name,
                         char *text, size_t size)
{
    (void)snprintf(text, size, "%s.%s", kafka->prefix, name);
}

enum cw_status cw_kafka_status(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return CW_OK;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        return CW_NOT_AUTHORISED;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_INVALID_TXN_STATE:
        return CW_FENCED;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return CW_NOT_FOUND;
    default:
        return CW_UNAVAILABLE;
    }
}
