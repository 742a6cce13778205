#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "marker.h"

/* As a full disk: a file may be made, and takes no byte. */
static void fill_the_disk(bool full)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Else the action would be "unknown" for ever, and it never began. */
static void a_start_the_disk_refused_leaves_nothing(void **state)
{
    char path[] = "/tmp/marker_test.XXXXXX";
    struct marker marker;
    struct cw_error err = {0};
    int folder = -1;
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_non_null(mkdtemp(path));
    assert_int_equal(marker_open(&folder, path, &err), CW_OK);
    fill_the_disk(true);
    const enum cw_status refused = marker_start(folder, "a1", 5, &err);
    fill_the_disk(false);
    assert_int_equal(refused, CW_UNAVAILABLE);
    assert_non_null(strstr(err.text, "a1.started: File too large"));
    assert_int_equal(marker_look(folder, "a1", &marker, NULL, &err), CW_OK);
    assert_int_equal(marker.state, MARKER_NONE);
    /* and it begins when there is room */
    assert_int_equal(marker_start(folder, "a1", 6, &err), CW_OK);
    assert_int_equal(marker_start(folder, "a1", 7, &err), CW_FENCED);
    assert_int_equal(unlinkat(folder, "a1.started", 0), 0);
    marker_close(&folder);
    assert_int_equal(rmdir(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_the_disk_refused_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
