#include "say_silence.h"

#include <string.h>

#include "base/quantity.h"
#include "base/time.h"
#include "core/topic.h"
#include "latest.h"
#include "message_line.h"
#include "saying.h"
#include "scan.h"
#include "table.h"

#define ARENA_MAX ((size_t)64 << 20)

/* ---- what is silenced --------------------------------------------------- */

struct reading {
    struct cw_arena *arena;
    struct silences *silences;
};

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    const struct reading *reading = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    cw_arena_reset(reading->arena);
    if (!message_record(message, reading->arena, &type, &record) ||
        type != &cw_said_type)
        return CW_OK;
    return silences_take(reading->silences, record, err);
}

enum cw_status say_silence_load(struct silences **made, struct client *client,
                                struct cw_error *err)
{
    struct reading reading = {0};
    char topic[CLIENT_NAME_MAX];
    const char *const topics[] = {topic};
    const struct scan_setup setup = {
        .topics = topics, .topic_count = 1, .take = take, .to = &reading};
    client_topic(client, cw_topic_spec(CW_TOPIC_SAID)->name, topic);
    enum cw_status status = cw_arena_create(&reading.arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = silences_create(&reading.silences, err);
    if (status == CW_OK)
        status = scan_run(client, &setup, err);
    cw_arena_destroy(&reading.arena);
    if (status != CW_OK)
        silences_destroy(&reading.silences);
    *made = reading.silences;
    return status;
}

static int64_t wall_now(void)
{
    const struct cw_clocks clock = cw_clock_system();
    return cw_clock_wall_us(&clock);
}

static enum cw_status add_silence(struct table *table,
                                  const struct silence *silence, int64_t now_at,
                                  struct cw_error *err)
{
    char from[CW_TIME_TEXT_SIZE];
    char until[CW_TIME_TEXT_SIZE];
    const bool open = silence_is_open(silence, now_at);
    (void)cw_time_format(silence->from_at, from);
    (void)cw_time_format(
        silence->ended_at > 0 ? silence->ended_at : silence->until_at, until);
    const struct cw_text cells[] = {
        cw_text_of(silence->id),
        cw_text_of(open ? "open" : "over"),
        cw_text_of(silence->by),
        cw_text_of(silence->reason),
        cw_text_of(from),
        cw_text_of(until),
        cw_text_of(silence->matchers),
        cw_text_of(silence->domain),
        cw_text_of(silence->tenant),
    };
    return table_add(table, cells, err);
}

enum cw_status say_silence_list_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {
        "silence", "state",    "owner",  "reason", "from",
        "until",   "matchers", "domain", "tenant", NULL};
    const int64_t now_at = wall_now();
    struct client *client = NULL;
    struct silences *silences = NULL;
    struct table *table = NULL;
    enum cw_status status = client_open(&client, call, err);
    if (status == CW_OK)
        status = say_silence_load(&silences, client, err);
    if (status == CW_OK)
        status = table_create(&table, columns, err);
    for (size_t i = 0; status == CW_OK && i < silences_count(silences); i++) {
        const struct silence *one = silences_at(silences, i);
        if (silence_is_open(one, now_at) || call_has(call, "all"))
            status = add_silence(table, one, now_at, err);
    }
    if (status == CW_OK)
        table_print(table, call->output, call->out);
    table_destroy(&table);
    silences_destroy(&silences);
    client_close(&client);
    return status;
}

/* ---- silence ------------------------------------------------------------ */

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

static void print_json(const struct saying *saying)
{
    (void)json_dumpf(saying->command, saying->call->out, JSON_COMPACT);
    (void)fputc('\n', saying->call->out);
}

static void tell_silence(struct saying *saying)
{
    saying_put(saying, "silence_id", saying->said_id);
    saying_put(saying, "tenant", saying->tenant);
    saying_put(saying, "domain", saying->domain);
    if (saying->call->output == OUTPUT_JSON)
        print_json(saying);
    else
        (void)fprintf(saying->call->out, "%s\n", saying->said_id);
    (void)fprintf(stderr,
                  "cwctl: silenced in domain %s of tenant %s until %s\n",
                  saying->domain, saying->tenant,
                  latest_text(saying->command, "expires_at"));
}

