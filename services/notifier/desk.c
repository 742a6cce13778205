#include "desk.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "forms/slack.h"
#include "forms/webhook.h"
#include "roll.h"
#include "shelf.h"

#define JOBS_MAX   1024
#define TOLD_MAX   16384
#define ENDED_MAX  32768
#define RECORD_MAX ((size_t)4 << 20) /* of a notice or cause, encoded */
#define ARENA_MAX  ((size_t)64 << 20)
#define GIVEN_MAX  10 /* notices a folded message names */

struct job {
    uint64_t id; /* 0 = free */
    uint64_t key;
    uint64_t incident;
    size_t target;
    struct cw_pack notice;
    struct notifier_delivery delivery;
    uint64_t folded_into; /* id of the job that tells it; 0 = none */
    uint32_t folded;      /* notices this one tells, itself included */
    bool dirty;           /* its record is to be written */
    bool waits_in_fold;
    bool waits_for_cause;
    char outcome[160];
};

struct notifier_desk {
    struct notifier_desk_config config;
    struct job *jobs;
    size_t job_count;
    uint64_t last_id;
    struct notifier_shelf *shelf;
    struct notifier_roll *roll;
    struct notifier_fold folds[NOTIFIER_TARGETS_MAX];
    struct cw_arena *arena; /* of one task */
};

/* ---- life ---- */

enum cw_status notifier_desk_create(struct notifier_desk **made,
                                    const struct notifier_desk_config *config,
                                    struct cw_error *err)
{
    if (config->target_count > NOTIFIER_TARGETS_MAX)
        return cw_fail(err, CW_BAD_CONFIG, "%zu targets, at most %d",
                       config->target_count, NOTIFIER_TARGETS_MAX);
    struct notifier_desk *desk = calloc(1, sizeof(*desk));
    if (desk == NULL)
        return cw_fail(err, CW_NO_MEMORY, "desk");
    desk->config = *config;
    desk->jobs = calloc(JOBS_MAX, sizeof(*desk->jobs));
    enum cw_status status =
        desk->jobs ? CW_OK : cw_fail(err, CW_NO_MEMORY, "desk");
    if (status == CW_OK)
        status = notifier_shelf_create(&desk->shelf, err);
    if (status == CW_OK)
        status = notifier_roll_create(&desk->roll, err);
    if (status == CW_OK)
        status = cw_arena_create(&desk->arena, ARENA_MAX, err);
    if (status != CW_OK) {
        notifier_desk_destroy(&desk);
        return status;
    }
    *made = desk;
    return CW_OK;
}

void notifier_desk_destroy(struct notifier_desk **desk)
{
    struct notifier_desk *old = *desk;
    if (old == NULL)
        return;
    for (size_t i = 0; old->jobs != NULL && i < JOBS_MAX; i++)
        cw_pack_fini(&old->jobs[i].notice);
    free(old->jobs);
    notifier_shelf_destroy(&old->shelf);
    notifier_roll_destroy(&old->roll);
    cw_arena_destroy(&old->arena);
    free(old);
    *desk = NULL;
}

size_t notifier_desk_count(const struct notifier_desk *desk)
{
    return desk->job_count;
}

/* ---- jobs ---- */

static struct job *job_by_key(struct notifier_desk *desk, uint64_t key)
{
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (desk->jobs[i].id != 0 && desk->jobs[i].key == key)
            return &desk->jobs[i];
    return NULL;
}

static void drop_job(struct notifier_desk *desk, struct job *job)
{
    cw_pack_fini(&job->notice);
    *job = (struct job){0};
    desk->job_count--;
}

static struct job *take_job(struct notifier_desk *desk)
{
    struct job *job = NULL;
    for (size_t i = 0; job == NULL && i < JOBS_MAX; i++)
        if (desk->jobs[i].id == 0)
            job = &desk->jobs[i];
    if (job == NULL)
        return NULL;
    *job = (struct job){.id = ++desk->last_id};
    desk->job_count++;
    cw_pack_init(&job->notice, RECORD_MAX);
    return job;
}

static const struct notifier_target *target_of(const struct notifier_desk *desk,
                                               const struct job *job)
{
    return &desk->config.targets[job->target];
}

/* The targets of a notice whose delivery is neither ended nor begun. */
static uint64_t open_targets(struct notifier_desk *desk,
                             const struct cw_notice *notice, uint64_t incident)
{
    const struct notifier_desk_config *config = &desk->config;
    uint64_t chosen =
        notifier_route(config->targets, config->target_count, notice,
                       notifier_roll_told(desk->roll, incident));
    for (size_t i = 0; i < config->target_count; i++) {
        const uint64_t bit = UINT64_C(1) << i;
        const uint64_t key = notifier_roll_delivery(
            notice->meta.tenant, notice->notice_id, config->targets[i].name);
        if ((chosen & bit) != 0 &&
            (notifier_roll_ending(desk->roll, key) == NOTIFIER_ENDED ||
             job_by_key(desk, key) != NULL))
            chosen &= ~bit;
    }
    return chosen;
}

