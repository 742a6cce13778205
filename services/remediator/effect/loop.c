#include "loop.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "lease.h"
#include "loop_inner.h"
#include "record/wire.h"
#include "stream/stream_metrics.h"

#define RECORD_MAX ((size_t)4 << 20)

static enum cw_status find_user(struct effect *effect, struct cw_error *err)
{
    effect->box = (struct script_box){
        .working_folder = effect->settings.working_folder,
        .insecure_same_user = effect->settings.same_user,
        .memory_max = effect->settings.memory_max,
    };
    if (effect->settings.user[0] == '\0')
        return CW_OK;
    struct passwd entry;
    struct passwd *found = NULL;
    char text[4096];
    if (getpwnam_r(effect->settings.user, &entry, text, sizeof(text), &found) !=
            0 ||
        found == NULL)
        return cw_fail(err, CW_BAD_CONFIG, "effect.user: no user '%s'",
                       effect->settings.user);
    effect->box.uid = found->pw_uid;
    effect->box.gid = found->pw_gid;
    effect->box.has_user = true;
    return CW_OK;
}

void effect_check_user(const char *name, struct cw_faults *faults)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char text[4096];
    if (name[0] != '\0' &&
        (getpwnam_r(name, &entry, text, sizeof(text), &found) != 0 ||
         found == NULL))
        cw_faults_add(faults, "no user '%s' on this system", name);
}

enum cw_status effect_create(struct effect **made,
                             const struct effect_settings *settings,
                             struct cw_error *err)
{
    struct effect *effect = calloc(1, sizeof(*effect));
    if (effect == NULL)
        return cw_fail(err, CW_NO_MEMORY, "effect");
    effect->settings = *settings;
    effect->folder = -1;
    effect->clock = cw_clock_system();
    enum cw_status status = find_user(effect, err);
    if (status == CW_OK)
        status = marker_open(&effect->folder, settings->state_folder, err);
    if (status == CW_OK)
        status = cw_arena_create(&effect->arena, RECORD_MAX, err);
    if (status != CW_OK)
        effect_destroy(&effect);
    else
        *made = effect;
    return status;
}

static void free_job(struct job *job)
{
    cw_arena_destroy(&job->arena);
    *job = (struct job){0};
}

void effect_destroy(struct effect **effect)
{
    struct effect *gone = *effect;
    if (gone == NULL)
        return;
    cw_follow_close(&gone->follow);
    cw_teller_destroy(&gone->teller);
    for (size_t i = 0; i < EFFECT_WAITING_MAX; i++)
        free_job(&gone->jobs[i]);
    cw_arena_destroy(&gone->arena);
    if (gone->folder >= 0)
        marker_close(&gone->folder);
    free(gone);
    *effect = NULL;
}

/* ---- jobs --------------------------------------------------------------- */

static struct job *find_job(struct effect *effect, struct cw_text action_id,
                            bool rollback)
{
    for (size_t i = 0; i < EFFECT_WAITING_MAX; i++) {
        struct job *job = &effect->jobs[i];
        if (job->arena != NULL && job->rollback == rollback &&
            cw_text_equal(job->action->action_id, action_id))
            return job;
    }
    return NULL;
}

static struct job *free_slot(struct effect *effect)
{
    for (size_t i = 0; i < EFFECT_WAITING_MAX; i++)
        if (effect->jobs[i].arena == NULL)
            return &effect->jobs[i];
    return NULL;
}

static bool is_idle(const struct effect *effect)
{
    for (size_t i = 0; i < EFFECT_WAITING_MAX; i++)
        if (effect->jobs[i].arena != NULL)
            return false;
    return true;
}

static enum cw_status decode(struct job *job, const rd_kafka_message_t *message,
                             struct cw_error *err)
{
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    enum cw_status status = cw_arena_create(&job->arena, RECORD_MAX, err);
    if (status != CW_OK)
        return status;
    const struct cw_text value = cw_arena_text(
        job->arena, (struct cw_text){message->payload, message->len});
    status = cw_wire_open(value, job->arena, &type, &record, err);
    if (status == CW_OK && type != &cw_action_type)
        status = cw_fail(err, CW_NOT_FOUND, "%s on actions", type->name);
    job->action = record;
    return status;
}

/* An action that is to be done waits; any later state takes it off again. */
static enum cw_status take_action(struct effect *effect,
                                  const rd_kafka_message_t *message,
                                  struct cw_error *err)
{
    struct job *slot = free_slot(effect);
    if (slot == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "%d actions wait already",
                       EFFECT_WAITING_MAX);
    const enum cw_status status = decode(slot, message, err);
    if (status != CW_OK) {
        free_job(slot);
        return status;
    }
    const struct cw_action *action = slot->action;
    slot->rollback = action->state == CW_ACTION_STATE_ROLLING_BACK;
    struct job *known = find_job(effect, action->action_id, slot->rollback);
    const bool wanted =
        action->state == CW_ACTION_STATE_INTENDED || slot->rollback;
    if (known != slot && known != NULL) { /* the same action, later on */
        if (!known->running && !wanted)
            free_job(known);
        free_job(slot);
        return CW_OK;
    }
    if (!wanted || action->dry_run) {
        free_job(slot);
        return CW_OK;
    }
    (void)snprintf(slot->key, sizeof(slot->key), "%.*s-%d-%s",
                   CW_TEXT_ARG(action->action_id), action->attempt,
                   slot->rollback ? "rollback" : "run");
    return CW_OK;
}

