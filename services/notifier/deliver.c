#include "deliver.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX    ((size_t)256 << 10)
#define ANSWER_MAX  ((size_t)64 << 10)
#define CONNECT_MS  5000L
#define WHOLE_MS    15000L
#define ALLOWED_MAX 64

struct flight {
    struct notifier_deliver *owner;
    CURL *easy; /* NULL: free */
    struct curl_slist *headers;
    char *body;
    uint64_t id;
    size_t answer_size;
    bool address_refused;
    char why[CURL_ERROR_SIZE];
};

struct notifier_deliver {
    struct notifier_deliver_config config;
    char *allowed[ALLOWED_MAX];
    char *ca_file;
    CURLM *multi;
    struct flight flights[NOTIFIER_IN_FLIGHT];
    size_t in_flight;
};

/* ---- where to ---- */

static bool is_allowed_v4(const struct notifier_deliver_config *config,
                          uint32_t address)
{
    const uint32_t first = address >> 24;
    const bool link_local =
        (address >> 16) == 0xa9fe; /* with 169.254.169.254 */
    const bool private = first == 10 || (address >> 20) == 0xac1 ||
                         (address >> 16) == 0xc0a8 || (address >> 22) == 0x191;
    if (first == 0 || first >= 224 || link_local)
        return false;
    if (first == 127)
        return config->loopback;
    return !private || config->private_addresses;
}

static bool is_allowed_v6(const struct notifier_deliver_config *config,
                          const struct in6_addr *address)
{
    const unsigned char *b = address->s6_addr;
    uint32_t v4 = 0;
    for (size_t i = 12; i < 16; i++)
        v4 = (v4 << 8) | b[i];
    if (IN6_IS_ADDR_V4MAPPED(address))
        return is_allowed_v4(config, v4);
    if (b[0] == 0 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b) /* NAT64 */
        return is_allowed_v4(config, v4);
    if (IN6_IS_ADDR_LOOPBACK(address))
        return config->loopback;
    if (IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_MULTICAST(address) ||
        IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_SITELOCAL(address) ||
        (b[0] == 0x20 && b[1] == 0x02)) /* 6to4 hides a v4 address */
        return false;
    return (b[0] & 0xfe) != 0xfc || config->private_addresses;
}

bool notifier_deliver_address(const struct notifier_deliver_config *config,
                              const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        return is_allowed_v4(config, ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        return is_allowed_v6(config, &v6.sin6_addr);
    }
    return false;
}

/* "*.example.org" is for one more label, not for any number of them. */
static bool matches_host(const char *pattern, const char *host)
{
    if (strncmp(pattern, "*.", 2) != 0)
        return strcasecmp(pattern, host) == 0;
    const char *dot = strchr(host, '.');
    return dot != NULL && dot != host && strcasecmp(pattern + 1, dot) == 0;
}

static bool matches(const char *pattern, const char *host, const char *port,
                    bool usual_port)
{
    const char *colon = strrchr(pattern, ':');
    char name[256];
    if (colon == NULL || strchr(pattern, ']') > colon)
        return usual_port && matches_host(pattern, host);
    const size_t size = (size_t)(colon - pattern);
    if (size >= sizeof(name) || strcmp(colon + 1, port) != 0)
        return false;
    memcpy(name, pattern, size);
    name[size] = '\0';
    return matches_host(name, host);
}

static bool is_listed(const struct notifier_deliver *deliver, const char *host,
                      const char *port, bool secure)
{
    const bool usual = strcmp(port, secure ? "443" : "80") == 0;
    for (size_t i = 0; i < deliver->config.allowed_count; i++)
        if (matches(deliver->allowed[i], host, port, usual))
            return true;
    return false;
}

