#include "say.h"

#include <string.h>

#include "base/time.h"
#include "confirm.h"
#include "core/topic.h"
#include "latest.h"
#include "message_line.h"
#include "proposal.h"
#include "record/records.h"
#include "saying.h"
#include "scan.h"

/* ---- whose it is -------------------------------------------------------- */

static void put_owner(struct saying *saying, const json_t *record)
{
    const json_t *meta = json_object_get(record, "meta");
    saying_put(saying, "tenant", latest_text(meta, "tenant"));
    saying_put(saying, "domain", latest_text(meta, "domain"));
}

static int64_t wall_now(void)
{
    const struct cw_clocks clock = cw_clock_system();
    return cw_clock_wall_us(&clock);
}

/* What is shown is what is approved: its hash goes with the command. */
static enum cw_status ask_approval(struct saying *saying, const json_t *action,
                                   struct cw_error *err)
{
    const char *hash = latest_text(action, "action_hash");
    const enum cw_status status = proposal_check(action, wall_now(), err);
    if (status != CW_OK)
        return status;
    if (saying->call->word_count > 1 &&
        strcmp(saying->call->words[1], hash) != 0)
        return cw_fail(err, CW_BROKEN,
                       "the hash of action %s is %s: it is not what you saw",
                       latest_text(action, "action_id"), hash);
    saying_put_parameter(saying, "action_hash", hash);
    proposal_print(action, stderr);
    return confirm_ask(saying->call, "cwctl: let it run?", err);
}

/* Looks the record up and names it in full. */
static enum cw_status find_target(struct saying *saying, const char *topic,
                                  const char *id, bool approve,
                                  struct cw_error *err)
{
    const char *word = saying->call->words[0];
    struct latest *latest = NULL;
    if (call_has(saying->call, "domain") && !approve) {
        saying_put(saying, "target", word);
        return CW_OK;
    }
    enum cw_status status =
        latest_load(&latest, saying->client, topic, id, err);
    if (status != CW_OK)
        return status;
    const json_t *record = latest_find(latest, word);
    if (record != NULL) {
        saying_put(saying, "target", latest_text(record, id));
        put_owner(saying, record);
        saying->topic = topic;
        saying->id = id;
        saying->field = strcmp(topic, "actions") == 0 ? "state" : "status";
        (void)snprintf(saying->before, sizeof(saying->before), "%s",
                       latest_text(record, saying->field));
    }
    if (record == NULL)
        status =
            cw_fail(err, CW_NOT_FOUND, "no %s %s on topic %s", id, word, topic);
    else if (approve)
        status = ask_approval(saying, record, err);
    latest_destroy(&latest);
    return status;
}

/* ---- each kind ---------------------------------------------------------- */

static enum cw_status about(struct call *call, const char *kind,
                            const char *topic, const char *id,
                            struct cw_error *err)
{
    struct saying saying = {.call = call};
    enum cw_status status = saying_begin(&saying, kind, err);
    if (status == CW_OK)
        status =
            find_target(&saying, topic, id, strcmp(kind, "approve") == 0, err);
    return saying_end(&saying, status, err);
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
    const enum cw_status status = confirm_can_ask(call, err);
    return status != CW_OK
               ? status
               : about(call, "approve", "actions", "action_id", err);
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
    enum cw_status status = saying_begin(&saying, "label", err);
    if (status == CW_OK)
        status =
            find_target(&saying, incident ? "incidents" : "anomalies",
                        incident ? "incident_id" : "anomaly_id", false, err);
    saying.topic = NULL; /* a label changes no record */
    saying_put(&saying, "value", call->words[1]);
    return saying_end(&saying, status, err);
}

/* ---- the kill switch ---------------------------------------------------- */

enum cw_status say_repair_stop_run(struct call *call, struct cw_error *err)
{
    struct saying saying = {.call = call};
    const enum cw_status status = saying_begin(&saying, "kill_switch", err);
    saying_put(&saying, "value", "stop");
    return saying_end(&saying, status, err);
}

struct stopped {
    struct cw_arena *arena; /* the saying's */
    int64_t at;             /* 0 = never switched */
    bool stop;
    char by[128];
    char reason[256];
};

static enum cw_status take_switch(void *to, const rd_kafka_message_t *message,
                                  bool *stop, struct cw_error *err)
{
    struct stopped *stopped = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    (void)err;
    cw_arena_reset(stopped->arena);
    if (!message_record(message, stopped->arena, &type, &record) ||
        type != &cw_said_type)
        return CW_OK;
    const struct cw_said *said = record;
    if (said->kind != CW_SAID_KIND_KILL_SWITCH ||
        said->meta.stream_at < stopped->at)
        return CW_OK;
    stopped->at = said->meta.stream_at;
    stopped->stop = cw_text_is(said->value, "stop");
    (void)snprintf(stopped->by, sizeof(stopped->by), "%.*s",
                   CW_TEXT_ARG(said->by));
    (void)snprintf(stopped->reason, sizeof(stopped->reason), "%.*s",
                   CW_TEXT_ARG(said->reason));
    return CW_OK;
}

static void print_switch(const struct stopped *stopped)
{
    char at[CW_TIME_TEXT_SIZE];
    (void)cw_time_format_ms(stopped->at, at);
    if (stopped->at == 0)
        (void)fputs("cwctl: nobody has stopped repairs\n", stderr);
    else
        (void)fprintf(stderr, "cwctl: repairs were %s at %s by %s: %s\n",
                      stopped->stop ? "stopped" : "started", at, stopped->by,
                      stopped->reason[0] != '\0' ? stopped->reason
                                                 : "no reason given");
}

/* Who stopped them and why, and what waits. */
static enum cw_status ask_start(struct saying *saying, struct cw_error *err)
{
    struct stopped stopped = {.arena = saying->arena};
    struct latest *actions = NULL;
    char topic[CLIENT_NAME_MAX];
    char question[128];
    const char *const topics[] = {topic};
    const struct scan_setup setup = {.topics = topics,
                                     .topic_count = 1,
                                     .take = take_switch,
                                     .to = &stopped};
    size_t waiting = 0;
    client_topic(saying->client, cw_topic_spec(CW_TOPIC_SAID)->name, topic);
    enum cw_status status = scan_run(saying->client, &setup, err);
    if (status == CW_OK)
        status =
            latest_load(&actions, saying->client, "actions", "action_id", err);
    if (status != CW_OK)
        return status;
    for (size_t i = 0; i < latest_count(actions); i++)
        if (strcmp(latest_text(latest_at(actions, i), "state"), "PROPOSED") ==
            0)
            waiting++;
    latest_destroy(&actions);
    print_switch(&stopped);
    (void)snprintf(question, sizeof(question),
                   "cwctl: let repairs run again? %zu proposals wait", waiting);
    return confirm_ask(saying->call, question, err);
}

enum cw_status say_repair_start_run(struct call *call, struct cw_error *err)
{
    struct saying saying = {.call = call};
    enum cw_status status = confirm_can_ask(call, err);
    if (status != CW_OK)
        return status;
    status = saying_begin(&saying, "kill_switch", err);
    saying_put(&saying, "value", "start");
    if (status == CW_OK)
        status = ask_start(&saying, err);
    return saying_end(&saying, status, err);
}
