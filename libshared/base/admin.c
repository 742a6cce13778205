#include "base/admin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 32u
#define PER_ADDRESS_MAX 16u
#define IDLE_MAX_S      10u
#define HEADER_MAX_SIZE ((size_t)16 * 1024)
#define BODY_MAX_SIZE   ((size_t)64 * 1024)

struct cw_admin {
    struct cw_admin_config config;
    struct MHD_Daemon *daemon;
    uint16_t port;
};

/* What is said to one request. */
struct answer {
    unsigned code;
    const char *type;
    char *body; /* owned, from malloc; NULL = none */
    size_t size;
    const char *allow; /* with 405 */
};

/* A request between its first call and its last. */
struct request {
    size_t body_size;
};

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } of;
    bool is_v6;
};

static struct answer say(unsigned code, const char *text)
{
    char *body = NULL;
    const int size = asprintf(&body, "%s\n", text);
    if (size < 0)
        return (struct answer){.code = MHD_HTTP_INTERNAL_SERVER_ERROR};
    return (struct answer){.code = code,
                           .type = "text/plain; charset=utf-8",
                           .body = body,
                           .size = (size_t)size};
}

static struct answer answer_metrics(struct cw_admin *admin,
                                    struct MHD_Connection *connection)
{
    const enum cw_metric_format format =
        cw_metrics_format_of(MHD_lookup_connection_value(
            connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
    struct answer answer = {.code = MHD_HTTP_OK,
                            .type = cw_metrics_content_type(format)};
    FILE *out = open_memstream(&answer.body, &answer.size);
    if (out == NULL)
        return say(MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    cw_metrics_expose(admin->config.metrics, format, out);
    if (fclose(out) != 0) {
        free(answer.body);
        return say(MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    }
    return answer;
}

static struct answer answer_healthy(struct cw_admin *admin,
                                    struct MHD_Connection *connection)
{
    struct cw_error why = {0};
    (void)connection;
    if (admin->config.ask.healthy(admin->config.ask.context, &why))
        return say(MHD_HTTP_OK, "healthy");
    return say(MHD_HTTP_SERVICE_UNAVAILABLE, why.text);
}

/* A fault may quote bytes that are no text. */
static json_t *json_of(const char *text)
{
    json_t *made = json_string(text);
    return made != NULL ? made : json_string("(not UTF-8)");
}

/* {"ready":..., "why":..., "parts":{...}}; takes parts. */
static struct answer say_parts(bool ready, const struct cw_error *why,
                               json_t *parts)
{
    json_t *whole = json_pack("{s:b,s:o,s:o}", "ready", ready, "why",
                              json_of(ready ? "" : why->text), "parts", parts);
    struct answer answer = {.code = ready ? MHD_HTTP_OK
                                          : MHD_HTTP_SERVICE_UNAVAILABLE,
                            .type = "application/json"};
    if (whole != NULL)
        answer.body = json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(whole);
    if (answer.body == NULL)
        return say(MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    answer.size = strlen(answer.body);
    return answer;
}

static struct answer answer_ready(struct cw_admin *admin,
                                  struct MHD_Connection *connection)
{
    const struct cw_admin_ask *ask = &admin->config.ask;
    struct cw_error why = {0};
    const char *value = NULL;
    size_t size = 0;
    if (MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND,
                                      "verbose", 7, &value, &size) == MHD_YES) {
        json_t *parts = json_object();
        const bool ready = ask->ready(ask->context, parts, &why);
        return say_parts(ready, &why, parts);
    }
    if (ask->ready(ask->context, NULL, &why))
        return say(MHD_HTTP_OK, "ready");
    return say(MHD_HTTP_SERVICE_UNAVAILABLE, why.text);
}

static struct answer answer_reload(struct cw_admin *admin,
                                   struct MHD_Connection *connection)
{
    const struct cw_admin_ask *ask = &admin->config.ask;
    struct cw_error err = {0};
    (void)connection;
    if (ask->reload == NULL)
        return say(MHD_HTTP_NOT_FOUND, "nothing to reload");
    if (ask->reload(ask->context, &err) == CW_OK)
        return say(MHD_HTTP_OK, "reloaded");
    return say(MHD_HTTP_INTERNAL_SERVER_ERROR, err.text);
}

static const struct path {
    const char *path;
    bool is_post; /* else GET and HEAD */
    struct answer (*answer)(struct cw_admin *admin,
                            struct MHD_Connection *connection);
} paths[] = {
    {"/metrics", false, answer_metrics},
    {"/-/healthy", false, answer_healthy},
    {"/-/ready", false, answer_ready},
    {"/-/reload", true, answer_reload},
};

static struct answer refuse_method(const char *allow)
{
    struct answer answer = say(MHD_HTTP_METHOD_NOT_ALLOWED, "not that method");
    answer.allow = allow;
    return answer;
}

static struct answer answer_request(struct cw_admin *admin,
                                    struct MHD_Connection *connection,
                                    const char *path, const char *method)
{
    const bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
                     strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    const bool post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (strcmp(path, paths[i].path) != 0)
            continue;
        if (paths[i].is_post ? !post : !get)
            return refuse_method(paths[i].is_post ? "POST" : "GET, HEAD");
        return paths[i].answer(admin, connection);
    }
    return say(MHD_HTTP_NOT_FOUND,
               "not found; here are /metrics, /-/healthy, /-/ready and "
               "POST /-/reload");
}

/* Takes answer.body. MHD_NO ends the connection. */
static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   struct answer answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer.size, answer.body, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(answer.body);
        return MHD_NO;
    }
    enum MHD_Result result = MHD_add_response_header(
        response, MHD_HTTP_HEADER_X_CONTENT_TYPE_OPTIONS, "nosniff");
    if (result == MHD_YES && answer.type != NULL)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                         answer.type);
    if (result == MHD_YES && answer.allow != NULL)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
                                         answer.allow);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, answer.code, response);
    MHD_destroy_response(response);
    return result;
}

