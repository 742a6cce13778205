#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"
#include "slack.h"
#include "webhook.h"

#define SECOND_US INT64_C(1000000)
#define NOON      (INT64_C(1772366400) * SECOND_US) /* 2026-03-01 12:00 UTC */

static struct cw_arena *arena_of(void)
{
    struct cw_error err = {0};
    struct cw_arena *arena = NULL;
    assert_int_equal(cw_arena_create(&arena, (size_t)4 << 20, &err), CW_OK);
    return arena;
}

static const struct cw_entity entities[] = {
    {{"service", 7}, {"cart", 4}}, {{"service", 7}, {"db", 2}},
    {{"service", 7}, {"a", 1}},    {{"service", 7}, {"b", 1}},
    {{"service", 7}, {"c", 1}},    {{"service", 7}, {"d", 1}},
};
static const struct cw_text evidence[] = {
    {"cart: errors 12 sigma above its band since 11:59:40", 52},
    {"deploy 812 of cart 30 s before", 30}};
static const struct cw_candidate best = {.label = {"deploy 812 of cart", 18},
                                         .probability = 0.82,
                                         .evidence = evidence,
                                         .evidence_count = 2};

static struct cw_notice notice_of(enum cw_transition transition)
{
    return (struct cw_notice){
        .meta = {.tenant = CW_TEXT("default")},
        .notice_id = CW_TEXT("INC-7Q4K2/firing/1"),
        .incident_id = CW_TEXT("INC-7Q4K2"),
        .transition = transition,
        .number = 1,
        .severity = CW_SEVERITY_CRITICAL,
        .title = CW_TEXT("cart is slow"),
        .started_at = NOON,
        .decided_at = NOON + 25 * SECOND_US,
        .entities = entities,
        .entities_count = 6,
        .member_count = 7,
        .why = CW_TEXT("7 signals on entities joined by calls within 40 s"),
    };
}

static struct cw_cause cause_of(void)
{
    return (struct cw_cause){
        .confidence = 0.82,
        .candidates = &best,
        .candidates_count = 1,
        .recommendation = {.text = CW_TEXT("roll back deploy 812 of cart")}};
}

static void tells_what_matters_in_twelve_lines(void **state)
{
    (void)state;
    static const char *const want[] = {
        "Since 2026-03-01 12:00:00 UTC, told 25 s later",
        "Affected: cart, db, a, b, c and 1 more (7 signals)",
        "Why: 7 signals on entities joined by calls within 40 s",
        "Probable cause: deploy 812 of cart (confidence 82 %)",
        "- cart: errors 12 sigma above its band since 11:59:40",
        "- deploy 812 of cart 30 s before",
        "Suggested: roll back deploy 812 of cart",
        "Acknowledge: cwctl ack INC-7Q4K2",
        "Details: https://ops.example.org/incident/INC-7Q4K2",
    };
    struct cw_arena *arena = arena_of();
    const struct cw_notice notice = notice_of(CW_TRANSITION_FIRING);
    const struct cw_cause cause = cause_of();
    const struct notifier_facts facts = {&notice, &cause, NULL,
                                         "https://ops.example.org"};
    const struct notifier_story story = notifier_story_tell(&facts, arena);
    assert_true(cw_text_is(story.headline, "FIRING CRITICAL: cart is slow"));
    assert_int_equal(story.count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < story.count; i++)
        assert_string_equal(story.lines[i].bytes, want[i]);
    cw_arena_destroy(&arena);
}

static void says_unknown_and_what_is_missing(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    const struct cw_text missing[] = {CW_TEXT("traces of cart")};
    const struct cw_notice notice = notice_of(CW_TRANSITION_FIRING);
    const struct cw_cause cause = {
        .unknown = true, .missing = missing, .missing_count = 1};
    const struct notifier_facts facts = {.notice = &notice, .cause = &cause};
    const struct notifier_story story = notifier_story_tell(&facts, arena);
    assert_string_equal(story.lines[3].bytes,
                        "Probable cause: unknown, missing: traces of cart");
    cw_arena_destroy(&arena);
}

static void a_resolution_says_how_long_and_asks_for_nothing(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    struct cw_notice notice = notice_of(CW_TRANSITION_RESOLVED);
    notice.decided_at = NOON + 7300 * SECOND_US;
    notice.drill = true;
    const struct notifier_facts facts = {.notice = &notice};
    const struct notifier_story story = notifier_story_tell(&facts, arena);
    assert_string_equal(story.headline.bytes,
                        "DRILL RESOLVED CRITICAL: cart is slow");
    assert_string_equal(story.lines[0].bytes,
                        "Lasted 2 h 1 min, since 2026-03-01 12:00:00 UTC");
    assert_int_equal(story.count, 3);
    assert_int_equal(story.command.size, 0);
    cw_arena_destroy(&arena);
}

