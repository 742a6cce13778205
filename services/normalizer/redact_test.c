#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "redact.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_redacted(const char *text, unsigned rules, const char *want)
{
    struct cw_error err = {0};
    struct cw_arena *arena = NULL;
    struct cw_text made;
    assert_int_equal(cw_arena_create(&arena, 1 << 20, &err), CW_OK);
    assert_true(redact_text(cw_text_of(text), rules, arena, &made));
    if (!cw_text_is(made, want))
        print_error("'%.*s' is not '%s'\n", CW_TEXT_ARG(made), want);
    assert_true(cw_text_is(made, want));
    cw_arena_destroy(&arena);
}

static void secrets_are_taken_out(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"password=hunter2 next", "password=[secret] next"},
        {"db_password: \"a b\" next", "db_password: \"[secret]\" next"},
        {"{\"token\": \"abc\", \"x\": 1}",
         "{\"token\": \"[secret]\", \"x\": 1}"},
        {"{\\\"api_key\\\":\\\"k\\\"}", "{\\\"api_key\\\":\\\"[secret]\\\"}"},
        {"Authorization: Bearer abc.def", "Authorization: Bearer [secret]"},
        {"got bearer not", "got bearer not"},
        {"sent Bearer abcdefghijklmnopqrst now", "sent Bearer [secret] now"},
        {"routing_key=R01&x=1", "routing_key=[secret]&x=1"},
        {"key AKIAABCDEFGHIJKLMNOP used", "key [secret] used"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig!", "[secret]!"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----",
         "[secret]-----END RSA PRIVATE KEY-----"},
        {"-----BEGIN CERTIFICATE-----\nMII",
         "-----BEGIN CERTIFICATE-----\nMII"},
        {"secret://vault/path", "secret://vault/path"},
        {"password= ", "password= "},
        {"no secrets here: 22:13:20", "no secrets here: 22:13:20"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_redacted(cases[i][0], REDACT_SECRETS, cases[i][1]);
}

/* 4111 1111 1111 1111 is a test number: doubled every second from the right
 * 8+1+2+1+2+1+2+1+2+1+2+1+2+1+2+1 = 30, divisible by ten; ...1112 gives 31. */
static void only_what_passes_luhn_is_a_card(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"card 4111 1111 1111 1111.", "card [card]."},
        {"card 4111-1111-1111-1111 ok", "card [card] ok"},
        {"4111111111111111", "[card]"},
        {"12 4111111111111111", "12 [card]"},
        {"4111111111111112", "4111111111111112"},
        {"1700000000000000", "1700000000000000"},
        {"id4111111111111111", "id4111111111111111"},
        {"4111111111111111a", "4111111111111111a"},
        {"41111111111111111111111", "41111111111111111111111"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_redacted(cases[i][0], REDACT_CARDS, cases[i][1]);
}

static void mail_addresses_are_taken_out(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"from ana.b+x@mail.example.com.", "from [email]."},
        {"<a@b.co>", "<[email]>"},
        {"user@host", "user@host"},
        {"@here", "@here"},
        {"git@1.2.3.4", "git@1.2.3.4"},
        {"a@b.cd,e@f.gh", "[email],[email]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_redacted(cases[i][0], REDACT_EMAILS, cases[i][1]);
}

static void a_rule_that_is_off_takes_nothing(void **state)
{
    (void)state;
    assert_redacted("password=x a@b.cd 4111111111111111", 0,
                    "password=x a@b.cd 4111111111111111");
    assert_redacted("password=x a@b.cd", REDACT_EMAILS, "password=x [email]");
}

static void keys_that_name_secrets_are_known(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "password",      "DB_PASSWORD", "X-Api-Key", "routing_key",
        "client.secret", "token",       "Set-Cookie"};
    static const char *const open[] = {
        "service.name",       "tokens",      "key", "",
        "broken_token_count", "passwordless"};
    for (size_t i = 0; i < COUNT(secret); i++)
        assert_true(redact_is_secret_key(cw_text_of(secret[i])));
    for (size_t i = 0; i < COUNT(open); i++)
        assert_false(redact_is_secret_key(cw_text_of(open[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_taken_out),
        cmocka_unit_test(only_what_passes_luhn_is_a_card),
        cmocka_unit_test(mail_addresses_are_taken_out),
        cmocka_unit_test(a_rule_that_is_off_takes_nothing),
        cmocka_unit_test(keys_that_name_secrets_are_known),
    };
    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
