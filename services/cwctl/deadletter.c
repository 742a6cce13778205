#include "deadletter.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "confirm.h"
#include "core/topic.h"
#include "message_line.h"
#include "record/records.h"
#include "resend.h"
#include "retries.h"
#include "scan.h"
#include "table.h"

#define ARENA_MAX ((size_t)256 << 20)

struct letters;

typedef enum cw_status letters_take(struct letters *letters,
                                    const rd_kafka_message_t *message,
                                    const struct cw_dead_letter *letter,
                                    struct cw_error *err);

struct letters {
    struct call *call;
    struct client *client;
    struct cw_arena *arena;
    letters_take *take;
    struct table *table;     /* of list */
    struct retries *retries; /* of retry, as the rest */
    struct resend *resend;
    size_t broken; /* wanted, and no whole raw record */
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

static void place_of(const rd_kafka_message_t *message, char place[64])
{
    (void)snprintf(place, 64, "%d/%" PRId64, message->partition,
                   message->offset);
}

static enum cw_status list_letter(struct letters *letters,
                                  const rd_kafka_message_t *message,
                                  const struct cw_dead_letter *letter,
                                  struct cw_error *err)
{
    char place[64];
    char at[CW_TIME_TEXT_SIZE];
    char origin[CLIENT_NAME_MAX + 48];
    char size[24];
    place_of(message, place);
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

/* ---- reading ------------------------------------------------------------ */

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
    place_of(message, place);
    return is_wanted(letters, place, record)
               ? letters->take(letters, message, record, err)
               : CW_OK;
}

static void topic_of(const struct letters *letters, char name[CLIENT_NAME_MAX])
{
    client_topic(letters->client, cw_topic_spec(CW_TOPIC_DEADLETTER)->name,
                 name);
}

static enum cw_status read_letters(struct letters *letters, letters_take *one,
                                   struct cw_error *err)
{
    char name[CLIENT_NAME_MAX];
    const char *const topics[] = {name};
    const struct scan_setup setup = {
        .topics = topics, .topic_count = 1, .take = take, .to = letters};
    letters->take = one;
    topic_of(letters, name);
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
        status = read_letters(&letters, list_letter, err);
    if (status == CW_OK)
        table_print(letters.table, call->output, call->out);
    table_destroy(&letters.table);
    client_close(&letters.client);
    cw_arena_destroy(&letters.arena);
    return status;
}

/* ---- retry -------------------------------------------------------------- */

static enum cw_status choose(struct letters *letters,
                             const rd_kafka_message_t *message,
                             const struct cw_dead_letter *letter,
                             struct cw_error *err)
{
    if (retries_can(letter))
        return retries_choose(letters->retries, message->partition,
                              message->offset, letter, err);
    letters->broken++;
    return CW_OK;
}

static enum cw_status find_retry(void *to, const rd_kafka_message_t *message,
                                 bool *stop, struct cw_error *err)
{
    const struct letters *letters = to;
    rd_kafka_headers_t *headers = NULL;
    const void *value;
    size_t size;
    (void)stop;
    (void)err;
    if (rd_kafka_message_headers(message, &headers) ==
            RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_header_get_last(headers, RETRIES_HEADER, &value, &size) ==
            RD_KAFKA_RESP_ERR_NO_ERROR)
        retries_found(letters->retries, (struct cw_text){value, size});
    return CW_OK;
}

/* Retries lie behind the record that was refused. A raw topic that is gone has
 * none; sending there fails and is said. */
static enum cw_status find_retries(struct letters *letters,
                                   struct cw_error *err)
{
    const rd_kafka_metadata_t *metadata = NULL;
    size_t count = 0;
    const struct retries_place *places =
        retries_places(letters->retries, &count);
    enum cw_status status = client_metadata(letters->client, &metadata, err);
    if (status != CW_OK)
        return status;
    rd_kafka_topic_partition_list_t *from =
        rd_kafka_topic_partition_list_new((int)count + 1);
    for (size_t i = 0; i < count; i++)
        if (client_partitions(metadata, places[i].topic) > places[i].partition)
            rd_kafka_topic_partition_list_add(from, places[i].topic,
                                              places[i].partition)
                ->offset = places[i].offset;
    const struct scan_setup setup = {
        .places = from, .take = find_retry, .to = letters};
    if (from->cnt > 0)
        status = scan_run(letters->client, &setup, err);
    rd_kafka_topic_partition_list_destroy(from);
    rd_kafka_metadata_destroy(metadata);
    return status;
}

static enum cw_status send_letter(struct letters *letters,
                                  const rd_kafka_message_t *message,
                                  const struct cw_dead_letter *letter,
                                  struct cw_error *err)
{
    char name[RETRIES_TEXT_SIZE];
    (void)err;
    if (!retries_wants(letters->retries, message->partition, message->offset))
        return CW_OK;
    retries_name(letters->retries, message->partition, message->offset, name);
    resend_put(letters->resend, letter, name);
    return CW_OK;
}

static enum cw_status send_letters(struct letters *letters,
                                   struct cw_error *err)
{
    enum cw_status status = resend_open(&letters->resend, letters->client, err);
    if (status == CW_OK)
        status = read_letters(letters, send_letter, err);
    if (status != CW_OK)
        return status;
    const struct resend_counts counts = resend_wait(letters->resend);
    (void)fprintf(
        stderr,
        "cwctl: %zu put in again, %zu were in already, %zu not whole, "
        "parts of a record or refused after the normalizer, %zu failed\n",
        counts.arrived, retries_found_count(letters->retries), letters->broken,
        counts.failed);
    return counts.failed == 0
               ? CW_OK
               : cw_fail(err, CW_BROKEN, "%zu did not arrive; the first: %s",
                         counts.failed, counts.why);
}

static enum cw_status choose_letters(struct letters *letters,
                                     struct cw_error *err)
{
    char topic[CLIENT_NAME_MAX];
    char question[128];
    topic_of(letters, topic);
    enum cw_status status = retries_create(&letters->retries, topic, err);
    if (status == CW_OK)
        status = read_letters(letters, choose, err);
    if (status == CW_OK && !call_has(letters->call, "again"))
        status = find_retries(letters, err);
    if (status != CW_OK || !call_has(letters->call, "all"))
        return status;
    (void)snprintf(question, sizeof(question),
                   "cwctl: put %zu letters in again?",
                   retries_chosen(letters->retries) -
                       retries_found_count(letters->retries));
    return confirm_ask(letters->call, question, err);
}

static enum cw_status check_call(struct call *call, struct cw_error *err)
{
    if (call->word_count == 0 && !call_has(call, "all") &&
        !call_has(call, "code") && !call_has(call, "topic"))
        return call_usage(call, err,
                          "say which: PARTITION/OFFSET as list "
                          "shows them, --code, --topic or --all");
    return call_has(call, "all") ? confirm_can_ask(call, err) : CW_OK;
}

enum cw_status deadletter_retry_run(struct call *call, struct cw_error *err)
{
    struct letters letters = {.call = call};
    enum cw_status status = check_call(call, err);
    if (status == CW_OK)
        status = open_letters(&letters, err);
    if (status == CW_OK)
        status = choose_letters(&letters, err);
    if (status == CW_OK)
        status = send_letters(&letters, err);
    resend_close(&letters.resend);
    retries_destroy(&letters.retries);
    client_close(&letters.client);
    cw_arena_destroy(&letters.arena);
    return status;
}
