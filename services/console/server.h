/*
 * server - the console's HTTP port.
 *
 * Place    readers' browsers -> [server] -> pages
 * Input    GET and HEAD of /, /incident/<id>, /stats, /style.css
 * Output   pages with a strict Content-Security-Policy; 401 without the
 *          password when one is set; 404, 405, 503
 * Limits   64 connections, 16 of one address, 10 s of idling, 32 KiB of
 *          request; one page at a time, each at most HTML_MAX
 * Threads  one thread of libmicrohttpd, made after the signals are blocked,
 *          which owns the database connection
 */
#ifndef CONSOLE_SERVER_H
#define CONSOLE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/status.h"
#include "queries.h"

struct console_server_config {
    const char *address; /* "127.0.0.1", "::1", "0.0.0.0" */
    uint16_t port;       /* 0 = any free one */
    const char *user;
    const char *password; /* "" = none is asked for */
    struct console_db
        *db;            /* borrowed until close; used by the server's thread */
    struct cw_log *log; /* borrowed until close; may be NULL */
};

struct console_server;

/* Opens the port; the caller owns it. Copies *config, borrows its texts until
 * close. CW_BAD_CONFIG: no such address; CW_UNAVAILABLE: the port is taken. */
CW_MUST_USE enum cw_status
console_server_open(struct console_server **made,
                    const struct console_server_config *config,
                    struct cw_error *err);
void console_server_close(struct console_server **server);

uint16_t console_server_port(const struct console_server *server);

/* Pages answered with 200 and 503 so far, and whether the last page that asked
 * PostgreSQL got an answer. From any thread. */
uint64_t console_server_served(const struct console_server *server);
uint64_t console_server_unavailable(const struct console_server *server);
bool console_server_reachable(const struct console_server *server);

#endif
