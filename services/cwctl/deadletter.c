#include "deadletter.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "core/topic.h"
#include "message_line.h"
#include "record/dead_letter.h"
#include "scan.h"
#include "table.h"

#define ARENA_MAX ((size_t)256 << 20)
#define FLUSH_MS  15000
#define RETRY_MAX 1000 /* of a header's number */

struct letters {
    struct call *call;
    struct client *client;
    struct cw_arena *arena;
    struct table *table;  /* of list */
    rd_kafka_t *producer; /* of retry; borrowed */
    size_t seen;
    size_t sent;
    size_t passed;
};

static bool is_wanted(const struct letters *letters, const char *place,
                      const struct cw_dead_letter *letter)
{
    const char *code = call_option(letters->call, "code");
    const char *topic = call_option(letters->call, "topic");
    bool named = letters->call->word_count == 0;
    for (size_t i = 0; i < letters->call->word_count; i++)
        named = named || strcmp(letters->call->words[i], place) == 0;
    return named && (code == NULL || cw_text_is(letter->code, code)) &&
           (topic == NULL || cw_text_is(letter->topic, topic));
}

static enum cw_status list_letter(struct letters *letters, const char *place,
                                  const struct cw_dead_letter *letter,
                                  struct cw_error *err)
{
    char at[CW_TIME_TEXT_SIZE];
    char origin[CLIENT_NAME_MAX + 48];
    char size[24];
    (void)cw_time_format_ms(letter->meta.stream_at, at);
    (void)snprintf(origin, sizeof(origin), "%.*s/%d/%" PRId64,
                   CW_TEXT_ARG(letter->topic), letter->partition,
                   letter->offset);
    (void)snprintf(size, sizeof(size), "%zu", letter->value.size);
    const struct cw_text cells[] = {
        cw_text_of(place),  cw_text_of(at),   letter->service, letter->code,
        cw_text_of(origin), cw_text_of(size), letter->message,
    };
    return table_add(letters->table, cells, err);
}

/* ---- retry -------------------------------------------------------------- */

static rd_kafka_headers_t *headers_of(const struct cw_dead_letter *letter)
{
    char retry[16];
    rd_kafka_headers_t *headers =
        rd_kafka_headers_new(letter->headers_count + 1);
    for (size_t i = 0; i < letter->headers_count; i++) {
        const struct cw_header_bytes *header = &letter->headers[i];
        if (!cw_text_is(header->key, "causeway-retry"))
            (void)rd_kafka_header_add(
                headers, header->key.bytes, (ssize_t)header->key.size,
                header->value.bytes, (ssize_t)header->value.size);
    }
    (void)snprintf(retry, sizeof(retry), "%d", letter->retry + 1);
    (void)rd_kafka_header_add(headers, "causeway-retry", -1, retry, -1);
    return headers;
}

static enum cw_status send_letter(struct letters *letters,
                                  const struct cw_dead_letter *letter,
                                  struct cw_error *err)
{
    char topic[CLIENT_NAME_MAX];
    rd_kafka_headers_t *headers = headers_of(letter);
    (void)snprintf(topic, sizeof(topic), "%.*s", CW_TEXT_ARG(letter->topic));
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        letters->producer, RD_KAFKA_V_TOPIC(topic),
        RD_KAFKA_V_PARTITION(letter->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(letter->has_key ? letter->key.bytes : NULL,
                       letter->has_key ? letter->key.size : 0),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)letter->value.bytes,
                         letter->value.size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
        return cw_fail(err, cw_kafka_status(code), "%s: %s", topic,
                       rd_kafka_err2str(code));
    }
    (void)rd_kafka_poll(letters->producer, 0);
    letters->sent++;
    return CW_OK;
}

/* What a deciding service refused has no place in a raw topic: it says so by
 * its offset (core/letters.h). */
static enum cw_status retry_letter(struct letters *letters,
                                   const struct cw_dead_letter *letter,
                                   struct cw_error *err)
{
    if (!cw_dead_letter_is_whole(letter) || letter->index >= 0 ||
        letter->offset < 0 || letter->retry >= RETRY_MAX) {
        letters->passed++;
        return CW_OK;
    }
    return send_letter(letters, letter, err);
}

/* ---- both --------------------------------------------------------------- */

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct letters *letters = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    char place[64];
    (void)stop;
    cw_arena_reset(letters->arena);
    if (!message_record(message, letters->arena, &type, &record) ||
        type != &cw_dead_letter_type)
        return CW_OK;
    (void)snprintf(place, sizeof(place), "%d/%" PRId64, message->partition,
                   message->offset);
    if (!is_wanted(letters, place, record))
        return CW_OK;
    letters->seen++;
    return letters->table != NULL ? list_letter(letters, place, record, err)
                                  : retry_letter(letters, record, err);
}

static enum cw_status read_letters(struct letters *letters,
                                   struct cw_error *err)
{
    char name[CLIENT_NAME_MAX];
    const char *const topics[] = {name};
    const struct scan_setup setup = {
        .topics = topics, .topic_count = 1, .take = take, .to = letters};
    client_topic(letters->client, cw_topic_spec(CW_TOPIC_DEADLETTER)->name,
                 name);
    return scan_run(letters->client, &setup, err);
}

static enum cw_status open_letters(struct letters *letters,
                                   struct cw_error *err)
{
    const enum cw_status status =
        cw_arena_create(&letters->arena, ARENA_MAX, err);
    return status == CW_OK ? client_open(&letters->client, letters->call, err)
                           : status;
}

enum cw_status deadletter_list_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {"letter", "at",     "service", "code",
                                          "origin", "#bytes", "message", NULL};
    struct letters letters = {.call = call};
    enum cw_status status = open_letters(&letters, err);
    if (status == CW_OK)
        status = table_create(&letters.table, columns, err);
    if (status == CW_OK)
        status = read_letters(&letters, err);
    if (status == CW_OK)
        table_print(letters.table, call->output, call->out);
    table_destroy(&letters.table);
    client_close(&letters.client);
    cw_arena_destroy(&letters.arena);
    return status;
}

enum cw_status deadletter_retry_run(struct call *call, struct cw_error *err)
{
    struct letters letters = {.call = call};
    if (call->word_count == 0 && !call_has(call, "all") &&
        !call_has(call, "code") && !call_has(call, "topic"))
        return call_usage(call, err,
                          "say which: PARTITION/OFFSET as list "
                          "shows them, --code, --topic or --all");
    enum cw_status status = open_letters(&letters, err);
    if (status == CW_OK)
        status = client_handle(letters.client, &letters.producer, err);
    if (status == CW_OK)
        status = read_letters(&letters, err);
    if (status == CW_OK && rd_kafka_flush(letters.producer, FLUSH_MS) !=
                               RD_KAFKA_RESP_ERR_NO_ERROR)
        status = cw_fail(err, CW_UNAVAILABLE, "not all were acknowledged");
    if (status == CW_OK)
        (void)fprintf(stderr,
                      "cwctl: %zu put in again, %zu left: not whole, parts of "
                      "a record, or refused after the normalizer\n",
                      letters.sent, letters.passed);
    client_close(&letters.client);
    cw_arena_destroy(&letters.arena);
    return status;
}
