/* Claims of script, marker and lease, with real and hostile children. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "script.h"

#define SECOND ((int64_t)1000000)

struct stage {
    char path[64];
    int folder;
    struct script_box box;
    struct marker marker;
    char output[MARKER_OUTPUT_MAX + 1];
};

static int begin(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct cw_error err;

    if (stage == NULL)
        return -1;
    (void)snprintf(stage->path, sizeof(stage->path), "/tmp/cw_script_XXXXXX");
    if (mkdtemp(stage->path) == NULL ||
        marker_open(&stage->folder, stage->path, &err) != CW_OK)
        return -1;
    stage->box = (struct script_box){.insecure_same_user = true,
                                     .grace_us = SECOND / 5,
                                     .working_folder = "/tmp"};
    *state = stage;
    return 0;
}

static int end(void **state)
{
    struct stage *stage = *state;

    (void)marker_sweep(stage->folder, INT64_MAX, 100);
    marker_close(&stage->folder);
    (void)rmdir(stage->path);
    free(stage);
    return 0;
}

/* Runs a shell line as a hostile runbook would be; fills marker and output. */
static void run(struct stage *stage, const char *key, const char *line,
                int64_t timeout_us)
{
    const char *const argv[] = {"/bin/sh", "-c", line, NULL};
    const struct script_request request = {
        .key = key, .argv = argv, .timeout_us = timeout_us};
    struct script script;
    struct cw_error err;

    assert_int_equal(
        script_start(&script, &request, &stage->box, stage->folder, &err),
        CW_OK);
    assert_true(script_wait(&script, 20000));
    assert_int_equal(
        marker_look(stage->folder, key, &stage->marker, stage->output, &err),
        CW_OK);
    stage->output[stage->marker.output_size] = '\0';
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_command_leaves_its_output_and_exit_code(void **state)
{
    struct stage *stage = *state;

    run(stage, "k1", "echo out; echo bad >&2; exit 3", 5 * SECOND);
    assert_int_equal(stage->marker.state, MARKER_FINISHED);
    assert_int_equal(stage->marker.outcome, MARKER_FAILED);
    assert_int_equal(stage->marker.exit_code, 3);
    assert_string_equal(stage->output, "out\nbad\n");
    run(stage, "k2", "exit 0", 5 * SECOND);
    assert_int_equal(stage->marker.outcome, MARKER_SUCCEEDED);
}

static void a_key_runs_once(void **state)
{
    struct stage *stage = *state;
    char line[256];

    (void)snprintf(line, sizeof(line), "echo x >> %s/count; cat %s/count",
                   stage->path, stage->path);
    run(stage, "once", line, 5 * SECOND);
    run(stage, "once", line, 5 * SECOND);
    assert_string_equal(stage->output, "x\n");
    (void)snprintf(line, sizeof(line), "%s/count", stage->path);
    (void)unlink(line);
}

static void a_started_key_without_an_end_is_not_run(void **state)
{
    struct stage *stage = *state;
    struct cw_error err;

    assert_int_equal(marker_start(stage->folder, "cut", 1000, &err), CW_OK);
    assert_int_equal(marker_start(stage->folder, "cut", 1000, &err), CW_FENCED);
    run(stage, "cut", "echo ran", 5 * SECOND);
    assert_int_equal(stage->marker.state, MARKER_STARTED);
    assert_int_equal(stage->marker.at, 1000);
    (void)unlinkat(stage->folder, "cut.started", 0);
}

static void who_ignores_sigterm_is_killed(void **state)
{
    struct stage *stage = *state;
    const double before = now_s();

    run(stage, "deaf", "trap '' TERM; while :; do sleep 0.1; done", SECOND / 5);
    assert_int_equal(stage->marker.outcome, MARKER_TIMED_OUT);
    assert_true(now_s() - before < 5.0);
}

static void a_daemon_does_not_outlive_its_run(void **state)
{
    struct stage *stage = *state;

    run(stage, "daemon", "setsid sleep 77.31 & echo $!; exit 0", 5 * SECOND);
    assert_int_equal(stage->marker.outcome, MARKER_SUCCEEDED);
    const pid_t daemon_pid = (pid_t)strtol(stage->output, NULL, 10);
    assert_true(daemon_pid > 1);
    assert_int_equal(kill(daemon_pid, 0), -1);
}

static void a_flood_is_cut_and_ends(void **state)
{
    struct stage *stage = *state;

    run(stage, "flood", "yes | head -c 30000000; echo; exit 5", 20 * SECOND);
    assert_int_equal(stage->marker.exit_code, 5);
    assert_int_equal(stage->marker.output_size, MARKER_OUTPUT_MAX);
    run(stage, "endless", "yes", SECOND / 5);
    assert_int_equal(stage->marker.outcome, MARKER_TIMED_OUT);
}

static void a_child_gets_nothing_of_ours(void **state)
{
    struct stage *stage = *state;
    const int secret = open("/dev/zero", O_RDONLY); /* no O_CLOEXEC */

    (void)setenv("CW_SECRET", "canary", 1);
    run(stage, "bare",
        "env | sort; ls /proc/self/fd | tr '\\n' ' '; pwd; "
        "grep NoNewPrivs /proc/self/status; ulimit -c",
        5 * SECOND);
    (void)close(secret);
    assert_null(strstr(stage->output, "canary"));
    assert_non_null(strstr(stage->output, "CAUSEWAY_KEY=bare\n"));
    assert_non_null(strstr(stage->output, "0 1 2 3 /tmp\n")); /* 3: ls's own */
    assert_non_null(strstr(stage->output, "NoNewPrivs:\t1\n0\n"));
}

static void root_gives_up_being_root(void **state)
{
    struct stage *stage = *state;

    if (geteuid() != 0)
        skip();
    stage->box = (struct script_box){
        .has_user = true, .uid = 65534, .gid = 65534, .working_folder = "/"};
    run(stage, "nobody", "id -u; id -g; id -G", 5 * SECOND);
    assert_string_equal(stage->output, "65534\n65534\n65534\n");
}

static void without_a_user_of_its_own_nothing_runs(void **state)
{
    struct stage *stage = *state;
    const char *const argv[] = {"/bin/true", NULL};
    const struct script_request request = {"k", argv, NULL, SECOND};
    struct script script;
    struct cw_error err;

    stage->box = (struct script_box){0};
    assert_int_equal(
        script_start(&script, &request, &stage->box, stage->folder, &err),
        CW_NOT_AUTHORISED);
}

static void f15_a_failed_check_refuses_without_a_run(void **state)
{
    struct stage *stage = *state;
    const char *const argv[] = {"/bin/sh", "-c", "echo ran", NULL};
    const char *const check[] = {"/bin/sh", "-c", "echo no; exit 1", NULL};
    const struct script_request request = {"chk", argv, check, 5 * SECOND};
    struct script script;
    struct cw_error err;

    assert_int_equal(
        script_start(&script, &request, &stage->box, stage->folder, &err),
        CW_OK);
    assert_true(script_wait(&script, 20000));
    assert_int_equal(
        marker_look(stage->folder, "chk", &stage->marker, stage->output, &err),
        CW_OK);
    assert_int_equal(stage->marker.outcome, MARKER_REFUSED);
    assert_memory_equal(stage->output, "no\n", 3);
}

static void f16_a_running_one_can_be_stopped(void **state)
{
    struct stage *stage = *state;
    const char *const argv[] = {"/bin/sleep", "60", NULL};
    const struct script_request request = {"stop", argv, NULL, 60 * SECOND};
    struct script script;
    struct cw_error err;
    const double before = now_s();

    assert_int_equal(
        script_start(&script, &request, &stage->box, stage->folder, &err),
        CW_OK);
    assert_false(script_wait(&script, 200));
    script_stop(&script);
    assert_true(script_wait(&script, 20000));
    assert_true(now_s() - before < 5.0);
    assert_int_equal(
        marker_look(stage->folder, "stop", &stage->marker, NULL, &err), CW_OK);
    assert_int_equal(stage->marker.outcome, MARKER_STOPPED);
}

static void a_killed_supervisor_leaves_a_start_without_an_end(void **state)
{
    struct stage *stage = *state;
    const char *const argv[] = {"/bin/sleep", "0.3", NULL};
    const struct script_request request = {"lost", argv, NULL, 60 * SECOND};
    struct script script;
    struct cw_error err;

    assert_int_equal(
        script_start(&script, &request, &stage->box, stage->folder, &err),
        CW_OK);
    assert_false(script_wait(&script, 150));
    assert_int_equal(kill(script.supervisor, SIGKILL), 0);
    assert_true(script_wait(&script, 5000));
    assert_int_equal(
        marker_look(stage->folder, "lost", &stage->marker, NULL, &err), CW_OK);
    assert_int_equal(stage->marker.state, MARKER_STARTED);
    (void)unlinkat(stage->folder, "lost.started", 0);
}

static void what_cannot_be_run_is_a_failure(void **state)
{
    struct stage *stage = *state;
    const char *const argv[] = {"/no/such/command", NULL};
    const struct script_request request = {"gone", argv, NULL, SECOND};
    const char *const plain[] = {"true", NULL};
    const struct script_request relative = {"rel", plain, NULL, SECOND};
    struct script script;
    struct cw_error err;

    assert_int_equal(
        script_start(&script, &request, &stage->box, stage->folder, &err),
        CW_OK);
    assert_true(script_wait(&script, 5000));
    assert_int_equal(
        marker_look(stage->folder, "gone", &stage->marker, NULL, &err), CW_OK);
    assert_int_equal(stage->marker.exit_code, 127);
    assert_int_equal(
        script_start(&script, &relative, &stage->box, stage->folder, &err),
        CW_BAD_CONFIG);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CLAIM(a_command_leaves_its_output_and_exit_code),
        CLAIM(a_key_runs_once),
        CLAIM(a_started_key_without_an_end_is_not_run),
        CLAIM(who_ignores_sigterm_is_killed),
        CLAIM(a_daemon_does_not_outlive_its_run),
        CLAIM(a_flood_is_cut_and_ends),
        CLAIM(a_child_gets_nothing_of_ours),
        CLAIM(root_gives_up_being_root),
        CLAIM(without_a_user_of_its_own_nothing_runs),
        CLAIM(f15_a_failed_check_refuses_without_a_run),
        CLAIM(f16_a_running_one_can_be_stopped),
        CLAIM(a_killed_supervisor_leaves_a_start_without_an_end),
        CLAIM(what_cannot_be_run_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
