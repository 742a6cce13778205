#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "correlate/agenda.h"

static struct corr_agenda *make(size_t max_count)
{
    struct cw_error err = {0};
    struct corr_agenda *agenda = NULL;
    assert_int_equal(corr_agenda_create(&agenda, max_count, &err), CW_OK);
    return agenda;
}

static enum cw_status set(struct corr_agenda *agenda, int64_t at,
                          uint64_t subject)
{
    struct cw_error err = {0};
    return corr_agenda_set(
        agenda, &(struct corr_due){at, 0, CORR_DUE_WAIT, subject}, &err);
}

static uint64_t pop(struct corr_agenda *agenda, int64_t until_at)
{
    struct corr_due due;
    return corr_agenda_pop(agenda, until_at, &due) ? due.subject : 0;
}

static void the_earliest_comes_first_and_only_when_due(void **state)
{
    (void)state;
    struct corr_agenda *agenda = make(10);
    assert_true(corr_agenda_first(agenda) == INT64_MAX);
    assert_int_equal(set(agenda, 30, 3), CW_OK);
    assert_int_equal(set(agenda, 10, 1), CW_OK);
    assert_int_equal(set(agenda, 20, 2), CW_OK);
    assert_int_equal(corr_agenda_first(agenda), 10);
    assert_int_equal(pop(agenda, 9), 0);
    assert_int_equal(pop(agenda, 25), 1);
    assert_int_equal(pop(agenda, 25), 2);
    assert_int_equal(pop(agenda, 25), 0);
    assert_int_equal(pop(agenda, 30), 3);
    corr_agenda_destroy(&agenda);
    assert_null(agenda);
}

static void setting_again_moves_and_clearing_forgets(void **state)
{
    (void)state;
    struct corr_agenda *agenda = make(10);
    for (uint64_t i = 1; i <= 5; i++)
        assert_int_equal(set(agenda, (int64_t)i * 10, i), CW_OK);
    assert_int_equal(set(agenda, 60, 1), CW_OK);
    assert_int_equal(set(agenda, 5, 4), CW_OK);
    corr_agenda_clear(agenda, 0, CORR_DUE_WAIT, 2);
    corr_agenda_clear(agenda, 0, CORR_DUE_WAIT, 99);
    assert_int_equal(pop(agenda, 100), 4);
    assert_int_equal(pop(agenda, 100), 3);
    assert_int_equal(pop(agenda, 100), 5);
    assert_int_equal(pop(agenda, 100), 1);
    corr_agenda_destroy(&agenda);
}

static void equal_deadlines_come_by_subject_not_by_entry(void **state)
{
    (void)state;
    struct corr_agenda *agenda = make(10);
    const uint64_t order[] = {4, 1, 3, 2};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(set(agenda, 7, order[i]), CW_OK);
    for (uint64_t i = 1; i <= 4; i++)
        assert_int_equal(pop(agenda, 7), i);
    corr_agenda_destroy(&agenda);
}

static void a_full_agenda_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct corr_agenda *agenda = make(2);
    assert_int_equal(set(agenda, 1, 1), CW_OK);
    assert_int_equal(set(agenda, 2, 2), CW_OK);
    assert_int_equal(set(agenda, 0, 3), CW_FULL);
    assert_int_equal(set(agenda, 9, 1), CW_OK); /* moving is no new one */
    assert_int_equal(pop(agenda, 9), 2);
    assert_int_equal(pop(agenda, 9), 1);
    corr_agenda_destroy(&agenda);
}

static void saved_and_loaded_it_fires_alike(void **state)
{
    (void)state;
    struct cw_error err = {0};
    struct cw_pack pack;
    struct corr_agenda *agenda = make(100);
    struct corr_agenda *loaded = make(100);
    for (uint64_t i = 1; i <= 50; i++)
        assert_int_equal(set(agenda, (int64_t)(i * 37 % 11), i), CW_OK);
    cw_pack_init(&pack, 1 << 20);
    corr_agenda_save(agenda, &pack);
    struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
    assert_int_equal(corr_agenda_load(loaded, &in, &err), CW_OK);
    assert_int_equal(cw_unpack_end(&in, &err), CW_OK);
    for (int i = 0; i < 51; i++)
        assert_int_equal(pop(agenda, 100), pop(loaded, 100));
    pack.bytes[4 + 12] = 77; /* the kind of the first */
    in = cw_unpack_of(pack.bytes, pack.size);
    assert_int_equal(corr_agenda_load(loaded, &in, &err), CW_BAD_STATE);
    cw_pack_fini(&pack);
    corr_agenda_destroy(&agenda);
    corr_agenda_destroy(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_earliest_comes_first_and_only_when_due),
        cmocka_unit_test(setting_again_moves_and_clearing_forgets),
        cmocka_unit_test(equal_deadlines_come_by_subject_not_by_entry),
        cmocka_unit_test(a_full_agenda_refuses_and_keeps_what_it_has),
        cmocka_unit_test(saved_and_loaded_it_fires_alike),
    };
    return cmocka_run_group_tests_name("agenda", tests, NULL, NULL);
}
