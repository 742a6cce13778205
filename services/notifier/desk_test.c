#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>
#include <string.h>

#include "desk.h"

#define SECOND_US INT64_C(1000000)
#define NOON      (INT64_C(1772366400) * SECOND_US)

static const struct notifier_target targets[] = {
    {.name = "hook",
     .url = "https://a.example.org/",
     .form = NOTIFIER_FORM_WEBHOOK},
    {.name = "chat",
     .url = "https://b.example.org/",
     .form = NOTIFIER_FORM_SLACK},
};

static struct notifier_desk *desk_of(size_t target_count)
{
    static const struct notifier_desk_config one = {
        .targets = targets,
        .target_count = 1,
        .max_age_us = 3600 * SECOND_US,
        .cause_wait_us = 5 * SECOND_US};
    static const struct notifier_desk_config two = {
        .targets = targets,
        .target_count = 2,
        .max_age_us = 3600 * SECOND_US,
        .cause_wait_us = 5 * SECOND_US};
    struct cw_error err = {0};
    struct notifier_desk *desk = NULL;
    assert_int_equal(
        notifier_desk_create(&desk, target_count == 1 ? &one : &two, &err),
        CW_OK);
    return desk;
}

static struct cw_notice notice_of(const char *id, enum cw_transition transition)
{
    return (struct cw_notice){.meta = {.tenant = CW_TEXT("default")},
                              .notice_id = cw_text_of(id),
                              .incident_id = CW_TEXT("INC-7Q4K2"),
                              .transition = transition,
                              .severity = CW_SEVERITY_CRITICAL,
                              .title = CW_TEXT("cart is slow"),
                              .started_at = NOON,
                              .decided_at = NOON};
}

static void give(struct notifier_desk *desk, const char *id,
                 enum cw_transition transition, int64_t now_us)
{
    struct cw_error err = {0};
    struct cw_notice notice = notice_of(id, transition);
    if (id[0] == 'i') /* an incident of its own */
        notice.incident_id = notice.notice_id;
    if (notifier_desk_notice(desk, &notice, now_us, &err) != CW_OK)
        fail_msg("%s", err.text);
}

/* "hook INTENT 0", "hook INTENT 1 post", "-": the next task in words. */
static void expect(struct notifier_desk *desk, int64_t now_us, const char *want,
                   struct notifier_task *task)
{
    char got[128] = "-";
    if (notifier_desk_next(desk, now_us, task))
        (void)snprintf(got, sizeof(got), "%.*s %s %d%s",
                       CW_TEXT_ARG(task->record.target),
                       cw_delivery_state_name(task->record.state),
                       task->record.attempts, task->has_post ? " post" : "");
    assert_string_equal(got, want);
}

static void end(struct notifier_desk *desk, const struct notifier_task *task,
                enum notifier_result result, int64_t now_us)
{
    const struct notifier_outcome outcome = {.id = task->post.id,
                                             .result = result,
                                             .http_status = 200,
                                             .text = "200"};
    notifier_desk_end(desk, &outcome, now_us);
}

static void intent_attempt_and_end_are_all_on_record(void **state)
{
    (void)state;
    struct notifier_task task;
    struct notifier_desk *desk = desk_of(1);
    give(desk, "n1", CW_TRANSITION_RESOLVED, NOON); /* nobody had heard */
    expect(desk, NOON, "-", &task);
    give(desk, "n2", CW_TRANSITION_REOPENED, NOON);
    expect(desk, NOON, "hook INTENT 0", &task);
    expect(desk, NOON, "hook INTENT 1 post", &task);
    assert_true(task.post.key.size > 0);
    expect(desk, NOON, "-", &task);
    const struct notifier_outcome done = {
        .id = 1, .result = NOTIFIER_ACCEPTED, .text = "200"};
    notifier_desk_end(desk, &done, NOON + SECOND_US);
    expect(desk, NOON + SECOND_US, "hook DELIVERED 1", &task);
    assert_int_equal(task.record.delivered_at, NOON + SECOND_US);
    assert_true(cw_text_is(task.record.outcome, "200"));
    assert_int_equal(notifier_desk_count(desk), 0);
    give(desk, "n2", CW_TRANSITION_REOPENED, NOON); /* a repeat is no news */
    expect(desk, NOON, "-", &task);
    notifier_desk_destroy(&desk);
}

static void a_firing_notice_waits_a_little_for_its_cause(void **state)
{
    (void)state;
    struct notifier_task task;
    struct cw_error err = {0};
    struct notifier_desk *desk = desk_of(1);
    give(desk, "n1", CW_TRANSITION_FIRING, NOON);
    expect(desk, NOON, "hook INTENT 0", &task);
    expect(desk, NOON + 4 * SECOND_US, "-", &task);
    const struct cw_cause cause = {.meta = {.tenant = CW_TEXT("default")},
                                   .incident_id = CW_TEXT("INC-7Q4K2"),
                                   .summary = CW_TEXT("deploy 812 did it")};
    assert_int_equal(
        notifier_desk_cause(desk, &cause, NOON + 4 * SECOND_US, &err), CW_OK);
    expect(desk, NOON + 4 * SECOND_US, "hook INTENT 1 post", &task);
    assert_non_null(memmem(task.post.body.bytes, task.post.body.size,
                           "deploy 812 did it", 17));
    end(desk, &task, NOTIFIER_ACCEPTED, NOON);
    expect(desk, NOON, "hook DELIVERED 1", &task);
    give(desk, "n2", CW_TRANSITION_FIRING,
         NOON); /* the cause is known by now */
    expect(desk, NOON, "hook INTENT 0", &task);
    expect(desk, NOON, "hook INTENT 1 post", &task);
    notifier_desk_destroy(&desk);
}