/* It will be pasted into a shell at three in the morning. */
static void a_command_is_made_of_plain_words_only(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    struct cw_notice notice = notice_of(CW_TRANSITION_FIRING);
    const struct notifier_facts facts = {.notice = &notice};
    notice.meta.tenant = CW_TEXT("acme");
    struct notifier_story story = notifier_story_tell(&facts, arena);
    assert_string_equal(story.command.bytes,
                        "cwctl ack INC-7Q4K2 --tenant acme");
    notice.meta.tenant = CW_TEXT("a; rm -rf /");
    story = notifier_story_tell(&facts, arena);
    assert_int_equal(story.command.size, 0);
    notice.meta.tenant = CW_TEXT("default");
    notice.incident_id = CW_TEXT("$(reboot)");
    story = notifier_story_tell(&facts, arena);
    assert_int_equal(story.command.size, 0);
    cw_arena_destroy(&arena);
}

static void plain_text_is_one_visible_line(void **state)
{
    (void)state;
    const struct {
        struct cw_text in;
        size_t max_count;
        const char *out;
    } cases[] = {
        {CW_TEXT("  a\n\tb\0c\x1b[31m "), 99, "a b c [31m"},
        {CW_TEXT("a\xe2\x80\xaetxt.exe\xe2\x80\xac\xe2\x80\x8b"), 99,
         "atxt.exe"},
        {CW_TEXT("\xff\xc3"), 99, "\xef\xbf\xbd\xef\xbf\xbd"},
        {CW_TEXT("abcdef"), 6, "abcdef"},
        {CW_TEXT("abcdefg"), 6, "abcde\xe2\x80\xa6"},
        {CW_TEXT("\xc3\xa4\xc3\xb6\xc3\xbc"), 2, "\xc3\xa4\xe2\x80\xa6"},
        {CW_TEXT(""), 6, ""},
    };
    struct cw_arena *arena = arena_of();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(
            notifier_plain(arena, cases[i].in, cases[i].max_count).bytes,
            cases[i].out);
    cw_arena_destroy(&arena);
}

static json_t *parsed(struct cw_text body)
{
    json_error_t fault;
    json_t *json = json_loadb(body.bytes, body.size, 0, &fault);
    if (json == NULL)
        fail_msg("%s: %.*s", fault.text, CW_TEXT_ARG(body));
    return json;
}

static void slack_gets_no_markup_of_strangers(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    struct cw_error err = {0};
    struct cw_text body = {0};
    struct cw_notice notice = notice_of(CW_TRANSITION_FIRING);
    notice.title = CW_TEXT("<!channel> <http://evil|x> & *b*");
    const struct notifier_facts facts = {&notice, NULL, NULL,
                                         "https://ops.example.org"};
    assert_int_equal(notifier_slack(&facts, arena, &body, &err), CW_OK);
    json_t *json = parsed(body);
    assert_string_equal(
        json_string_value(json_object_get(json, "text")),
        "FIRING CRITICAL: &lt;!channel&gt; &lt;http://evil|x&gt; &amp; *b*");
    const json_t *blocks = json_object_get(json, "blocks");
    assert_int_equal(json_array_size(blocks), 4);
    for (size_t i = 0; i < 2; i++) /* what strangers wrote is plain_text */
        assert_string_equal(
            json_string_value(json_object_get(
                json_object_get(json_array_get(blocks, i), "text"), "type")),
            "plain_text");
    assert_string_equal(
        json_string_value(json_object_get(
            json_object_get(json_array_get(blocks, 2), "text"), "text")),
        "Acknowledge: `cwctl ack INC-7Q4K2`");
    assert_string_equal(
        json_string_value(json_object_get(
            json_array_get(
                json_object_get(json_array_get(blocks, 3), "elements"), 0),
            "text")),
        "<https://ops.example.org/incident/INC-7Q4K2|INC-7Q4K2>, since "
        "<!date^1772366400^{date_short_pretty} {time_secs}|2026-03-01 12:00:00 "
        "UTC>");
    assert_false(json_boolean_value(json_object_get(json, "link_names")));
    json_decref(json);
    cw_arena_destroy(&arena);
}

static void slack_stays_within_its_limits(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    struct cw_error err = {0};
    struct cw_text body = {0};
    struct cw_notice notice = notice_of(CW_TRANSITION_FIRING);
    char *huge = malloc(100000);
    assert_non_null(huge);
    memset(huge, '&', 100000);
    notice.title = (struct cw_text){huge, 100000};
    notice.why = notice.title;
    const struct cw_text hugely[] = {notice.title, notice.title, notice.title};
    const struct cw_candidate candidate = {
        .label = notice.title, .evidence = hugely, .evidence_count = 3};
    const struct cw_cause cause = {.candidates = &candidate,
                                   .candidates_count = 1,
                                   .recommendation = {.text = notice.title}};
    const struct notifier_facts facts = {.notice = &notice, .cause = &cause};
    assert_int_equal(notifier_slack(&facts, arena, &body, &err), CW_OK);
    assert_true(body.size <= 8000);
    json_t *json = parsed(body);
    const json_t *blocks = json_object_get(json, "blocks");
    const json_t *head = json_object_get(json_array_get(blocks, 0), "text");
    assert_true(json_string_length(json_object_get(head, "text")) <= 150);
    json_decref(json);
    free(huge);
    cw_arena_destroy(&arena);
}

