/*
 * beat - is anything still deciding? The watchdog outside the promise.
 *
 * Place    marks of the topics, wall clock -> [beat] -> an alarm of its own
 * Input    when each watched topic was last heard of, by the wall clock
 * Output   a verdict in words; alarms once when it turns, once when it is over
 * Limits   16 topics; a topic never heard of counts from when watching began
 * Threads  pure
 */
#ifndef NOTIFIER_BEAT_H
#define NOTIFIER_BEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTIFIER_BEAT_TOPICS 16
#define NOTIFIER_BEAT_TEXT   512

struct notifier_pulse {
    const char *topic;
    int64_t heard_at; /* wall clock of the last mark or record; 0 = never */
};

enum notifier_beat_turn {
    NOTIFIER_BEAT_SAME,
    NOTIFIER_BEAT_LOST,
    NOTIFIER_BEAT_BACK
};

/* Zero it and set began_at and limit_us to begin. */
struct notifier_beat {
    int64_t began_at;
    int64_t limit_us; /* silent for longer = lost; 2 heartbeats or more */
    bool lost;
};

/* Looks at the pulses. text is always filled: who is silent, since when. */
enum notifier_beat_turn notifier_beat_look(struct notifier_beat *beat,
                                           const struct notifier_pulse *pulses,
                                           size_t count, int64_t now_us,
                                           char text[NOTIFIER_BEAT_TEXT]);

#endif
