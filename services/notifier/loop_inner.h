/*
 * loop_inner - what the notifier is made of, for the files that make it up:
 * loop (life, work), intake (topics in).
 */
#ifndef NOTIFIER_LOOP_INNER_H
#define NOTIFIER_LOOP_INNER_H

#include <stdatomic.h>

#include "alarm.h"
#include "base/time.h"
#include "loop.h"
#include "pulse.h"
#include "stream/follow.h"
#include "targets.h"
#include "tray.h"

#define TOPICS_MAX     16
#define TOPIC_NAME_MAX 256

struct topic {
    enum cw_topic id;
    char name[TOPIC_NAME_MAX];
};

struct notifier {
    const struct notifier_settings *settings;
    struct notifier_targets targets;
    struct notifier_zone *zone;
    struct notifier_desk_config desk_config;
    struct notifier_deliver_config deliver_config;
    struct notifier_desk *desk;
    struct notifier_deliver *deliver;
    struct notifier_alarm *alarm;
    struct notifier_tray *tray;
    struct pulse *pulse;
    struct notifier_beat beat;
    int64_t beat_due_us;
    const struct cw_side *side;
    struct cw_follow *follow;
    struct cw_teller *teller;
    struct cw_clocks clock;
    struct topic topics[TOPICS_MAX];
    const char *names[TOPICS_MAX]; /* of topics, for follow */
    size_t topic_count;
    char deliveries[TOPIC_NAME_MAX];
    struct cw_arena *arena; /* of the message at hand */
    bool held;              /* arena holds a notice the desk had no room for */
    struct cw_notice notice;
    atomic_bool assigned;
    atomic_ullong states[CW_DELIVERY_STATE_COUNT];
    atomic_ullong waiting;
    atomic_bool silent;
    uint64_t exposed[CW_DELIVERY_STATE_COUNT]; /* of collect */
};

static inline int64_t notifier_wall(const struct notifier *notifier)
{
    return cw_clock_wall_us(&notifier->clock);
}

/* What belongs to an assignment is dropped: the desk comes up empty. */
CW_MUST_USE enum cw_status notifier_begin_anew(struct notifier *notifier,
                                               struct cw_error *err);

/* ---- intake ---- */

void notifier_add_topic(struct notifier *notifier, enum cw_topic id);
/* Opens the topics unless they are open. */
CW_MUST_USE enum cw_status notifier_open_follow(struct notifier *notifier,
                                                struct cw_error *err);
/* Gives the desk what came, at most a turn's worth. */
CW_MUST_USE enum cw_status notifier_read_messages(struct notifier *notifier,
                                                  struct cw_error *err);
/* The desk takes the notice, or it is held until it has room. */
CW_MUST_USE enum cw_status notifier_give_notice(struct notifier *notifier,
                                                struct cw_error *err);

#endif
