#include "say.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/quantity.h"
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

struct saying {
    struct call *call;
    struct client *client;
    json_t *command; /* owned */
    char request[33];
    int64_t sent_at;
    struct cw_arena *arena;
    bool heard;
    /* Of what is spoken of; NULL when nothing of it has to change. */
    const char *topic;
    const char *id;
    const char *field; /* status or state */
    char before[32];   /* what it said when it was looked up */
};

static void put(struct saying *saying, const char *name, const char *value)
{
    (void)json_object_set_new(saying->command, name, json_string(value));
}

static void put_parameter(struct saying *saying, const char *name,
                          const char *value)
{
    (void)json_object_set_new(json_object_get(saying->command, "parameters"),
                              name, json_string(value));
}

/* ---- whose it is -------------------------------------------------------- */

static void put_owner(struct saying *saying, const json_t *record)
{
    const json_t *meta = json_object_get(record, "meta");
    put(saying, "tenant", latest_text(meta, "tenant"));
    put(saying, "domain", latest_text(meta, "domain"));
}

/* Looks the record up and names it in full. */
static enum cw_status find_target(struct saying *saying, const char *topic,
                                  const char *id, bool approve,
                                  struct cw_error *err)
{
    const char *word = saying->call->words[0];
    struct latest *latest = NULL;
    if (call_has(saying->call, "domain") && !approve) {
        put(saying, "target", word);
        return CW_OK;
    }
    const enum cw_status status =
        latest_load(&latest, saying->client, topic, id, err);
    if (status != CW_OK)
        return status;
    const json_t *record = latest_find(latest, word);
    if (record != NULL) {
        put(saying, "target", latest_text(record, id));
        put_owner(saying, record);
        saying->topic = topic;
        saying->id = id;
        saying->field = strcmp(topic, "actions") == 0 ? "state" : "status";
        (void)snprintf(saying->before, sizeof(saying->before), "%s",
                       latest_text(record, saying->field));
        if (approve)
            put_parameter(saying, "action_hash",
                          latest_text(record, "action_hash"));
    }
    latest_destroy(&latest);
    return record != NULL ? CW_OK
                          : cw_fail(err, CW_NOT_FOUND, "no %s %s on topic %s",
                                    id, word, topic);
}

/* ---- making the command ------------------------------------------------- */

static enum cw_status make_request(struct saying *saying, struct cw_error *err)
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return cw_fail(err, CW_UNAVAILABLE, "no random bytes");
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(saying->request + 2 * i, 3, "%02x", bytes[i]);
    put_parameter(saying, "request_id", saying->request);
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
    put(saying, "by", by != NULL ? by : who);
    if (call_has(saying->call, "reason"))
        put(saying, "reason", call_option(saying->call, "reason"));
    if (call_has(saying->call, "tenant"))
        put(saying, "tenant", call_option(saying->call, "tenant"));
    if (call_has(saying->call, "domain"))
        put(saying, "domain", call_option(saying->call, "domain"));
}

