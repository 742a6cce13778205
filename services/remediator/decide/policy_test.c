/* Claims of policy and command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "command.h"
#include "policy.h"

static const char good[] = "caps: {domain: 3, running: 2}\n"
                           "policies:\n"
                           "  - name: restart\n"
                           "    match: {action: restart_service, kind: service,"
                           " entity: \"cart*\", min_confidence: 0.6}\n"
                           "    level: 2\n"
                           "    argv: [/bin/restart, \"{entity}\", "
                           "\"for={incident}\"]\n"
                           "    rollback:\n"
                           "      - /bin/undo\n"
                           "    cooldown: 20m\n"
                           "    caps: {target: 7}\n"
                           "  - name: any\n"
                           "    argv: [/bin/true]\n";

static struct remedy_policies *parse(const char *text, enum cw_status wanted)
{
    struct remedy_policies *made = NULL;
    struct cw_error err;

    assert_int_equal(
        remedy_policies_parse(&made, "p.yaml", cw_text_of(text), &err), wanted);
    assert_non_null(made);
    return made;
}

static void a_file_gives_its_values_and_the_defaults(void **state)
{
    struct remedy_policies *policies = parse(good, CW_OK);

    (void)state;
    assert_int_equal(remedy_policies_count(policies), 2);
    assert_int_equal(remedy_policies_caps(policies)->domain, 3);
    assert_int_equal(remedy_policies_caps(policies)->running, 2);
    const struct remedy_policy *first = remedy_policies_at(policies, 0);
    assert_int_equal(first->level, 2);
    assert_int_equal(first->cooldown_us, 20LL * 60 * 1000000);
    assert_int_equal(first->cap_target, 7);
    assert_int_equal(first->cap_policy, 5); /* default */
    assert_int_equal(first->argv.count, 3);
    assert_string_equal(first->rollback.words[0], "/bin/undo");
    assert_int_equal(remedy_policies_at(policies, 1)->level, 1); /* asks */
    remedy_policies_destroy(&policies);
}

static void the_first_that_matches_is_taken(void **state)
{
    struct remedy_policies *policies = parse(good, CW_OK);
    struct remedy_occasion occasion = {CW_TEXT("restart_service"),
                                       CW_TEXT("service"), CW_TEXT("cart-2"),
                                       CW_TEXT(""), 0.6};

    (void)state;
    assert_string_equal(remedy_policies_match(policies, &occasion)->name,
                        "restart");
    occasion.confidence = 0.599;
    assert_string_equal(remedy_policies_match(policies, &occasion)->name,
                        "any");
    occasion.confidence = 0.499; /* below the default of the second, too */
    assert_null(remedy_policies_match(policies, &occasion));
    occasion.confidence = 0.9;
    occasion.entity = CW_TEXT("shop");
    assert_string_equal(remedy_policies_match(policies, &occasion)->name,
                        "any");
    remedy_policies_destroy(&policies);
}

static void globs_match_runs_and_single_bytes(void **state)
{
    (void)state;
    assert_true(remedy_glob("*", CW_TEXT("")));
    assert_true(remedy_glob("a*c*e", CW_TEXT("abcde")));
    assert_true(remedy_glob("a*b", CW_TEXT("aab*b")));
    assert_true(remedy_glob("ca?t", CW_TEXT("cart")));
    assert_false(remedy_glob("ca?t", CW_TEXT("cat")));
    assert_false(remedy_glob("a*c", CW_TEXT("abcd")));
    assert_false(remedy_glob("", CW_TEXT("a")));
}

static void every_fault_is_named_with_its_line(void **state)
{
    static const char bad[] = "policies:\n"
                              "  - name: \"a b\"\n"   /* 2: name */
                              "    level: 4\n"        /* 3: range */
                              "    colour: red\n"     /* 4: unknown */
                              "    argv: [restart]\n" /* 5: no path */
                              "  - name: x\n"         /* 6: no argv */
                              "    level: 1\n"
                              "    level: 2\n" /* 8: twice */
                              "  - name: y\n"
                              "    argv: /bin/sh -c x\n" /* 10: no list */
                              "  - name: z\n"
                              "    argv: [/bin/x, \"{host}\"]\n"; /* 12 */
    static const char *const lines[] = {
        "p.yaml:3:", "p.yaml:4:",  "p.yaml:5:", "p.yaml:2:", "p.yaml:8:",
        "p.yaml:6:", "p.yaml:10:", "p.yaml:9:", "p.yaml:12:"};
    struct remedy_policies *policies = parse(bad, CW_BAD_CONFIG);

    (void)state;
    assert_int_equal(remedy_policies_count(policies), 0);
    assert_int_equal(remedy_policies_fault_count(policies),
                     sizeof(lines) / sizeof(lines[0]));
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_true(
            cw_text_starts(cw_text_of(remedy_policies_fault(policies, i)),
                           cw_text_of(lines[i])));
    remedy_policies_destroy(&policies);
}

