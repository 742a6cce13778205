/* Claims of the audit chain (demand F17). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/audit.h"

#define LINKS 5u

struct stage {
    struct cw_arena *arena;
    struct cw_audit_chain chain;
    struct cw_audit_key key;
    struct cw_audit links[LINKS];
};

static int begin(void **state)
{
    static struct stage stage;
    struct cw_error err;

    stage = (struct stage){.key = {CW_TEXT("k1"), CW_TEXT("secret")}};
    if (cw_arena_create(&stage.arena, 1 << 20, &err) != CW_OK)
        return -1;
    cw_audit_chain_init(&stage.chain, CW_TEXT("remediator/t/d"));
    for (size_t i = 0; i < LINKS; i++) {
        const struct cw_audit_entry entry = {CW_TEXT("INTENDED"), CW_TEXT("a1"),
                                             CW_TEXT("{\"a\":1}")};
        stage.links[i].meta.tenant = CW_TEXT("t");
        if (cw_audit_link(&stage.chain, &stage.key, &entry, &stage.links[i],
                          stage.arena, &err) != CW_OK)
            return -1;
    }
    *state = &stage;
    return 0;
}

static int end(void **state)
{
    cw_arena_destroy(&((struct stage *)*state)->arena);
    return 0;
}

/* Index of the first bad link; LINKS when all are good. */
static size_t first_bad(struct stage *stage, size_t count)
{
    size_t bad = 0;
    struct cw_error err;
    const enum cw_status status =
        cw_audit_verify(stage->links, count, NULL, &stage->key, &bad, &err);

    assert_true((status == CW_OK) == (bad == count));
    return bad;
}

static void a_chain_as_written_is_whole(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(first_bad(stage, LINKS), LINKS);
    assert_int_equal(stage->links[0].sequence, 1);
    assert_int_equal(stage->links[4].sequence, 5);
}

static void the_mac_is_that_of_another_implementation(void **state)
{
    struct stage *stage = *state;

    /* python: hmac.new(b"secret", covered, "sha256").hexdigest(), covered as
     * tests/integration/audit_verify.py packs it */
    assert_true(cw_text_is(
        stage->links[0].mac,
        "332f256f5fe3d94d305d614f00b15b6e4bba9c3b426d5111f6b186e70c2433e2"));
}

static void a_change_of_any_field_is_found_where_it_is(void **state)
{
    struct stage *stage = *state;
    struct cw_text *fields[] = {
        &stage->links[2].what,       &stage->links[2].subject,
        &stage->links[2].detail,     &stage->links[2].key_id,
        &stage->links[2].algorithm,  &stage->links[2].previous_mac,
        &stage->links[2].mac,        &stage->links[2].chain,
        &stage->links[2].meta.tenant};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct cw_text kept = *fields[i];
        *fields[i] = CW_TEXT("other");
        assert_int_equal(first_bad(stage, LINKS), 2);
        *fields[i] = kept;
    }
    assert_int_equal(first_bad(stage, LINKS), LINKS);
}

static void bytes_cannot_move_between_fields(void **state)
{
    struct stage *stage = *state;

    stage->links[1].what = CW_TEXT("INTENDEDa"); /* "INTENDED" + "a1" */
    stage->links[1].subject = CW_TEXT("1");
    assert_int_equal(first_bad(stage, LINKS), 1);
}

static void a_lost_a_doubled_and_a_swapped_link_are_found(void **state)
{
    struct stage *stage = *state;
    struct cw_audit kept[LINKS];

    memcpy(kept, stage->links, sizeof(kept));
    stage->links[2] = kept[3];
    assert_int_equal(first_bad(stage, 3), 2);
    stage->links[2] = kept[1];
    assert_int_equal(first_bad(stage, 3), 2);
    memcpy(stage->links, kept, sizeof(kept));
    stage->links[1] = kept[2];
    stage->links[2] = kept[1];
    assert_int_equal(first_bad(stage, LINKS), 1);
}

static void a_downgrade_to_no_key_is_found(void **state)
{
    struct stage *stage = *state;
    const struct cw_audit_entry entry = {CW_TEXT("x"), CW_TEXT("y"),
                                         CW_TEXT("{}")};
    struct cw_audit_key none = {.id = CW_TEXT("k1")};
    struct cw_error err;
    struct cw_audit_chain chain;

    cw_audit_chain_init(&chain, CW_TEXT("remediator/t/d"));
    assert_int_equal(cw_audit_link(&chain, &none, &entry, &stage->links[0],
                                   stage->arena, &err),
                     CW_OK);
    assert_true(cw_text_is(stage->links[0].algorithm, "sha256"));
    assert_int_equal(first_bad(stage, LINKS), 0);
}

static void a_cut_tail_is_found_by_the_head_that_is_known(void **state)
{
    struct stage *stage = *state;
    size_t bad = 0;
    struct cw_error err;

    /* The chain itself is whole; that it is short, only its head tells. */
    assert_int_equal(
        cw_audit_verify(stage->links, 4, NULL, &stage->key, &bad, &err), CW_OK);
    assert_false(cw_text_is(stage->links[3].mac, stage->chain.previous));
    assert_true(cw_text_is(stage->links[4].mac, stage->chain.previous));
}

static void a_chain_goes_on_over_a_restart(void **state)
{
    struct stage *stage = *state;
    struct cw_audit_chain loaded;
    struct cw_pack pack;
    struct cw_error err;
    size_t bad = 0;

    cw_pack_init(&pack, 4096);
    cw_audit_chain_save(&stage->chain, &pack);
    struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
    assert_int_equal(cw_audit_chain_load(&loaded, &in, &err), CW_OK);
    const struct cw_audit_chain before = loaded;
    const struct cw_audit_entry entry = {CW_TEXT("x"), CW_TEXT("y"),
                                         CW_TEXT("{}")};
    struct cw_audit next = {.meta.tenant = CW_TEXT("t")};
    assert_int_equal(
        cw_audit_link(&loaded, &stage->key, &entry, &next, stage->arena, &err),
        CW_OK);
    assert_int_equal(next.sequence, 6);
    assert_int_equal(
        cw_audit_verify(&next, 1, &before, &stage->key, &bad, &err), CW_OK);
    for (size_t cut = 0; cut < pack.size; cut++) {
        in = cw_unpack_of(pack.bytes, cut);
        assert_int_equal(cw_audit_chain_load(&loaded, &in, &err), CW_BAD_STATE);
    }
    cw_pack_fini(&pack);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CLAIM(a_chain_as_written_is_whole),
        CLAIM(the_mac_is_that_of_another_implementation),
        CLAIM(a_change_of_any_field_is_found_where_it_is),
        CLAIM(bytes_cannot_move_between_fields),
        CLAIM(a_lost_a_doubled_and_a_swapped_link_are_found),
        CLAIM(a_downgrade_to_no_key_is_found),
        CLAIM(a_cut_tail_is_found_by_the_head_that_is_known),
        CLAIM(a_chain_goes_on_over_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