static enum cw_status begin(struct saying *saying, const char *kind,
                            struct cw_error *err)
{
    enum cw_status status = cw_arena_create(&saying->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = client_open(&saying->client, saying->call, err);
    saying->command = json_object();
    (void)json_object_set_new(saying->command, "parameters", json_object());
    put(saying, "kind", kind);
    put_speaker(saying);
    return status == CW_OK ? make_request(saying, err) : status;
}

/* ---- sending, and hearing it back --------------------------------------- */

static enum cw_status send_command(struct saying *saying, struct cw_error *err)
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

static enum cw_status wait_for_it(struct saying *saying, struct cw_error *err)
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

static enum cw_status end(struct saying *saying, enum cw_status status,
                          struct cw_error *err)
{
    if (status == CW_OK)
        status = send_command(saying, err);
    if (status == CW_OK && call_has(saying->call, "wait"))
        status = wait_for_it(saying, err);
    if (status == CW_OK && saying->call->output == OUTPUT_JSON) {
        (void)json_dumpf(saying->command, saying->call->out, JSON_COMPACT);
        (void)fputc('\n', saying->call->out);
    } else if (status == CW_OK) {
        (void)fprintf(stderr, "cwctl: %s %s\n",
                      saying->heard ? "taken in:" : "sent:",
                      latest_text(saying->command, "kind"));
    }
    json_decref(saying->command);
    client_close(&saying->client);
    cw_arena_destroy(&saying->arena);
    return status;
}

/* ---- each kind ---------------------------------------------------------- */

static enum cw_status about(struct call *call, const char *kind,
                            const char *topic, const char *id,
                            struct cw_error *err)
{
    struct saying saying = {.call = call};
    enum cw_status status = begin(&saying, kind, err);
    if (status == CW_OK)
        status =
            find_target(&saying, topic, id, strcmp(kind, "approve") == 0, err);
    return end(&saying, status, err);
}

enum cw_status say_ack_run(struct call *call, struct cw_error *err)
{
    return about(call, "acknowledge", "incidents", "incident_id", err);
}

enum cw_status say_resolve_run(struct call *call, struct cw_error *err)
{
    return about(call, "resolve", "incidents", "incident_id", err);
}

enum cw_status say_approve_run(struct call *call, struct cw_error *err)
{
    return about(call, "approve", "actions", "action_id", err);
}

enum cw_status say_reject_run(struct call *call, struct cw_error *err)
{
    return about(call, "reject", "actions", "action_id", err);
}

/* An incident, or an anomaly within one. */
enum cw_status say_label_run(struct call *call, struct cw_error *err)
{
    static const char *const values[] = {"true", "false", "duplicate",
                                         "wrong-cause"};
    const bool incident = strncmp(call->words[0], "INC-", 4) == 0;
    bool known = false;
    struct saying saying = {.call = call};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        known = known || strcmp(call->words[1], values[i]) == 0;
    if (!known)
        return call_usage(call, err,
                          "%s: true, false, duplicate or "
                          "wrong-cause",
                          call->words[1]);
    enum cw_status status = begin(&saying, "label", err);
    if (status == CW_OK)
        status =
            find_target(&saying, incident ? "incidents" : "anomalies",
                        incident ? "incident_id" : "anomaly_id", false, err);
    saying.topic = NULL; /* a label changes no record */
    put(&saying, "value", call->words[1]);
    return end(&saying, status, err);
}

static enum cw_status read_matchers(struct saying *saying, struct cw_error *err)
{
    json_t *matchers = json_object();
    (void)json_object_set_new(saying->command, "matchers", matchers);
    for (size_t i = 0; i < saying->call->word_count; i++) {
        const char *word = saying->call->words[i];
        const char *equals = strchr(word, '=');
        char name[256];
        if (equals == NULL || equals == word || equals[1] == '\0' ||
            (size_t)(equals - word) >= sizeof(name))
            return call_usage(saying->call, err, "%s: LABEL=VALUE", word);
        (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
        (void)json_object_set_new(matchers, name, json_string(equals + 1));
    }
    return CW_OK;
}

enum cw_status say_silence_run(struct call *call, struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const char *span = call_option(call, "for");
    char text[CW_TIME_TEXT_SIZE];
    int64_t span_us = 0;
    struct saying saying = {.call = call};
    if (!cw_duration_parse(cw_text_of(span != NULL ? span : "2h"), &span_us) ||
        span_us == 0)
        return call_usage(call, err, "--for %s: a time as 30m, 2h, 7d", span);
    enum cw_status status = begin(&saying, "silence", err);
    if (status == CW_OK)
        status = read_matchers(&saying, err);
    (void)cw_time_format(cw_clock_wall_us(&clock) + span_us, text);
    put(&saying, "expires_at", text);
    return end(&saying, status, err);
}

enum cw_status say_unsilence_run(struct call *call, struct cw_error *err)
{
    struct saying saying = {.call = call};
    const enum cw_status status = begin(&saying, "unsilence", err);
    put(&saying, "target", call->words[0]);
    return end(&saying, status, err);
}

static enum cw_status switch_repair(struct call *call, const char *value,
                                    struct cw_error *err)
{
    struct saying saying = {.call = call};
    const enum cw_status status = begin(&saying, "kill_switch", err);
    put(&saying, "value", value);
    return end(&saying, status, err);
}

enum cw_status say_repair_stop_run(struct call *call, struct cw_error *err)
{
    return switch_repair(call, "stop", err);
}

enum cw_status say_repair_start_run(struct call *call, struct cw_error *err)
{
    return switch_repair(call, "start", err);
}
