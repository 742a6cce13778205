#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deliver.h"

/* ---- a server on loopback that answers once as it was told ---- */

struct sink {
    pthread_t thread;
    int listener;
    uint16_t port;
    const char *answer; /* NULL: reads, then hangs up */
    bool slow;          /* never answers, holds the connection */
    int stop[2];
    char request[8192];
    size_t request_size;
};

static bool is_whole(const struct sink *sink)
{
    const char *end = strstr(sink->request, "\r\n\r\n");
    const char *length = strstr(sink->request, "Content-Length: ");
    if (end == NULL || length == NULL)
        return false;
    const size_t body = (size_t)strtoul(length + 16, NULL, 10);
    return sink->request_size >= (size_t)(end + 4 - sink->request) + body;
}

static void *serve(void *context)
{
    struct sink *sink = context;
    char byte;
    const int peer = accept(sink->listener, NULL, NULL);
    if (peer < 0)
        return NULL;
    while (!is_whole(sink) && sink->request_size + 1 < sizeof(sink->request)) {
        const ssize_t size =
            recv(peer, sink->request + sink->request_size,
                 sizeof(sink->request) - 1 - sink->request_size, 0);
        if (size <= 0)
            break;
        sink->request_size += (size_t)size;
    }
    if (sink->answer != NULL)
        (void)send(peer, sink->answer, strlen(sink->answer), MSG_NOSIGNAL);
    /* Until the test closes the other end. */
    if (sink->slow && read(sink->stop[0], &byte, 1) < 0)
        byte = 0;
    (void)close(peer);
    return NULL;
}

static void sink_open(struct sink *sink)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(sink->listener >= 0);
    assert_int_equal(bind(sink->listener, (struct sockaddr *)&at, sizeof(at)),
                     0);
    assert_int_equal(listen(sink->listener, 4), 0);
    assert_int_equal(getsockname(sink->listener, (struct sockaddr *)&at, &size),
                     0);
    sink->port = ntohs(at.sin_port);
    assert_int_equal(pipe(sink->stop), 0);
    assert_int_equal(pthread_create(&sink->thread, NULL, serve, sink), 0);
}

static void sink_close(struct sink *sink)
{
    (void)shutdown(sink->listener, SHUT_RDWR); /* accept() returns */
    (void)close(sink->stop[1]);
    (void)pthread_join(sink->thread, NULL);
    (void)close(sink->stop[0]);
    (void)close(sink->listener);
}

/* Longer than any busy machine makes a loopback answer wait. */
#define PATIENT_MS 30000

static struct notifier_deliver *deliverer_for(const char *allowed,
                                              bool loopback, int timeout_ms)
{
    const struct notifier_deliver_config config = {.allowed = &allowed,
                                                   .allowed_count = 1,
                                                   .loopback = loopback,
                                                   .insecure_http = true,
                                                   .timeout_ms = timeout_ms};
    struct cw_error err = {0};
    struct notifier_deliver *deliver = NULL;
    assert_int_equal(notifier_deliver_create(&deliver, &config, &err), CW_OK);
    return deliver;
}

static struct notifier_deliver *deliverer(const char *allowed, bool loopback)
{
    return deliverer_for(allowed, loopback, PATIENT_MS);
}

static struct notifier_outcome outcome_within(uint16_t port, bool loopback,
                                              int timeout_ms)
{
    char url[64];
    char allowed[64];
    struct cw_error err = {0};
    struct notifier_outcome outcome = {0};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/hook", port);
    (void)snprintf(allowed, sizeof(allowed), "127.0.0.1:%u", port);
    struct notifier_deliver *deliver =
        deliverer_for(allowed, loopback, timeout_ms);
    const struct notifier_post post = {.id = 77,
                                       .url = url,
                                       .body = CW_TEXT("{\"a\":1}"),
                                       .key = CW_TEXT("causeway-1"),
                                       .secret = "s3cret",
                                       .at_s = 1772366400};
    assert_int_equal(notifier_deliver_start(deliver, &post, &err), CW_OK);
    assert_int_equal(notifier_deliver_in_flight(deliver), 1);
    for (int i = 0; i < 2 * PATIENT_MS / 100; i++)
        if (notifier_deliver_poll(deliver, 100, &outcome, 1) == 1)
            break;
    assert_int_equal(outcome.id, 77);
    assert_int_equal(notifier_deliver_in_flight(deliver), 0);
    notifier_deliver_destroy(&deliver);
    return outcome;
}

