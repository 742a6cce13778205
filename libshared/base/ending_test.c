#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include "base/ending.h"
#include "base/signal.h"

struct fixture {
    int null;
    struct cw_log *log;
    struct cw_signals signals;
    struct cw_ending *ending;
    sem_t gave_up;
    int code;
};

static void give_up(void *context, int code)
{
    struct fixture *f = context;
    f->code = code;
    (void)sem_post(&f->gave_up);
}

static int set_up(void **state)
{
    static struct fixture f;
    struct cw_error err;
    const struct cw_clocks clock = cw_clock_system();
    f = (struct fixture){.code = -1};
    assert_int_equal(sem_init(&f.gave_up, 0, 0), 0);
    f.null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(cw_log_create(&f.log, "test", f.null, &clock, &err),
                     CW_OK);
    assert_int_equal(cw_signals_open(&f.signals, &err), CW_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_ending_over(&f->ending);
    cw_signals_close(&f->signals);
    cw_log_destroy(&f->log);
    (void)close(f->null);
    return sem_destroy(&f->gave_up);
}

static void watch(struct fixture *f, int64_t limit_us)
{
    const struct cw_ending_config config = {
        .limit_us = limit_us, .log = f->log, .give_up = give_up, .context = f};
    struct cw_error err;
    assert_int_equal(cw_ending_watch(&f->ending, &config, &err), CW_OK);
}

static void nothing_is_cut_that_was_not_asked_to_stop(void **state)
{
    struct fixture *f = *state;
    int value = -1;
    watch(f, 1000);
    cw_ending_over(&f->ending);
    assert_int_equal(sem_getvalue(&f->gave_up, &value), 0);
    assert_int_equal(value, 0);
}

static void a_stop_that_is_over_in_time_is_not_cut(void **state)
{
    struct fixture *f = *state;
    int value = -1;
    watch(f, INT64_C(3600000000));
    cw_ending_begin(f->ending);
    cw_ending_over(&f->ending);
    assert_int_equal(sem_getvalue(&f->gave_up, &value), 0);
    assert_int_equal(value, 0);
}

static void a_stop_that_hangs_is_cut(void **state)
{
    struct fixture *f = *state;
    watch(f, 1000);
    cw_ending_begin(f->ending);
    assert_int_equal(sem_wait(&f->gave_up), 0);
    assert_int_equal(f->code, 0);
}

/* The main thread hangs in its start and reads no signal. */
static void a_signal_that_nobody_reads_is_a_stop(void **state)
{
    struct fixture *f = *state;
    watch(f, 1000);
    cw_signals_raise(CW_REQUEST_STOP);
    assert_int_equal(sem_wait(&f->gave_up), 0);
    assert_int_equal(cw_signals_next(&f->signals), CW_REQUEST_STOP);
}

static void a_reload_is_no_stop(void **state)
{
    struct fixture *f = *state;
    int value = -1;
    watch(f, 1000);
    cw_signals_raise(CW_REQUEST_RELOAD);
    assert_int_equal(cw_signals_next(&f->signals), CW_REQUEST_RELOAD);
    cw_ending_over(&f->ending);
    assert_int_equal(sem_getvalue(&f->gave_up, &value), 0);
    assert_int_equal(value, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_cut_that_was_not_asked_to_stop),
        TEST(a_stop_that_is_over_in_time_is_not_cut),
        TEST(a_stop_that_hangs_is_cut),
        TEST(a_signal_that_nobody_reads_is_a_stop),
        TEST(a_reload_is_no_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