static void what_is_no_policy_file_is_refused(void **state)
{
    static const char *const texts[] = {
        "policies: {a: 1}\n",
        "- 1\n",
        "policies: [\n",
        "a: &x 1\nb: *x\n",
        "policies:\n  - 3\n",
        "caps: {domain: 0}\n",
        "\tx: 1\n",
        "policies:\n  - {name: a, argv: [\"/bin/{entity}\"]}\n",
        ("policies:\n  - {name: a, argv: [/bin/a]}\n"
         "  - {name: a, argv: [/bin/a]}\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct remedy_policies *policies = parse(texts[i], CW_BAD_CONFIG);
        assert_int_equal(remedy_policies_count(policies), 0);
        remedy_policies_destroy(&policies);
    }
}

static void an_empty_file_allows_nothing(void **state)
{
    struct remedy_policies *policies = parse("", CW_OK);

    (void)state;
    assert_int_equal(remedy_policies_count(policies), 0);
    remedy_policies_destroy(&policies);
}

static void values_that_could_do_harm_are_not_safe(void **state)
{
    static const char *const bad[] = {"",     "a b", "a;rm",        "$(x)",
                                      "`x`",  "-rf", "../x",        "a/../b",
                                      "a\nb", "a'b", "caf\xc3\xa9", "a*"};
    static const char *const fine[] = {"cart", "ns/pod-1", "a.b:80",
                                       "u@h",  "x_y",      "1"};
    char longest[130];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(remedy_value_is_safe(cw_text_of(bad[i])));
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        assert_true(remedy_value_is_safe(cw_text_of(fine[i])));
    memset(longest, 'a', sizeof(longest));
    assert_true(remedy_value_is_safe((struct cw_text){longest, 128}));
    assert_false(remedy_value_is_safe((struct cw_text){longest, 129}));
    assert_false(remedy_value_is_safe((struct cw_text){"a\0b", 3}));
}

static void a_command_gets_its_values_and_a_hash_of_all_of_it(void **state)
{
    struct remedy_policies *policies = parse(good, CW_OK);
    struct cw_arena *arena = NULL;
    struct cw_error err;
    struct cw_action one = {
        .meta = {.tenant = CW_TEXT("t"), .domain = CW_TEXT("d")},
        .incident_id = CW_TEXT("INC-1"),
        .target = {CW_TEXT("service"), CW_TEXT("cart")},
        .attempt = 1};
    struct cw_action other = one;

    (void)state;
    assert_int_equal(cw_arena_create(&arena, 1 << 20, &err), CW_OK);
    assert_int_equal(
        remedy_command_fill(&one, remedy_policies_at(policies, 0), arena, &err),
        CW_OK);
    assert_int_equal(one.argv_count, 3);
    assert_true(cw_text_is(one.argv[1], "cart"));
    assert_true(cw_text_is(one.argv[2], "for=INC-1"));
    assert_int_equal(one.action_hash.size, 64);
    other.incident_id = CW_TEXT("INC-2");
    assert_int_equal(remedy_command_fill(
                         &other, remedy_policies_at(policies, 0), arena, &err),
                     CW_OK);
    assert_false(cw_text_equal(one.action_hash, other.action_hash));
    other.target.name = CW_TEXT("cart; reboot");
    assert_int_equal(remedy_command_fill(
                         &other, remedy_policies_at(policies, 0), arena, &err),
                     CW_NOT_FOUND);
    cw_arena_destroy(&arena);
    remedy_policies_destroy(&policies);
}

static void as_shipped_every_policy_asks(void **state)
{
    const char *file = getenv("CW_POLICY_EXAMPLE");
    struct remedy_policies *policies = NULL;
    struct cw_error err;

    (void)state;
    if (file == NULL)
        skip();
    assert_int_equal(remedy_policies_load(&policies, file, &err), CW_OK);
    assert_true(remedy_policies_count(policies) >= 4);
    for (size_t i = 0; i < remedy_policies_count(policies); i++)
        assert_int_equal(remedy_policies_at(policies, i)->level, 1);
    remedy_policies_destroy(&policies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_gives_its_values_and_the_defaults),
        cmocka_unit_test(the_first_that_matches_is_taken),
        cmocka_unit_test(globs_match_runs_and_single_bytes),
        cmocka_unit_test(every_fault_is_named_with_its_line),
        cmocka_unit_test(what_is_no_policy_file_is_refused),
        cmocka_unit_test(as_shipped_every_policy_asks),
        cmocka_unit_test(an_empty_file_allows_nothing),
        cmocka_unit_test(values_that_could_do_harm_are_not_safe),
        cmocka_unit_test(a_command_gets_its_values_and_a_hash_of_all_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
