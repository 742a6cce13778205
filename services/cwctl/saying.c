#include "saying.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/time.h"
#include "core/topic.h"
#include "latest.h"
#include "message_line.h"
#include "record/records.h"
#include "scan.h"
#include "stream/teller.h"

#define TOPIC        "raw.commands"
#define ARENA_MAX    ((size_t)64 << 20)
#define SEND_US      INT64_C(15000000)
#define WAIT_US      INT64_C(30000000)
#define LOOK_BACK_US INT64_C(2000000) /* clocks of brokers differ a little */

void saying_put(struct saying *saying, const char *name, const char *value)
{
    (void)json_object_set_new(saying->command, name, json_string(value));
}

void saying_put_parameter(struct saying *saying, const char *name,
                          const char *value)
{
    (void)json_object_set_new(json_object_get(saying->command, "parameters"),
                              name, json_string(value));
}

/* ---- making the command ------------------------------------------------- */

static enum cw_status make_request(struct saying *saying, struct cw_error *err)
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return cw_fail(err, CW_UNAVAILABLE, "no random bytes");
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(saying->request + 2 * i, 3, "%02x", bytes[i]);
    saying_put_parameter(saying, "request_id", saying->request);
    return CW_OK;
}

static void put_speaker(struct saying *saying)
{
    char host[128] = "";
    char who[256];
    const char *user = getenv("USER");
    const char *by = call_option(saying->call, "by");
    (void)gethostname(host, sizeof(host) - 1);
    (void)snprintf(who, sizeof(who), "%s@%s", user != NULL ? user : "cwctl",
                   host);
    saying_put(saying, "by", by != NULL ? by : who);
    if (call_has(saying->call, "reason"))
        saying_put(saying, "reason", call_option(saying->call, "reason"));
    if (call_has(saying->call, "tenant"))
        saying_put(saying, "tenant", call_option(saying->call, "tenant"));
    if (call_has(saying->call, "domain"))
        saying_put(saying, "domain", call_option(saying->call, "domain"));
}

enum cw_status saying_begin(struct saying *saying, const char *kind,
                            struct cw_error *err)
{
    enum cw_status status = cw_arena_create(&saying->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = client_open(&saying->client, saying->call, err);
    saying->command = json_object();
    (void)json_object_set_new(saying->command, "parameters", json_object());
    saying_put(saying, "kind", kind);
    put_speaker(saying);
    return status == CW_OK ? make_request(saying, err) : status;
}

/* ---- sending, and hearing it back --------------------------------------- */

enum cw_status saying_send(struct saying *saying, struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    struct cw_teller *teller = NULL;
    char *text = json_dumps(saying->command, JSON_COMPACT | JSON_SORT_KEYS);
    saying->sent_at = cw_clock_wall_us(&clock);
    if (text == NULL)
        return cw_fail(err, CW_NO_MEMORY, "command");
    const struct cw_tell tell = {
        .topic = TOPIC,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = cw_text_of(latest_text(saying->command, "tenant")),
        .value = cw_text_of(text),
    };
    enum cw_status status =
        cw_teller_create(&teller, client_kafka(saying->client), err);
    if (status == CW_OK)
        status = cw_teller_say(teller, &tell, 1, SEND_US, err);
    cw_teller_destroy(&teller);
    free(text);
    return status;
}

static void keep(char *to, size_t size, struct cw_text text)
{
    (void)snprintf(to, size, "%.*s", CW_TEXT_ARG(text));
}

static enum cw_status hear(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct saying *saying = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)err;
    cw_arena_reset(saying->arena);
    if (!message_record(message, saying->arena, &type, &record) ||
        type != &cw_said_type)
        return CW_OK;
    const struct cw_said *said = record;
    for (size_t i = 0; i < said->parameters_count; i++)
        if (cw_text_is(said->parameters[i].key, "request_id") &&
            cw_text_is(said->parameters[i].value, saying->request))
            saying->heard = *stop = true;
    if (saying->heard) {
        keep(saying->said_id, sizeof(saying->said_id), said->said_id);
        keep(saying->tenant, sizeof(saying->tenant), said->meta.tenant);
        keep(saying->domain, sizeof(saying->domain), said->meta.domain);
    }
    return CW_OK;
}

