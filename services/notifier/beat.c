#include "beat.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"

#define SECOND_US INT64_C(1000000)

static int64_t silent_us(const struct notifier_beat *beat,
                         const struct notifier_pulse *pulse, int64_t now_us)
{
    const int64_t since =
        pulse->heard_at > beat->began_at ? pulse->heard_at : beat->began_at;
    return now_us > since ? now_us - since : 0;
}

/* Appends; what does not fit is left out. */
static size_t tell(char *text, size_t size, const struct notifier_pulse *pulse,
                   int64_t quiet_us)
{
    char at[CW_TIME_TEXT_SIZE] = "never";
    if (pulse->heard_at > 0)
        (void)cw_time_format_ms(pulse->heard_at, at);
    const int added =
        snprintf(text + size, NOTIFIER_BEAT_TEXT - size,
                 "%s%s silent for %" PRId64 " s (last: %s)", size ? "; " : "",
                 pulse->topic, quiet_us / SECOND_US, at);
    if (added < 0 || (size_t)added >= NOTIFIER_BEAT_TEXT - size) {
        text[size] = '\0';
        return size;
    }
    return size + (size_t)added;
}

enum notifier_beat_turn notifier_beat_look(struct notifier_beat *beat,
                                           const struct notifier_pulse *pulses,
                                           size_t count, int64_t now_us,
                                           char text[NOTIFIER_BEAT_TEXT])
{
    const bool was_lost = beat->lost;
    size_t size = 0;
    text[0] = '\0';
    beat->lost = false;
    for (size_t i = 0; i < count && i < NOTIFIER_BEAT_TOPICS; i++) {
        const int64_t quiet_us = silent_us(beat, &pulses[i], now_us);
        if (quiet_us <= beat->limit_us)
            continue;
        beat->lost = true;
        size = tell(text, size, &pulses[i], quiet_us);
    }
    if (!beat->lost)
        (void)snprintf(text, NOTIFIER_BEAT_TEXT, "all %zu topics are alive",
                       count);
    if (beat->lost == was_lost)
        return NOTIFIER_BEAT_SAME;
    return beat->lost ? NOTIFIER_BEAT_LOST : NOTIFIER_BEAT_BACK;
}
