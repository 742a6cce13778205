/* Any bytes at the console's port, then the end of them, with a database that
 * is not there: no page is 200 but the style sheet, none echoes markup. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "queries.h"
#include "server.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* A socket that is no socket: refused at once. */
static uint16_t open_port(void)
{
    static struct console_server *server; /* of the process */
    static struct console_db *db;
    struct cw_error err;
    if (server == NULL) {
        check(console_db_create(&db, "host=/dev/null connect_timeout=1", "",
                                &err) == CW_OK);
        const struct console_server_config config = {
            .address = "127.0.0.1", .user = "u", .password = "", .db = db};
        check(console_server_open(&server, &config, &err) == CW_OK);
    }
    return console_server_port(server);
}

static size_t ask(const void *bytes, size_t size, char *answer, size_t room)
{
    const struct sockaddr_in place = {.sin_family = AF_INET,
                                      .sin_port = htons(open_port()),
                                      .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct linger at_once = {1, 0}; /* no port is left in TIME_WAIT */
    size_t got = 0;
    ssize_t n;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    check(connect(fd, (const struct sockaddr *)&place, sizeof(place)) == 0);
    (void)send(fd, bytes, size, MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    while (got < room && (n = recv(fd, answer + got, room - got, 0)) > 0)
        got += (size_t)n;
    (void)close(fd);
    return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char answer[65536];
    const size_t got = ask(bytes, size, answer, sizeof(answer) - 1);
    answer[got] = '\0';
    if (got > 12 && memcmp(answer, "HTTP/1.", 7) == 0 &&
        memcmp(answer + 8, " 200", 4) == 0)
        check(strstr(answer, "text/css") != NULL);
    check(strstr(answer, "<script") == NULL);
    return 0;
}
