/*
 * decide - who is told, how often, and what to do when it is not known
 * whether they were.
 *
 * Place    notices, results of deliver -> [decide] -> deliver, deliveries
 * Input    times as parameters (us); nothing here reads a clock or a socket
 * Limits   64 targets; 20 messages a minute and target, above that one folded
 *          message a minute; a delivery is tried for at most max_age_us
 * Threads  pure
 */
#ifndef NOTIFIER_DECIDE_H
#define NOTIFIER_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "record/records.h"

#define NOTIFIER_TARGETS_MAX 64
#define NOTIFIER_FOLD_ABOVE  20
#define NOTIFIER_FOLD_US     INT64_C(60000000)

enum notifier_form {
    NOTIFIER_FORM_WEBHOOK,
    NOTIFIER_FORM_ALERTMANAGER,
    NOTIFIER_FORM_SLACK
};

/* What to do when it is not known whether a message arrived. */
enum notifier_doubt { NOTIFIER_HOLD, NOTIFIER_RESEND };

struct notifier_target {
    const char *name;
    const char *url;
    const char *secret; /* signs a webhook; NULL or "" = unsigned */
    enum notifier_form form;
    enum notifier_doubt doubt; /* of targets without an idempotency key */
    enum cw_severity min_severity;
    const char *tenant; /* NULL = every tenant */
    const char *domain; /* NULL = every domain */
    bool drills;        /* told about drills as well */
    bool acknowledged;  /* told about acknowledgements as well */
};

/* ---- who -------------------------------------------------------------------
 */

/* Bit i set = tell targets[i]. told are the targets that were told of this
 * incident before: whoever got "firing" gets "resolved", whatever its severity
 * has become. */
uint64_t notifier_route(const struct notifier_target *targets, size_t count,
                        const struct cw_notice *notice, uint64_t told);

/* ---- how often ---- */

/* Messages to one target in the last minute. Zero it to begin. */
struct notifier_fold {
    int64_t sent_at[NOTIFIER_FOLD_ABOVE]; /* ring of the last ones */
    uint32_t sent_count;                  /* stops at the ring's size */
    uint32_t next;
    uint32_t waiting;   /* folded, not told yet */
    int64_t waiting_at; /* of the first of them */
};

/* True: send this notice by itself. False: it is folded. */
bool notifier_fold_take(struct notifier_fold *fold, int64_t now_us);
/* Number of notices to be told as one message now; 0 = none or not yet. */
uint32_t notifier_fold_due(struct notifier_fold *fold, int64_t now_us);

/* ---- one delivery ---- */

/* What an attempt came to. */
enum notifier_result {
    NOTIFIER_ACCEPTED, /* 2xx */
    NOTIFIER_REFUSED,  /* 3xx, 4xx: it will not get better */
    NOTIFIER_BUSY,     /* 408, 425, 429: answered, not taken */
    NOTIFIER_FAILED,   /* 5xx: answered; taken or not is not known */
    NOTIFIER_UNSENT,   /* no byte of the request left */
    NOTIFIER_CUT       /* something left, no whole answer came */
};

struct notifier_delivery {
    enum cw_delivery_state state;
    int32_t attempts;   /* begun */
    int64_t decided_at; /* of the notice */
    int64_t next_at;    /* of the next attempt while INTENT */
    bool in_flight;     /* begun and not ended */
};

enum notifier_step {
    NOTIFIER_WAIT, /* until next_at */
    NOTIFIER_SEND, /* write the record with one attempt more down, then send */
    NOTIFIER_DONE  /* state is final: write it down */
};

struct notifier_rule {
    bool idempotent; /* the target drops a repeat by its key */
    enum notifier_doubt doubt;
    int64_t max_age_us; /* older notices are not sent any more */
};

struct notifier_rule notifier_rule_of(const struct notifier_target *target,
                                      int64_t max_age_us);

struct notifier_delivery notifier_delivery_begin(int64_t decided_at);

/* A delivery as its last record left it, after a restart: an attempt that had
 * begun counts as cut. */
void notifier_delivery_restore(struct notifier_delivery *delivery,
                               const struct notifier_rule *rule,
                               int64_t now_us);

/* What to do now. SEND counts the attempt as begun. */
enum notifier_step notifier_delivery_next(struct notifier_delivery *delivery,
                                          const struct notifier_rule *rule,
                                          int64_t now_us);

/* The attempt ended. retry_after_us is what the target asked for, 0 = nothing.
 */
void notifier_delivery_end(struct notifier_delivery *delivery,
                           const struct notifier_rule *rule,
                           enum notifier_result result, int64_t retry_after_us,
                           int64_t now_us);

#endif