static enum cw_status add_job(struct notifier_desk *desk,
                              const struct cw_notice *notice, size_t target,
                              int64_t now_us, struct cw_error *err)
{
    struct job *job = take_job(desk);
    if (job == NULL)
        return cw_fail(err, CW_FULL, "%d deliveries at once", JOBS_MAX);
    cw_notice_encode(notice, &job->notice);
    if (job->notice.failed) {
        drop_job(desk, job);
        return cw_fail(err, CW_TOO_LARGE, "a notice that large");
    }
    job->target = target;
    job->incident =
        notifier_roll_incident(notice->meta.tenant, notice->incident_id);
    job->key = notifier_roll_delivery(notice->meta.tenant, notice->notice_id,
                                      desk->config.targets[target].name);
    job->delivery = notifier_delivery_begin(notice->decided_at);
    job->dirty = true;
    notifier_roll_tell(desk->roll, job->incident, notice->transition, target);
    if (notifier_roll_ending(desk->roll, job->key) == NOTIFIER_IN_DOUBT) {
        job->delivery.state = CW_DELIVERY_STATE_UNKNOWN;
        job->delivery.attempts = 1;
        return CW_OK;
    }
    if (notice->transition == CW_TRANSITION_FIRING &&
        !notifier_shelf_has(desk->shelf, job->incident)) {
        job->waits_for_cause = true;
        job->delivery.next_at = now_us + desk->config.cause_wait_us;
    }
    /* Machines take each notice; people one message instead of many. */
    if (desk->config.targets[target].form == NOTIFIER_FORM_SLACK)
        job->waits_in_fold = !notifier_fold_take(&desk->folds[target], now_us);
    return CW_OK;
}

enum cw_status notifier_desk_notice(struct notifier_desk *desk,
                                    const struct cw_notice *notice,
                                    int64_t now_us, struct cw_error *err)
{
    const uint64_t incident =
        notifier_roll_incident(notice->meta.tenant, notice->incident_id);
    enum cw_status status = CW_OK;
    if (now_us - notice->decided_at > desk->config.max_age_us)
        return CW_OK; /* nobody wants it any more, and a restart gives it again
                       */
    const uint64_t chosen = open_targets(desk, notice, incident);
    if ((size_t)__builtin_popcountll(chosen) > JOBS_MAX - desk->job_count)
        return cw_fail(err, CW_FULL, "%d deliveries at once", JOBS_MAX);
    for (size_t i = 0; status == CW_OK && i < desk->config.target_count; i++)
        if ((chosen & (UINT64_C(1) << i)) != 0)
            status = add_job(desk, notice, i, now_us, err);
    return status;
}

enum cw_status notifier_desk_cause(struct notifier_desk *desk,
                                   const struct cw_cause *cause, int64_t now_us,
                                   struct cw_error *err)
{
    const uint64_t incident =
        notifier_roll_incident(cause->meta.tenant, cause->incident_id);
    const enum cw_status status =
        notifier_shelf_put(desk->shelf, incident, cause, err);
    if (status != CW_OK)
        return status;
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (desk->jobs[i].waits_for_cause &&
            desk->jobs[i].incident == incident) {
            desk->jobs[i].waits_for_cause = false;
            desk->jobs[i].delivery.next_at = now_us;
        }
    return CW_OK;
}

/* An attempt on record without its end was cut by whatever ended us. For a
 * target that may get it twice the notice, given again, begins anew. */
enum cw_status notifier_desk_recall(struct notifier_desk *desk,
                                    const struct cw_delivery *record,
                                    struct cw_error *err)
{
    (void)err;
    for (size_t i = 0; i < desk->config.target_count; i++) {
        const struct notifier_target *target = &desk->config.targets[i];
        if (!cw_text_is(record->target, target->name))
            continue;
        const uint64_t key = notifier_roll_delivery(
            record->meta.tenant, record->notice_id, target->name);
        const struct notifier_rule rule =
            notifier_rule_of(target, desk->config.max_age_us);
        struct notifier_delivery delivery = {.state = record->state,
                                             .attempts = record->attempts,
                                             .in_flight = record->attempts > 0};
        notifier_delivery_restore(&delivery, &rule, 0);
        notifier_roll_tell(
            desk->roll,
            notifier_roll_incident(record->meta.tenant, record->incident_id),
            record->transition, i);
        if (delivery.state != CW_DELIVERY_STATE_INTENT)
            notifier_roll_end(desk->roll, key,
                              record->state == delivery.state
                                  ? NOTIFIER_ENDED
                                  : NOTIFIER_IN_DOUBT);
        else
            notifier_roll_end(desk->roll, key, NOTIFIER_OPEN);
    }
    return CW_OK;
}

