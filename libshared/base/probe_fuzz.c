/* Any bytes as what an admin port answers a probe: good only when they begin
 * as an answer 200 does; else a reason. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct port {
    int listener;
    uint16_t number;
    const void *answer; /* set before the probe connects */
    size_t size;
    sem_t served; /* a connection has ended: the answer is used no more */
} port = {.listener = -1};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void *serve(void *context)
{
    char question[1024];
    struct port *of = context;
    for (;;) {
        const int fd = accept(of->listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        if (recv(fd, question, sizeof(question), 0) > 0)
            (void)send(fd, of->answer, of->size, MSG_NOSIGNAL);
        (void)close(fd);
        (void)sem_post(&of->served);
    }
}

static void open_port(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(place);
    pthread_t thread;
    if (port.listener >= 0)
        return;
    port.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(port.listener >= 0 &&
          bind(port.listener, (struct sockaddr *)&place, size) == 0 &&
          listen(port.listener, 8) == 0 &&
          getsockname(port.listener, (struct sockaddr *)&place, &size) == 0);
    port.number = ntohs(place.sin_port);
    check(sem_init(&port.served, 0, 0) == 0);
    check(pthread_create(&thread, NULL, serve, &port) == 0);
    check(pthread_detach(thread) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char good[] = "HTTP/1.1 200";
    struct cw_error err = {0};
    open_port();
    port.answer = bytes;
    port.size = size;
    const bool is_good =
        size >= sizeof(good) - 1 && memcmp(bytes, good, sizeof(good) - 1) == 0;
    const enum cw_status status =
        cw_probe("127.0.0.1", port.number, "/-/ready", &err);
    check(sem_wait(&port.served) == 0);
    check((status == CW_OK) == is_good);
    check(status == CW_OK || status == CW_UNAVAILABLE);
    return 0;
}
