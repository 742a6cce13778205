#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "stream/kafka_check.h"

static void assert_said(const char *key, const char *value, const char *part)
{
    struct cw_error err = {0};
    assert_int_equal(cw_kafka_check(key, value, &err), CW_BAD_CONFIG);
    if (strstr(err.text, part) == NULL)
        fail_msg("%s=%s: '%s' does not say '%s'", key, value, err.text, part);
}

static void what_librdkafka_takes_is_taken(void **state)
{
    struct cw_error err;
    (void)state;
    assert_int_equal(cw_kafka_check("compression.type", "zstd", &err), CW_OK);
    assert_int_equal(cw_kafka_check("consumer.fetch.min.bytes", "2", &err),
                     CW_OK);
    assert_int_equal(cw_kafka_check("producer.acks", "all", &err), CW_OK);
}

static void a_misspelt_name_is_offered_the_nearest(void **state)
{
    (void)state;
    assert_said("compresion.type", "zstd", "did you mean kafka.compression.ty");
    assert_said("producer.lingr.ms", "1", "did you mean kafka.linger.ms?");
    assert_said("nothing.of.the.kind", "1", "has no such setting");
}

static void a_value_out_of_range_is_told_what_is_allowed(void **state)
{
    (void)state;
    assert_said("compression.type", "brotli", "none, gzip, snappy, lz4, zstd");
    assert_said("linger.ms", "-5",
                "\"-5\" is refused by librdkafka; it takes "
                "0 .. 900000");
    assert_said("socket.keepalive.enable", "maybe", "true, false");
}

/* A misspelt name of a secret does not make its value less of one. */
static void what_may_be_a_secret_is_not_repeated(void **state)
{
    struct cw_error err;
    (void)state;
    assert_int_equal(cw_kafka_check("sasl.passwrd", "hush", &err),
                     CW_BAD_CONFIG);
    assert_null(strstr(err.text, "hush"));
    assert_non_null(strstr(err.text, "sasl.password"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_librdkafka_takes_is_taken),
        cmocka_unit_test(a_misspelt_name_is_offered_the_nearest),
        cmocka_unit_test(a_value_out_of_range_is_told_what_is_allowed),
        cmocka_unit_test(what_may_be_a_secret_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
