#include "base/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool cw_notify(const char *state)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof(to.sun_path))
        return false;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@') /* an abstract name begins with NUL */
        to.sun_path[0] = '\0';
    const socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    const int end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (end < 0)
        return false;
    const ssize_t sent = sendto(end, state, strlen(state), MSG_NOSIGNAL,
                                (const struct sockaddr *)&to, size);
    (void)close(end);
    return sent == (ssize_t)strlen(state);
}

bool cw_notify_reloading(int64_t monotonic_us)
{
    char state[64];
    (void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                   monotonic_us);
    return cw_notify(state);
}
