#include "server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pages.h"
#include "style.h"

struct console_server {
    struct console_server_config config;
    struct MHD_Daemon *daemon;
    uint16_t port;
    _Atomic uint64_t served;
    _Atomic uint64_t unavailable;
    _Atomic bool reachable;
};

/* libmicrohttpd takes void * where it only reads. */
static void *unconst(const char *text)
{
    void *pointer = NULL;
    memcpy(&pointer, &text, sizeof(pointer));
    return pointer;
}

static int64_t monotonic_us(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* Nothing from elsewhere, no script at all, in no frame. */
static void add_headers(struct MHD_Response *response, const char *type)
{
    static const char *const headers[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'self'; img-src 'self'; base-uri "
         "'none'; "
         "form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    (void)MHD_add_response_header(response, "Content-Type", type);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        (void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code,
                              struct MHD_Response *response, const char *type,
                              const char *cache)
{
    if (response == NULL)
        return MHD_NO;
    add_headers(response, type);
    (void)MHD_add_response_header(response, "Cache-Control", cache);
    if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, "Allow", "GET, HEAD");
    const enum MHD_Result result =
        MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection,
                                   unsigned code, const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), unconst(text), MHD_RESPMEM_MUST_COPY);
    return answer(connection, code, response, "text/plain; charset=utf-8",
                  "no-store");
}

/* Takes as long for a wrong password as for a right one. */
static bool same(const char *given, const char *wanted)
{
    const size_t size = strlen(wanted);
    const size_t given_size = strlen(given);
    unsigned char difference = given_size != size;
    for (size_t i = 0; i < size; i++)
        difference |=
            (unsigned char)(wanted[i] ^ given[i < given_size ? i : 0]);
    return difference == 0;
}

static bool is_known(const struct console_server *server,
                     struct MHD_Connection *connection)
{
    char *password = NULL;
    if (server->config.password[0] == '\0')
        return true;
    char *user = MHD_basic_auth_get_username_password(connection, &password);
    const bool good_user = user != NULL && same(user, server->config.user);
    const bool good_password =
        password != NULL && same(password, server->config.password);
    MHD_free(user);
    MHD_free(password);
    return good_user && good_password;
}

static void count(struct console_server *server, unsigned code, const char *url)
{
    const bool reached = code != MHD_HTTP_SERVICE_UNAVAILABLE;
    if (code == MHD_HTTP_OK)
        atomic_fetch_add(&server->served, 1);
    if (!reached)
        atomic_fetch_add(&server->unavailable, 1);
    if (code == MHD_HTTP_NOT_FOUND)
        return; /* it may not have asked at all */
    if (atomic_exchange(&server->reachable, reached) == reached ||
        server->config.log == NULL)
        return;
    if (reached)
        CW_LOG(server->config.log, INFO, "history_reachable",
               cw_kv_str("path", url));
    else
        CW_LOG(server->config.log, WARN, "history_unreachable",
               cw_kv_str("path", url));
}

static enum MHD_Result answer_page(struct console_server *server,
                                   struct MHD_Connection *connection,
                                   const char *url)
{
    struct html html;
    const char *tenant = MHD_lookup_connection_value(
        connection, MHD_GET_ARGUMENT_KIND, "tenant");
    html_init(&html);
    const unsigned code = console_page(server->config.db, monotonic_us(), url,
                                       tenant ? tenant : "", &html);
    count(server, code, url);
    if (html.failed) {
        html_fini(&html);
        return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                           "out of memory\n");
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        html.size, html.bytes, MHD_RESPMEM_MUST_COPY);
    html_fini(&html);
    return answer(connection, code, response, "text/html; charset=utf-8",
                  "no-store");
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection,
                              const char *url, const char *method,
                              const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    static const char seen[] = "";
    struct console_server *server = context;
    (void)version;
    (void)upload;
    if (*request == NULL) { /* headers only so far */
        *request = unconst(seen);
        return MHD_YES;
    }
    *upload_size = 0; /* a body is read and thrown away */
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                           "this console only reads\n");
    if (!is_known(server, connection)) {
        struct MHD_Response *refused = MHD_create_response_from_buffer(
            0, unconst(seen), MHD_RESPMEM_PERSISTENT);
        const enum MHD_Result result =
            MHD_queue_basic_auth_fail_response(connection, "causeway", refused);
        MHD_destroy_response(refused);
        return result;
    }
    if (strcmp(url, "/style.css") == 0)
        return answer(connection, MHD_HTTP_OK,
                      MHD_create_response_from_buffer(strlen(console_style),
                                                      unconst(console_style),
                                                      MHD_RESPMEM_PERSISTENT),
                      "text/css; charset=utf-8", "max-age=3600");
    return answer_page(server, connection, url);
}

static bool address_of(const char *text, uint16_t port,
                       struct sockaddr_storage *out)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(port)};
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(out, &v4, sizeof(v4));
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        memcpy(out, &v6, sizeof(v6));
        return true;
    }
    return false;
}

enum cw_status console_server_open(struct console_server **made,
                                   const struct console_server_config *config,
                                   struct cw_error *err)
{
    struct sockaddr_storage address;
    if (!address_of(config->address, config->port, &address))
        return cw_fail(err, CW_BAD_CONFIG, "'%s' is no address of this machine",
                       config->address);
    struct console_server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return cw_fail(err, CW_NO_MEMORY, "server");
    server->config = *config;
    atomic_init(&server->reachable, true);
    const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                           (address.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U);
    server->daemon = MHD_start_daemon(
        flags, config->port, NULL, NULL, handle, server, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT, 64U,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, 16U, MHD_OPTION_CONNECTION_TIMEOUT,
        10U, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32768, MHD_OPTION_END);
    if (server->daemon == NULL) {
        free(server);
        return cw_fail(err, CW_UNAVAILABLE, "port %u of %s is taken",
                       config->port, config->address);
    }
    server->port =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    *made = server;
    return CW_OK;
}

void console_server_close(struct console_server **server)
{
    if (*server == NULL)
        return;
    MHD_stop_daemon((*server)->daemon);
    free(*server);
    *server = NULL;
}

uint16_t console_server_port(const struct console_server *server)
{
    return server->port;
}

uint64_t console_server_served(const struct console_server *server)
{
    return atomic_load(&server->served);
}

uint64_t console_server_unavailable(const struct console_server *server)
{
    return atomic_load(&server->unavailable);
}

bool console_server_reachable(const struct console_server *server)
{
    return atomic_load(&server->reachable);
}
