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
    struct audit_anchor anchors[3];
    struct audit_proof proof;
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
    world->proof = (struct audit_proof){
        .keys = &world->key, .key_count = 1, .anchors = world->anchors};
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
    return audit_verify_links(world->links, count, &world->proof, world->table,
                              &err);
}

/* The link at index (before any sorting) was a head once. */
static void anchor(struct world *world, size_t index)
{
    const struct cw_audit *link = &world->links[index];
    world->proof.anchored = true;
    world->anchors[world->proof.anchor_count++] =
        (struct audit_anchor){link->chain, link->sequence, link->mac};
}

static bool says(struct world *world, const char *word)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    table_print(world->table, OUTPUT_CSV, out);
    (void)fclose(out);
    const bool found = strstr(text, word) != NULL;
    free(text);
    return found;
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
    assert_true(says(world, "headless"));
}

static void another_key_finds_nothing_whole(void **state)
{
    struct world *world = *state;
    world->key.bytes = CW_TEXT("guess");
    assert_int_equal(verify(world, LINKS), CW_BAD_RECORD);
}

/* Newest first: indices 0 and 1 are link 3 of each chain, 4 and 5 link 1. */
static void a_chain_that_reaches_its_anchors_is_whole(void **state)
{
    struct world *world = *state;
    anchor(world, 3);
    anchor(world, 1);
    anchor(world, 0);
    assert_int_equal(verify(world, LINKS), CW_OK);
}

static void an_end_cut_below_its_anchor_is_found(void **state)
{
    struct world *world = *state;
    anchor(world, 1);
    world->links[1] = world->links[5]; /* link 3 of correlate/0 is no more */
    world->links[5] = world->links[4];
    assert_int_equal(verify(world, LINKS - 1), CW_BAD_RECORD);
    assert_true(says(world, ",cut,"));
    assert_true(says(world, "ends at link 2, and link 3 was anchored"));
}

static void without_anchors_a_cut_end_reads_whole(void **state)
{
    struct world *world = *state;
    world->links[1] = world->links[5];
    world->links[5] = world->links[4];
    assert_int_equal(verify(world, LINKS - 1), CW_OK);
}

static void a_chain_that_is_gone_is_missing(void **state)
{
    struct world *world = *state;
    anchor(world, 0); /* remediator/3 */
    world->links[0] = world->links[1];
    world->links[1] = world->links[3];
    world->links[2] = world->links[5];
    assert_int_equal(verify(world, 3), CW_BAD_RECORD);
    assert_true(says(world, "remediator/3,,0,missing"));
    assert_int_equal(table_count(world->table), 2);
}

static void another_link_than_the_anchored_is_broken(void **state)
{
    struct world *world = *state;
    anchor(world, 3);
    world->anchors[0].mac = world->links[1].mac;
    assert_int_equal(verify(world, LINKS), CW_BAD_RECORD);
    assert_true(says(world, "link 2 is not the one that was anchored"));
}

/* The first of each chain is gone; an anchor vouches for one of them. */
static void a_head_is_missed_unless_its_anchor_vouches(void **state)
{
    struct world *world = *state;
    anchor(world, 5);
    anchor(world, 4);
    assert_int_equal(verify(world, LINKS - 2), CW_OK);
    assert_true(says(world, "its anchor vouches"));
    world->proof.anchor_count = 1;
    assert_int_equal(verify(world, LINKS - 2), CW_BAD_RECORD);
    assert_true(says(world, "remediator/3,2,2,headless"));
}

/* From its second link on the chain has another key. */
static void each_link_is_checked_with_its_own_key(void **state)
{
    struct world *world = *state;
    const struct cw_audit_key keys[] = {{CW_TEXT("k1"), CW_TEXT("secret")},
                                        {CW_TEXT("k2"), CW_TEXT("later")}};
    struct cw_audit_chain chain;
    struct cw_error err;
    cw_audit_chain_init(&chain, CW_TEXT("correlate/0"));
    for (size_t i = 0; i < 3; i++) {
        const struct cw_audit_entry entry = {CW_TEXT("decided"),
                                             CW_TEXT("INC-1"), CW_TEXT("{}")};
        assert_int_equal(cw_audit_link(&chain, &keys[i > 0], &entry,
                                       &world->links[i], world->arena, &err),
                         CW_OK);
    }
    world->proof.keys = keys;
    world->proof.key_count = 2;
    assert_int_equal(verify(world, 3), CW_OK);
    world->proof.key_count = 1;
    assert_int_equal(verify(world, 3), CW_BAD_RECORD);
    assert_true(says(world, "link 2 is of key \"\"k2\"\""));
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
        cmocka_unit_test_setup_teardown(
            a_chain_that_reaches_its_anchors_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_end_cut_below_its_anchor_is_found,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_anchors_a_cut_end_reads_whole,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_chain_that_is_gone_is_missing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            another_link_than_the_anchored_is_broken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_head_is_missed_unless_its_anchor_vouches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_link_is_checked_with_its_own_key,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
