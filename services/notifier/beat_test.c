#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "beat.h"

#define SECOND_US INT64_C(1000000)
#define START     (INT64_C(1772366400) * SECOND_US) /* 2026-03-01 12:00 UTC */

static void silence_is_told_once_and_so_is_its_end(void **state)
{
    (void)state;
    char text[NOTIFIER_BEAT_TEXT];
    struct notifier_beat beat = {.began_at = START, .limit_us = 60 * SECOND_US};
    struct notifier_pulse pulses[] = {{"incidents", START}, {"causes", START}};
    assert_int_equal(
        notifier_beat_look(&beat, pulses, 2, START + 60 * SECOND_US, text),
        NOTIFIER_BEAT_SAME);
    assert_string_equal(text, "all 2 topics are alive");
    pulses[1].heard_at = START + 60 * SECOND_US;
    assert_int_equal(
        notifier_beat_look(&beat, pulses, 2, START + 61 * SECOND_US, text),
        NOTIFIER_BEAT_LOST);
    assert_string_equal(text, "incidents silent for 61 s (last: "
                              "2026-03-01T12:00:00.000Z)");
    assert_int_equal(
        notifier_beat_look(&beat, pulses, 2, START + 62 * SECOND_US, text),
        NOTIFIER_BEAT_SAME);
    pulses[0].heard_at = START + 63 * SECOND_US;
    assert_int_equal(
        notifier_beat_look(&beat, pulses, 2, START + 63 * SECOND_US, text),
        NOTIFIER_BEAT_BACK);
}

static void a_topic_never_heard_of_counts_from_the_beginning(void **state)
{
    (void)state;
    char text[NOTIFIER_BEAT_TEXT];
    struct notifier_beat beat = {.began_at = START, .limit_us = 60 * SECOND_US};
    const struct notifier_pulse pulse = {"incidents", 0};
    assert_int_equal(
        notifier_beat_look(&beat, &pulse, 1, START + SECOND_US, text),
        NOTIFIER_BEAT_SAME);
    assert_int_equal(
        notifier_beat_look(&beat, &pulse, 1, START + 61 * SECOND_US, text),
        NOTIFIER_BEAT_LOST);
    assert_non_null(strstr(text, "last: never"));
}

static void the_text_stays_in_its_bounds(void **state)
{
    (void)state;
    char text[NOTIFIER_BEAT_TEXT];
    struct notifier_beat beat = {.began_at = 0, .limit_us = 1};
    struct notifier_pulse pulses[20];
    for (size_t i = 0; i < 20; i++)
        pulses[i] =
            (struct notifier_pulse){"a.topic.with.quite.a.long.name", START};
    (void)notifier_beat_look(&beat, pulses, 20, START + SECOND_US, text);
    assert_true(strlen(text) < NOTIFIER_BEAT_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_is_told_once_and_so_is_its_end),
        cmocka_unit_test(a_topic_never_heard_of_counts_from_the_beginning),
        cmocka_unit_test(the_text_stays_in_its_bounds),
    };
    return cmocka_run_group_tests_name("notifier.beat", tests, NULL, NULL);
}
