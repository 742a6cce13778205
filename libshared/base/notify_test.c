#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/notify.h"

/* systemd's end: a datagram socket at path, abstract when it begins with @. */
static int listen_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(at.sun_path, path, strlen(path));
    if (path[0] == '@')
        at.sun_path[0] = '\0';
    assert_int_equal(bind(end, (const struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                      strlen(path))),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    return end;
}

static void assert_hears(int end, const char *state)
{
    char heard[128];
    const ssize_t size = recv(end, heard, sizeof(heard) - 1, MSG_DONTWAIT);
    assert_true(size > 0);
    heard[size] = '\0';
    assert_string_equal(heard, state);
}

static void states_reach_a_path_and_an_abstract_name(void **state)
{
    (void)state;
    char names[2][64];
    (void)snprintf(names[0], sizeof(names[0]), "/tmp/cw_notify_%d",
                   (int)getpid());
    (void)snprintf(names[1], sizeof(names[1]), "@cw_notify_%d", (int)getpid());
    for (int i = 0; i < 2; i++) {
        const int end = listen_at(names[i]);
        assert_true(cw_notify("READY=1"));
        assert_hears(end, "READY=1");
        assert_true(cw_notify_reloading(123));
        assert_hears(end, "RELOADING=1\nMONOTONIC_USEC=123");
        (void)close(end);
    }
    (void)unlink(names[0]);
}

static void without_a_listener_nothing_happens(void **state)
{
    (void)state;
    char long_path[200];
    memset(long_path, '/', sizeof(long_path));
    long_path[199] = '\0';
    const char *const paths[] = {"", "relative", long_path, "/nowhere/socket"};
    (void)unsetenv("NOTIFY_SOCKET");
    assert_false(cw_notify("READY=1"));
    for (int i = 0; i < 4; i++) {
        (void)setenv("NOTIFY_SOCKET", paths[i], 1);
        assert_false(cw_notify("READY=1"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_reach_a_path_and_an_abstract_name),
        cmocka_unit_test(without_a_listener_nothing_happens),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
