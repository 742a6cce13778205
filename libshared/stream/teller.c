#include "stream/teller.h"

#include <stdlib.h>

#include "base/time.h"

struct cw_teller {
    rd_kafka_t *handle;
    size_t delivered;
    size_t failed;
    rd_kafka_resp_err_t failure;
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message,
                        void *opaque)
{
    (void)handle, (void)opaque;
    struct cw_teller *teller = message->_private;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        teller->delivered++;
        return;
    }
    teller->failed++;
    teller->failure = message->err;
}

enum cw_status cw_teller_create(struct cw_teller **made,
                                const struct cw_kafka *kafka,
                                struct cw_error *err)
{
    struct cw_teller *teller = calloc(1, sizeof(*teller));
    if (teller == NULL)
        return cw_fail(err, CW_NO_MEMORY, "teller");
    rd_kafka_conf_t *conf = NULL;
    enum cw_status status = cw_kafka_conf(&conf, kafka, CW_KAFKA_PRODUCER, err);
    if (status == CW_OK) {
        char why[200];
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        status = cw_kafka_set(conf, "enable.idempotence", "true", err);
        if (status == CW_OK)
            teller->handle =
                rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
        if (status == CW_OK && teller->handle == NULL)
            status = cw_fail(err, CW_BAD_CONFIG, "producer: %s", why);
        if (status != CW_OK)
            rd_kafka_conf_destroy(conf);
    }
    if (status != CW_OK)
        cw_teller_destroy(&teller);
    else
        *made = teller;
    return status;
}

void cw_teller_destroy(struct cw_teller **teller)
{
    if (*teller == NULL)
        return;
    if ((*teller)->handle != NULL) {
        (void)rd_kafka_purge((*teller)->handle, RD_KAFKA_PURGE_F_QUEUE |
                                                    RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush((*teller)->handle, 100);
        rd_kafka_destroy((*teller)->handle);
    }
    free(*teller);
    *teller = NULL;
}

static rd_kafka_resp_err_t put(struct cw_teller *teller,
                               const struct cw_tell *tell)
{
    union {
        const char *borrowed;
        void *value;
    } value = {tell->value.bytes},
      key = {tell->key.size > 0 ? tell->key.bytes : NULL};
    return rd_kafka_producev(teller->handle, RD_KAFKA_V_TOPIC(tell->topic),
                             RD_KAFKA_V_PARTITION(tell->partition),
                             RD_KAFKA_V_VALUE(value.value, tell->value.size),
                             RD_KAFKA_V_KEY(key.value, tell->key.size),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_OPAQUE(teller), RD_KAFKA_V_END);
}

enum cw_status cw_teller_say(struct cw_teller *teller,
                             const struct cw_tell *tells, size_t count,
                             int64_t timeout_us, struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t until_us = cw_clock_monotonic_us(&clock) + timeout_us;
    teller->delivered = 0;
    teller->failed = 0;
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_resp_err_t code = put(teller, &tells[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return cw_fail(err, cw_kafka_status(code), "%s: %s", tells[i].topic,
                           rd_kafka_err2str(code));
    }
    while (teller->delivered + teller->failed < count) {
        (void)rd_kafka_poll(teller->handle, 20);
        if (cw_clock_monotonic_us(&clock) < until_us)
            continue;
        (void)rd_kafka_purge(teller->handle, RD_KAFKA_PURGE_F_QUEUE |
                                                 RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(teller->handle, 1000);
        return cw_fail(err, CW_UNAVAILABLE, "%zu of %zu not acknowledged",
                       count - teller->delivered, count);
    }
    if (teller->failed > 0)
        return cw_fail(err, cw_kafka_status(teller->failure), "%s: %s",
                       tells[0].topic, rd_kafka_err2str(teller->failure));
    return CW_OK;
}
