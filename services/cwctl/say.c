#include "say.h"

#include <string.h>

#include "latest.h"
#include "saying.h"

/* ---- whose it is -------------------------------------------------------- */

static void put_owner(struct saying *saying, const json_t *record)
{
    const json_t *meta = json_object_get(record, "meta");
    saying_put(saying, "tenant", latest_text(meta, "tenant"));
    saying_put(saying, "domain", latest_text(meta, "domain"));
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
    const enum cw_status status =
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
        if (approve)
            saying_put_parameter(saying, "action_hash",
                                 latest_text(record, "action_hash"));
    }
    latest_destroy(&latest);
    return record != NULL ? CW_OK
                          : cw_fail(err, CW_NOT_FOUND, "no %s %s on topic %s",
                                    id, word, topic);
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
    enum cw_status status = saying_begin(&saying, "label", err);
    if (status == CW_OK)
        status =
            find_target(&saying, incident ? "incidents" : "anomalies",
                        incident ? "incident_id" : "anomaly_id", false, err);
    saying.topic = NULL; /* a label changes no record */
    saying_put(&saying, "value", call->words[1]);
    return saying_end(&saying, status, err);
}

static enum cw_status switch_repair(struct call *call, const char *value,
                                    struct cw_error *err)
{
    struct saying saying = {.call = call};
    const enum cw_status status = saying_begin(&saying, "kill_switch", err);
    saying_put(&saying, "value", value);
    return saying_end(&saying, status, err);
}

enum cw_status say_repair_stop_run(struct call *call, struct cw_error *err)
{
    return switch_repair(call, "stop", err);
}

enum cw_status say_repair_start_run(struct call *call, struct cw_error *err)
{
    return switch_repair(call, "start", err);
}
