#include "alarm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "forms/slack.h"
#include "forms/webhook.h"

#define ARENA_MAX ((size_t)4 << 20)
#define TRIES_MAX 10
#define RETRY_US  INT64_C(10000000)

struct call {
    bool wanted;
    bool in_flight;
    int tries;
    int64_t next_at;
};

struct notifier_alarm {
    const struct notifier_target *targets;
    size_t count;
    const struct notifier_zone *zone;
    struct cw_arena *arena; /* of one message */
    enum notifier_beat_turn turn;
    uint32_t turn_count; /* in the ids: an old turn's outcome is not ours */
    int64_t lost_at;
    int64_t turned_at;
    char text[NOTIFIER_BEAT_TEXT];
    struct call calls[NOTIFIER_TARGETS_MAX];
};

enum cw_status notifier_alarm_create(struct notifier_alarm **made,
                                     const struct notifier_target *targets,
                                     size_t count,
                                     const struct notifier_zone *zone,
                                     struct cw_error *err)
{
    struct notifier_alarm *alarm = calloc(1, sizeof(*alarm));
    if (alarm == NULL)
        return cw_fail(err, CW_NO_MEMORY, "alarm");
    alarm->targets = targets;
    alarm->count = count;
    alarm->zone = zone;
    const enum cw_status status =
        cw_arena_create(&alarm->arena, ARENA_MAX, err);
    if (status != CW_OK)
        notifier_alarm_destroy(&alarm);
    else
        *made = alarm;
    return status;
}

void notifier_alarm_destroy(struct notifier_alarm **alarm)
{
    if (*alarm == NULL)
        return;
    cw_arena_destroy(&(*alarm)->arena);
    free(*alarm);
    *alarm = NULL;
}

void notifier_alarm_ring(struct notifier_alarm *alarm,
                         enum notifier_beat_turn turn, const char *text,
                         int64_t now_us)
{
    alarm->turn = turn;
    alarm->turn_count++;
    alarm->turned_at = now_us;
    if (turn == NOTIFIER_BEAT_LOST)
        alarm->lost_at = now_us;
    (void)snprintf(alarm->text, sizeof(alarm->text), "%s", text);
    for (size_t i = 0; i < alarm->count; i++)
        alarm->calls[i] = (struct call){.wanted = true, .next_at = now_us};
}

static uint64_t id_of(const struct notifier_alarm *alarm, size_t index)
{
    return NOTIFIER_ALARM_IDS | (uint64_t)alarm->turn_count << 8 | index;
}

static struct cw_notice notice_of(const struct notifier_alarm *alarm)
{
    static const struct cw_entity self = {.kind = {"service", 7},
                                          .name = {"causeway", 8}};
    const bool lost = alarm->turn == NOTIFIER_BEAT_LOST;
    const struct cw_text id =
        cw_arena_print(alarm->arena, "watchdog-%s-%" PRId64,
                       lost ? "lost" : "back", alarm->turned_at);
    return (struct cw_notice){
        .meta = {.tenant = CW_TEXT("default"),
                 .domain = CW_TEXT("default"),
                 .idempotency_key = id},
        .notice_id = id,
        .transition = lost ? CW_TRANSITION_FIRING : CW_TRANSITION_RESOLVED,
        .number = 1,
        .severity = CW_SEVERITY_CRITICAL,
        .title = lost
                     ? CW_TEXT("Causeway itself: a stage is silent, incidents "
                               "may go unseen")
                     : CW_TEXT("Causeway itself: every stage is at work again"),
        .started_at = alarm->lost_at,
        .decided_at = alarm->turned_at,
        .entities = &self,
        .entities_count = 1,
        .member_count = 1,
        .why = cw_text_of(alarm->text),
    };
}

static enum cw_status write_body(const struct notifier_alarm *alarm,
                                 const struct notifier_target *target,
                                 const struct cw_notice *notice,
                                 struct cw_text *body, struct cw_error *err)
{
    static const struct cw_text missing = {
        "what the silent stage would have said", 37};
    const struct cw_cause unknown = {
        .unknown = true, .missing = &missing, .missing_count = 1};
    const bool lost = alarm->turn == NOTIFIER_BEAT_LOST;
    const struct notifier_facts facts = {
        .notice = notice, .cause = lost ? &unknown : NULL, .zone = alarm->zone};
    switch (target->form) {
    case NOTIFIER_FORM_SLACK:
        return notifier_slack(&facts, alarm->arena, body, err);
    case NOTIFIER_FORM_ALERTMANAGER:
        return notifier_webhook_alertmanager(&facts, cw_text_of(target->name),
                                             alarm->arena, body, err);
    case NOTIFIER_FORM_WEBHOOK:
    default:
        return notifier_webhook(&facts, alarm->arena, body, err);
    }
}

static void start(struct notifier_alarm *alarm, size_t index,
                  struct notifier_deliver *deliver, int64_t now_us)
{
    const struct notifier_target *target = &alarm->targets[index];
    struct call *call = &alarm->calls[index];
    struct cw_error err = {0};
    cw_arena_reset(alarm->arena);
    const struct cw_notice notice = notice_of(alarm);
    struct notifier_post post = {
        .id = id_of(alarm, index),
        .url = target->url,
        .secret = target->form == NOTIFIER_FORM_SLACK ? NULL : target->secret,
        .at_s = now_us / 1000000,
    };
    if (target->form != NOTIFIER_FORM_SLACK)
        post.key = notifier_webhook_key(&notice, cw_text_of(target->name),
                                        alarm->arena);
    call->tries++;
    call->next_at = now_us + RETRY_US;
    enum cw_status status =
        write_body(alarm, target, &notice, &post.body, &err);
    if (status == CW_OK)
        status = notifier_deliver_start(deliver, &post, &err);
    call->in_flight = status == CW_OK;
}

void notifier_alarm_tend(struct notifier_alarm *alarm,
                         struct notifier_deliver *deliver, int64_t now_us)
{
    for (size_t i = 0; i < alarm->count; i++) {
        struct call *call = &alarm->calls[i];
        if (call->wanted && !call->in_flight && call->next_at <= now_us &&
            notifier_deliver_in_flight(deliver) < NOTIFIER_IN_FLIGHT)
            start(alarm, i, deliver, now_us);
        if (!call->in_flight && call->tries >= TRIES_MAX)
            call->wanted = false;
    }
}

void notifier_alarm_lost(struct notifier_alarm *alarm)
{
    for (size_t i = 0; i < alarm->count; i++)
        alarm->calls[i].in_flight = false;
}

bool notifier_alarm_end(struct notifier_alarm *alarm,
                        const struct notifier_outcome *outcome, int64_t now_us)
{
    if ((outcome->id & NOTIFIER_ALARM_IDS) == 0)
        return false;
    const uint64_t index = outcome->id & 0xff;
    if (index >= alarm->count || outcome->id != id_of(alarm, index))
        return true;
    struct call *call = &alarm->calls[index];
    call->in_flight = false;
    call->next_at = now_us + RETRY_US;
    if (outcome->result == NOTIFIER_ACCEPTED ||
        outcome->result == NOTIFIER_REFUSED)
        call->wanted = false;
    return true;
}