static struct notifier_outcome outcome_at(uint16_t port, bool loopback)
{
    return outcome_within(port, loopback, PATIENT_MS);
}

static struct notifier_outcome answered(const char *answer)
{
    struct sink sink = {.answer = answer};
    sink_open(&sink);
    const struct notifier_outcome outcome = outcome_at(sink.port, true);
    sink_close(&sink);
    return outcome;
}

static void a_post_arrives_whole_keyed_and_signed(void **state)
{
    (void)state;
    char mac[65];
    char line[128];
    struct sink sink = {.answer = "HTTP/1.1 204 No Content\r\n\r\n"};
    sink_open(&sink);
    const struct notifier_outcome outcome = outcome_at(sink.port, true);
    sink_close(&sink);
    assert_int_equal(outcome.result, NOTIFIER_ACCEPTED);
    assert_int_equal(outcome.http_status, 204);
    assert_non_null(strstr(sink.request, "POST /hook HTTP/1.1\r\n"));
    assert_non_null(strstr(sink.request, "Idempotency-Key: causeway-1\r\n"));
    assert_non_null(strstr(sink.request, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(sink.request, "\r\n\r\n{\"a\":1}"));
    notifier_deliver_sign("s3cret", 1772366400, CW_TEXT("{\"a\":1}"), mac);
    (void)snprintf(line, sizeof(line),
                   "X-Causeway-Signature: t=1772366400,v1=%s\r\n", mac);
    assert_non_null(strstr(sink.request, line));
}

/* Key and text of RFC 4231, case 2, the text behind our stamp;
 * computed with openssl: printf '0.what do ya want for nothing?' |
 * openssl dgst -sha256 -hmac Jefe */
static void a_signature_is_hmac_sha256_of_time_and_body(void **state)
{
    (void)state;
    char mac[65];
    notifier_deliver_sign("Jefe", 0, CW_TEXT("what do ya want for nothing?"),
                          mac);
    assert_string_equal(
        mac,
        "37f471929915ccd2cbbe79feb84ffcff4f2bb25e15fc41c2506687331ae179cc");
}

static void each_answer_comes_to_what_it_means(void **state)
{
    (void)state;
    const struct {
        const char *answer;
        enum notifier_result result;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", NOTIFIER_ACCEPTED},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
         "Content-Length: 0\r\n\r\n",
         NOTIFIER_REFUSED},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
         NOTIFIER_REFUSED},
        {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", NOTIFIER_FAILED},
        {NULL, NOTIFIER_CUT},
        {"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf", NOTIFIER_CUT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(answered(cases[i].answer).result, cases[i].result);
    const struct notifier_outcome busy = answered(
        "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(busy.result, NOTIFIER_BUSY);
    assert_int_equal(busy.retry_after_us, 7000000);
}

static void a_silent_server_is_left_after_the_time_allowed(void **state)
{
    (void)state;
    struct sink sink = {.slow = true};
    sink_open(&sink);
    const struct notifier_outcome outcome =
        outcome_within(sink.port, true, 400);
    sink_close(&sink);
    assert_int_equal(outcome.result, NOTIFIER_CUT);
}

static void nothing_left_when_nobody_listens(void **state)
{
    (void)state;
    struct sink sink = {0};
    sink_open(&sink);
    sink_close(&sink); /* the port is free again */
    assert_int_equal(outcome_at(sink.port, true).result, NOTIFIER_UNSENT);
}

static void a_forbidden_address_is_not_even_connected_to(void **state)
{
    (void)state;
    struct sink sink = {0};
    sink_open(&sink);
    const struct notifier_outcome outcome = outcome_at(sink.port, false);
    sink_close(&sink);
    assert_int_equal(outcome.result, NOTIFIER_REFUSED);
    assert_int_equal(sink.request_size, 0);
    assert_string_equal(outcome.text, "its address is not allowed");
}

static void only_listed_destinations_are_posted_to(void **state)
{
    (void)state;
    const struct {
        const char *allowed;
        const char *url;
        enum cw_status status;
    } cases[] = {
        {"hooks.example.org", "https://hooks.example.org/x", CW_OK},
        {"hooks.example.org", "https://hooks.example.org:444/x",
         CW_NOT_AUTHORISED},
        {"hooks.example.org:444", "https://hooks.example.org:444/x", CW_OK},
        {"hooks.example.org", "https://hooks.example.org.evil.org/",
         CW_NOT_AUTHORISED},
        {"hooks.example.org", "https://evil.org/hooks.example.org",
         CW_NOT_AUTHORISED},
        {"hooks.example.org", "https://hooks.example.org@evil.org/",
         CW_NOT_AUTHORISED},
        {"*.example.org", "https://a.example.org/", CW_OK},
        {"*.example.org", "https://a.b.example.org/", CW_NOT_AUTHORISED},
        {"*.example.org", "https://example.org/", CW_NOT_AUTHORISED},
        {"example.org", "file:///etc/passwd", CW_NOT_AUTHORISED},
        {"example.org", "gopher://example.org/", CW_NOT_AUTHORISED},
        {"example.org", "", CW_NOT_AUTHORISED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cw_error err = {0};
        struct notifier_deliver *deliver = deliverer(cases[i].allowed, false);
        const struct notifier_post post = {.url = cases[i].url};
        /* Destroyed before anything moves: no name is resolved here. */
        assert_int_equal(notifier_deliver_start(deliver, &post, &err),
                         cases[i].status);
        notifier_deliver_destroy(&deliver);
    }
}

static bool may(const struct notifier_deliver_config *config,
                const char *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        return notifier_deliver_address(config, (const struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
    return notifier_deliver_address(config, (const struct sockaddr *)&v6);
}

static void inner_addresses_need_leave_and_some_get_none(void **state)
{
    (void)state;
    const struct notifier_deliver_config strict = {0};
    const struct notifier_deliver_config open = {.private_addresses = true,
                                                 .loopback = true};
    const char *const always[] = {"1.1.1.1", "172.32.0.1", "100.128.0.1",
                                  "2606:4700::1111"};
    const char *const with_leave[] = {
        "10.0.0.1",      "172.16.0.1", "172.31.255.255",
        "192.168.1.1",   "100.64.0.1", "127.0.0.1",
        "::1",           "fd00::1",    "::ffff:10.0.0.1",
        "64:ff9b::a00:1"};
    const char *const never[] = {"169.254.169.254",
                                 "0.0.0.0",
                                 "224.0.0.1",
                                 "255.255.255.255",
                                 "::",
                                 "fe80::1",
                                 "ff02::1",
                                 "::ffff:169.254.169.254",
                                 "64:ff9b::a9fe:a9fe",
                                 "2002:a9fe:a9fe::1"};
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        assert_true(may(&strict, always[i]));
    for (size_t i = 0; i < sizeof(with_leave) / sizeof(with_leave[0]); i++) {
        assert_false(may(&strict, with_leave[i]));
        assert_true(may(&open, with_leave[i]));
    }
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        assert_false(may(&open, never[i]));
}

static void the_seventeenth_in_flight_is_refused(void **state)
{
    (void)state;
    struct cw_error err = {0};
    struct notifier_deliver *deliver = deliverer("127.0.0.1:9", true);
    const struct notifier_post post = {.url = "http://127.0.0.1:9/"};
    for (int i = 0; i < NOTIFIER_IN_FLIGHT; i++)
        assert_int_equal(notifier_deliver_start(deliver, &post, &err), CW_OK);
    assert_int_equal(notifier_deliver_start(deliver, &post, &err), CW_FULL);
    notifier_deliver_destroy(&deliver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_arrives_whole_keyed_and_signed),
        cmocka_unit_test(a_signature_is_hmac_sha256_of_time_and_body),
        cmocka_unit_test(each_answer_comes_to_what_it_means),
        cmocka_unit_test(a_silent_server_is_left_after_the_time_allowed),
        cmocka_unit_test(nothing_left_when_nobody_listens),
        cmocka_unit_test(a_forbidden_address_is_not_even_connected_to),
        cmocka_unit_test(only_listed_destinations_are_posted_to),
        cmocka_unit_test(inner_addresses_need_leave_and_some_get_none),
        cmocka_unit_test(the_seventeenth_in_flight_is_refused),
    };
    return cmocka_run_group_tests_name("notifier.deliver", tests, NULL, NULL);
}
