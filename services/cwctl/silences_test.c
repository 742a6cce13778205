/* silences: what is in force, as the correlator has it. */
#include "silences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct cw_matcher matchers[] = {
    {CW_TEXT("entity"), CW_TEXT("cart")},
    {CW_TEXT("severity"), CW_TEXT("WARNING")},
};

static struct cw_said silence(const char *id, int64_t at, int64_t until)
{
    return (struct cw_said){
        .meta = {.tenant = CW_TEXT("t"),
                 .domain = CW_TEXT("shop"),
                 .stream_at = at},
        .kind = CW_SAID_KIND_SILENCE,
        .said_id = cw_text_of(id),
        .by = CW_TEXT("ana"),
        .reason = CW_TEXT("deploy"),
        .expires_at = until,
        .matchers = matchers,
        .matchers_count = 2,
    };
}

static struct cw_said unsilence(const char *target, const char *domain)
{
    return (struct cw_said){
        .meta = {.tenant = CW_TEXT("t"),
                 .domain = cw_text_of(domain),
                 .stream_at = 50},
        .kind = CW_SAID_KIND_UNSILENCE,
        .said_id = CW_TEXT("u"),
        .target = cw_text_of(target),
    };
}

static struct silences *make(const struct cw_said *said, size_t count)
{
    struct silences *silences = NULL;
    struct cw_error err;
    assert_int_equal(silences_create(&silences, &err), CW_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(silences_take(silences, &said[i], &err), CW_OK);
    return silences;
}

static void it_is_open_from_when_it_was_said_until_it_expires(void **state)
{
    const struct cw_said said[] = {silence("0011aa", 10, 100)};
    struct silences *silences = make(said, 1);
    (void)state;
    const struct silence *one = silences_at(silences, 0);
    assert_true(silence_is_open(one, 99));
    assert_false(silence_is_open(one, 100));
    assert_string_equal(one->matchers, "entity=cart severity=WARNING");
    assert_string_equal(one->domain, "shop");
    assert_string_equal(one->by, "ana");
    silences_destroy(&silences);
}

static void an_unsilence_of_its_domain_ends_it(void **state)
{
    const struct cw_said said[] = {silence("0011aa", 10, 100),
                                   unsilence("0011aa", "shop")};
    struct silences *silences = make(said, 2);
    (void)state;
    assert_false(silence_is_open(silences_at(silences, 0), 60));
    assert_int_equal(silences_at(silences, 0)->ended_at, 50);
    silences_destroy(&silences);
}

static void an_unsilence_of_another_domain_does_not(void **state)
{
    const struct cw_said said[] = {silence("0011aa", 10, 100),
                                   unsilence("0011aa", "default")};
    struct silences *silences = make(said, 2);
    (void)state;
    assert_true(silence_is_open(silences_at(silences, 0), 60));
    silences_destroy(&silences);
}

static void what_the_correlator_refuses_is_none(void **state)
{
    struct cw_said said[] = {
        silence("a", 10, 100), silence("b", 10, 100), silence("c", 10, 100),
        silence("d", 10, 10),  silence("", 10, 100),
    };
    said[0].reason = CW_TEXT("");
    said[1].by = CW_TEXT("");
    said[2].matchers_count = 0;
    struct silences *silences = make(said, 5);
    (void)state;
    assert_int_equal(silences_count(silences), 0);
    silences_destroy(&silences);
}

static void an_id_may_be_cut_while_it_names_one(void **state)
{
    const struct cw_said said[] = {silence("0011aa", 10, 100),
                                   silence("0011ab", 10, 100),
                                   silence("0011aa", 10, 100)};
    struct silences *silences = make(said, 3);
    (void)state;
    assert_int_equal(silences_count(silences), 2);
    assert_ptr_equal(silences_find(silences, "0011ab"),
                     silences_at(silences, 1));
    assert_null(silences_find(silences, "0011"));
    assert_null(silences_find(silences, "001"));
    assert_null(silences_find(silences, "ffff"));
    silences_destroy(&silences);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_open_from_when_it_was_said_until_it_expires),
        cmocka_unit_test(an_unsilence_of_its_domain_ends_it),
        cmocka_unit_test(an_unsilence_of_another_domain_does_not),
        cmocka_unit_test(what_the_correlator_refuses_is_none),
        cmocka_unit_test(an_id_may_be_cut_while_it_names_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
