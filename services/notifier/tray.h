/*
 * tray - tasks of the desk on their way: first their records into Kafka, then
 * their posts into the world.
 *
 * Place    desk -> [tray] -> teller (deliveries), deliver
 * Output   one cw_delivery a task, on the partition of its notice, key
 *          tenant/notice/target
 * Limits   TRAY_MAX tasks at a time. A tray that could not be said is kept and
 *          said again: nothing is posted that is not on record
 * Threads  one owner thread
 */
#ifndef NOTIFIER_TRAY_H
#define NOTIFIER_TRAY_H

#include "desk.h"
#include "stream/teller.h"

#define TRAY_MAX 16

struct notifier_tray;

/* deliveries: the topic's full name, borrowed. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status notifier_tray_create(struct notifier_tray **made,
                                                const char *deliveries,
                                                uint32_t partitions,
                                                struct cw_error *err);
void notifier_tray_destroy(struct notifier_tray **tray);

/* Drops what lies on it. */
void notifier_tray_clear(struct notifier_tray *tray);
size_t notifier_tray_count(const struct notifier_tray *tray);

/* Takes tasks, at most posts_max of them with a post; the tray must be empty.
 * CW_NO_MEMORY. */
CW_MUST_USE enum cw_status notifier_tray_fill(struct notifier_tray *tray,
                                              struct notifier_desk *desk,
                                              size_t posts_max, int64_t now_us,
                                              struct cw_error *err);

/* Says the records; all or none count as said. CW_UNAVAILABLE and others of
 * cw_teller_say: the tray stays as it is. */
CW_MUST_USE enum cw_status notifier_tray_say(struct notifier_tray *tray,
                                             struct cw_teller *teller,
                                             int64_t timeout_us,
                                             struct cw_error *err);

/* A record that was just said; index < notifier_tray_count. */
enum cw_delivery_state notifier_tray_state(const struct notifier_tray *tray,
                                           size_t index);

/* Starts the posts of what was said, then the tray is empty. A post that is
 * refused here is told to the desk as such. */
void notifier_tray_post(struct notifier_tray *tray,
                        struct notifier_deliver *deliver,
                        struct notifier_desk *desk, int64_t now_us);

#endif