static enum cw_status check_url(const struct notifier_deliver *deliver,
                                const char *url, struct cw_error *err)
{
    char *scheme = NULL;
    char *host = NULL;
    char *port = NULL;
    enum cw_status status = CW_OK;
    CURLU *parsed = curl_url();
    if (parsed == NULL)
        return cw_fail(err, CW_NO_MEMORY, "url");
    /* The URL may hold a token: no error text repeats it. */
    if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) !=
            CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
            CURLUE_OK) {
        status = cw_fail(err, CW_NOT_AUTHORISED, "not a URL we would post to");
        goto out;
    }
    const bool secure = strcmp(scheme, "https") == 0;
    if (!secure &&
        (strcmp(scheme, "http") != 0 || !deliver->config.insecure_http))
        status = cw_fail(err, CW_NOT_AUTHORISED, "%s: only https is allowed",
                         scheme);
    else if (!is_listed(deliver, host, port, secure))
        status =
            cw_fail(err, CW_NOT_AUTHORISED,
                    "%s:%s is not among the allowed destinations", host, port);
out:
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parsed);
    return status;
}

/* Called by libcurl with the address the name resolved to, so a name that
 * changes its address after the check gains nothing. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct flight *flight = context;
    if (purpose != CURLSOCKTYPE_IPCXN ||
        !notifier_deliver_address(&flight->owner->config, &address->addr)) {
        flight->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

/* ---- life ---- */

static bool copy_config(struct notifier_deliver *deliver,
                        const struct notifier_deliver_config *config)
{
    deliver->config = *config;
    deliver->config.allowed = NULL;
    if (deliver->config.allowed_count > ALLOWED_MAX)
        deliver->config.allowed_count = ALLOWED_MAX;
    for (size_t i = 0; i < deliver->config.allowed_count; i++) {
        deliver->allowed[i] = strdup(config->allowed[i]);
        if (deliver->allowed[i] == NULL)
            return false;
    }
    deliver->ca_file = config->ca_file ? strdup(config->ca_file) : NULL;
    return config->ca_file == NULL || deliver->ca_file != NULL;
}

enum cw_status
notifier_deliver_create(struct notifier_deliver **made,
                        const struct notifier_deliver_config *config,
                        struct cw_error *err)
{
    struct notifier_deliver *deliver = calloc(1, sizeof(*deliver));
    if (deliver == NULL)
        return cw_fail(err, CW_NO_MEMORY, "deliver");
    if (!copy_config(deliver, config)) {
        notifier_deliver_destroy(&deliver);
        return cw_fail(err, CW_NO_MEMORY, "deliver");
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        deliver->multi = curl_multi_init();
    if (deliver->multi == NULL) {
        notifier_deliver_destroy(&deliver);
        return cw_fail(err, CW_UNAVAILABLE, "libcurl does not start");
    }
    *made = deliver;
    return CW_OK;
}

static void land(struct notifier_deliver *deliver, struct flight *flight)
{
    if (flight->easy == NULL)
        return;
    (void)curl_multi_remove_handle(deliver->multi, flight->easy);
    curl_easy_cleanup(flight->easy);
    curl_slist_free_all(flight->headers);
    free(flight->body);
    *flight = (struct flight){0};
    deliver->in_flight--;
}

void notifier_deliver_destroy(struct notifier_deliver **deliver)
{
    struct notifier_deliver *old = *deliver;
    if (old == NULL)
        return;
    for (size_t i = 0; i < NOTIFIER_IN_FLIGHT; i++)
        land(old, &old->flights[i]);
    for (size_t i = 0; i < old->config.allowed_count; i++)
        free(old->allowed[i]);
    free(old->ca_file);
    if (old->multi != NULL)
        (void)curl_multi_cleanup(old->multi);
    free(old);
    *deliver = NULL;
}

size_t notifier_deliver_in_flight(const struct notifier_deliver *deliver)
{
    return deliver->in_flight;
}

/* ---- one post ---- */

void notifier_deliver_sign(const char *secret, int64_t at_s,
                           struct cw_text body, char out[65])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char stamp[32];
    const int stamp_size = snprintf(stamp, sizeof(stamp), "%" PRId64 ".", at_s);
    unsigned char *signed_bytes = malloc((size_t)stamp_size + body.size);
    out[0] = '\0';
    if (signed_bytes == NULL)
        return;
    memcpy(signed_bytes, stamp, (size_t)stamp_size);
    if (body.size > 0)
        memcpy(signed_bytes + stamp_size, body.bytes, body.size);
    if (HMAC(EVP_sha256(), secret, (int)strlen(secret), signed_bytes,
             (size_t)stamp_size + body.size, mac, &size) == NULL)
        size = 0;
    free(signed_bytes);
    for (unsigned i = 0; i < size && i < 32; i++)
        (void)snprintf(out + 2 * (size_t)i, 3, "%02x", mac[i]);
}

