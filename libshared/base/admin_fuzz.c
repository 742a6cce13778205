/* Any bytes at the admin port, then the end of them: the port closes the
 * connection, and still answers /-/healthy with 200. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/admin.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct cw_metric table[] = {
    {"causeway_depth", CW_METRIC_GAUGE, "", "Depth of the queue.",
     CW_METRIC_STABLE, 0, NULL, 0, 0},
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool is_healthy(void *context, struct cw_error *why)
{
    (void)context;
    (void)why;
    return true;
}

static bool is_ready(void *context, json_t *parts, struct cw_error *why)
{
    (void)context;
    if (parts != NULL)
        (void)json_object_set_new(parts, "restore", json_integer(73));
    (void)cw_fail(why, CW_UNAVAILABLE, "restoring: 73 %%");
    return false;
}

static enum cw_status reload(void *context, struct cw_error *err)
{
    (void)context;
    return cw_fail(err, CW_BAD_CONFIG, "causeway.yml:3: unknown option");
}

static uint16_t open_port(void)
{
    static struct cw_admin *admin; /* of the process */
    if (admin != NULL)
        return cw_admin_port(admin);
    static struct cw_metrics *metrics;
    static struct cw_log *log;
    const struct cw_clocks clock = cw_clock_system();
    struct cw_error err;
    check(cw_log_create(&log, "fuzz", STDERR_FILENO, &clock, &err) == CW_OK);
    cw_log_set_level(log, CW_LOG_ERROR);
    check(cw_metrics_create(&metrics, "fuzz", table, 1, &err) == CW_OK);
    const struct cw_admin_config config = {
        .metrics = metrics,
        .log = log,
        .ask = {is_healthy, is_ready, reload, NULL}};
    check(cw_admin_open(&admin, &config, &err) == CW_OK);
    return cw_admin_port(admin);
}

/* Sends, and reads the answer to its end. */
static size_t ask(const void *bytes, size_t size, char *answer, size_t room)
{
    const struct sockaddr_in place = {.sin_family = AF_INET,
                                      .sin_port = htons(open_port()),
                                      .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char dropped[4096];
    size_t got = 0;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct linger at_once = {1, 0}; /* no port is left in TIME_WAIT */
    check(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    check(connect(fd, (const struct sockaddr *)&place, sizeof(place)) == 0);
    (void)send(fd, bytes, size, MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    for (ssize_t n = 1; n > 0;) {
        const bool fits = got < room;
        n = recv(fd, fits ? answer + got : dropped,
                 fits ? room - got : sizeof(dropped), 0);
        if (n > 0 && fits)
            got += (size_t)n;
    }
    (void)close(fd);
    return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char question[] = "GET /-/healthy HTTP/1.0\r\n\r\n";
    static unsigned asked;
    char answer[256];
    (void)ask(bytes, size, NULL, 0);
    if (++asked % 16 != 0)
        return 0;
    const size_t got =
        ask(question, sizeof(question) - 1, answer, sizeof(answer));
    check(got > 12 && memcmp(answer + 8, " 200", 4) == 0);
    return 0;
}
