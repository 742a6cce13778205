/*
 * deliver - HTTP posts to places the operator listed, and to no others.
 *
 * Place    forms -> [deliver] -> the network; results -> decide
 * Output   for each post one outcome: what it came to, and whether a byte of
 *          the request had left
 * Limits   16 posts in flight, one more is refused with CW_FULL; body up to
 *          256 KiB; an answer is read up to 64 KiB; connect 5 s, all 15 s.
 *          Redirects and proxies of the environment are not followed. After
 *          the name is resolved, link-local, metadata, multicast and
 *          unspecified addresses are refused always, loopback and private ones
 *          unless allowed
 * Threads  one owner thread
 */
#ifndef NOTIFIER_DELIVER_H
#define NOTIFIER_DELIVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "decide.h"

#define NOTIFIER_IN_FLIGHT 16

struct notifier_deliver_config {
    /* host or host:port, exactly; a leading "*." stands for one label. */
    const char *const *allowed;
    size_t allowed_count;
    bool private_addresses; /* 10/8, 172.16/12, 192.168/16, fc00::/7, 100.64/10
                             */
    bool loopback;          /* 127/8, ::1: for tests and sidecars */
    bool insecure_http;     /* http as well as https */
    const char *ca_file;    /* NULL = the system's */
    int64_t timeout_ms;     /* of a whole post; 0 = 15,000 */
};

struct notifier_post {
    uint64_t id; /* the caller's; comes back with the outcome */
    const char *url;
    const char *content_type; /* NULL = application/json */
    struct cw_text body;      /* copied */
    struct cw_text key;       /* Idempotency-Key; empty = none */
    const char *secret;       /* signs body and time; NULL or "" = unsigned */
    int64_t at_s;             /* of the signature, seconds since 1970 */
};

struct notifier_outcome {
    uint64_t id;
    enum notifier_result result;
    long http_status;       /* 0 = none came */
    int64_t retry_after_us; /* 0 = none asked for */
    char text[160];         /* "200", "connection refused", ... */
};

struct notifier_deliver;

/* Makes a deliverer the caller owns; copies *config and what it points to.
 * CW_NO_MEMORY, CW_UNAVAILABLE: libcurl does not start. */
CW_MUST_USE enum cw_status
notifier_deliver_create(struct notifier_deliver **made,
                        const struct notifier_deliver_config *config,
                        struct cw_error *err);
void notifier_deliver_destroy(struct notifier_deliver **deliver);

/* Begins a post. CW_NOT_AUTHORISED: the URL is not allowed, nothing was sent;
 * CW_TOO_LARGE, CW_FULL, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
notifier_deliver_start(struct notifier_deliver *deliver,
                       const struct notifier_post *post, struct cw_error *err);

/* Lets posts go on for at most timeout_ms, less when one ends, and writes the
 * ended ones to outcomes, at most room of them. Returns their number. */
size_t notifier_deliver_poll(struct notifier_deliver *deliver, int timeout_ms,
                             struct notifier_outcome *outcomes, size_t room);

size_t notifier_deliver_in_flight(const struct notifier_deliver *deliver);

/* Whether a resolved address may be talked to. */
bool notifier_deliver_address(const struct notifier_deliver_config *config,
                              const struct sockaddr *address);

/* Hex of HMAC-SHA256 over "<at_s>.<body>"; the receiver computes the same. */
void notifier_deliver_sign(const char *secret, int64_t at_s,
                           struct cw_text body, char out[65]);

#endif
