#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/watchdog.h"

/* Time of the test: the watchdog looks by the system's clock, every 5 ms, and
 * judges by this one, so a busy machine raises no false alarm. */
struct fixture {
    _Atomic int64_t now_us;
    _Atomic int gave_up_count;
    _Atomic int code;
    _Atomic int look_count;
    int null;
    struct cw_log *log;
    struct cw_watchdog *watchdog;
};

static int64_t read_now(void *context)
{
    struct fixture *f = context;
    atomic_fetch_add(&f->look_count, 1);
    return atomic_load(&f->now_us);
}

static void give_up(void *context, int code)
{
    struct fixture *f = context;
    atomic_store(&f->code, code);
    atomic_fetch_add(&f->gave_up_count, 1);
}

static struct cw_watchdog_config config_of(struct fixture *f)
{
    return (struct cw_watchdog_config){.name = "loop",
                                       .limit_us = 40000,
                                       .clock = {read_now, read_now, f},
                                       .log = f->log,
                                       .give_up = give_up,
                                       .context = f};
}

static int set_up(void **state)
{
    static struct fixture f;
    struct cw_error err;
    const struct cw_clocks clock = cw_clock_system();
    atomic_store(&f.now_us, 1);
    atomic_store(&f.gave_up_count, 0);
    f.null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(cw_log_create(&f.log, "test", f.null, &clock, &err),
                     CW_OK);
    const struct cw_watchdog_config config = config_of(&f);
    assert_int_equal(cw_watchdog_start(&f.watchdog, &config, &err), CW_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_watchdog_stop(&f->watchdog);
    assert_null(f->watchdog);
    cw_log_destroy(&f->log);
    (void)close(f->null);
    return 0;
}

/* Lets us pass in the watchdog's eyes: at least two looks at the new time. */
static void pass(struct fixture *f, int64_t us)
{
    atomic_fetch_add(&f->now_us, us);
    const int from = atomic_load(&f->look_count);
    while (atomic_load(&f->look_count) < from + 2)
        (void)usleep(1000);
}

static void a_loop_that_moves_lives(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++) {
        cw_watchdog_beat(f->watchdog);
        pass(f, 10000);
    }
    assert_int_equal(atomic_load(&f->gave_up_count), 0);
}

static void a_loop_at_rest_may_wait_for_ever(void **state)
{
    struct fixture *f = *state;
    cw_watchdog_beat(f->watchdog);
    cw_watchdog_rest(f->watchdog);
    for (int i = 0; i < 10; i++)
        pass(f, 10000);
    assert_int_equal(atomic_load(&f->gave_up_count), 0);
    assert_int_equal(cw_watchdog_still_us(f->watchdog), 0);
}

static void a_loop_that_stands_still_ends_the_process(void **state)
{
    struct fixture *f = *state;
    cw_watchdog_beat(f->watchdog);
    pass(f, 1);
    for (int i = 0; i < 4; i++)
        pass(f, 10000);
    assert_int_equal(atomic_load(&f->gave_up_count), 0); /* at 40 ms: not yet */
    assert_true(cw_watchdog_still_us(f->watchdog) >= 40000);
    pass(f, 10000);
    assert_true(atomic_load(&f->gave_up_count) > 0);
    assert_int_equal(atomic_load(&f->code), 75);
}

static void a_process_that_was_stopped_whole_gets_its_time_again(void **state)
{
    struct fixture *f = *state;
    cw_watchdog_beat(f->watchdog);
    pass(f, 1);
    pass(f, 3600 * INT64_C(1000000)); /* SIGSTOP for an hour */
    assert_int_equal(atomic_load(&f->gave_up_count), 0);
    assert_true(cw_watchdog_still_us(f->watchdog) <= 2 * 5000 + 1);
}

static void a_limit_too_short_is_refused(void **state)
{
    struct fixture *f = *state;
    struct cw_watchdog *watchdog = NULL;
    struct cw_error err;
    struct cw_watchdog_config config = config_of(f);
    config.limit_us = 7999;
    assert_int_equal(cw_watchdog_start(&watchdog, &config, &err),
                     CW_BAD_CONFIG);
    assert_null(watchdog);
}

/* The real thing, in a child: no give_up of ours, the system's clock. */
static void run_child(void)
{
    struct cw_log *log = NULL;
    struct cw_watchdog *watchdog = NULL;
    struct cw_error err;
    const struct cw_clocks clock = cw_clock_system();
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (cw_log_create(&log, "test", null, &clock, &err) != CW_OK)
        _exit(1);
    const struct cw_watchdog_config config = {
        .name = "loop", .limit_us = 20000, .clock = clock, .log = log};
    if (cw_watchdog_start(&watchdog, &config, &err) != CW_OK)
        _exit(1);
    cw_watchdog_beat(watchdog);
    (void)usleep(5000000);
    _exit(2);
}

static void without_a_hook_the_exit_code_is_75(void **state)
{
    int how = 0;
    (void)state; /* no fixture: a fork wants no other thread */
    const pid_t child = fork();
    if (child == 0)
        run_child();
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), CW_WATCHDOG_EXIT_CODE);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_hook_the_exit_code_is_75),
        CLAIM(a_loop_that_moves_lives),
        CLAIM(a_loop_at_rest_may_wait_for_ever),
        CLAIM(a_loop_that_stands_still_ends_the_process),
        CLAIM(a_process_that_was_stopped_whole_gets_its_time_again),
        CLAIM(a_limit_too_short_is_refused),
    };
    return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
