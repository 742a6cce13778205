/* Any bytes as the answer of a webhook: one outcome, accepted only when a
 * status 2xx came, waiting no longer than there is reason to. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deliver.h"

#define POLLS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct port {
    int listener;
    uint16_t number;
    const void *answer; /* set before the post begins */
    size_t size;
    sem_t served; /* a connection has ended: the answer is used no more */
} port = {.listener = -1};

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* The request is a few hundred bytes: it comes at once. */
static void *serve(void *context)
{
    char request[4096];
    struct port *of = context;
    for (;;) {
        const int fd = accept(of->listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        if (recv(fd, request, sizeof(request), 0) > 0)
            (void)send(fd, of->answer, of->size, MSG_NOSIGNAL);
        (void)shutdown(fd, SHUT_WR);
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

static struct notifier_deliver *open_deliver(char url[64])
{
    static struct notifier_deliver *deliver; /* of the process */
    static char host[32];
    static const char *const allowed[] = {host};
    struct cw_error err;
    const struct notifier_deliver_config config = {.allowed = allowed,
                                                   .allowed_count = 1,
                                                   .loopback = true,
                                                   .insecure_http = true,
                                                   .timeout_ms = 1000};
    if (deliver == NULL) {
        open_port();
        (void)snprintf(host, sizeof(host), "127.0.0.1:%u", port.number);
        check(notifier_deliver_create(&deliver, &config, &err) == CW_OK);
    }
    (void)snprintf(url, 64, "http://%s/", host);
    return deliver;
}

static void check_outcome(const struct notifier_outcome *outcome)
{
    const long code = outcome->http_status;
    check(outcome->id == 7 && outcome->result <= NOTIFIER_CUT);
    check(outcome->result != NOTIFIER_ACCEPTED || (code >= 200 && code < 300));
    check(outcome->retry_after_us >= 0);
    check(memchr(outcome->text, '\0', sizeof(outcome->text)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char url[64];
    struct notifier_outcome outcome = {0};
    struct cw_error err;
    size_t ended = 0;
    struct notifier_deliver *deliver = open_deliver(url);
    const struct notifier_post post = {
        .id = 7, .url = url, .body = CW_TEXT("{}"), .key = CW_TEXT("k")};
    port.answer = bytes;
    port.size = size;
    check(notifier_deliver_start(deliver, &post, &err) == CW_OK);
    for (int i = 0; i < POLLS_MAX && ended == 0; i++)
        ended = notifier_deliver_poll(deliver, 20, &outcome, 1);
    check(sem_wait(&port.served) == 0);
    check(ended == 1 && notifier_deliver_in_flight(deliver) == 0);
    check_outcome(&outcome);
    return 0;
}