static enum cw_status take_said(struct effect *effect,
                                const rd_kafka_message_t *message,
                                struct cw_error *err)
{
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    cw_arena_reset(effect->arena);
    const struct cw_text value = {message->payload, message->len};
    const enum cw_status status =
        cw_wire_open(value, effect->arena, &type, &record, err);
    if (status != CW_OK || type != &cw_said_type)
        return status;
    const struct cw_said *said = record;
    if (said->kind != CW_SAID_KIND_KILL_SWITCH)
        return CW_OK;
    effect->stopped = !cw_text_is(said->value, "start");
    CW_LOG(effect->side->log, WARN, "kill_switch",
           cw_kv_bool("stopped", effect->stopped), cw_kv_text("by", said->by));
    for (size_t i = 0; effect->stopped && i < EFFECT_WAITING_MAX; i++)
        if (effect->jobs[i].running)
            script_stop(&effect->jobs[i].script);
    return CW_OK;
}

static enum cw_status take(struct effect *effect,
                           const rd_kafka_message_t *message,
                           struct cw_error *err)
{
    if (message->payload == NULL)
        return CW_OK;
    const char *topic = rd_kafka_topic_name(message->rkt);
    const char *suffix = topic + strlen(effect->side->kafka->prefix) + 1;
    enum cw_status status = strcmp(suffix, "said") == 0
                                ? take_said(effect, message, err)
                                : take_action(effect, message, err);
    if (status == CW_OK || status == CW_UNAVAILABLE ||
        cw_status_action(status) == CW_STOP)
        return status;
    if (status != CW_NOT_FOUND) /* a Mark is no action */
        effect->side->unreadable(effect->side->of, message, err);
    return CW_OK;
}

/* ---- running ------------------------------------------------------------ */

/* NULL-ended copy in the job's arena. */
static const char *const *words_of(struct job *job, const struct cw_text *words,
                                   size_t count)
{
    const char **argv = cw_arena_take(job->arena, (count + 1) * sizeof(char *));
    for (size_t i = 0; argv != NULL && i < count; i++) {
        argv[i] =
            cw_arena_print(job->arena, "%.*s", CW_TEXT_ARG(words[i])).bytes;
        if (words[i].size > 0 && argv[i][0] == '\0')
            return NULL;
    }
    return argv;
}

static enum cw_status begin(struct effect *effect, struct job *job,
                            struct cw_error *err)
{
    const struct cw_action *action = job->action;
    const struct effect_result started = {"started", "", -1, CW_TEXT("")};
    enum cw_status status = effect_tell(effect, job, &started, err);
    if (status != CW_OK)
        return status;
    const struct script_request request = {
        .key = job->key,
        .argv = job->rollback ? words_of(job, action->rollback_argv,
                                         action->rollback_argv_count)
                              : words_of(job, action->argv, action->argv_count),
        .precheck = job->rollback || action->precheck_argv_count == 0
                        ? NULL
                        : words_of(job, action->precheck_argv,
                                   action->precheck_argv_count),
        .timeout_us = action->timeout_us,
    };
    status =
        script_start(&job->script, &request, &effect->box, effect->folder, err);
    if (status == CW_OK) {
        job->running = true;
        return CW_OK;
    }
    const struct effect_result refused = {"refused", err->text, -1,
                                          CW_TEXT("")};
    struct cw_error told = {0};
    status = effect_tell(effect, job, &refused, &told);
    free_job(job);
    if (status != CW_OK)
        *err = told;
    return status;
}

static uint32_t running_count(const struct effect *effect)
{
    uint32_t count = 0;
    for (size_t i = 0; i < EFFECT_WAITING_MAX; i++)
        count += effect->jobs[i].running ? 1 : 0;
    return count;
}

static enum cw_status consider(struct effect *effect, struct job *job,
                               struct cw_error *err)
{
    const int64_t now_at = cw_clock_wall_us(&effect->clock);
    struct lease_question question = {
        .action = job->action,
        .now_at = now_at,
        .lease_until_at = cw_follow_assigned(effect->follow)
                              ? now_at + effect->settings.lease_us
                              : now_at,
        .max_age_us = effect->settings.max_age_us,
        .stopped = effect->stopped,
        .running_count = running_count(effect),
        .running_max = (uint32_t)effect->settings.running_max,
    };
    enum cw_status status =
        marker_look(effect->folder, job->key, &question.marker, NULL, err);
    if (status == CW_BAD_STATE)
        question.marker.state = MARKER_STARTED;
    else if (status != CW_OK)
        return status;
    const char *reason = "";
    const enum lease_answer answer = lease_ask(&question, &reason);
    if (answer == LEASE_WAIT)
        return CW_OK;
    if (answer == LEASE_RUN)
        return begin(effect, job, err);
    const struct effect_result told = {answer == LEASE_UNKNOWN ? "unknown"
                                                               : "refused",
                                       reason, -1, CW_TEXT("")};
    status = answer == LEASE_REPEAT ? effect_tell_marker(effect, job, err)
                                    : effect_tell(effect, job, &told, err);
    if (status == CW_OK)
        free_job(job);
    return status;
}