/* The correlator keeps no silence without a reason. */
static enum cw_status read_silence(struct call *call, int64_t *span_us,
                                   struct cw_error *err)
{
    const char *span = call_option(call, "for");
    const char *reason = call_option(call, "reason");
    if (!cw_duration_parse(cw_text_of(span != NULL ? span : "2h"), span_us) ||
        *span_us == 0)
        return call_usage(call, err, "--for %s: a time as 30m, 2h, 7d", span);
    return reason != NULL && reason[0] != '\0'
               ? CW_OK
               : call_usage(call, err,
                            "--reason is missing: whoever finds the silence "
                            "must be able to end it");
}

enum cw_status say_silence_run(struct call *call, struct cw_error *err)
{
    char text[CW_TIME_TEXT_SIZE];
    int64_t span_us = 0;
    struct saying saying = {.call = call};
    enum cw_status status = read_silence(call, &span_us, err);
    if (status != CW_OK)
        return status;
    status = saying_begin(&saying, "silence", err);
    if (status == CW_OK)
        status = read_matchers(&saying, err);
    (void)cw_time_format(wall_now() + span_us, text);
    saying_put(&saying, "expires_at", text);
    if (status == CW_OK)
        status = saying_send(&saying, err);
    if (status == CW_OK)
        status = saying_wait(&saying, err);
    if (status == CW_OK)
        tell_silence(&saying);
    saying_close(&saying);
    return status;
}

/* ---- unsilence ---------------------------------------------------------- */

static enum cw_status check_owner(const struct saying *saying,
                                  const struct silence *silence,
                                  struct cw_error *err)
{
    const char *tenant = call_option(saying->call, "tenant");
    const char *domain = call_option(saying->call, "domain");
    char ended[CW_TIME_TEXT_SIZE];
    if ((tenant != NULL && strcmp(tenant, silence->tenant) != 0) ||
        (domain != NULL && strcmp(domain, silence->domain) != 0))
        return cw_fail(err, CW_NOT_FOUND,
                       "silence %s is in domain %s of tenant %s", silence->id,
                       silence->domain, silence->tenant);
    if (silence_is_open(silence, wall_now()))
        return CW_OK;
    (void)cw_time_format(
        silence->ended_at > 0 ? silence->ended_at : silence->until_at, ended);
    return cw_fail(err, CW_NOT_FOUND, "silence %s is over since %s",
                   silence->id, ended);
}

/* Whose silence it is; only there an unsilence is heard. */
static enum cw_status find_silence(struct saying *saying, struct cw_error *err)
{
    const char *id = saying->call->words[0];
    struct silences *silences = NULL;
    enum cw_status status = say_silence_load(&silences, saying->client, err);
    if (status != CW_OK)
        return status;
    const struct silence *silence = silences_find(silences, id);
    if (silence == NULL) {
        silences_destroy(&silences);
        return cw_fail(err, CW_NOT_FOUND, "no silence %s: cwctl silence list",
                       id);
    }
    status = check_owner(saying, silence, err);
    if (status == CW_OK) {
        saying_put(saying, "target", silence->id);
        saying_put(saying, "tenant", silence->tenant);
        saying_put(saying, "domain", silence->domain);
        (void)fprintf(stderr,
                      "cwctl: ending silence %s in domain %s of tenant %s\n",
                      silence->id, silence->domain, silence->tenant);
    }
    silences_destroy(&silences);
    return status;
}

enum cw_status say_unsilence_run(struct call *call, struct cw_error *err)
{
    struct saying saying = {.call = call};
    enum cw_status status = saying_begin(&saying, "unsilence", err);
    if (status == CW_OK)
        status = find_silence(&saying, err);
    return saying_end(&saying, status, err);
}