/* The answer is of no interest, only its end is; a body without end is cut. */
static size_t count_answer(char *bytes, size_t size, size_t count,
                           void *context)
{
    struct flight *flight = context;
    (void)bytes;
    flight->answer_size += size * count;
    return flight->answer_size <= ANSWER_MAX ? size * count : 0;
}

static bool add_header(struct flight *flight, const char *name,
                       const char *value, size_t size)
{
    char line[512];
    const int length =
        snprintf(line, sizeof(line), "%s: %.*s", name, (int)size, value);
    struct curl_slist *grown = length > 0 && (size_t)length < sizeof(line) &&
                                       memchr(value, '\n', size) == NULL &&
                                       memchr(value, '\r', size) == NULL
                                   ? curl_slist_append(flight->headers, line)
                                   : NULL;
    if (grown == NULL)
        return false;
    flight->headers = grown;
    return true;
}

static bool add_headers(struct flight *flight, const struct notifier_post *post)
{
    const char *type =
        post->content_type ? post->content_type : "application/json";
    char signature[128];
    char mac[65];
    bool ok = add_header(flight, "Content-Type", type, strlen(type)) &&
              add_header(flight, "Expect", "", 0);
    if (ok && post->key.size > 0)
        ok = add_header(flight, "Idempotency-Key", post->key.bytes,
                        post->key.size);
    if (ok && post->secret != NULL && post->secret[0] != '\0') {
        notifier_deliver_sign(post->secret, post->at_s, post->body, mac);
        const int size = snprintf(signature, sizeof(signature),
                                  "t=%" PRId64 ",v1=%s", post->at_s, mac);
        ok = mac[0] != '\0' && add_header(flight, "X-Causeway-Signature",
                                          signature, (size_t)size);
    }
    return ok;
}

static bool set_options(struct notifier_deliver *deliver, struct flight *flight,
                        const struct notifier_post *post)
{
    CURL *easy = flight->easy;
    const long whole_ms = deliver->config.timeout_ms > 0
                              ? (long)deliver->config.timeout_ms
                              : WHOLE_MS;
    CURLcode bad = CURLE_OK;
    bad |= curl_easy_setopt(easy, CURLOPT_URL, post->url);
    bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, flight->body);
    bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)post->body.size);
    bad |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, flight->headers);
    bad |= curl_easy_setopt(easy, CURLOPT_USERAGENT,
                            "causeway-notifier/" CW_VERSION);
    bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            CONNECT_MS < whole_ms ? CONNECT_MS : whole_ms);
    bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, whole_ms);
    /* On a connection that had died libcurl would send the request again by
     * itself: each post has its own, so a byte is sent once or not at all. */
    bad |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_answer);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, flight);
    bad |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    bad |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, flight);
    bad |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, flight->why);
    bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, flight);
    if (deliver->ca_file != NULL)
        bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, deliver->ca_file);
    return bad == CURLE_OK;
}

