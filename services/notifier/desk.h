/*
 * desk - the notifier's memory: what has to be told to whom, and what became
 * of it.
 *
 * Place    notices, causes, own deliveries -> [desk] -> tasks for the loop:
 *          records of topic deliveries, posts for deliver
 * State    deliveries that have not ended, the last causes, who heard of which
 *          incident. Rebuilt at start: first every own delivery (recall), then
 *          every notice younger than max_age_us once more
 * Limits   1,024 deliveries at once: a notice that finds no room is refused
 *          with CW_FULL, to be given again; the bounds of roll and shelf
 * Threads  one owner thread
 *
 * Notices of one incident reach a target in their order.
 * A task is done in this order: write the record and see it committed, then
 * start the post. So a crash leaves at most an attempt that is on record.
 */
#ifndef NOTIFIER_DESK_H
#define NOTIFIER_DESK_H

#include "decide.h"
#include "deliver.h"
#include "zone.h"

struct notifier_desk;

struct notifier_desk_config {
    const struct notifier_target *targets;
    size_t target_count;              /* <= NOTIFIER_TARGETS_MAX */
    const struct notifier_zone *zone; /* NULL = UTC only */
    const char *console_url;          /* NULL = none */
    int64_t max_age_us;               /* older notices are not sent any more */
    int64_t cause_wait_us; /* the first notice waits so long for its cause */
};

struct notifier_task {
    bool has_record;
    struct cw_delivery record; /* lent until the next call of next */
    bool has_post;
    struct notifier_post post; /* lent likewise */
};

/* Makes a desk the caller owns; borrows *config and what it points to.
 * CW_BAD_CONFIG: too many targets; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
notifier_desk_create(struct notifier_desk **made,
                     const struct notifier_desk_config *config,
                     struct cw_error *err);
void notifier_desk_destroy(struct notifier_desk **desk);

/* A record of its own topic, at start, in the topic's order. */
CW_MUST_USE enum cw_status
notifier_desk_recall(struct notifier_desk *desk,
                     const struct cw_delivery *record, struct cw_error *err);

/* Copies the cause; a notice of its incident that waits for it goes now. */
CW_MUST_USE enum cw_status notifier_desk_cause(struct notifier_desk *desk,
                                               const struct cw_cause *cause,
                                               int64_t now_us,
                                               struct cw_error *err);

/* Copies the notice. A delivery that has ended, or is under way, is not begun
 * again. CW_FULL: nothing was taken. */
CW_MUST_USE enum cw_status notifier_desk_notice(struct notifier_desk *desk,
                                                const struct cw_notice *notice,
                                                int64_t now_us,
                                                struct cw_error *err);

/* What is to be done now; false: nothing. */
bool notifier_desk_next(struct notifier_desk *desk, int64_t now_us,
                        struct notifier_task *task);

/* A post ended, or could not be started (result NOTIFIER_REFUSED). */
void notifier_desk_end(struct notifier_desk *desk,
                       const struct notifier_outcome *outcome, int64_t now_us);

size_t notifier_desk_count(const struct notifier_desk *desk);

#endif
