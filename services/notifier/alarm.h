/*
 * alarm - the watchdog's own message to every target, outside the promise.
 *
 * Place    beat -> [alarm] -> deliver
 * Input    that the stages fell silent, or are back; results of its posts
 * Output   one message a turn and target, in the target's form. Kafka takes no
 *          part: it may be what is away
 * Limits   10 tries a target, 10 s apart; a newer turn takes the older one's
 *          place
 * Threads  one owner thread
 */
#ifndef NOTIFIER_ALARM_H
#define NOTIFIER_ALARM_H

#include "beat.h"
#include "deliver.h"
#include "zone.h"

#define NOTIFIER_ALARM_IDS (UINT64_C(1) << 63) /* the desk's ids are below */

struct notifier_alarm;

/* Borrows targets and zone (NULL = UTC only) for its life. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
notifier_alarm_create(struct notifier_alarm **made,
                      const struct notifier_target *targets, size_t count,
                      const struct notifier_zone *zone, struct cw_error *err);
void notifier_alarm_destroy(struct notifier_alarm **alarm);

/* turn is LOST or BACK; text is copied. */
void notifier_alarm_ring(struct notifier_alarm *alarm,
                         enum notifier_beat_turn turn, const char *text,
                         int64_t now_us);

/* Starts the posts that are due. */
void notifier_alarm_tend(struct notifier_alarm *alarm,
                         struct notifier_deliver *deliver, int64_t now_us);

/* deliver's posts are gone: those under way are tried again. */
void notifier_alarm_lost(struct notifier_alarm *alarm);

/* False: the outcome is not of a post of the alarm. */
bool notifier_alarm_end(struct notifier_alarm *alarm,
                        const struct notifier_outcome *outcome, int64_t now_us);

#endif
