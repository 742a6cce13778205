/*
 * notify - tells systemd how the service is doing.
 *
 * Place    main.c of a unit with Type=notify; silent when nobody listens
 * Threads  any
 * Source   sd_notify(3), the protocol over $NOTIFY_SOCKET
 */
#ifndef CW_BASE_NOTIFY_H
#define CW_BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Sends state, "READY=1" or lines like it. False: nobody listens, or it could
 * not be sent; there is nothing to do about either. */
bool cw_notify(const char *state);

/* RELOADING=1 with the time systemd asks for; READY=1 ends it. */
bool cw_notify_reloading(int64_t monotonic_us);

#endif
