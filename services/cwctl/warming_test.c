/* warming: who learns, and until when. */
#include "warming.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void take(struct warming *warming, int64_t id, const char *entity,
                 int64_t interval_us, enum cw_series_state state)
{
    const struct cw_series series = {
        .definition = {.id = id,
                       .tenant = CW_TEXT("t"),
                       .entity = {CW_TEXT("service"), cw_text_of(entity)},
                       .interval_us = interval_us},
        .first_seen_at = 1000,
        .state = state,
    };
    struct cw_error err;
    assert_int_equal(warming_take(warming, &series, &err), CW_OK);
}

static struct warming *make(void)
{
    struct warming *warming = NULL;
    struct cw_error err;
    assert_int_equal(warming_create(&warming, 60, &err), CW_OK);
    return warming;
}

/* From 1000 on 60 samples, 10 and 5 apart: until 1600, not 1300. */
static void an_entity_warms_until_its_last_series_is_ready(void **state)
{
    struct warming *warming = make();
    size_t count = 0;
    (void)state;
    take(warming, 1, "cart", 10, CW_SERIES_STATE_WARMING);
    take(warming, 2, "cart", 5, CW_SERIES_STATE_WARMING);
    const struct warming_entity *entities = warming_entities(warming, &count);
    assert_int_equal(count, 1);
    assert_string_equal(entities[0].name, "service cart");
    assert_int_equal(entities[0].count, 2);
    assert_int_equal(entities[0].until_at, 1600);
    take(warming, 1, "cart", 10, CW_SERIES_STATE_READY);
    entities = warming_entities(warming, &count);
    assert_int_equal(entities[0].count, 1);
    assert_int_equal(entities[0].until_at, 1300);
    take(warming, 2, "cart", 5, CW_SERIES_STATE_READY);
    (void)warming_entities(warming, &count);
    assert_int_equal(count, 0);
    assert_int_equal(warming_count(warming), 0);
    warming_destroy(&warming);
}

static void one_without_interval_leaves_the_end_open(void **state)
{
    struct warming *warming = make();
    size_t count = 0;
    (void)state;
    take(warming, 1, "cart", 0, CW_SERIES_STATE_WARMING);
    take(warming, 2, "cart", 5, CW_SERIES_STATE_WARMING);
    assert_int_equal(warming_entities(warming, &count)[0].until_at, 0);
    warming_destroy(&warming);
    warming = make(); /* in the other order too */
    take(warming, 1, "cart", 5, CW_SERIES_STATE_WARMING);
    take(warming, 2, "cart", 0, CW_SERIES_STATE_WARMING);
    assert_int_equal(warming_entities(warming, &count)[0].until_at, 0);
    warming_destroy(&warming);
}

static void who_has_most_comes_first(void **state)
{
    struct warming *warming = make();
    size_t count = 0;
    (void)state;
    take(warming, 1, "b", 5, CW_SERIES_STATE_WARMING);
    take(warming, 2, "a", 5, CW_SERIES_STATE_WARMING);
    take(warming, 3, "z", 5, CW_SERIES_STATE_WARMING);
    take(warming, 4, "z", 5, CW_SERIES_STATE_WARMING);
    take(warming, 5, "ready", 5, CW_SERIES_STATE_READY);
    const struct warming_entity *entities = warming_entities(warming, &count);
    assert_int_equal(count, 3);
    assert_string_equal(entities[0].name, "service z");
    assert_string_equal(entities[1].name, "service a");
    assert_string_equal(entities[2].name, "service b");
    assert_int_equal(warming_count(warming), 4);
    warming_destroy(&warming);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entity_warms_until_its_last_series_is_ready),
        cmocka_unit_test(one_without_interval_leaves_the_end_open),
        cmocka_unit_test(who_has_most_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
