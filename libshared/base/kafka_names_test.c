#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "base/kafka_names.h"

static void settings_of_a_user_pass(void **state)
{
    (void)state;
    static const char *const taken[] = {
        "security.protocol",
        "ssl.ca.location",
        "ssl.ca.pem",
        "ssl.certificate.location",
        "ssl.certificate.pem",
        "ssl.key.location",
        "ssl.key.password",
        "ssl.key.pem",
        "ssl.keystore.location",
        "ssl.keystore.password",
        "ssl.cipher.suites",
        "ssl.curves.list",
        "ssl.crl.location",
        "ssl.endpoint.identification.algorithm",
        "sasl.mechanism",
        "sasl.mechanisms",
        "sasl.username",
        "sasl.password",
        "sasl.kerberos.keytab",
        "sasl.oauthbearer.method",
        "client.rack",
        "fetch.min.bytes",
        "session.timeout.ms",
        "linger.ms",
    };
    struct cw_error err;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        assert_int_equal(cw_kafka_name_check(taken[i], &err), CW_OK);
}

static void settings_a_promise_hangs_on_are_ours(void **state)
{
    (void)state;
    static const char *const owned[] = {
        "isolation.level",    "transactional.id",
        "group.id",           "group.instance.id",
        "enable.auto.commit", "enable.auto.offset.store",
        "enable.idempotence", "partition.assignment.strategy",
        "auto.offset.reset",  "bootstrap.servers",
    };
    struct cw_error err;
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        assert_int_equal(cw_kafka_name_check(owned[i], &err), CW_BAD_CONFIG);
        assert_non_null(strstr(err.text, "cannot be set: "));
        assert_non_null(strstr(err.text, owned[i]));
    }
}

static void javas_names_are_translated(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"ssl.truststore.location", "ssl.ca.location"},
        {"ssl.keystore.key", "ssl.key.pem"},
        {"ssl.keystore.certificate.chain", "ssl.certificate.pem"},
        {"sasl.jaas.config", "sasl.username and sasl.password"},
        {"fetch.max.wait.ms", "fetch.wait.max.ms"},
        {"buffer.memory", "queue.buffering.max.kbytes"},
    };
    struct cw_error err;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(cw_kafka_name_check(pairs[i][0], &err), CW_BAD_CONFIG);
        assert_non_null(strstr(err.text, pairs[i][1]));
    }
}

static void passwords_are_secret(void **state)
{
    (void)state;
    assert_true(cw_kafka_name_is_secret("sasl.password"));
    assert_true(cw_kafka_name_is_secret("ssl.key.pem"));
    assert_false(cw_kafka_name_is_secret("sasl.username"));
    assert_false(cw_kafka_name_is_secret("ssl.ca.pem"));
}

/* 2.6.0 is 0x020600ff, 2.6.1 is 0x020601ff; Debian 12 has 2.0.2. */
static void scram_needs_a_library_that_can(void **state)
{
    (void)state;
    struct cw_error err;
    static const char *const names[] = {"sasl.mechanism", "sasl.mechanisms"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            cw_kafka_version_check(names[i], "SCRAM-SHA-512", 0x020002ff, &err),
            CW_BAD_CONFIG);
        assert_non_null(strstr(err.text, "needs librdkafka 2.6.1 or newer, "
                                         "this is 2.0.2"));
        assert_int_equal(
            cw_kafka_version_check(names[i], "scram-sha-256", 0x020600ff, &err),
            CW_BAD_CONFIG);
        assert_int_equal(
            cw_kafka_version_check(names[i], "SCRAM-SHA-512", 0x020601ff, &err),
            CW_OK);
        assert_int_equal(
            cw_kafka_version_check(names[i], "PLAIN", 0x020002ff, &err), CW_OK);
    }
    assert_int_equal(
        cw_kafka_version_check("sasl.username", "SCRAM-x", 0x020002ff, &err),
        CW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_of_a_user_pass),
        cmocka_unit_test(settings_a_promise_hangs_on_are_ours),
        cmocka_unit_test(javas_names_are_translated),
        cmocka_unit_test(passwords_are_secret),
        cmocka_unit_test(scram_needs_a_library_that_can),
    };
    return cmocka_run_group_tests_name("kafka_names", tests, NULL, NULL);
}
