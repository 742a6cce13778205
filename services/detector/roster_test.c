#include "roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "config.h"

static struct roster *empty(void)
{
    static struct detector_config config;
    struct cw_error err;
    struct roster *roster = NULL;
    config = detector_config_default();
    assert_int_equal(roster_create(&roster, &config, &err), CW_OK);
    assert_non_null(roster);
    return roster;
}

static struct roster *of_one_series(void)
{
    const struct cw_series_definition definition = {
        .id = 1,
        .tenant = CW_TEXT("acme"),
        .entity = {.kind = CW_TEXT("service"), .name = CW_TEXT("cart")},
        .name = CW_TEXT("latency"),
    };
    struct cw_error err;
    struct roster *roster = empty();
    uint32_t index;
    bool added;
    assert_int_equal(roster_define(roster, &definition, &index, &added, &err),
                     CW_OK);
    return roster;
}

static struct cw_pack saved(const struct roster *roster)
{
    struct cw_pack pack;
    cw_pack_init(&pack, 1 << 20);
    roster_save(roster, &pack);
    assert_false(pack.failed);
    return pack;
}

static enum cw_status loaded(const struct cw_pack *pack)
{
    struct cw_error err;
    struct roster *roster = empty();
    struct cw_unpack in = cw_unpack_of(pack->bytes, pack->size);
    const enum cw_status status = roster_load(roster, &in, &err);
    roster_destroy(&roster);
    return status;
}

/* Where the state of other differs from that of the one series, no load takes
 * what is no name of an enum. */
static void refused_there(const struct roster *other)
{
    struct roster *roster = of_one_series();
    struct cw_pack before = saved(roster);
    struct cw_pack after = saved(other);
    size_t at = 0;
    assert_int_equal(before.size, after.size);
    while (at < before.size && before.bytes[at] == after.bytes[at])
        at++;
    assert_true(at < before.size);
    assert_int_equal(loaded(&after), CW_OK);
    after.bytes[at] = 0xff;
    assert_int_equal(loaded(&after), CW_BAD_STATE);
    cw_pack_fini(&before);
    cw_pack_fini(&after);
    roster_destroy(&roster);
}

static void a_snapshot_with_an_unknown_enum_is_refused(void **state)
{
    (void)state;
    struct roster *other = of_one_series();
    struct member *member = other->members[0];
    member->kind++;
    refused_there(other);
    member->kind--;
    member->family = member->family == CW_FAMILY_LATENCY ? CW_FAMILY_OTHER
                                                         : CW_FAMILY_LATENCY;
    refused_there(other);
    roster_destroy(&other);
    other = of_one_series();
    other->members[0]->role = ROLE_COUNT;
    refused_there(other);
    other->members[0]->role = ROLE_NONE;
    other->members[0]->state++;
    refused_there(other);
    roster_destroy(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_with_an_unknown_enum_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
