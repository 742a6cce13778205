/* audit_verify: chains in any order, whole or not. */
#include "audit_verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINKS 6 /* three of each of two chains */

static const char *const columns[] = {"chain", "#first", "#links",
                                      "state", "why",    NULL};

struct world {
    struct cw_arena *arena;
    struct table *table;
    struct cw_audit links[LINKS];
    struct cw_audit_key key;
};

/* Links 0, 2, 4 of one chain, 1, 3, 5 of the other, newest first. */
static int set_up(void **state)
{
    struct cw_error err;
    struct world *world = calloc(1, sizeof(*world));
    struct cw_audit_chain chains[2];
    assert_int_equal(cw_arena_create(&world->arena, 1 << 20, &err), CW_OK);
    assert_int_equal(table_create(&world->table, columns, &err), CW_OK);
    cw_audit_chain_init(&chains[0], CW_TEXT("correlate/0"));
    cw_audit_chain_init(&chains[1], CW_TEXT("remediator/3"));
    world->key = (struct cw_audit_key){CW_TEXT("k1"), CW_TEXT("secret")};
    for (int i = 0; i < LINKS; i++) {
        const struct cw_audit_entry entry = {
            CW_TEXT("decided"), CW_TEXT("INC-1"),
            cw_arena_print(world->arena, "{\"n\":%d}", i)};
        struct cw_audit *link = &world->links[LINKS - 1 - i];
        link->meta.tenant = CW_TEXT("default");
        assert_int_equal(cw_audit_link(&chains[i % 2], &world->key, &entry,
                                       link, world->arena, &err),
                         CW_OK);
    }
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    table_destroy(&world->table);
    cw_arena_destroy(&world->arena);
    free(world);
    return 0;
}

static enum cw_status verify(struct world *world, size_t count)
{
    struct cw_error err;
    return audit_verify_links(world->links, count, &world->key, world->table,
                              &err);
}

static void chains_in_any_order_are_whole(void **state)
{
    struct world *world = *state;
    assert_int_equal(verify(world, LINKS), CW_OK);
    assert_int_equal(table_count(world->table), 2);
}

static void a_changed_word_breaks_its_chain(void **state)
{
    struct world *world = *state;
    world->links[2].detail = CW_TEXT("{\"n\":7}");
    assert_int_equal(verify(world, LINKS), CW_BAD_RECORD);
    assert_int_equal(table_count(world->table), 2);
}

static void a_missing_link_breaks_its_chain(void **state)
{
    struct world *world = *state;
    world->links[2] = world->links[5]; /* a middle link is the first again */
    assert_int_equal(verify(world, LINKS), CW_BAD_RECORD);
}

/* The oldest two are gone, one of each chain: what is left holds together. */
static void what_retention_took_is_no_damage(void **state)
{
    struct world *world = *state;
    assert_int_equal(verify(world, LINKS - 2), CW_OK);
}

static void another_key_finds_nothing_whole(void **state)
{
    struct world *world = *state;
    world->key.bytes = CW_TEXT("guess");
    assert_int_equal(verify(world, LINKS), CW_BAD_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(chains_in_any_order_are_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_changed_word_breaks_its_chain, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_missing_link_breaks_its_chain, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_retention_took_is_no_damage,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_key_finds_nothing_whole, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
