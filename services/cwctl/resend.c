#include "resend.h"

#include <stdlib.h>

#include "retries.h"

#define POLL_MS 100

struct resend {
    rd_kafka_t *handle;
    struct resend_counts counts;
};

static void fail(struct resend *resend, const char *topic, int32_t partition,
                 rd_kafka_resp_err_t code)
{
    if (resend->counts.failed++ == 0)
        (void)snprintf(resend->counts.why, sizeof(resend->counts.why),
                       "%.100s/%d: %s", topic, partition,
                       rd_kafka_err2str(code));
}

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message,
                        void *opaque)
{
    struct resend *resend = message->_private;
    (void)handle, (void)opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        resend->counts.arrived++;
    else
        fail(resend, rd_kafka_topic_name(message->rkt), message->partition,
             message->err);
}

enum cw_status resend_open(struct resend **made, const struct client *client,
                           struct cw_error *err)
{
    struct resend *resend = calloc(1, sizeof(*resend));
    rd_kafka_conf_t *conf = NULL;
    char why[200];
    if (resend == NULL)
        return cw_fail(err, CW_NO_MEMORY, "resend");
    enum cw_status status =
        cw_kafka_conf(&conf, client_kafka(client), CW_KAFKA_PRODUCER, err);
    if (status == CW_OK) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        status = cw_kafka_set(conf, "enable.idempotence", "true", err);
        if (status == CW_OK)
            resend->handle =
                rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
        if (status == CW_OK && resend->handle == NULL)
            status = cw_fail(err, CW_BAD_CONFIG, "producer: %s", why);
        if (status != CW_OK)
            rd_kafka_conf_destroy(conf);
    }
    if (status != CW_OK)
        resend_close(&resend);
    else
        *made = resend;
    return status;
}

void resend_close(struct resend **resend)
{
    if (*resend == NULL)
        return;
    if ((*resend)->handle != NULL) {
        (void)rd_kafka_purge((*resend)->handle, RD_KAFKA_PURGE_F_QUEUE |
                                                    RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush((*resend)->handle, POLL_MS);
        rd_kafka_destroy((*resend)->handle);
    }
    free(*resend);
    *resend = NULL;
}

static rd_kafka_headers_t *headers_of(const struct cw_dead_letter *letter,
                                      const char *name)
{
    char retry[16];
    rd_kafka_headers_t *headers =
        rd_kafka_headers_new(letter->headers_count + 2);
    for (size_t i = 0; i < letter->headers_count; i++) {
        const struct cw_header_bytes *header = &letter->headers[i];
        if (!cw_text_is(header->key, RETRIES_COUNT) &&
            !cw_text_is(header->key, RETRIES_HEADER))
            (void)rd_kafka_header_add(
                headers, header->key.bytes, (ssize_t)header->key.size,
                header->value.bytes, (ssize_t)header->value.size);
    }
    (void)snprintf(retry, sizeof(retry), "%d", letter->retry + 1);
    (void)rd_kafka_header_add(headers, RETRIES_COUNT, -1, retry, -1);
    (void)rd_kafka_header_add(headers, RETRIES_HEADER, -1, name, -1);
    return headers;
}

static rd_kafka_resp_err_t produce(struct resend *resend, const char *topic,
                                   const struct cw_dead_letter *letter,
                                   rd_kafka_headers_t *headers)
{
    const struct cw_text none = {NULL, 0};
    const struct cw_text key = letter->has_key ? letter->key : none;
    union {
        const char *borrowed;
        void *bytes;
    } value = {letter->value.bytes}, name = {key.bytes};
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = letter->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP,
         .u.i64 = letter->timestamp_at > 0 ? letter->timestamp_at / 1000 : 0},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {name.bytes, key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {value.bytes, letter->value.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = resend},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(
        resend->handle, parts, sizeof(parts) / sizeof(parts[0]));
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    return code;
}

void resend_put(struct resend *resend, const struct cw_dead_letter *letter,
                const char *name)
{
    char topic[CLIENT_NAME_MAX];
    rd_kafka_headers_t *headers = headers_of(letter, name);
    (void)snprintf(topic, sizeof(topic), "%.*s", CW_TEXT_ARG(letter->topic));
    rd_kafka_resp_err_t code = produce(resend, topic, letter, headers);
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        (void)rd_kafka_poll(resend->handle, POLL_MS);
        code = produce(resend, topic, letter, headers);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
        fail(resend, topic, letter->partition, code);
    }
    (void)rd_kafka_poll(resend->handle, 0);
}

struct resend_counts resend_wait(struct resend *resend)
{
    while (rd_kafka_outq_len(resend->handle) > 0)
        (void)rd_kafka_poll(resend->handle, POLL_MS);
    return resend->counts;
}
