#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/admin.h"
#include "base/probe.h"

static const struct cw_metric table[] = {
    {"causeway_depth", CW_METRIC_GAUGE, "", "Depth of the queue.",
     CW_METRIC_STABLE, 0, NULL, 0, 0},
};

struct fixture {
    bool ready;
    int null;
    struct cw_log *log;
    struct cw_metrics *metrics;
    struct cw_admin *admin;
};

static bool is_healthy(void *context, struct cw_error *why)
{
    (void)context;
    (void)why;
    return true;
}

static bool is_ready(void *context, json_t *parts, struct cw_error *why)
{
    const struct fixture *f = context;
    (void)parts;
    if (!f->ready)
        (void)cw_fail(why, CW_UNAVAILABLE, "restoring: 73 %%");
    return f->ready;
}

static void open_admin(struct fixture *f, const char *address)
{
    struct cw_error err;
    const struct cw_clocks clock = cw_clock_system();
    struct cw_admin_config config = {
        .address = address,
        .ask = {is_healthy, is_ready, NULL, f},
    };
    f->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(cw_log_create(&f->log, "detector", f->null, &clock, &err),
                     CW_OK);
    assert_int_equal(cw_metrics_create(&f->metrics, "detector", table, 1, &err),
                     CW_OK);
    config.metrics = f->metrics;
    config.log = f->log;
    assert_int_equal(cw_admin_open(&f->admin, &config, &err), CW_OK);
}

static void close_admin(struct fixture *f)
{
    cw_admin_close(&f->admin);
    cw_metrics_destroy(&f->metrics);
    cw_log_destroy(&f->log);
    (void)close(f->null);
}

static void a_ready_service_is_answered_for(void **state)
{
    struct fixture f = {.ready = true};
    struct cw_error err = {0};
    (void)state;
    open_admin(&f, "127.0.0.1");
    const uint16_t port = cw_admin_port(f.admin);
    assert_int_equal(cw_probe("127.0.0.1", port, "/-/ready", &err), CW_OK);
    assert_int_equal(cw_probe("127.0.0.1", port, "/-/healthy", &err), CW_OK);
    close_admin(&f);
}

static void a_service_not_ready_says_why(void **state)
{
    struct fixture f = {.ready = false};
    struct cw_error err = {0};
    (void)state;
    open_admin(&f, "127.0.0.1");
    const uint16_t port = cw_admin_port(f.admin);
    assert_int_equal(cw_probe("127.0.0.1", port, "/-/ready", &err),
                     CW_UNAVAILABLE);
    assert_non_null(strstr(err.text, "restoring: 73 %"));
    assert_int_equal(cw_probe("127.0.0.1", port, "/-/healthy", &err), CW_OK);
    close_admin(&f);
}

static void every_address_is_asked_on_loopback(void **state)
{
    struct fixture f = {.ready = true};
    struct cw_error err = {0};
    (void)state;
    open_admin(&f, "0.0.0.0");
    assert_int_equal(
        cw_probe("0.0.0.0", cw_admin_port(f.admin), "/-/ready", &err), CW_OK);
    close_admin(&f);
}

static void an_unknown_page_is_not_ready(void **state)
{
    struct fixture f = {.ready = true};
    struct cw_error err = {0};
    (void)state;
    open_admin(&f, "127.0.0.1");
    assert_int_equal(
        cw_probe("127.0.0.1", cw_admin_port(f.admin), "/-/redy", &err),
        CW_UNAVAILABLE);
    close_admin(&f);
}

static void a_closed_port_is_unavailable(void **state)
{
    struct fixture f = {.ready = true};
    struct cw_error err = {0};
    (void)state;
    open_admin(&f, "127.0.0.1");
    const uint16_t port = cw_admin_port(f.admin);
    close_admin(&f);
    assert_int_equal(cw_probe("127.0.0.1", port, "/-/ready", &err),
                     CW_UNAVAILABLE);
    assert_non_null(strstr(err.text, "nothing listens"));
}

static void what_cannot_be_asked_is_refused(void **state)
{
    struct cw_error err = {0};
    (void)state;
    assert_int_equal(cw_probe("127.0.0.1", 0, "/-/ready", &err), CW_BAD_CONFIG);
    assert_int_equal(cw_probe("localhost", 9600, "/-/ready", &err),
                     CW_BAD_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ready_service_is_answered_for),
        cmocka_unit_test(a_service_not_ready_says_why),
        cmocka_unit_test(every_address_is_asked_on_loopback),
        cmocka_unit_test(an_unknown_page_is_not_ready),
        cmocka_unit_test(a_closed_port_is_unavailable),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