/* A later revision of what was spoken of, that says something else. */
static enum cw_status see(void *to, const rd_kafka_message_t *message,
                          bool *stop, struct cw_error *err)
{
    struct saying *saying = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)err;
    cw_arena_reset(saying->arena);
    if (!message_record(message, saying->arena, &type, &record))
        return CW_OK;
    json_t *json = type->json(record, false);
    *stop = strcmp(latest_text(json, saying->id),
                   latest_text(saying->command, "target")) == 0 &&
            strcmp(latest_text(json, saying->field), saying->before) != 0;
    json_decref(json);
    return CW_OK;
}

static enum cw_status wait_on(struct saying *saying, const char *name,
                              scan_take *take, int64_t seconds,
                              struct cw_error *err)
{
    char topic[CLIENT_NAME_MAX];
    const char *const topics[] = {topic};
    const struct scan_setup setup = {
        .topics = topics,
        .topic_count = 1,
        .from_at = saying->sent_at - LOOK_BACK_US,
        .follow = true,
        .limit_us = seconds * 1000000,
        .take = take,
        .to = saying,
    };
    client_topic(saying->client, name, topic);
    return scan_run(saying->client, &setup, err);
}

/* What changes nothing any more (an incident that is resolved already) is
 * taken in and shows nowhere. */
static bool should_change(const struct saying *saying)
{
    if (saying->topic == NULL)
        return false;
    if (strcmp(latest_text(saying->command, "kind"), "resolve") == 0 &&
        strcmp(saying->before, "ACKNOWLEDGED") == 0)
        return true;
    return strcmp(saying->before, "OPEN") == 0 ||
           strcmp(saying->before, "PROPOSED") == 0;
}

enum cw_status saying_wait(struct saying *saying, struct cw_error *err)
{
    int64_t seconds = WAIT_US / 1000000;
    enum cw_status status =
        call_number(saying->call, "timeout", 1, 3600, &seconds, err);
    if (status == CW_OK)
        status = wait_on(saying, cw_topic_spec(CW_TOPIC_SAID)->name, hear,
                         seconds, err);
    if (status == CW_UNAVAILABLE)
        return cw_fail(err, CW_UNAVAILABLE,
                       "it was sent, and the engine has not taken it in: is "
                       "the normalizer running?");
    if (status != CW_OK || !should_change(saying))
        return status;
    status = wait_on(saying, saying->topic, see, seconds, err);
    if (status == CW_UNAVAILABLE)
        return cw_fail(err, CW_UNAVAILABLE,
                       "it was taken in, and %s still "
                       "says %s",
                       saying->topic, saying->before);
    return status;
}

void saying_close(struct saying *saying)
{
    json_decref(saying->command);
    client_close(&saying->client);
    cw_arena_destroy(&saying->arena);
}

enum cw_status saying_end(struct saying *saying, enum cw_status status,
                          struct cw_error *err)
{
    if (status == CW_OK)
        status = saying_send(saying, err);
    if (status == CW_OK && call_has(saying->call, "wait"))
        status = saying_wait(saying, err);
    if (status == CW_OK && saying->call->output == OUTPUT_JSON) {
        (void)json_dumpf(saying->command, saying->call->out, JSON_COMPACT);
        (void)fputc('\n', saying->call->out);
    } else if (status == CW_OK) {
        (void)fprintf(stderr, "cwctl: %s %s\n",
                      saying->heard ? "taken in:" : "sent:",
                      latest_text(saying->command, "kind"));
    }
    saying_close(saying);
    return status;
}
