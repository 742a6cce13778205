/*
 * admin - the port for operators: is it alive, ready, and what does it count.
 *
 * Place    every service; probes, Prometheus and people -> callbacks
 * Input    GET or HEAD of /metrics, /-/healthy, /-/ready and
 *          /-/ready?verbose; POST of /-/reload
 * Output   200, or 503 with the reason in words; reload: 500 with the fault;
 *          else 404, or 405 with Allow
 * Limits   32 connections, 16 of one address, 10 s of idling each, 16 KiB
 *          of headers; a request body is read and thrown away, more than
 *          64 KiB of it ends the connection
 * Threads  one thread of libmicrohttpd, made after the signals are blocked; it
 *          calls every callback, one at a time
 */
#ifndef CW_BASE_ADMIN_H
#define CW_BASE_ADMIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/status.h"

/* What the port asks the service. */
struct cw_admin_ask {
    /* Liveness: does the program itself go forward. Never looks at Kafka or
     * PostgreSQL, or their outage would restart us. why is set when not. */
    bool (*healthy)(void *context, struct cw_error *why);
    /* Readiness. Adds what it knows, part by part, to the object parts when
     * that is not NULL; why is set when not ready. */
    bool (*ready)(void *context, json_t *parts, struct cw_error *why);
    /* Loads the configuration again, or fails and keeps the old one. NULL:
     * there is nothing to reload, answered with 404. */
    enum cw_status (*reload)(void *context, struct cw_error *err);
    void *context;
};

struct cw_admin_config {
    const char *address; /* "127.0.0.1", "::1", "0.0.0.0"; NULL = 127.0.0.1 */
    uint16_t port;       /* 0 = any free one, see cw_admin_port */
    struct cw_metrics *metrics; /* borrowed until close */
    struct cw_log *log;         /* borrowed until close */
    struct cw_admin_ask ask;
};

struct cw_admin;

/* Opens the port; the caller owns it. Copies *config.
 * CW_BAD_CONFIG: no such address; CW_UNAVAILABLE: the port is taken. */
CW_MUST_USE enum cw_status cw_admin_open(struct cw_admin **made,
                                         const struct cw_admin_config *config,
                                         struct cw_error *err);

/* Ends the thread; returns when no callback runs any more. */
void cw_admin_close(struct cw_admin **admin);

uint16_t cw_admin_port(const struct cw_admin *admin);

#endif
