#include "lease.h"

#define MARGIN_US ((int64_t)5 * 1000000) /* for killing and for the markers */

/* It began before: running still, ended, or cut off. */
static enum lease_answer ask_marker(const struct lease_question *question,
                                    const char **reason)
{
    if (question->marker.state == MARKER_FINISHED)
        return LEASE_REPEAT;
    const int64_t ends_at =
        question->marker.at + question->action->timeout_us + MARGIN_US;
    if (question->now_at < ends_at && question->now_at >= question->marker.at) {
        *reason = "an earlier run may still be under way";
        return LEASE_WAIT;
    }
    *reason = "it began and left no end";
    return LEASE_UNKNOWN;
}

static const char *refusal(const struct lease_question *question)
{
    const struct cw_action *action = question->action;
    const int64_t age_us = question->now_at - action->decided_at;

    if (action->state != CW_ACTION_STATE_INTENDED &&
        action->state != CW_ACTION_STATE_ROLLING_BACK)
        return "it is not intended any more";
    if (action->dry_run)
        return "it is a dry run";
    if (question->stopped)
        return "the kill switch is on";
    if (age_us > question->max_age_us)
        return "it was decided too long ago";
    if (age_us < -question->max_age_us)
        return "it was decided in the future: a clock is wrong";
    return NULL;
}

enum lease_answer lease_ask(const struct lease_question *question,
                            const char **reason)
{
    *reason = "";
    if (question->marker.state != MARKER_NONE)
        return ask_marker(question, reason);
    const char *why = refusal(question);
    if (why != NULL) {
        *reason = why;
        return LEASE_REFUSE;
    }
    if (question->now_at + question->action->timeout_us + MARGIN_US >
        question->lease_until_at) {
        *reason = "the lease would run out under it";
        return LEASE_WAIT;
    }
    if (question->running_count >= question->running_max) {
        *reason = "as many as allowed are running";
        return LEASE_WAIT;
    }
    return LEASE_RUN;
}
