#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "loop_inner.h"

#define OUTPUT_TOLD 4096
#define TELL_US     ((int64_t)10000000)
#define RESULTS     "raw.results"

static json_t *text_of(struct effect *effect, struct cw_text text)
{
    struct cw_text clean = {"", 0};
    if (!cw_utf8_clean(effect->arena, text, &clean))
        clean = CW_TEXT("");
    clean = cw_utf8_prefix(clean, OUTPUT_TOLD);
    return json_stringn(clean.size > 0 ? clean.bytes : "", clean.size);
}

static json_t *result_json(struct effect *effect, const struct job *job,
                           const struct effect_result *result)
{
    const struct cw_action *action = job->action;
    char code[16];
    (void)snprintf(code, sizeof(code), "%d", result->exit_code);
    json_t *parameters =
        json_pack("{s:o, s:o, s:s, s:o, s:s, s:s}", "action",
                  text_of(effect, action->action), "entity",
                  text_of(effect, action->target.name), "exit_code", code,
                  "output", text_of(effect, result->output), "phase",
                  job->rollback ? "rollback" : "run", "request_id", job->key);
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o}", "kind",
                     "result", "tenant", text_of(effect, action->meta.tenant),
                     "domain", text_of(effect, action->meta.domain), "target",
                     text_of(effect, action->action_id), "by",
                     effect->side->kafka->instance, "value", result->value,
                     "reason", result->reason, "parameters", parameters);
}

static const char *const outcomes[EFFECT_OUTCOME_COUNT] = {
    "started", "succeeded", "failed", "refused", "unknown"};

const char *effect_outcome_name(unsigned outcome)
{
    return outcomes[outcome];
}

static void count_result(struct effect *effect, const char *value)
{
    for (unsigned i = 0; i < EFFECT_OUTCOME_COUNT; i++)
        if (strcmp(outcomes[i], value) == 0)
            atomic_fetch_add(&effect->outcomes[i], 1);
}

enum cw_status effect_tell(struct effect *effect, const struct job *job,
                           const struct effect_result *result,
                           struct cw_error *err)
{
    cw_arena_reset(effect->arena);
    json_t *json = result_json(effect, job, result);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (text == NULL)
        return cw_fail(err, CW_NO_MEMORY, "result");
    const struct cw_tell said = {RESULTS, RD_KAFKA_PARTITION_UA,
                                 job->action->action_id, cw_text_of(text)};
    const enum cw_status status =
        cw_teller_say(effect->teller, &said, 1, TELL_US, err);
    free(text);
    if (status == CW_OK)
        count_result(effect, result->value);
    CW_LOG(effect->side->log, INFO, "effect", cw_kv_str("key", job->key),
           cw_kv_str("value", result->value),
           cw_kv_int("exit_code", result->exit_code),
           cw_kv_str("reason", result->reason));
    return status;
}

enum cw_status effect_tell_marker(struct effect *effect, const struct job *job,
                                  struct cw_error *err)
{
    struct marker marker = {0};
    const enum cw_status status =
        marker_look(effect->folder, job->key, &marker, effect->output, err);
    if (status != CW_OK && status != CW_BAD_STATE)
        return status;
    if (status == CW_BAD_STATE || marker.state != MARKER_FINISHED) {
        const struct effect_result unknown = {
            "unknown", "it began and nobody can tell how it ended", -1,
            CW_TEXT("")};
        return effect_tell(effect, job, &unknown, err);
    }
    const struct effect_result result = {
        .value = marker.outcome == MARKER_SUCCEEDED ? "succeeded"
                 : marker.outcome == MARKER_REFUSED ? "refused"
                                                    : "failed",
        .reason = marker_outcome_name(marker.outcome),
        .exit_code = marker.exit_code,
        .output = {effect->output, marker.output_size},
    };
    return effect_tell(effect, job, &result, err);
}
