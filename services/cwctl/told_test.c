/* told: what became of each notice, in words. */
#include "told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct world {
    struct told *told;
    struct cw_arena *arena;
};

static void notice(struct world *world, const char *id, const char *incident,
                   enum cw_transition transition)
{
    const struct cw_notice one = {.notice_id = cw_text_of(id),
                                  .incident_id = cw_text_of(incident),
                                  .transition = transition};
    struct cw_error err;
    assert_int_equal(told_take_notice(world->told, &one, &err), CW_OK);
}

static void delivery(struct world *world, const char *id, const char *target,
                     enum cw_delivery_state state, const char *outcome)
{
    const struct cw_delivery one = {.notice_id = cw_text_of(id),
                                    .incident_id = CW_TEXT("INC-1"),
                                    .target = cw_text_of(target),
                                    .state = state,
                                    .outcome = cw_text_of(outcome)};
    struct cw_error err;
    assert_int_equal(told_take_delivery(world->told, &one, &err), CW_OK);
}

static int set_up(void **state)
{
    static struct world world;
    struct cw_error err;
    assert_int_equal(told_create(&world.told, &err), CW_OK);
    assert_int_equal(cw_arena_create(&world.arena, 1 << 20, &err), CW_OK);
    assert_int_equal(told_ask(world.told, CW_TEXT("INC-1"), &err), CW_OK);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    told_destroy(&world->told);
    cw_arena_destroy(&world->arena);
    return 0;
}

static void says(struct world *world, const char *wanted)
{
    const struct cw_text text =
        told_text(world->told, CW_TEXT("INC-1"), world->arena);
    assert_true(cw_text_is(text, wanted));
}

static void the_last_word_of_each_target_counts(void **state)
{
    struct world *world = *state;
    notice(world, "n1", "INC-1", CW_TRANSITION_FIRING);
    notice(world, "n2", "INC-1", CW_TRANSITION_RESOLVED);
    delivery(world, "n1", "hook", CW_DELIVERY_STATE_INTENT, "");
    delivery(world, "n1", "chat", CW_DELIVERY_STATE_UNKNOWN, "timed out");
    delivery(world, "n1", "hook", CW_DELIVERY_STATE_DELIVERED, "200");
    delivery(world, "n2", "hook", CW_DELIVERY_STATE_DELIVERED, "200");
    says(world, "FIRING: hook DELIVERED, chat UNKNOWN (timed out); "
                "RESOLVED: hook DELIVERED");
}

static void a_notice_nobody_took_is_said(void **state)
{
    struct world *world = *state;
    says(world, "nobody: there is no notice");
    notice(world, "n1", "INC-1", CW_TRANSITION_FIRING);
    says(world, "FIRING: no target took it");
}

static void what_nobody_asked_about_is_not_kept(void **state)
{
    struct world *world = *state;
    notice(world, "n9", "INC-9", CW_TRANSITION_FIRING);
    says(world, "nobody: there is no notice");
    assert_true(
        cw_text_is(told_text(world->told, CW_TEXT("INC-9"), world->arena),
                   "nobody: there is no notice"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_word_of_each_target_counts,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_notice_nobody_took_is_said, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_asked_about_is_not_kept,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