static enum cw_status tend(struct effect *effect, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < EFFECT_WAITING_MAX && status == CW_OK; i++) {
        struct job *job = &effect->jobs[i];
        if (job->arena == NULL)
            continue;
        if (!job->running) {
            status = consider(effect, job, err);
            continue;
        }
        if (!script_wait(&job->script, 0))
            continue;
        status = effect_tell_marker(effect, job, err);
        if (status == CW_OK)
            free_job(job);
    }
    return status;
}

/* ---- the loop ----------------------------------------------------------- */

static enum cw_status open_all(struct effect *effect, struct cw_error *err)
{
    char actions[128];
    char said[128];
    char group[128];
    const char *const topics[] = {actions, said};
    cw_kafka_topic_name(effect->side->kafka, "actions", actions,
                        sizeof(actions));
    cw_kafka_topic_name(effect->side->kafka, "said", said, sizeof(said));
    (void)snprintf(group, sizeof(group), "%s.effect",
                   effect->side->kafka->prefix);
    const struct cw_follow_config config = {
        .kafka = effect->side->kafka,
        .group = group,
        .topics = topics,
        .topic_count = 2,
        .session_us = effect->settings.lease_us,
    };
    enum cw_status status =
        cw_teller_create(&effect->teller, effect->side->kafka, err);
    if (status == CW_OK)
        status = cw_follow_open(&effect->follow, &config, err);
    return status;
}

static enum cw_status turn(struct effect *effect, struct cw_error *err)
{
    const rd_kafka_message_t *message = NULL;
    enum cw_status status = CW_OK;
    do {
        status = cw_follow_next(effect->follow, 50, &message, err);
        if (status == CW_OK && message != NULL)
            status = take(effect, message, err);
    } while (status == CW_OK && message != NULL);
    atomic_store(&effect->assigned, cw_follow_assigned(effect->follow));
    if (status == CW_OK && cw_follow_at_end(effect->follow))
        status = tend(effect, err); /* what is old was taken off by now */
    if (status == CW_OK && is_idle(effect))
        status = cw_follow_commit(effect->follow, err);
    return status;
}

/* For those who ask from another thread. */
static void show(struct effect *effect)
{
    size_t waiting = 0;
    for (size_t i = 0; i < EFFECT_WAITING_MAX; i++)
        waiting += effect->jobs[i].arena != NULL && !effect->jobs[i].running;
    atomic_store(&effect->waiting, waiting);
    atomic_store(&effect->running, running_count(effect));
}

enum cw_status effect_run(void *context, const struct cw_side *side,
                          struct cw_error *err)
{
    struct effect *effect = context;
    effect->side = side;
    enum cw_status status = open_all(effect, err);
    while (status == CW_OK && !atomic_load(side->stop)) {
        side->beat(side->of);
        status = turn(effect, err);
        if (status == CW_OK)
            side->settled(side->of);
        show(effect);
        if (status != CW_UNAVAILABLE)
            continue;
        CW_LOG(side->log, WARN, "effect_waits", cw_kv_error(err));
        status = CW_OK;
    }
    return status;
}

bool effect_ready(void *context, json_t *parts, struct cw_error *why)
{
    const struct effect *effect = context;
    const bool assigned = effect != NULL && atomic_load(&effect->assigned);
    if (parts != NULL)
        (void)json_object_set_new(parts, "assigned", json_boolean(assigned));
    if (!assigned)
        (void)cw_fail(why, CW_UNAVAILABLE, "no assignment yet");
    return assigned;
}

void effect_collect(void *context, struct cw_metrics *metrics)
{
    struct effect *effect = context;
    const size_t first = cw_stream_metric_count;
    for (unsigned i = 0; i < EFFECT_OUTCOME_COUNT; i++) {
        const struct cw_text outcome = cw_text_of(effect_outcome_name(i));
        cw_cell_raise(cw_metrics_cell(
                          metrics, first + REMEDIATOR_METRIC_RESULTS, &outcome),
                      atomic_load(&effect->outcomes[i]));
    }
    cw_metrics_set(metrics, first + REMEDIATOR_METRIC_WAITING,
                   (double)atomic_load(&effect->waiting));
    cw_metrics_set(metrics, first + REMEDIATOR_METRIC_RUNNING,
                   (double)atomic_load(&effect->running));
}
