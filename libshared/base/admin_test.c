#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/admin.h"

enum { DEPTH, ROWS };

static const struct cw_metric table[ROWS] = {
    [DEPTH] = {"causeway_depth", CW_METRIC_GAUGE, "", "Depth of the queue.",
               CW_METRIC_STABLE, 0, NULL, 0, 0},
};

/* A service that does what the test says. */
struct fixture {
    bool healthy;
    bool ready;
    enum cw_status reload;
    int reload_count;
    int null;
    struct cw_log *log;
    struct cw_metrics *metrics;
    struct cw_admin *admin;
    char answer[16384];
};

static bool is_healthy(void *context, struct cw_error *why)
{
    const struct fixture *f = context;
    if (!f->healthy)
        (void)cw_fail(why, CW_BROKEN, "loop stands still for 31 s");
    return f->healthy;
}

static bool is_ready(void *context, json_t *parts, struct cw_error *why)
{
    const struct fixture *f = context;
    if (parts != NULL)
        (void)json_object_set_new(parts, "restore", json_integer(73));
    if (!f->ready)
        (void)cw_fail(why, CW_UNAVAILABLE, "restoring: 73 %%");
    return f->ready;
}

static enum cw_status reload(void *context, struct cw_error *err)
{
    struct fixture *f = context;
    f->reload_count++;
    if (f->reload != CW_OK)
        return cw_fail(err, f->reload, "causeway.yml:3: unknown option");
    return CW_OK;
}

static struct cw_admin_config config_of(struct fixture *f)
{
    return (struct cw_admin_config){.metrics = f->metrics,
                                    .log = f->log,
                                    .ask = {is_healthy, is_ready, reload, f}};
}

static int set_up(void **state)
{
    static struct fixture f;
    struct cw_error err;
    const struct cw_clocks clock = cw_clock_system();
    f = (struct fixture){.healthy = true, .ready = true, .reload = CW_OK};
    f.null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(cw_log_create(&f.log, "detector", f.null, &clock, &err),
                     CW_OK);
    assert_int_equal(
        cw_metrics_create(&f.metrics, "detector", table, ROWS, &err), CW_OK);
    const struct cw_admin_config config = config_of(&f);
    assert_int_equal(cw_admin_open(&f.admin, &config, &err), CW_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_admin_close(&f->admin);
    assert_null(f->admin);
    cw_metrics_destroy(&f->metrics);
    cw_log_destroy(&f->log);
    (void)close(f->null);
    return 0;
}

static int connect_to(const struct fixture *f)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(cw_admin_port(f->admin)),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval patience = {.tv_sec = 5};
    const int end = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(end, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        (void)close(end);
        return -1;
    }
    return end;
}

/* Everything the port says to these bytes until it closes. */
static const char *say(struct fixture *f, const char *request)
{
    size_t size = 0;
    const int end = connect_to(f);
    assert_true(end >= 0);
    assert_int_equal(send(end, request, strlen(request), MSG_NOSIGNAL),
                     (ssize_t)strlen(request));
    for (;;) {
        const ssize_t got =
            recv(end, f->answer + size, sizeof(f->answer) - 1 - size, 0);
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    f->answer[size] = '\0';
    (void)close(end);
    return f->answer;
}

static const char *ask(struct fixture *f, const char *method, const char *path,
                       const char *header)
{
    char request[512];
    (void)snprintf(request, sizeof(request),
                   "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n",
                   method, path, header);
    return say(f, request);
}

static void assert_code(const char *answer, const char *code)
{
    if (strncmp(answer, "HTTP/1.1 ", 9) != 0 ||
        strncmp(answer + 9, code, 3) != 0)
        fail_msg("not %s: %s", code, answer);
}

static const char *body_of(const char *answer)
{
    const char *gap = strstr(answer, "\r\n\r\n");
    assert_non_null(gap);
    return gap + 4;
}

static void metrics_are_exposed_in_the_format_asked_for(void **state)
{
    struct fixture *f = *state;
    cw_metrics_set(f->metrics, DEPTH, 3.0);
    const char *answer = ask(f, "GET", "/metrics", "");
    assert_code(answer, "200");
    assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
    assert_non_null(strstr(answer, "causeway_depth{service=\"detector\"} 3"));
    answer =
        ask(f, "GET", "/metrics", "Accept: application/openmetrics-text\r\n");
    assert_non_null(strstr(answer, "application/openmetrics-text"));
    assert_non_null(strstr(answer, "# EOF\n"));
}

static void health_is_what_the_service_says(void **state)
{
    struct fixture *f = *state;
    assert_code(ask(f, "GET", "/-/healthy", ""), "200");
    f->healthy = false;
    const char *answer = ask(f, "GET", "/-/healthy", "");
    assert_code(answer, "503");
    assert_string_equal(body_of(answer), "loop stands still for 31 s\n");
}

static void not_ready_says_why(void **state)
{
    struct fixture *f = *state;
    assert_code(ask(f, "GET", "/-/ready", ""), "200");
    f->ready = false;
    const char *answer = ask(f, "GET", "/-/ready", "");
    assert_code(answer, "503");
    assert_string_equal(body_of(answer), "restoring: 73 %\n");
}

static void verbose_tells_each_part(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "GET", "/-/ready?verbose", "");
    assert_code(answer, "200");
    assert_non_null(strstr(answer, "application/json"));
    assert_string_equal(body_of(answer),
                        "{\"parts\":{\"restore\":73},\"ready\":true,"
                        "\"why\":\"\"}");
    f->ready = false;
    answer = ask(f, "GET", "/-/ready?verbose=1", "");
    assert_code(answer, "503");
    assert_non_null(strstr(answer, "\"why\":\"restoring: 73 %\""));
}