static void many_notices_fold_into_one_message(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    struct cw_error err = {0};
    struct cw_text body = {0};
    const struct cw_notice notice = notice_of(CW_TRANSITION_FIRING);
    const struct cw_notice *const notices[] = {&notice, &notice};
    assert_int_equal(notifier_slack_folded(notices, 2, 37, arena, &body, &err),
                     CW_OK);
    json_t *json = parsed(body);
    assert_string_equal(json_string_value(json_object_get(json, "text")),
                        "37 notices in a minute, told as one");
    assert_non_null(
        strstr(body.bytes, "INC-7Q4K2 firing: cart is slow\\nINC-7Q4K2"));
    assert_non_null(strstr(body.bytes, "and 35 more"));
    json_decref(json);
    cw_arena_destroy(&arena);
}

static void a_webhook_carries_everything_once(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    struct cw_error err = {0};
    struct cw_text body = {0};
    const struct cw_notice notice = notice_of(CW_TRANSITION_FIRING);
    const struct cw_cause cause = cause_of();
    const struct notifier_facts facts = {.notice = &notice, .cause = &cause};
    assert_int_equal(notifier_webhook(&facts, arena, &body, &err), CW_OK);
    json_t *json = parsed(body);
    assert_int_equal(json_integer_value(json_object_get(json, "version")), 1);
    assert_string_equal(json_string_value(json_object_get(json, "transition")),
                        "firing");
    assert_string_equal(json_string_value(json_object_get(json, "started_at")),
                        "2026-03-01T12:00:00.000000Z");
    assert_string_equal(json_string_value(json_object_get(json, "acknowledge")),
                        "cwctl ack INC-7Q4K2");
    assert_int_equal(json_array_size(json_object_get(json, "entities")), 6);
    assert_int_equal(json_array_size(json_object_get(
                         json_object_get(json, "cause"), "candidates")),
                     1);
    json_decref(json);
    cw_arena_destroy(&arena);
}

static void an_alertmanager_receiver_understands_it(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    struct cw_error err = {0};
    struct cw_text body = {0};
    const struct cw_notice notice = notice_of(CW_TRANSITION_RESOLVED);
    const struct notifier_facts facts = {.notice = &notice};
    assert_int_equal(notifier_webhook_alertmanager(&facts, CW_TEXT("ops"),
                                                   arena, &body, &err),
                     CW_OK);
    json_t *json = parsed(body);
    const char *const keys[] = {
        "version",     "groupKey",    "truncatedAlerts", "status",
        "receiver",    "groupLabels", "commonLabels",    "commonAnnotations",
        "externalURL", "alerts"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_non_null(json_object_get(json, keys[i]));
    const json_t *alert = json_array_get(json_object_get(json, "alerts"), 0);
    assert_string_equal(json_string_value(json_object_get(alert, "status")),
                        "resolved");
    assert_string_equal(json_string_value(json_object_get(alert, "endsAt")),
                        "2026-03-01T12:00:25.000000Z");
    assert_int_equal(json_string_length(json_object_get(alert, "fingerprint")),
                     16);
    json_decref(json);
    cw_arena_destroy(&arena);
}

static void a_key_is_one_notice_at_one_target(void **state)
{
    (void)state;
    struct cw_arena *arena = arena_of();
    struct cw_notice notice = notice_of(CW_TRANSITION_FIRING);
    const struct cw_text a =
        notifier_webhook_key(&notice, CW_TEXT("ops"), arena);
    const struct cw_text again =
        notifier_webhook_key(&notice, CW_TEXT("ops"), arena);
    const struct cw_text other =
        notifier_webhook_key(&notice, CW_TEXT("dev"), arena);
    notice.notice_id = CW_TEXT("INC-7Q4K2/firing/2");
    const struct cw_text second =
        notifier_webhook_key(&notice, CW_TEXT("ops"), arena);
    assert_true(cw_text_equal(a, again));
    assert_false(cw_text_equal(a, other));
    assert_false(cw_text_equal(a, second));
    assert_true(notifier_plain_is_word(a));
    cw_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_matters_in_twelve_lines),
        cmocka_unit_test(says_unknown_and_what_is_missing),
        cmocka_unit_test(a_resolution_says_how_long_and_asks_for_nothing),
        cmocka_unit_test(a_command_is_made_of_plain_words_only),
        cmocka_unit_test(plain_text_is_one_visible_line),
        cmocka_unit_test(slack_gets_no_markup_of_strangers),
        cmocka_unit_test(slack_stays_within_its_limits),
        cmocka_unit_test(many_notices_fold_into_one_message),
        cmocka_unit_test(a_webhook_carries_everything_once),
        cmocka_unit_test(an_alertmanager_receiver_understands_it),
        cmocka_unit_test(a_key_is_one_notice_at_one_target),
    };
    return cmocka_run_group_tests_name("notifier.forms", tests, NULL, NULL);
}