/* Called once with the headers, once for each part of a body, and once at the
 * end, where the answer is due. */
/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's type */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection,
                              const char *path, const char *method,
                              const char *version, const char *body,
                              size_t *body_size, void **seen)
{
    struct cw_admin *admin = context;
    struct request *request = *seen;
    (void)version;
    (void)body;
    if (request == NULL) {
        *seen = calloc(1, sizeof(*request));
        return *seen != NULL ? MHD_YES : MHD_NO;
    }
    if (*body_size > 0) {
        request->body_size += *body_size;
        *body_size = 0;
        return request->body_size <= BODY_MAX_SIZE ? MHD_YES : MHD_NO;
    }
    return send_answer(connection,
                       answer_request(admin, connection, path, method));
}

static void end_request(void *context, struct MHD_Connection *connection,
                        void **seen, enum MHD_RequestTerminationCode how)
{
    (void)context;
    (void)connection;
    (void)how;
    free(*seen);
    *seen = NULL;
}

static bool read_address(const char *text, uint16_t port,
                         struct address *address)
{
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, text, &address->of.v4.sin_addr) == 1) {
        address->of.v4.sin_family = AF_INET;
        address->of.v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &address->of.v6.sin6_addr) == 1) {
        address->of.v6.sin6_family = AF_INET6;
        address->of.v6.sin6_port = htons(port);
        address->is_v6 = true;
        return true;
    }
    return false;
}

/* libmicrohttpd's own words go to our log, cut to a line. */
static void __attribute__((format(printf, 2, 0)))
log_library(void *context, const char *format, va_list args)
{
    const struct cw_admin *admin = context;
    char text[256];
    (void)vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = '\0';
    CW_LOG(admin->config.log, DEBUG, "admin_http", cw_kv_str("text", text));
}

/* The library loses errno on its way out (libmicrohttpd 1.0): asked again. */
static const char *why_closed(const struct address *address)
{
    const socklen_t size =
        address->is_v6 ? sizeof(address->of.v6) : sizeof(address->of.v4);
    const int fd =
        socket(address->of.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *why = "cannot be opened";
    if (fd < 0 || bind(fd, &address->of.any, size) != 0)
        why = strerror(errno);
    if (fd >= 0)
        (void)close(fd);
    return why;
}

static enum cw_status start(struct cw_admin *admin, struct address *address,
                            struct cw_error *err)
{
    /* poll, not epoll: with that, libmicrohttpd 0.9 does not hear that a client
     * has gone in the middle of a request, and its place stays taken. */
    const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                           MHD_USE_ERROR_LOG |
                           (address->is_v6 ? MHD_USE_IPv6 : 0u);
    admin->daemon = MHD_start_daemon(
        flags, admin->config.port, NULL, NULL, handle, admin,
        MHD_OPTION_EXTERNAL_LOGGER, log_library, admin, /* first, to hear all */
        MHD_OPTION_SOCK_ADDR, &address->of.any, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT, PER_ADDRESS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_MAX_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MAX_SIZE,
        MHD_OPTION_NOTIFY_COMPLETED, end_request, NULL, MHD_OPTION_END);
    if (admin->daemon == NULL)
        return cw_fail(err, CW_UNAVAILABLE, "admin port %s:%u: %s",
                       admin->config.address, admin->config.port,
                       why_closed(address));
    const union MHD_DaemonInfo *bound =
        MHD_get_daemon_info(admin->daemon, MHD_DAEMON_INFO_BIND_PORT);
    admin->port = bound != NULL ? bound->port : admin->config.port;
    return CW_OK;
}

enum cw_status cw_admin_open(struct cw_admin **made,
                             const struct cw_admin_config *config,
                             struct cw_error *err)
{
    struct address address;
    const char *text = config->address ? config->address : "127.0.0.1";
    if (!read_address(text, config->port, &address))
        return cw_fail(err, CW_BAD_CONFIG,
                       "admin address \"%s\" is no IP address", text);
    struct cw_admin *admin = calloc(1, sizeof(*admin));
    if (admin == NULL)
        return cw_fail(err, CW_NO_MEMORY, "admin port");
    admin->config = *config;
    admin->config.address = text;
    const enum cw_status status = start(admin, &address, err);
    if (status != CW_OK) {
        free(admin);
        return status;
    }
    *made = admin;
    return CW_OK;
}

void cw_admin_close(struct cw_admin **admin)
{
    if (*admin == NULL)
        return;
    MHD_stop_daemon((*admin)->daemon);
    free(*admin);
    *admin = NULL;
}

uint16_t cw_admin_port(const struct cw_admin *admin)
{
    return admin->port;
}
