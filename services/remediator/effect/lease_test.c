/* Claims of lease and marker: each row of the decision, both sides of each
 * limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lease.h"

#define SECOND ((int64_t)1000000)
#define NOW    (1700000000 * SECOND)

static const struct cw_action intended = {.state = CW_ACTION_STATE_INTENDED,
                                          .decided_at = NOW - SECOND,
                                          .timeout_us = 10 * SECOND};

static struct lease_question question(void)
{
    return (struct lease_question){.action = &intended,
                                   .now_at = NOW,
                                   .lease_until_at = NOW + 15 * SECOND,
                                   .max_age_us = 60 * SECOND,
                                   .running_max = 1};
}

static enum lease_answer ask(const struct lease_question *asked)
{
    const char *reason = NULL;
    const enum lease_answer answer = lease_ask(asked, &reason);

    assert_non_null(reason);
    assert_true((reason[0] == '\0') ==
                (answer == LEASE_RUN || answer == LEASE_REPEAT));
    return answer;
}

static void an_intended_action_in_time_runs(void **state)
{
    const struct lease_question asked = question();

    (void)state;
    assert_int_equal(ask(&asked), LEASE_RUN);
}

static void age_and_clock_jumps_refuse(void **state)
{
    struct lease_question asked = question();

    (void)state;
    asked.max_age_us = SECOND;
    assert_int_equal(ask(&asked), LEASE_RUN);
    asked.max_age_us = SECOND - 1;
    assert_int_equal(ask(&asked), LEASE_REFUSE);
    asked = question();
    asked.now_at = NOW - 3600 * SECOND; /* the clock fell back an hour */
    assert_int_equal(ask(&asked), LEASE_REFUSE);
}

static void the_lease_must_outlast_the_run(void **state)
{
    struct lease_question asked = question();

    (void)state;
    asked.lease_until_at--; /* 10 s of run and 5 s of margin do not fit */
    assert_int_equal(ask(&asked), LEASE_WAIT);
}

static void f16_the_kill_switch_refuses(void **state)
{
    struct lease_question asked = question();

    (void)state;
    asked.stopped = true;
    assert_int_equal(ask(&asked), LEASE_REFUSE);
}

static void what_is_not_intended_or_is_a_dry_run_is_refused(void **state)
{
    struct lease_question asked = question();
    struct cw_action action = intended;

    (void)state;
    asked.action = &action;
    for (int s = 0; s < CW_ACTION_STATE_COUNT; s++) {
        action.state = (enum cw_action_state)s;
        const bool fine =
            s == CW_ACTION_STATE_INTENDED || s == CW_ACTION_STATE_ROLLING_BACK;
        assert_int_equal(ask(&asked), fine ? LEASE_RUN : LEASE_REFUSE);
    }
    action = intended;
    action.dry_run = true;
    assert_int_equal(ask(&asked), LEASE_REFUSE);
}

static void f14_only_so_many_run_at_once(void **state)
{
    struct lease_question asked = question();

    (void)state;
    asked.running_count = 1;
    assert_int_equal(ask(&asked), LEASE_WAIT);
}

static void u1_what_began_is_never_begun_again(void **state)
{
    struct lease_question asked = question();

    (void)state;
    asked.marker = (struct marker){.state = MARKER_FINISHED, .at = NOW};
    asked.stopped = true; /* what is known is told all the same */
    assert_int_equal(ask(&asked), LEASE_REPEAT);
    asked.marker.state = MARKER_STARTED;
    asked.marker.at = NOW - 15 * SECOND + 1;
    assert_int_equal(ask(&asked), LEASE_WAIT);
    asked.marker.at = NOW - 15 * SECOND;
    assert_int_equal(ask(&asked), LEASE_UNKNOWN);
}

static void markers_survive_and_a_damaged_end_reads_as_started(void **state)
{
    char path[] = "/tmp/cw_marker_XXXXXX";
    char output[MARKER_OUTPUT_MAX];
    struct marker marker = {
        .outcome = MARKER_FAILED, .at = 5, .exit_code = 9, .output_size = 3};
    struct cw_error err;
    int folder = -1;

    (void)state;
    assert_non_null(mkdtemp(path));
    assert_int_equal(marker_open(&folder, path, &err), CW_OK);
    assert_int_equal(marker_look(folder, "a", &marker, NULL, &err), CW_OK);
    assert_int_equal(marker.state, MARKER_NONE);
    marker = (struct marker){
        .outcome = MARKER_FAILED, .at = 5, .exit_code = 9, .output_size = 3};
    assert_int_equal(marker_start(folder, "a", 4, &err), CW_OK);
    assert_int_equal(marker_finish(folder, "a", &marker, "x\0y", &err), CW_OK);
    assert_int_equal(marker_look(folder, "a", &marker, output, &err), CW_OK);
    assert_int_equal(marker.exit_code, 9);
    assert_memory_equal(output, "x\0y", 3);
    const int file = openat(folder, "a.finished", O_WRONLY | O_TRUNC);
    assert_int_equal(write(file, "v1 fin", 6), 6);
    (void)close(file);
    assert_int_equal(marker_look(folder, "a", &marker, output, &err),
                     CW_BAD_STATE);
    assert_int_equal(marker.state, MARKER_STARTED);
    assert_int_equal(marker_look(folder, "../a", &marker, NULL, &err),
                     CW_BAD_CONFIG);
    (void)unlinkat(folder, "a.finished", 0);
    (void)unlinkat(folder, "a.started", 0);
    marker_close(&folder);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(marker_open(&folder, path, &err), CW_BAD_CONFIG);
    (void)rmdir(path);
}

static void only_the_last_folder_is_made(void **state)
{
    char path[] = "/tmp/cw_marker_XXXXXX";
    char inner[64];
    struct cw_error err = {0};
    struct stat about;
    int folder = -1;
    (void)state;
    assert_non_null(mkdtemp(path));
    (void)snprintf(inner, sizeof(inner), "%s/a/b", path);
    assert_int_equal(marker_open(&folder, inner, &err), CW_BAD_CONFIG);
    (void)snprintf(inner, sizeof(inner), "%s/a", path);
    assert_int_equal(marker_open(&folder, inner, &err), CW_OK);
    assert_int_equal(fstat(folder, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    marker_close(&folder);
    (void)rmdir(inner);
    (void)rmdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_intended_action_in_time_runs),
        cmocka_unit_test(age_and_clock_jumps_refuse),
        cmocka_unit_test(the_lease_must_outlast_the_run),
        cmocka_unit_test(f16_the_kill_switch_refuses),
        cmocka_unit_test(what_is_not_intended_or_is_a_dry_run_is_refused),
        cmocka_unit_test(f14_only_so_many_run_at_once),
        cmocka_unit_test(u1_what_began_is_never_begun_again),
        cmocka_unit_test(markers_survive_and_a_damaged_end_reads_as_started),
        cmocka_unit_test(only_the_last_folder_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
