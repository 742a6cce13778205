#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "decide.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US    (86400 * SECOND_US)

static const struct notifier_target targets[] = {
    {.name = "pager", .min_severity = CW_SEVERITY_ERROR},
    {.name = "chat", .acknowledged = true, .form = NOTIFIER_FORM_SLACK},
    {.name = "acme", .tenant = "acme", .drills = true},
};

static struct cw_notice notice_of(enum cw_transition transition,
                                  enum cw_severity severity)
{
    return (struct cw_notice){
        .meta = {.tenant = CW_TEXT("default"), .domain = CW_TEXT("default")},
        .transition = transition,
        .severity = severity};
}

static void severity_and_tenant_choose_the_targets(void **state)
{
    (void)state;
    struct cw_notice notice =
        notice_of(CW_TRANSITION_FIRING, CW_SEVERITY_WARNING);
    assert_int_equal(notifier_route(targets, 3, &notice, 0), 2);
    notice.severity = CW_SEVERITY_CRITICAL;
    assert_int_equal(notifier_route(targets, 3, &notice, 0), 3);
    notice.meta.tenant = CW_TEXT("acme");
    assert_int_equal(notifier_route(targets, 3, &notice, 0), 7);
    notice.drill = true;
    assert_int_equal(notifier_route(targets, 3, &notice, 0), 4);
}

/* U14: also when it has become a warning meanwhile. */
static void whoever_got_firing_gets_resolved(void **state)
{
    (void)state;
    const struct cw_notice over =
        notice_of(CW_TRANSITION_RESOLVED, CW_SEVERITY_INFO);
    assert_int_equal(notifier_route(targets, 3, &over, 3), 3);
    assert_int_equal(notifier_route(targets, 3, &over, 0), 0);
    const struct cw_notice seen =
        notice_of(CW_TRANSITION_ACKNOWLEDGED, CW_SEVERITY_CRITICAL);
    assert_int_equal(notifier_route(targets, 3, &seen, 3), 2);
}

static void the_twenty_first_in_a_minute_is_folded(void **state)
{
    (void)state;
    struct notifier_fold fold = {0};
    int64_t now_us = 1000 * SECOND_US;
    for (int i = 0; i < 20; i++)
        assert_true(notifier_fold_take(&fold, now_us + i));
    assert_false(notifier_fold_take(&fold, now_us + 30 * SECOND_US));
    assert_false(notifier_fold_take(&fold, now_us + 40 * SECOND_US));
    assert_int_equal(notifier_fold_due(&fold, now_us + 89 * SECOND_US), 0);
    /* There is room again, but what waits is not overtaken. */
    assert_false(notifier_fold_take(&fold, now_us + 89 * SECOND_US));
    assert_int_equal(notifier_fold_due(&fold, now_us + 90 * SECOND_US), 3);
    assert_int_equal(notifier_fold_due(&fold, now_us + 900 * SECOND_US), 0);
    assert_true(notifier_fold_take(&fold, now_us + 91 * SECOND_US));
}

static enum cw_delivery_state after(const struct notifier_target *target,
                                    enum notifier_result result)
{
    const struct notifier_rule rule = notifier_rule_of(target, DAY_US);
    struct notifier_delivery delivery = notifier_delivery_begin(0);
    assert_int_equal(notifier_delivery_next(&delivery, &rule, 0),
                     NOTIFIER_SEND);
    assert_int_equal(notifier_delivery_next(&delivery, &rule, 0),
                     NOTIFIER_WAIT);
    notifier_delivery_end(&delivery, &rule, result, 0, 0);
    return delivery.state;
}