static void a_head_has_no_body(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "HEAD", "/-/healthy", "");
    assert_code(answer, "200");
    assert_string_equal(body_of(answer), "");
}

static void a_failed_reload_answers_with_the_fault(void **state)
{
    struct fixture *f = *state;
    assert_code(ask(f, "POST", "/-/reload", "Content-Length: 0\r\n"), "200");
    f->reload = CW_BAD_CONFIG;
    const char *answer = ask(f, "POST", "/-/reload", "Content-Length: 0\r\n");
    assert_code(answer, "500");
    assert_string_equal(body_of(answer), "causeway.yml:3: unknown option\n");
    assert_int_equal(f->reload_count, 2);
}

static void a_wrong_method_is_told_the_right_one(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "GET", "/-/reload", "");
    assert_code(answer, "405");
    assert_non_null(strstr(answer, "Allow: POST\r\n"));
    assert_int_equal(f->reload_count, 0);
    answer = ask(f, "DELETE", "/metrics", "");
    assert_code(answer, "405");
    assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
}

static void an_unknown_path_is_told_the_known_ones(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "GET", "/healthz", "");
    assert_code(answer, "404");
    assert_non_null(strstr(answer, "/-/healthy"));
    assert_code(ask(f, "GET", "/metrics/", ""), "404");
}

static void a_body_is_read_and_a_huge_one_refused(void **state)
{
    struct fixture *f = *state;
    const char *answer =
        ask(f, "POST", "/-/reload", "Content-Length: 5\r\n\r\nhello");
    assert_code(answer, "200");
    static char request[80000];
    const int head = snprintf(request, sizeof(request),
                              "POST /-/reload HTTP/1.1\r\nHost: x\r\n"
                              "Content-Length: 70000\r\n\r\n");
    memset(request + head, 'x', 70000);
    request[head + 70000] = '\0';
    assert_null(strstr(say(f, request), "200 OK"));
    assert_int_equal(f->reload_count, 1);
}

static void garbage_does_not_stop_the_port(void **state)
{
    struct fixture *f = *state;
    (void)say(f, "\x16\x03\x01 hello\r\n\r\n");
    (void)say(f, "GET /%00%ff HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_code(ask(f, "GET", "/-/healthy", ""), "200");
}

static void one_address_cannot_take_every_connection(void **state)
{
    struct fixture *f = *state;
    int ends[24];
    int closed = 0;
    for (int i = 0; i < 24; i++)
        ends[i] = connect_to(f);
    usleep(50000);
    for (int i = 0; i < 24; i++) {
        char byte;
        closed += ends[i] < 0 || recv(ends[i], &byte, 1, MSG_DONTWAIT) >= 0;
        (void)close(ends[i]);
    }
    assert_int_equal(closed, 24 - 16);
    usleep(50000);
    assert_code(ask(f, "GET", "/-/healthy", ""), "200");
}

static void a_client_that_goes_in_mid_request_frees_its_place(void **state)
{
    static const char half[] = "GET /met";
    struct fixture *f = *state;
    char rest;
    const int end = connect_to(f);
    assert_true(end >= 0);
    assert_int_equal(send(end, half, sizeof(half) - 1, MSG_NOSIGNAL),
                     (ssize_t)sizeof(half) - 1);
    assert_int_equal(shutdown(end, SHUT_WR), 0);
    /* Closed by the port, not by our patience of 5 s. */
    assert_int_equal(recv(end, &rest, 1, 0), 0);
    (void)close(end);
}

static void a_taken_port_and_a_bad_address_are_faults(void **state)
{
    struct fixture *f = *state;
    struct cw_admin *second = NULL;
    struct cw_error err;
    struct cw_admin_config config = config_of(f);
    config.port = cw_admin_port(f->admin);
    assert_int_equal(cw_admin_open(&second, &config, &err), CW_UNAVAILABLE);
    assert_non_null(strstr(err.text, "in use"));
    config.address = "localhost";
    assert_int_equal(cw_admin_open(&second, &config, &err), CW_BAD_CONFIG);
    assert_null(second);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(metrics_are_exposed_in_the_format_asked_for),
        CLAIM(health_is_what_the_service_says),
        CLAIM(not_ready_says_why),
        CLAIM(verbose_tells_each_part),
        CLAIM(a_head_has_no_body),
        CLAIM(a_failed_reload_answers_with_the_fault),
        CLAIM(a_wrong_method_is_told_the_right_one),
        CLAIM(an_unknown_path_is_told_the_known_ones),
        CLAIM(a_body_is_read_and_a_huge_one_refused),
        CLAIM(garbage_does_not_stop_the_port),
        CLAIM(one_address_cannot_take_every_connection),
        CLAIM(a_client_that_goes_in_mid_request_frees_its_place),
        CLAIM(a_taken_port_and_a_bad_address_are_faults),
    };
    return cmocka_run_group_tests_name("admin", tests, NULL, NULL);
}
