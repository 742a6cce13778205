#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <poll.h>
#include <stdbool.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/signal.h"

static int set_up(void **state)
{
    static struct cw_signals signals;
    struct cw_error err;
    assert_int_equal(cw_signals_open(&signals, &err), CW_OK);
    *state = &signals;
    return 0;
}

static int tear_down(void **state)
{
    cw_signals_close(*state);
    return 0;
}

static bool is_readable(const struct cw_signals *signals)
{
    struct pollfd end = {.fd = signals->descriptor, .events = POLLIN};
    return poll(&end, 1, 0) == 1;
}

static void nothing_waits_at_first(void **state)
{
    const struct cw_signals *signals = *state;
    assert_false(is_readable(signals));
    assert_int_equal(cw_signals_next(signals), CW_REQUEST_NONE);
}

static void signals_become_requests(void **state)
{
    const struct cw_signals *signals = *state;
    static const struct {
        int signal;
        enum cw_request request;
    } pairs[] = {{SIGHUP, CW_REQUEST_RELOAD},
                 {SIGTERM, CW_REQUEST_STOP},
                 {SIGINT, CW_REQUEST_STOP}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kill(getpid(), pairs[i].signal), 0);
        assert_true(is_readable(signals));
        assert_int_equal(cw_signals_next(signals), pairs[i].request);
        assert_int_equal(cw_signals_next(signals), CW_REQUEST_NONE);
    }
}

static void many_reloads_are_one(void **state)
{
    const struct cw_signals *signals = *state;
    for (int i = 0; i < 20; i++)
        cw_signals_raise(CW_REQUEST_RELOAD);
    assert_int_equal(cw_signals_next(signals), CW_REQUEST_RELOAD);
    assert_int_equal(cw_signals_next(signals), CW_REQUEST_NONE);
}

/* A loop that ends raises a stop after the stop it ended for. */
static void what_waits_at_the_close_ends_nobody(void **state)
{
    struct cw_signals again;
    struct cw_error err;
    const pid_t child = fork();
    (void)state;
    if (child == 0) {
        (void)signal(SIGTERM, SIG_DFL);
        const sigset_t none = {0};
        (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
        if (cw_signals_open(&again, &err) != CW_OK)
            _exit(1);
        cw_signals_raise(CW_REQUEST_STOP);
        cw_signals_close(&again);
        _exit(0);
    }
    int ended = -1;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
}

static void stop_is_more_urgent_than_reload(void **state)
{
    const struct cw_signals *signals = *state;
    cw_signals_raise(CW_REQUEST_STOP);
    cw_signals_raise(CW_REQUEST_RELOAD);
    assert_int_equal(cw_signals_next(signals), CW_REQUEST_STOP);
    assert_int_equal(cw_signals_next(signals), CW_REQUEST_NONE);
}

static void *look_at_mask(void *context)
{
    (void)pthread_sigmask(SIG_BLOCK, NULL, context);
    return NULL;
}

static void threads_made_later_have_them_blocked(void **state)
{
    (void)state;
    sigset_t mask;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, look_at_mask, &mask), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGHUP));
}

static void a_broken_pipe_is_only_an_error(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    (void)close(ends[1]);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(nothing_waits_at_first),
        CLAIM(signals_become_requests),
        CLAIM(many_reloads_are_one),
        CLAIM(what_waits_at_the_close_ends_nobody),
        CLAIM(stop_is_more_urgent_than_reload),
        CLAIM(threads_made_later_have_them_blocked),
        CLAIM(a_broken_pipe_is_only_an_error),
    };
    return cmocka_run_group_tests_name("signal", tests, NULL, NULL);
}