enum cw_status notifier_deliver_start(struct notifier_deliver *deliver,
                                      const struct notifier_post *post,
                                      struct cw_error *err)
{
    struct flight *flight = NULL;
    const enum cw_status status = check_url(deliver, post->url, err);
    if (status != CW_OK)
        return status;
    if (post->body.size > BODY_MAX)
        return cw_fail(err, CW_TOO_LARGE, "a body of %zu bytes",
                       post->body.size);
    for (size_t i = 0; flight == NULL && i < NOTIFIER_IN_FLIGHT; i++)
        if (deliver->flights[i].easy == NULL)
            flight = &deliver->flights[i];
    if (flight == NULL)
        return cw_fail(err, CW_FULL, "%d posts in flight", NOTIFIER_IN_FLIGHT);
    *flight = (struct flight){.owner = deliver, .id = post->id};
    flight->easy = curl_easy_init();
    if (flight->easy == NULL)
        return cw_fail(err, CW_NO_MEMORY, "post");
    deliver->in_flight++;
    flight->body = malloc(post->body.size + 1);
    if (flight->body != NULL && post->body.size > 0)
        memcpy(flight->body, post->body.bytes, post->body.size);
    if (flight->body == NULL || !add_headers(flight, post) ||
        !set_options(deliver, flight, post) ||
        curl_multi_add_handle(deliver->multi, flight->easy) != CURLM_OK) {
        land(deliver, flight);
        return cw_fail(err, CW_NO_MEMORY, "post");
    }
    return CW_OK;
}

/* ---- what came of it ---- */

static enum notifier_result result_of_status(long http_status)
{
    if (http_status >= 200 && http_status < 300)
        return NOTIFIER_ACCEPTED;
    if (http_status == 408 || http_status == 425 || http_status == 429)
        return NOTIFIER_BUSY;
    return http_status >= 500 ? NOTIFIER_FAILED : NOTIFIER_REFUSED;
}

static struct notifier_outcome outcome_of(const struct flight *flight,
                                          CURLcode code)
{
    struct notifier_outcome out = {.id = flight->id};
    long request_size = 0;
    curl_off_t retry_after_s = 0;
    (void)curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE,
                            &out.http_status);
    (void)curl_easy_getinfo(flight->easy, CURLINFO_REQUEST_SIZE, &request_size);
    (void)curl_easy_getinfo(flight->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    out.retry_after_us = (int64_t)retry_after_s * 1000000;
    /* An answer larger than we read is an answer all the same. */
    if (code == CURLE_OK ||
        (code == CURLE_WRITE_ERROR && out.http_status > 0)) {
        out.result = result_of_status(out.http_status);
        (void)snprintf(out.text, sizeof(out.text), "%ld", out.http_status);
        return out;
    }
    out.http_status = 0;
    out.result = flight->address_refused ? NOTIFIER_REFUSED
                 : request_size > 0      ? NOTIFIER_CUT
                                         : NOTIFIER_UNSENT;
    (void)snprintf(out.text, sizeof(out.text), "%.150s",
                   flight->address_refused ? "its address is not allowed"
                   : flight->why[0]        ? flight->why
                                           : curl_easy_strerror(code));
    return out;
}

size_t notifier_deliver_poll(struct notifier_deliver *deliver, int timeout_ms,
                             struct notifier_outcome *outcomes, size_t room)
{
    int running = 0;
    int left = 0;
    size_t count = 0;
    (void)curl_multi_perform(deliver->multi, &running);
    if (running > 0 && (size_t)running == deliver->in_flight) {
        (void)curl_multi_poll(deliver->multi, NULL, 0, timeout_ms, NULL);
        (void)curl_multi_perform(deliver->multi, &running);
    }
    while (count < room) {
        struct flight *flight = NULL;
        const CURLMsg *message = curl_multi_info_read(deliver->multi, &left);
        if (message == NULL)
            break;
        if (message->msg != CURLMSG_DONE)
            continue;
        const CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                                &flight);
        outcomes[count++] = outcome_of(flight, code);
        land(deliver, flight);
    }
    return count;
}