static void without_a_cause_it_goes_all_the_same(void **state)
{
    (void)state;
    struct notifier_task task;
    struct notifier_desk *desk = desk_of(1);
    give(desk, "n1", CW_TRANSITION_FIRING, NOON);
    expect(desk, NOON, "hook INTENT 0", &task);
    expect(desk, NOON + 5 * SECOND_US, "hook INTENT 1 post", &task);
    end(desk, &task, NOTIFIER_UNSENT, NOON + 6 * SECOND_US);
    expect(desk, NOON + 6 * SECOND_US, "-", &task);
    expect(desk, NOON + 7 * SECOND_US, "hook INTENT 2 post", &task);
    end(desk, &task, NOTIFIER_REFUSED, NOON + 7 * SECOND_US);
    expect(desk, NOON + 7 * SECOND_US, "hook REFUSED 2", &task);
    notifier_desk_destroy(&desk);
}

/* The record of an attempt is there, that of its end is not. */
static void after_a_crash_slack_is_not_sent_again_and_a_webhook_is(void **state)
{
    (void)state;
    struct notifier_task task;
    struct cw_error err = {0};
    struct notifier_desk *desk = desk_of(2);
    const char *const names[] = {"hook", "chat"};
    for (size_t i = 0; i < 2; i++) {
        const struct cw_delivery record = {
            .meta = {.tenant = CW_TEXT("default")},
            .notice_id = CW_TEXT("n1"),
            .incident_id = CW_TEXT("INC-7Q4K2"),
            .target = cw_text_of(names[i]),
            .attempts = 1};
        assert_int_equal(notifier_desk_recall(desk, &record, &err), CW_OK);
    }
    give(desk, "n1", CW_TRANSITION_REOPENED, NOON);
    expect(desk, NOON, "hook INTENT 0", &task);
    expect(desk, NOON, "hook INTENT 1 post", &task);
    expect(desk, NOON, "chat UNKNOWN 1", &task); /* and that is said once */
    expect(desk, NOON, "-", &task);
    give(desk, "n1", CW_TRANSITION_REOPENED, NOON);
    expect(desk, NOON, "-", &task);
    give(desk, "n2", CW_TRANSITION_RESOLVED,
         NOON); /* who heard of it is known */
    expect(desk, NOON, "hook INTENT 0", &task);
    expect(desk, NOON, "chat INTENT 0", &task);
    expect(desk, NOON, "chat INTENT 1 post", &task);
    expect(desk, NOON, "-", &task); /* the hook has not heard of n1 yet */
    notifier_desk_destroy(&desk);
}

/* 25 at once: 20 go, five become one message; machines get all 25. */
static void a_flood_is_folded_for_people_only(void **state)
{
    (void)state;
    char ids[25][8];
    struct notifier_task task;
    struct notifier_desk *desk = desk_of(2);
    size_t posts[2] = {0, 0};
    int64_t now_us = NOON;
    size_t folded = 0;
    for (size_t i = 0; i < 25; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "i%zu", i);
        give(desk, ids[i], CW_TRANSITION_REOPENED, now_us);
    }
    for (int round = 0; round < 2; round++, now_us += 61 * SECOND_US)
        while (notifier_desk_next(desk, now_us, &task)) {
            folded += task.record.state == CW_DELIVERY_STATE_FOLDED;
            if (!task.has_post)
                continue;
            posts[cw_text_is(task.record.target, "chat")]++;
            if (round == 1)
                assert_non_null(memmem(task.post.body.bytes,
                                       task.post.body.size,
                                       "5 notices in a minute", 21));
            end(desk, &task, NOTIFIER_ACCEPTED, now_us);
        }
    assert_int_equal(posts[0], 25);
    assert_int_equal(posts[1], 21);
    assert_int_equal(folded, 4); /* the fifth is the one that tells them */
    assert_int_equal(notifier_desk_count(desk), 0);
    notifier_desk_destroy(&desk);
}

static void a_full_desk_takes_nothing_and_an_old_notice_is_left(void **state)
{
    (void)state;
    char ids[600][8];
    struct cw_error err = {0};
    struct notifier_desk *desk = desk_of(2);
    for (size_t i = 0; i < 512; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "n%zu", i);
        give(desk, ids[i], CW_TRANSITION_REOPENED, NOON);
    }
    const struct cw_notice more = notice_of("more", CW_TRANSITION_REOPENED);
    assert_int_equal(notifier_desk_notice(desk, &more, NOON, &err), CW_FULL);
    assert_int_equal(notifier_desk_count(desk), 1024);
    notifier_desk_destroy(&desk);
    desk = desk_of(2);
    give(desk, "old", CW_TRANSITION_REOPENED, NOON + 3601 * SECOND_US);
    assert_int_equal(notifier_desk_count(desk), 0);
    notifier_desk_destroy(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intent_attempt_and_end_are_all_on_record),
        cmocka_unit_test(a_firing_notice_waits_a_little_for_its_cause),
        cmocka_unit_test(without_a_cause_it_goes_all_the_same),
        cmocka_unit_test(
            after_a_crash_slack_is_not_sent_again_and_a_webhook_is),
        cmocka_unit_test(a_flood_is_folded_for_people_only),
        cmocka_unit_test(a_full_desk_takes_nothing_and_an_old_notice_is_left),
    };
    return cmocka_run_group_tests_name("notifier.desk", tests, NULL, NULL);
}
