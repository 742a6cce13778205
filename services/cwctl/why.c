#include "why.h"

#include <string.h>

#include "base/time.h"
#include "core/topic.h"
#include "latest.h"
#include "message_line.h"
#include "say_silence.h"
#include "scan.h"
#include "table.h"
#include "told.h"

#define ARENA_MAX ((size_t)256 << 20)

struct why {
    struct call *call;
    struct client *client;
    struct latest *ledger;
    struct told *told;
    struct silences *silences; /* NULL until one is needed */
    struct cw_arena *arena;    /* of the message or row at hand */
    struct table *table;
};

static bool is_about(const json_t *entry, const char *word)
{
    return strcmp(latest_text(entry, "alert_id"), word) == 0 ||
           strcmp(latest_text(entry, "title"), word) == 0 ||
           strcmp(latest_text(json_object_get(entry, "entity"), "name"),
                  word) == 0;
}

static bool is_silenced(const json_t *entry)
{
    return strcmp(latest_text(entry, "fate"), "SILENCED") == 0;
}

/* ---- reading ------------------------------------------------------------ */

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct why *why = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    cw_arena_reset(why->arena);
    if (!message_record(message, why->arena, &type, &record))
        return CW_OK;
    if (type == &cw_notice_type)
        return told_take_notice(why->told, record, err);
    return type == &cw_delivery_type
               ? told_take_delivery(why->told, record, err)
               : CW_OK;
}

static enum cw_status read_topic(struct why *why, enum cw_topic topic,
                                 struct cw_error *err)
{
    char name[CLIENT_NAME_MAX];
    const char *const topics[] = {name};
    const struct scan_setup setup = {
        .topics = topics, .topic_count = 1, .take = take, .to = why};
    client_topic(why->client, cw_topic_spec(topic)->name, name);
    return scan_run(why->client, &setup, err);
}

static enum cw_status ask(struct why *why, bool *silenced, struct cw_error *err)
{
    enum cw_status status = told_create(&why->told, err);
    *silenced = false;
    for (size_t i = 0; status == CW_OK && i < latest_count(why->ledger); i++) {
        const json_t *entry = latest_at(why->ledger, i);
        const char *incident = latest_text(entry, "incident_id");
        if (!is_about(entry, why->call->words[0]))
            continue;
        *silenced = *silenced || is_silenced(entry);
        if (incident[0] != '\0')
            status = told_ask(why->told, cw_text_of(incident), err);
    }
    return status;
}

static enum cw_status load(struct why *why, struct cw_error *err)
{
    bool silenced = false;
    enum cw_status status = cw_arena_create(&why->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = client_open(&why->client, why->call, err);
    if (status == CW_OK)
        status =
            latest_load(&why->ledger, why->client, "ledger", "alert_id", err);
    if (status == CW_OK)
        status = ask(why, &silenced, err);
    if (status == CW_OK)
        status = read_topic(why, CW_TOPIC_NOTICES, err);
    if (status == CW_OK)
        status = read_topic(why, CW_TOPIC_DELIVERIES, err);
    if (status == CW_OK && silenced)
        status = say_silence_load(&why->silences, why->client, err);
    return status;
}

/* ---- telling ------------------------------------------------------------ */

/* The reason of the ledger names the silence: "silence ID of WHO: ...". */
static struct cw_text silence_of(const struct why *why, const char *reason)
{
    const size_t count =
        why->silences == NULL ? 0 : silences_count(why->silences);
    for (size_t i = 0; i < count; i++) {
        const struct silence *one = silences_at(why->silences, i);
        char name[160];
        char until[CW_TIME_TEXT_SIZE];
        (void)snprintf(name, sizeof(name), "silence %s of ", one->id);
        if (strstr(reason, name) == NULL)
            continue;
        (void)cw_time_format_ms(
            one->ended_at > 0 ? one->ended_at : one->until_at, until);
        return cw_arena_print(
            why->arena, "nobody: silence %s of %s %s %s", one->id, one->by,
            one->ended_at > 0 ? "was ended at" : "until", until);
    }
    return CW_TEXT("nobody: a silence that is not on record any more");
}

static struct cw_text told_of(const struct why *why, const json_t *entry)
{
    const char *incident = latest_text(entry, "incident_id");
    if (is_silenced(entry))
        return silence_of(why, latest_text(entry, "reason"));
    return incident[0] != '\0'
               ? told_text(why->told, cw_text_of(incident), why->arena)
               : CW_TEXT("nobody: it is in no incident");
}

static enum cw_status add_entry(const struct why *why, const json_t *entry,
                                struct cw_error *err)
{
    char at[CW_TIME_TEXT_SIZE] = "";
    const int64_t stream_at =
        latest_number(json_object_get(entry, "meta"), "stream_at");
    cw_arena_reset(why->arena);
    if (stream_at > 0)
        (void)cw_time_format_ms(stream_at, at);
    const struct cw_text cells[] = {
        cw_text_of(at),
        cw_text_of(latest_text(entry, "alert_id")),
        cw_text_of(latest_text(json_object_get(entry, "entity"), "name")),
        cw_text_of(latest_text(entry, "title")),
        cw_text_of(latest_text(entry, "fate")),
        cw_text_of(latest_text(entry, "incident_id")),
        cw_text_of(latest_text(entry, "reason")),
        told_of(why, entry),
    };
    return table_add(why->table, cells, err);
}

enum cw_status why_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {"at",     "alert", "entity",
                                          "title",  "fate",  "incident",
                                          "reason", "told",  NULL};
    struct why why = {.call = call};
    enum cw_status status = load(&why, err);
    if (status == CW_OK)
        status = table_create(&why.table, columns, err);
    for (size_t i = 0; status == CW_OK && i < latest_count(why.ledger); i++)
        if (is_about(latest_at(why.ledger, i), call->words[0]))
            status = add_entry(&why, latest_at(why.ledger, i), err);
    if (status == CW_OK && table_count(why.table) == 0)
        status = cw_fail(err, CW_NOT_FOUND,
                         "no alert, title or entity %s in the ledger",
                         call->words[0]);
    else if (status == CW_OK)
        table_print(why.table, call->output, call->out);
    table_destroy(&why.table);
    silences_destroy(&why.silences);
    told_destroy(&why.told);
    latest_destroy(&why.ledger);
    client_close(&why.client);
    cw_arena_destroy(&why.arena);
    return status;
}
