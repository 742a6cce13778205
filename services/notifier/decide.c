#include "decide.h"

#include <assert.h>

#define BACKOFF_MIN_US INT64_C(1000000)
#define BACKOFF_MAX_US INT64_C(300000000)

/* ---- who -------------------------------------------------------------------
 */

static bool is_scope(const char *wanted, struct cw_text got)
{
    return wanted == NULL || cw_text_is(got, wanted);
}

static bool is_told(const struct notifier_target *target,
                    const struct cw_notice *notice, bool before)
{
    if (!is_scope(target->tenant, notice->meta.tenant) ||
        !is_scope(target->domain, notice->meta.domain) ||
        (notice->drill && !target->drills))
        return false;
    switch (notice->transition) {
    case CW_TRANSITION_ACKNOWLEDGED:
        return before && target->acknowledged;
    case CW_TRANSITION_RESOLVED:
        return before;
    case CW_TRANSITION_FIRING:
    case CW_TRANSITION_REOPENED:
    case CW_TRANSITION_ESCALATED:
    case CW_TRANSITION_COUNT:
    default:
        return before || notice->severity >= target->min_severity;
    }
}

uint64_t notifier_route(const struct notifier_target *targets, size_t count,
                        const struct cw_notice *notice, uint64_t told)
{
    uint64_t chosen = 0;
    assert(count <= NOTIFIER_TARGETS_MAX);
    for (size_t i = 0; i < count; i++) {
        const uint64_t bit = UINT64_C(1) << i;
        if (is_told(&targets[i], notice, (told & bit) != 0))
            chosen |= bit;
    }
    return chosen;
}

/* ---- how often ---- */

static bool has_room(const struct notifier_fold *fold, int64_t now_us)
{
    return fold->sent_count < NOTIFIER_FOLD_ABOVE ||
           now_us - fold->sent_at[fold->next] >= NOTIFIER_FOLD_US;
}

static void note_sent(struct notifier_fold *fold, int64_t now_us)
{
    fold->sent_at[fold->next] = now_us;
    fold->next = (fold->next + 1) % NOTIFIER_FOLD_ABOVE;
    if (fold->sent_count < NOTIFIER_FOLD_ABOVE)
        fold->sent_count++;
}

bool notifier_fold_take(struct notifier_fold *fold, int64_t now_us)
{
    /* What waits goes first, or a later notice would overtake it. */
    if (fold->waiting == 0 && has_room(fold, now_us)) {
        note_sent(fold, now_us);
        return true;
    }
    if (fold->waiting == 0)
        fold->waiting_at = now_us;
    fold->waiting++;
    return false;
}

uint32_t notifier_fold_due(struct notifier_fold *fold, int64_t now_us)
{
    const uint32_t count = fold->waiting;
    if (count == 0 || now_us - fold->waiting_at < NOTIFIER_FOLD_US)
        return 0;
    fold->waiting = 0;
    note_sent(fold, now_us);
    return count;
}

/* ---- one delivery ---- */

struct notifier_rule notifier_rule_of(const struct notifier_target *target,
                                      int64_t max_age_us)
{
    return (struct notifier_rule){
        .idempotent = target->form != NOTIFIER_FORM_SLACK,
        .doubt = target->doubt,
        .max_age_us = max_age_us,
    };
}

struct notifier_delivery notifier_delivery_begin(int64_t decided_at)
{
    return (struct notifier_delivery){.state = CW_DELIVERY_STATE_INTENT,
                                      .decided_at = decided_at};
}

static int64_t backoff(int32_t attempts)
{
    const int doublings = attempts > 1 ? attempts - 1 : 0;
    const int64_t wait_us =
        doublings < 16 ? BACKOFF_MIN_US << doublings : BACKOFF_MAX_US;
    return wait_us < BACKOFF_MAX_US ? wait_us : BACKOFF_MAX_US;
}

static void retry(struct notifier_delivery *delivery, int64_t retry_after_us,
                  int64_t now_us)
{
    const int64_t own_us = backoff(delivery->attempts);
    const int64_t asked_us =
        retry_after_us < BACKOFF_MAX_US ? retry_after_us : BACKOFF_MAX_US;
    delivery->next_at = now_us + (own_us > asked_us ? own_us : asked_us);
}

void notifier_delivery_end(struct notifier_delivery *delivery,
                           const struct notifier_rule *rule,
                           enum notifier_result result, int64_t retry_after_us,
                           int64_t now_us)
{
    const bool harmless = rule->idempotent || rule->doubt == NOTIFIER_RESEND;
    delivery->in_flight = false;
    switch (result) {
    case NOTIFIER_ACCEPTED:
        delivery->state = CW_DELIVERY_STATE_DELIVERED;
        return;
    case NOTIFIER_REFUSED:
        delivery->state = CW_DELIVERY_STATE_REFUSED;
        return;
    case NOTIFIER_BUSY:
    case NOTIFIER_UNSENT:
        retry(delivery, retry_after_us, now_us);
        return;
    case NOTIFIER_FAILED:
    case NOTIFIER_CUT:
    default:
        if (harmless)
            retry(delivery, retry_after_us, now_us);
        else
            delivery->state = CW_DELIVERY_STATE_UNKNOWN;
        return;
    }
}

void notifier_delivery_restore(struct notifier_delivery *delivery,
                               const struct notifier_rule *rule, int64_t now_us)
{
    if (delivery->state != CW_DELIVERY_STATE_INTENT || !delivery->in_flight)
        return;
    notifier_delivery_end(delivery, rule, NOTIFIER_CUT, 0, now_us);
}

enum notifier_step notifier_delivery_next(struct notifier_delivery *delivery,
                                          const struct notifier_rule *rule,
                                          int64_t now_us)
{
    if (delivery->state != CW_DELIVERY_STATE_INTENT)
        return NOTIFIER_DONE;
    if (delivery->in_flight)
        return NOTIFIER_WAIT;
    if (now_us - delivery->decided_at > rule->max_age_us) {
        delivery->state = CW_DELIVERY_STATE_EXPIRED;
        return NOTIFIER_DONE;
    }
    if (now_us < delivery->next_at)
        return NOTIFIER_WAIT;
    delivery->attempts++;
    delivery->in_flight = true;
    return NOTIFIER_SEND;
}