/* ---- tasks ---- */

static bool read_notice(struct notifier_desk *desk, const struct job *job,
                        struct cw_notice *notice)
{
    struct cw_error err = {0};
    struct cw_unpack in = cw_unpack_of(job->notice.bytes, job->notice.size);
    return cw_notice_decode(notice, &in, desk->arena, &err) == CW_OK;
}

static void write_record(struct notifier_desk *desk, const struct job *job,
                         const struct cw_notice *notice,
                         struct notifier_task *task)
{
    const struct notifier_target *target = target_of(desk, job);
    task->has_record = true;
    task->record = (struct cw_delivery){
        .meta = notice->meta,
        .notice_id = notice->notice_id,
        .incident_id = notice->incident_id,
        .target = cw_text_of(target->name),
        .transition = notice->transition,
        .state = job->delivery.state,
        .attempts = job->delivery.attempts,
        .outcome = cw_arena_print(desk->arena, "%s", job->outcome),
    };
    task->record.meta.idempotency_key =
        notifier_webhook_key(notice, task->record.target, desk->arena);
}

static enum cw_status write_folded(struct notifier_desk *desk,
                                   const struct job *job, struct cw_text *body,
                                   struct cw_error *err)
{
    struct cw_notice notices[GIVEN_MAX];
    const struct cw_notice *given[GIVEN_MAX];
    size_t count = 0;
    for (size_t i = 0; i < JOBS_MAX && count < GIVEN_MAX; i++) {
        const struct job *one = &desk->jobs[i];
        if (one->id == 0 ||
            (one->id != job->id && one->folded_into != job->id) ||
            !read_notice(desk, one, &notices[count]))
            continue;
        given[count] = &notices[count];
        count++;
    }
    return notifier_slack_folded(given, count, job->folded, desk->arena, body,
                                 err);
}

static enum cw_status write_body(struct notifier_desk *desk,
                                 const struct job *job,
                                 const struct cw_notice *notice,
                                 struct cw_text *body, struct cw_error *err)
{
    struct cw_cause cause;
    const struct notifier_target *target = target_of(desk, job);
    const struct notifier_facts facts = {
        .notice = notice,
        .cause =
            notifier_shelf_find(desk->shelf, job->incident, desk->arena, &cause)
                ? &cause
                : NULL,
        .zone = desk->config.zone,
        .console_url = desk->config.console_url};
    if (job->folded > 1)
        return write_folded(desk, job, body, err);
    switch (target->form) {
    case NOTIFIER_FORM_SLACK:
        return notifier_slack(&facts, desk->arena, body, err);
    case NOTIFIER_FORM_ALERTMANAGER:
        return notifier_webhook_alertmanager(&facts, cw_text_of(target->name),
                                             desk->arena, body, err);
    case NOTIFIER_FORM_WEBHOOK:
    default:
        return notifier_webhook(&facts, desk->arena, body, err);
    }
}

static void write_post(struct notifier_desk *desk, struct job *job,
                       const struct cw_notice *notice, int64_t now_us,
                       struct notifier_task *task)
{
    const struct notifier_target *target = target_of(desk, job);
    struct cw_error err = {0};
    struct cw_text body = {0};
    const enum cw_status status = write_body(desk, job, notice, &body, &err);
    if (status != CW_OK) { /* out of memory for it: later perhaps */
        const struct notifier_outcome none = {.id = job->id,
                                              .result = NOTIFIER_UNSENT};
        notifier_desk_end(desk, &none, now_us);
        return;
    }
    task->has_post = true;
    task->post = (struct notifier_post){
        .id = job->id,
        .url = target->url,
        .body = body,
        .secret = target->form == NOTIFIER_FORM_SLACK ? NULL : target->secret,
        .at_s = now_us / 1000000,
    };
    if (target->form != NOTIFIER_FORM_SLACK)
        task->post.key = task->record.meta.idempotency_key;
}

/* The first that waits tells all that wait for the same target. */
static void fold_due(struct notifier_desk *desk, size_t target, int64_t now_us)
{
    struct job *teller = NULL;
    if (notifier_fold_due(&desk->folds[target], now_us) == 0)
        return;
    for (size_t i = 0; i < JOBS_MAX; i++) {
        struct job *job = &desk->jobs[i];
        if (job->id == 0 || !job->waits_in_fold || job->target != target)
            continue;
        if (teller == NULL || job->id < teller->id)
            teller = job;
    }
    for (size_t i = 0; teller != NULL && i < JOBS_MAX; i++) {
        struct job *job = &desk->jobs[i];
        if (job->id == 0 || !job->waits_in_fold || job->target != target)
            continue;
        job->waits_in_fold = false;
        job->folded_into = job == teller ? 0 : teller->id;
        teller->folded++;
    }
    if (teller != NULL)
        teller->delivery.next_at = now_us;
}