static void doubt_is_resolved_by_the_targets_rule(void **state)
{
    (void)state;
    const struct notifier_target webhook = {.form = NOTIFIER_FORM_WEBHOOK};
    const struct notifier_target hold = {.form = NOTIFIER_FORM_SLACK};
    const struct notifier_target resend = {.form = NOTIFIER_FORM_SLACK,
                                           .doubt = NOTIFIER_RESEND};
    static const enum notifier_result results[] = {
        NOTIFIER_ACCEPTED, NOTIFIER_REFUSED, NOTIFIER_BUSY,
        NOTIFIER_FAILED,   NOTIFIER_UNSENT,  NOTIFIER_CUT};
#define STATE(name) CW_DELIVERY_STATE_##name
    static const enum cw_delivery_state want[][3] = {
        {STATE(DELIVERED), STATE(DELIVERED), STATE(DELIVERED)},
        {STATE(REFUSED), STATE(REFUSED), STATE(REFUSED)},
        {STATE(INTENT), STATE(INTENT), STATE(INTENT)},
        {STATE(INTENT), STATE(UNKNOWN), STATE(INTENT)},
        {STATE(INTENT), STATE(INTENT), STATE(INTENT)},
        {STATE(INTENT), STATE(UNKNOWN), STATE(INTENT)},
    };
#undef STATE
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(after(&webhook, results[i]), want[i][0]);
        assert_int_equal(after(&hold, results[i]), want[i][1]);
        assert_int_equal(after(&resend, results[i]), want[i][2]);
    }
}

/* 1 s, 2 s, 4 s, ...; a target that asks for more gets it, up to 5 minutes. */
static void retries_wait_longer_each_time(void **state)
{
    (void)state;
    const struct notifier_rule rule = notifier_rule_of(&targets[0], DAY_US);
    struct notifier_delivery delivery = notifier_delivery_begin(0);
    static const int64_t waits_s[] = {1,  2,   4,   8,   16, 32,
                                      64, 128, 256, 300, 300};
    int64_t now_us = 0;
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(notifier_delivery_next(&delivery, &rule, now_us),
                         NOTIFIER_SEND);
        notifier_delivery_end(&delivery, &rule, NOTIFIER_UNSENT, 0, now_us);
        now_us += waits_s[i] * SECOND_US;
        assert_int_equal(notifier_delivery_next(&delivery, &rule, now_us - 1),
                         NOTIFIER_WAIT);
    }
    assert_int_equal(delivery.attempts, 11);
    struct notifier_delivery asked = notifier_delivery_begin(0);
    (void)notifier_delivery_next(&asked, &rule, 0);
    notifier_delivery_end(&asked, &rule, NOTIFIER_BUSY, 30 * SECOND_US, 0);
    assert_int_equal(asked.next_at, 30 * SECOND_US);
}

static void an_old_notice_expires_unsent(void **state)
{
    (void)state;
    const struct notifier_rule rule = notifier_rule_of(&targets[0], DAY_US);
    struct notifier_delivery delivery = notifier_delivery_begin(0);
    assert_int_equal(notifier_delivery_next(&delivery, &rule, DAY_US + 1),
                     NOTIFIER_DONE);
    assert_int_equal(delivery.state, CW_DELIVERY_STATE_EXPIRED);
    assert_int_equal(delivery.attempts, 0);
}

static void a_restart_in_mid_attempt_counts_as_cut(void **state)
{
    (void)state;
    const struct notifier_rule slack = notifier_rule_of(&targets[1], DAY_US);
    const struct notifier_rule pager = notifier_rule_of(&targets[0], DAY_US);
    struct notifier_delivery delivery = {.attempts = 1, .in_flight = true};
    notifier_delivery_restore(&delivery, &slack, 5);
    assert_int_equal(delivery.state, CW_DELIVERY_STATE_UNKNOWN);
    delivery = (struct notifier_delivery){.attempts = 1, .in_flight = true};
    notifier_delivery_restore(&delivery, &pager, 5);
    assert_int_equal(delivery.state, CW_DELIVERY_STATE_INTENT);
    assert_int_equal(notifier_delivery_next(&delivery, &pager, 5 + SECOND_US),
                     NOTIFIER_SEND);
    delivery = notifier_delivery_begin(0); /* no attempt had begun */
    notifier_delivery_restore(&delivery, &slack, 5);
    assert_int_equal(notifier_delivery_next(&delivery, &slack, 5),
                     NOTIFIER_SEND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(severity_and_tenant_choose_the_targets),
        cmocka_unit_test(whoever_got_firing_gets_resolved),
        cmocka_unit_test(the_twenty_first_in_a_minute_is_folded),
        cmocka_unit_test(doubt_is_resolved_by_the_targets_rule),
        cmocka_unit_test(retries_wait_longer_each_time),
        cmocka_unit_test(an_old_notice_expires_unsent),
        cmocka_unit_test(a_restart_in_mid_attempt_counts_as_cut),
    };
    return cmocka_run_group_tests_name("notifier.decide", tests, NULL, NULL);
}
