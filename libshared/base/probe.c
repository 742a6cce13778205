#include "base/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"

#define PROBE_US    3000000
#define ANSWER_SIZE 1024u

union place {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

/* Fills *place, 0 for what is no address. */
static socklen_t read_place(const char *address, uint16_t port,
                            union place *place)
{
    memset(place, 0, sizeof(*place));
    if (inet_pton(AF_INET, address, &place->four.sin_addr) == 1) {
        if (place->four.sin_addr.s_addr == htonl(INADDR_ANY))
            place->four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        place->four.sin_family = AF_INET;
        place->four.sin_port = htons(port);
        return sizeof(place->four);
    }
    if (inet_pton(AF_INET6, address, &place->six.sin6_addr) != 1)
        return 0;
    if (IN6_IS_ADDR_UNSPECIFIED(&place->six.sin6_addr))
        place->six.sin6_addr = in6addr_loopback;
    place->six.sin6_family = AF_INET6;
    place->six.sin6_port = htons(port);
    return sizeof(place->six);
}

/* Waits for events until the deadline. False: the time is over. */
static bool wait_for(int fd, short events, int64_t deadline_us)
{
    const struct cw_clocks clock = cw_clock_system();
    struct pollfd wait = {.fd = fd, .events = events};
    for (;;) {
        const int64_t left_us = deadline_us - cw_clock_monotonic_us(&clock);
        if (left_us <= 0)
            return false;
        const int got = poll(&wait, 1, (int)(left_us / 1000) + 1);
        if (got > 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
    }
}

static bool connect_to(int fd, const union place *place, socklen_t size,
                       int64_t deadline_us)
{
    int fault = 0;
    socklen_t fault_size = sizeof(fault);
    if (connect(fd, &place->any, size) == 0)
        return true;
    if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, deadline_us))
        return false;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &fault_size) == 0 &&
           fault == 0;
}

/* Reads to the end, or to what fits; returns how much. */
static size_t read_answer(int fd, char *answer, size_t size,
                          int64_t deadline_us)
{
    size_t at = 0;
    while (at < size && wait_for(fd, POLLIN, deadline_us)) {
        const ssize_t got = recv(fd, answer + at, size - at, 0);
        if (got > 0)
            at += (size_t)got;
        else if (got == 0 || (errno != EINTR && errno != EAGAIN))
            break;
    }
    return at;
}

static enum cw_status ask(int fd, const char *path, int64_t deadline_us,
                          struct cw_error *err)
{
    char text[ANSWER_SIZE + 1];
    const int size = snprintf(text, sizeof(text),
                              "GET %s HTTP/1.1\r\nHost: localhost\r\n"
                              "Connection: close\r\n\r\n",
                              path);
    /* A fresh socket takes a few hundred bytes at once. */
    if (size < 0 || (size_t)size >= sizeof(text) ||
        send(fd, text, (size_t)size, MSG_NOSIGNAL) != size)
        return cw_fail(err, CW_UNAVAILABLE, "the question could not be sent");
    const size_t got = read_answer(fd, text, ANSWER_SIZE, deadline_us);
    text[got] = '\0';
    if (strncmp(text, "HTTP/1.1 200", strlen("HTTP/1.1 200")) == 0)
        return CW_OK;
    const char *body = strstr(text, "\r\n\r\n");
    if (got == 0 || body == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "no answer");
    return cw_fail(err, CW_UNAVAILABLE, "%s", body + 4);
}

enum cw_status cw_probe(const char *address, uint16_t port, const char *path,
                        struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t deadline_us = cw_clock_monotonic_us(&clock) + PROBE_US;
    union place place;
    if (port == 0)
        return cw_fail(err, CW_BAD_CONFIG,
                       "admin.port is 0, any free one: which to ask?");
    const socklen_t size = read_place(address, port, &place);
    if (size == 0)
        return cw_fail(err, CW_BAD_CONFIG, "'%s' is no address", address);
    const int fd = socket(place.any.sa_family,
                          SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return cw_fail(err, CW_UNAVAILABLE, "socket: %s", strerror(errno));
    enum cw_status status = CW_UNAVAILABLE;
    if (connect_to(fd, &place, size, deadline_us))
        status = ask(fd, path, deadline_us, err);
    else
        status = cw_fail(err, CW_UNAVAILABLE, "nothing listens on %s port %u",
                         address, (unsigned)port);
    (void)close(fd);
    return status;
}