/* Nobody reads "resolved" before "firing": an incident's notices reach a target
 * in their order. */
static bool has_older(const struct notifier_desk *desk, const struct job *job)
{
    for (size_t i = 0; i < JOBS_MAX; i++) {
        const struct job *other = &desk->jobs[i];
        if (other->id != 0 && other->id < job->id &&
            other->target == job->target && other->incident == job->incident)
            return true;
    }
    return false;
}

static bool is_due(struct notifier_desk *desk, struct job *job, int64_t now_us,
                   enum notifier_step *step)
{
    const struct notifier_rule rule =
        notifier_rule_of(target_of(desk, job), desk->config.max_age_us);
    if (job->id == 0)
        return false;
    if (job->dirty) {
        *step = job->delivery.state == CW_DELIVERY_STATE_INTENT ? NOTIFIER_WAIT
                                                                : NOTIFIER_DONE;
        return true;
    }
    if (job->waits_in_fold || job->folded_into != 0 || has_older(desk, job))
        return false;
    *step = notifier_delivery_next(&job->delivery, &rule, now_us);
    return *step != NOTIFIER_WAIT;
}

/* What the teller came to is what the told ones came to. */
static void end_folded(struct notifier_desk *desk, const struct job *teller)
{
    const bool refused = teller->delivery.state == CW_DELIVERY_STATE_REFUSED ||
                         teller->delivery.state == CW_DELIVERY_STATE_EXPIRED;
    for (size_t i = 0; teller->folded > 1 && i < JOBS_MAX; i++) {
        struct job *job = &desk->jobs[i];
        if (job->id == 0 || job->folded_into != teller->id)
            continue;
        job->delivery.state =
            refused ? teller->delivery.state : CW_DELIVERY_STATE_FOLDED;
        job->dirty = true;
    }
}

static void do_job(struct notifier_desk *desk, struct job *job,
                   enum notifier_step step, int64_t now_us,
                   struct notifier_task *task)
{
    struct cw_notice notice;
    job->dirty = false;
    if (!read_notice(desk, job, &notice)) { /* it was encoded here */
        drop_job(desk, job);
        return;
    }
    write_record(desk, job, &notice, task);
    if (step == NOTIFIER_SEND)
        write_post(desk, job, &notice, now_us, task);
    if (step != NOTIFIER_DONE)
        return;
    /* The notice's texts are lent from the job: keep them for the caller. */
    task->record.meta.tenant = cw_arena_text(desk->arena, notice.meta.tenant);
    task->record.meta.domain = cw_arena_text(desk->arena, notice.meta.domain);
    task->record.meta.origin_topic =
        cw_arena_text(desk->arena, notice.meta.origin_topic);
    task->record.meta.model_version =
        cw_arena_text(desk->arena, notice.meta.model_version);
    task->record.notice_id = cw_arena_text(desk->arena, notice.notice_id);
    task->record.incident_id = cw_arena_text(desk->arena, notice.incident_id);
    if (job->delivery.state == CW_DELIVERY_STATE_DELIVERED)
        task->record.delivered_at = now_us;
    end_folded(desk, job);
    notifier_roll_end(desk->roll, job->key, NOTIFIER_ENDED);
    drop_job(desk, job);
}

bool notifier_desk_next(struct notifier_desk *desk, int64_t now_us,
                        struct notifier_task *task)
{
    struct job *first = NULL;
    enum notifier_step first_step = NOTIFIER_WAIT;
    *task = (struct notifier_task){0};
    cw_arena_reset(desk->arena);
    for (size_t i = 0; i < desk->config.target_count; i++)
        fold_due(desk, i, now_us);
    for (size_t i = 0; first == NULL && i < JOBS_MAX; i++)
        if (is_due(desk, &desk->jobs[i], now_us, &first_step))
            first = &desk->jobs[i];
    if (first == NULL)
        return false;
    do_job(desk, first, first_step, now_us, task);
    return true;
}

void notifier_desk_end(struct notifier_desk *desk,
                       const struct notifier_outcome *outcome, int64_t now_us)
{
    for (size_t i = 0; i < JOBS_MAX; i++) {
        struct job *job = &desk->jobs[i];
        if (job->id != outcome->id || job->id == 0)
            continue;
        const struct notifier_rule rule =
            notifier_rule_of(target_of(desk, job), desk->config.max_age_us);
        notifier_delivery_end(&job->delivery, &rule, outcome->result,
                              outcome->retry_after_us, now_us);
        (void)snprintf(job->outcome, sizeof(job->outcome), "%s", outcome->text);
        job->dirty = job->delivery.state != CW_DELIVERY_STATE_INTENT;
        return;
    }
}
